/**
 * Tokens of a program for itself (RFC 6749 §4.4), kept until shortly before they expire.
 *
 * Owns the keeping: however many ask at once, one request is made; what failed is asked for again by the next one.
 */

import { createHash } from 'node:crypto';
import * as openid from 'openid-client';
import { newDpopKey } from '../protocol/dpop-key.ts';
import { type BearerFetch, createBearerFetch } from './bearer-fetch.ts';
import { connect, type ProgramOptions } from './program-client.ts';
import { dpopOptions, protocolStep, requireBinding } from './token-set.ts';

/** A request that carries the token should not arrive after it expired; of short ones a tenth. */
const EARLY_MS = 30_000;
/** Where the server does not say how long a token is good for. */
const LIFETIME_UNKNOWN_MS = 60_000;

/** For whom, and for what. */
export interface ClientCredentialsOptions extends ProgramOptions {
  readonly clientSecret: string;
  readonly scope?: string;
  /** RFC 8707: which API the token is for. */
  readonly resource?: string;
}

/** A source of access tokens. */
export interface TokenSource {
  /** A token that is good for a while. @throws ProgramError */
  accessToken(): Promise<string>;
  /** `fetch` with the token; where the API says that it is not good (401), once more with a new one. @throws ProgramError */
  readonly fetch: BearerFetch;
}

/** A source under these credentials; nothing is asked yet. */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const now = options.now ?? Date.now;
  // In memory alone, as its tokens are.
  const dpopKey = options.dpop === true ? newDpopKey() : null;
  let configuration: Promise<openid.Configuration> | null = null;
  let current: { readonly token: Promise<string>; untilMs: number } | null = null;

  const ask = async (): Promise<{ token: string; untilMs: number }> => {
    configuration ??= connect(options);
    const connected = await configuration.catch((error: unknown) => {
      configuration = null;
      throw error;
    });
    const answer = await protocolStep(async () =>
      openid.clientCredentialsGrant(
        connected,
        {
          ...(options.scope === undefined ? {} : { scope: options.scope }),
          ...(options.resource === undefined ? {} : { resource: options.resource }),
        },
        await dpopOptions(connected, dpopKey),
      ),
    );
    requireBinding(answer, dpopKey);
    const lifetimeMs = answer.expires_in === undefined ? LIFETIME_UNKNOWN_MS : answer.expires_in * 1000;
    return { token: answer.access_token, untilMs: now() + lifetimeMs - Math.min(EARLY_MS, lifetimeMs / 10) };
  };

  const accessToken = (): Promise<string> => {
    if (current !== null && now() < current.untilMs) return current.token;
    const asked = ask();
    const entry = { token: asked.then(({ token }) => token), untilMs: Number.POSITIVE_INFINITY };
    current = entry;
    asked.then(
      ({ untilMs }) => {
        entry.untilMs = untilMs;
      },
      () => {
        if (current === entry) current = null;
      },
    );
    return entry.token;
  };

  const forget = async (refusedToken: string) => {
    const entry = current;
    // Somebody else may have got a new one already.
    if (entry !== null && digest(await entry.token) === digest(refusedToken) && current === entry) current = null;
  };
  const credential = async () => ({ token: await accessToken(), dpopKey });
  return { accessToken, fetch: createBearerFetch({ credential, forget, fetch: options.fetch, now }) };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
