/**
 * `fetch` with a program's access token, bound to a key or not.
 *
 * Owns when a request is sent a second time with another token: after a 401, once, unless its body was a stream.
 */

import type { Fetch } from '../protocol/back-channel.ts';
import { type Credential, createTokenFetch, requireTokenAddress } from '../protocol/token-fetch.ts';
import { ProgramError } from './program-client.ts';

/** `fetch` as a program calls its API. */
export type BearerFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` over a source of tokens. */
export function createBearerFetch(source: {
  readonly credential: () => Promise<Credential>;
  /** This token was refused: do not hand it out again. */
  readonly forget: (token: string) => Promise<void>;
  readonly fetch: Fetch | undefined;
  readonly now: () => number;
}): BearerFetch {
  const send = createTokenFetch({ fetch: source.fetch ?? ((url, init) => fetch(url, init)), now: source.now });
  return async (url, init = {}) => {
    const target = new URL(url);
    // Before anything is asked for: an address that no token is sent to.
    requireTokenAddress(target);
    const credential = await source.credential();
    const first = await send(target, init, credential);
    if (first.status !== 401 || init.body instanceof ReadableStream) return first;
    await source.forget(credential.token);
    const renewed = await source.credential().catch((error: unknown) => {
      // Nothing newer is to be had: what the API answered is the answer.
      if (error instanceof ProgramError) return credential;
      throw error;
    });
    if (renewed.token === credential.token) return first;
    await first.body?.cancel();
    return send(target, init, renewed);
  };
}
