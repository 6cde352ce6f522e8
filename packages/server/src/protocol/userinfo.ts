/**
 * The userinfo endpoint (OpenID Connect Core §5.3).
 *
 * Owns its answer. Which claims a scope opens is `claims.ts`; how a token is presented is `bearer.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import type { GrantStore } from './ports.ts';

/** What a resource of the server's own uses. */
export interface ResourceDeps {
  readonly grants: Pick<GrantStore, 'findAccessToken'>;
  readonly clock: Clock;
}

/** Answers the claims that the token's scopes open. GET and POST. */
export async function userinfoEndpoint(_request: ResourceRequest, _deps: ResourceDeps): Promise<EndpointResponse> {
  throw new Error('userinfoEndpoint is being built');
}
