/**
 * The pushed authorization request endpoint (RFC 9126 §2): the application sends its request by the back channel, proven and
 * checked, and the browser carries a handle.
 *
 * Owns what is taken and what is kept of it. The handle's life is `pushed-request.ts`; the request itself is checked by
 * `authorization-request.ts`, here and again at each use (CVE-2026-7571).
 */
import { digestOf, newSecret, type Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import { type AuthorizationRequestDeps, readPushedRequest } from './authorization-request.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { authenticateClient, type ClientAuthenticationDeps } from './client-authentication.ts';
import { type DpopDeps, dpopNonceHeader, dpopProof } from './dpop.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { isProtocolError, protocolError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { PushedRequestStore } from './ports/authorization.ts';
import { PUSHED_REQUEST_LIFETIME_MS, requestUriOf } from './pushed-request.ts';

/** What proves the client. It is not kept. */
const CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** What the endpoint uses. */
export interface PushedRequestDeps extends ClientAuthenticationDeps, AuthorizationRequestDeps, DpopDeps {
  readonly pushedRequests: PushedRequestStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * RFC 9126 §2: takes a request. The client authenticates as at the token endpoint; a public one says its `client_id`.
 * @returns 201 with `request_uri` and `expires_in`; else what the authorization endpoint would refuse it with, as JSON.
 */
export async function pushedRequestEndpoint(
  request: BackChannelRequest,
  deps: PushedRequestDeps,
): Promise<EndpointResponse> {
  const nowMs = deps.clock();
  const read = readBackChannelRequest(request);
  if (read.outcome === 'refused') return read.response;
  const { parameters } = read;
  // §2.1 step 1, ASVS 10.4.10
  const client = await authenticateClient({ ...request, parameters }, nowMs, deps);
  if (client.outcome === 'refused') return client.response;
  const { application } = client;
  const { clientId } = application;
  // §2.1 step 2
  if (parameters.has('request_uri')) return { ...errorResponse(NESTED), clientId };
  // §2.1 step 3
  // RFC 9449 §10.1: a proof here is worth as much as dpop_jkt, and binds the code to the same key.
  const url = `${deps.issuer}/par/`;
  const question = { dpop: request.dpop ?? null, method: request.method, url, accessToken: null, needsNonce: false };
  const proof = await dpopProof(question, nowMs, deps);
  const headers = request.dpop == null ? {} : dpopNonceHeader(nowMs, deps);
  if (isProtocolError(proof)) return { ...errorResponse(proof, { headers }), clientId };
  const asked = parameters.get('dpop_jkt');
  if (proof !== null && asked !== null && asked !== proof.jkt) return { ...errorResponse(OTHER_KEY), clientId };
  const kept = withoutCredentials(parameters, application, proof === null || asked !== null ? null : proof.jkt);
  const checked = await readPushedRequest(kept, application, nowMs, deps);
  if (checked.outcome !== 'read') return { ...errorResponse(checked.error), clientId };

  const handle = newSecret<'request_uri'>(deps.randomness);
  await deps.pushedRequests.storePushed({
    requestDigest: digestOf(handle),
    applicationId: application.id,
    parameters: kept,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + PUSHED_REQUEST_LIFETIME_MS,
  });
  const body = { request_uri: requestUriOf(handle), expires_in: PUSHED_REQUEST_LIFETIME_MS / 1_000 };
  return { status: 201, headers: { ...NO_STORE, ...headers }, body, clientId };
}

const OTHER_KEY = protocolError('invalid_request', 'The DPoP proof is of another key than dpop_jkt.');
const NESTED = protocolError(
  'invalid_request',
  'A pushed request has no request_uri: send the parameters, or a request object (RFC 9126 section 2.1).',
);

/** The form without the proof of the client, and with its `client_id`, which HTTP Basic leaves out of it. */
function withoutCredentials(parameters: Parameters, { clientId }: Application, jkt: string | null): string {
  const kept = new URLSearchParams({ client_id: clientId, ...(jkt === null ? {} : { dpop_jkt: jkt }) });
  for (const name of parameters.names()) {
    if (name === 'client_id' || CREDENTIALS.includes(name)) continue;
    for (const value of parameters.getAll(name)) kept.append(name, value);
  }
  return kept.toString();
}
