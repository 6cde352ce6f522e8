/**
 * Handles of pushed authorization requests (RFC 9126 §2.2, §4): `request_uri` values that this server gave.
 *
 * Owns their form, their life, and what can be wrong with one that a browser brings. How a request is pushed is
 * `pushed-request-endpoint.ts`.
 */
import { type Digest, digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { PushedRequestFound, PushedRequestStore } from './ports/authorization.ts';

/** §2.2: "between 5 and 600". A browser follows the redirect at once; 90 s leave room for one that asks which application. */
export const PUSHED_REQUEST_LIFETIME_MS = 90_000;
/** §2.2, and the registry of RFC 6755. */
const HANDLE_PREFIX = 'urn:ietf:params:oauth:request_uri:';

/** The `request_uri` of a handle. */
export function requestUriOf(handle: Secret<'request_uri'>): string {
  return `${HANDLE_PREFIX}${handle}`;
}

/** The digest that a `request_uri` of ours is kept under; null: it is none of ours. */
export function pushedRequestDigest(requestUri: string): Digest | null {
  if (!requestUri.startsWith(HANDLE_PREFIX)) return null;
  return digestOf(presentedSecret<'request_uri'>(requestUri.slice(HANDLE_PREFIX.length)));
}

/** What a handle came to. */
export type PushedRequestOutcome =
  | { readonly outcome: 'found'; readonly record: PushedRequestFound }
  | { readonly outcome: 'request_expired' | 'request_answered'; readonly error: ProtocolError };

/**
 * Finds a pushed request of this application for a browser that came with its handle.
 * @param arrivedAtMs when the browser came: what its person has to do first may take longer than the handle lives.
 */
export async function findPushedRequest(
  requestDigest: Digest,
  application: Application,
  arrivedAtMs: number,
  pushedRequests: Pick<PushedRequestStore, 'findPushed'>,
): Promise<PushedRequestOutcome> {
  const record = await pushedRequests.findPushed(requestDigest);
  // §2.2: bound to the client that pushed it.
  if (record === null || record.applicationId !== application.id) return { outcome: 'request_expired', error: UNKNOWN };
  // §4: used once.
  if (record.answered) return { outcome: 'request_answered', error: USED };
  if (arrivedAtMs >= record.expiresAtMs) return { outcome: 'request_expired', error: EXPIRED };
  return { outcome: 'found', record };
}

const UNKNOWN = protocolError(
  'invalid_request_uri',
  'The request_uri is unknown, or another application pushed it. Push the request again (RFC 9126 section 2).',
);
const USED = protocolError(
  'invalid_request_uri',
  'The request_uri was used before. Push the request again for each sign-in (RFC 9126 section 4).',
);
const EXPIRED = protocolError(
  'invalid_request_uri',
  'The request_uri has expired: a browser has to come with it within 90 seconds. Push the request again.',
);
