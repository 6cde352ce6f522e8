/**
 * The userinfo endpoint (OpenID Connect Core §5.3).
 *
 * Owns its answer. Which claims a scope opens is `claims.ts`; how a token is presented is `bearer.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { bearerError, bearerToken } from './bearer.ts';
import { claimsFor, claimsNamed } from './claims.ts';
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { protocolError } from './errors.ts';
import type { GrantStore } from './ports.ts';

/** What a resource of the server's own uses. */
export interface ResourceDeps {
  readonly issuer: string;
  readonly grants: Pick<GrantStore, 'findAccessToken'>;
  readonly clock: Clock;
}

/**
 * Answers the claims that the token's scopes open. GET and POST (§5.3.1).
 * @returns `insufficient_scope` (403) for a token without `openid`, or of an application by itself; else as `bearerToken`.
 */
export async function userinfoEndpoint(request: ResourceRequest, deps: ResourceDeps): Promise<EndpointResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
    const error = protocolError('invalid_request', 'The userinfo endpoint takes GET and POST.');
    return errorResponse(error, { status: 405, headers: { allow: 'GET, HEAD, POST' } });
  }
  const bearer = await bearerToken(
    request,
    { form: true, anyScopeOf: ['openid'], issuer: deps.issuer },
    deps.clock(),
    deps.grants,
  );
  if (bearer.outcome === 'refused') return bearer.response;
  const { account, token, clientId } = bearer.found;
  if (account === null) return { ...bearerError(NO_PERSON), clientId };
  const named = claimsNamed(account, token.context?.claims?.userinfo ?? []);
  const body = { ...named, ...claimsFor(account, token.scope) };
  return { status: 200, headers: NO_STORE, body, clientId };
}

/** A token of client credentials: nobody stands behind it. */
export const NO_PERSON = protocolError(
  'insufficient_scope',
  'This access token stands for an application, not for a person: there is nobody to tell about.',
);
