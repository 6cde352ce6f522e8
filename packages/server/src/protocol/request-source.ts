/**
 * Where the parameters of an authorization request come from: the address itself, a pushed request (RFC 9126 §4), or a
 * signed request object (RFC 9101 §6), which may have been pushed.
 *
 * Owns that choice, and what an application demands of it. The two sources are `pushed-request.ts` and `request-object.ts`.
 */
import type { Digest } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { type Parameters, parseParameters } from './parameters.ts';
import type { PushedRequestStore } from './ports/authorization.ts';
import { findPushedRequest, pushedRequestDigest } from './pushed-request.ts';
import { type RequestObjectDeps, readRequestObject } from './request-object.ts';

/** The parameters that count, and by which way they came. */
export interface RequestSource {
  readonly parameters: Parameters;
  /** The pushed request that they came in; null: none. */
  readonly pushed: Digest | null;
  readonly isSigned: boolean;
}

/** What finding them came to. */
export type RequestSourceRead =
  | ({ readonly outcome: 'read' } & RequestSource)
  /** Nobody is sent anywhere by a handle that is not good. */
  | {
      readonly outcome: 'error_page';
      readonly reason: 'request_expired' | 'request_answered';
      readonly error: ProtocolError;
    }
  /** The parameters outside are all that there is to answer to. */
  | { readonly outcome: 'refused'; readonly error: ProtocolError };

/** What finding them uses. */
export interface RequestSourceDeps extends RequestObjectDeps {
  readonly pushedRequests: Pick<PushedRequestStore, 'findPushed'>;
}

/** Finds the parameters of a request whose client is known and has come at `arrivedAtMs`. */
export async function readRequestSource(
  outer: Parameters,
  application: Application,
  arrivedAtMs: number,
  deps: RequestSourceDeps,
): Promise<RequestSourceRead> {
  const requestUri = outer.get('request_uri');
  if (requestUri === null) return readUnpushed(outer, application, arrivedAtMs, null, deps);
  // RFC 9101 §5: one or the other.
  if (outer.has('request')) return { outcome: 'refused', error: BOTH };
  const digest = pushedRequestDigest(requestUri);
  if (digest === null) return { outcome: 'refused', error: BY_REFERENCE };
  const found = await findPushedRequest(digest, application, arrivedAtMs, deps.pushedRequests);
  if (found.outcome !== 'found') return { outcome: 'error_page', reason: found.outcome, error: found.error };
  const { parameters, createdAtMs } = found.record;
  return readUnpushed(parseParameters(parameters), application, createdAtMs, digest, deps);
}

/** The same for parameters as they were pushed, or for those of an address. */
export async function readUnpushed(
  outer: Parameters,
  application: Application,
  arrivedAtMs: number,
  pushed: Digest | null,
  deps: RequestObjectDeps,
): Promise<RequestSourceRead> {
  const requestFault = outer.faultOf('request');
  if (requestFault !== null) return { outcome: 'refused', error: requestFault };
  const jwt = outer.get('request');
  if (jwt === null) return { outcome: 'read', parameters: outer, pushed, isSigned: false };
  const encoded = await readRequestObject(jwt, application, arrivedAtMs, deps);
  if (isProtocolError(encoded)) return { outcome: 'refused', error: encoded };
  // RFC 9101 §6.3: what stands beside it is not looked at.
  return { outcome: 'read', parameters: parseParameters(encoded), pushed, isSigned: true };
}

const BOTH = protocolError('invalid_request', 'A request has request or request_uri, not both (RFC 9101 section 5).');
const BY_REFERENCE = protocolError(
  'request_uri_not_supported',
  'The request_uri is not one that this server gave. Push the request (RFC 9126), or send the object itself in request.',
);

/** What the application demands of its requests. */
export function sourceFault(
  { isSigned }: Pick<RequestSource, 'isSigned'>,
  isPushed: boolean,
  { settings }: Pick<Application, 'settings'>,
): ProtocolError | null {
  // RFC 9126 §6, ASVS 10.4.13
  if (settings.requirePushedRequest && !isPushed) return NOT_PUSHED;
  // RFC 9101 §10.5
  if (settings.requireSignedRequest && !isSigned) return NOT_SIGNED;
  return null;
}

const NOT_PUSHED = protocolError(
  'invalid_request',
  'This application has to push its requests: send them to pushed_authorization_request_endpoint first (RFC 9126).',
);
const NOT_SIGNED = protocolError(
  'invalid_request',
  'This application has to sign its requests: send them as a request object in the parameter request (RFC 9101).',
);
