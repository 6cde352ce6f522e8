/**
 * Token revocation (RFC 7009).
 *
 * Owns which tokens a client may end: its own (DOT#727). Client authentication is `client-authentication.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import type { ClientSecretKey } from './client-secret.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import type { ApplicationReader, ClientSecretUse, GrantStore } from './ports.ts';

/** What revocation uses. */
export interface RevocationDeps {
  readonly applications: ApplicationReader;
  readonly clientSecretKey: ClientSecretKey;
  readonly secretUse: ClientSecretUse;
  readonly grants: Pick<GrantStore, 'findAccessToken' | 'findRefreshToken' | 'revokeFamily' | 'revokeAccessToken'>;
  readonly clock: Clock;
}

/** RFC 7009 §2: ends the grant that the token belongs to. */
export async function revocationEndpoint(
  _request: BackChannelRequest,
  _deps: RevocationDeps,
): Promise<EndpointResponse> {
  throw new Error('revocationEndpoint is being built');
}
