/**
 * Token revocation (RFC 7009).
 *
 * Owns which tokens a client may end: its own (DOT#727). Another's gets the same 200 as an unknown one and stays as it is;
 * §2.1 would have an error, which would tell the caller that the token exists. Client authentication is
 * `client-authentication.ts`.
 */
import { digestOf, presentedSecret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { authenticateClient, type ClientAuthenticationDeps } from './client-authentication.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { protocolError } from './errors.ts';
import { findPresented } from './grants/refresh-token.ts';
import type { GrantStore } from './ports/grants.ts';

/** What revocation uses. */
export interface RevocationDeps extends ClientAuthenticationDeps {
  readonly grants: Pick<GrantStore, 'findRefreshToken' | 'revokeFamily' | 'revokeAccessToken'>;
  readonly clock: Clock;
}

/**
 * RFC 7009 §2: ends the grant that the token belongs to: either token of a grant ends both (D22). `token_type_hint` is
 * only a hint (§2.1) and both kinds are looked for without it.
 * @returns 200 without a body, for an unknown token too (§2.2). A storage that fails throws: never 200 for a token that
 *   still works (fosite GHSA-7mqr-2v3q-v2wm).
 */
export async function revocationEndpoint(request: BackChannelRequest, deps: RevocationDeps): Promise<EndpointResponse> {
  const nowMs = deps.clock();
  const read = readBackChannelRequest(request);
  if (read.outcome === 'refused') return read.response;
  const { parameters } = read;
  // ASVS 10.4.10: confidential clients prove themselves here too; a public one says its client_id.
  const client = await authenticateClient({ ...request, parameters }, nowMs, deps);
  if (client.outcome === 'refused') return client.response;
  const { id: applicationId, clientId } = client.application;
  const text = parameters.get('token');
  if (text === null) {
    const error = protocolError('invalid_request', 'The parameter token is missing (RFC 7009 section 2.1).');
    return { ...errorResponse(error), clientId };
  }
  const refresh = await findPresented(presentedSecret(text), deps.grants);
  if (refresh === null) {
    await deps.grants.revokeAccessToken(digestOf(presentedSecret<'access_token'>(text)), applicationId, nowMs);
  } else if (refresh.applicationId === applicationId) {
    await deps.grants.revokeFamily(refresh.familyId, nowMs);
  }
  return { status: 200, headers: NO_STORE, body: null, clientId };
}
