/**
 * `fetch` with an access token (RFC 6750 §2.1).
 *
 * Owns when a request is sent a second time: after a 401, once, unless its body was a stream.
 */

import type { Fetch } from '../protocol/back-channel.ts';
import { isSecureEnough } from '../providers/base-url.ts';
import { ProgramError } from './program-client.ts';

/** `fetch` as a program calls its API. */
export type BearerFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` over a source of tokens. */
export function createBearerFetch(source: {
  readonly accessToken: () => Promise<string>;
  /** This token was refused: do not hand it out again. */
  readonly forget: (token: string) => Promise<void>;
  readonly fetch: Fetch | undefined;
}): BearerFetch {
  const send = source.fetch ?? ((url, init) => fetch(url, init));
  return async (url, init = {}) => {
    const target = new URL(url);
    // RFC 6750 §5.3: a token that travels in the clear is everybody's.
    if (!isSecureEnough(target, false)) throw new TypeError(`${target.origin}: tokens are sent over https alone`);
    const token = await source.accessToken();
    // RFC 9700 §4.12.2: a redirect would hand the token to whoever it names.
    const first = await send(target.href, { redirect: 'manual', ...init, headers: withToken(init.headers, token) });
    if (first.status !== 401 || init.body instanceof ReadableStream) return first;
    await source.forget(token);
    const renewed = await source.accessToken().catch((error: unknown) => {
      // Nothing newer is to be had: what the API answered is the answer.
      if (error instanceof ProgramError) return token;
      throw error;
    });
    if (renewed === token) return first;
    await first.body?.cancel();
    return send(target.href, { redirect: 'manual', ...init, headers: withToken(init.headers, renewed) });
  };
}

function withToken(headers: RequestInit['headers'], token: string): Headers {
  const all = new Headers(headers);
  all.set('authorization', `Bearer ${token}`);
  return all;
}
