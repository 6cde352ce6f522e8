/**
 * `/profile/`: what the Django stack's clients read a person from. Kept as they know it.
 *
 * Owns its answer. How a token is presented is `bearer.ts`.
 */
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import type { ResourceDeps } from './userinfo.ts';

/** Answers `{"id","username","first_name","last_name"}` and, with scope `email`, `"email"`. GET. */
export async function profileEndpoint(_request: ResourceRequest, _deps: ResourceDeps): Promise<EndpointResponse> {
  throw new Error('profileEndpoint is being built');
}
