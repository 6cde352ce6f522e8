/**
 * Token introspection (RFC 7662).
 *
 * Owns who may see what of a token. Client authentication is `client-authentication.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import type { ClientSecretKey } from './client-secret.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import type { ApplicationReader, ClientSecretUse, GrantStore } from './ports.ts';

/** What introspection uses. */
export interface IntrospectionDeps {
  readonly issuer: string;
  readonly applications: ApplicationReader;
  readonly clientSecretKey: ClientSecretKey;
  readonly secretUse: ClientSecretUse;
  readonly grants: Pick<GrantStore, 'findAccessToken' | 'findRefreshToken'>;
  readonly clock: Clock;
}

/** RFC 7662 §2: the state of a token, for whoever may know it. */
export async function introspectionEndpoint(
  _request: BackChannelRequest,
  _deps: IntrospectionDeps,
): Promise<EndpointResponse> {
  throw new Error('introspectionEndpoint is being built');
}
