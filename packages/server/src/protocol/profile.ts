/**
 * `/profile/`: what the Django stack's clients read a person from. Kept as they know it.
 *
 * Owns its answer. How a token is presented is `bearer.ts`.
 */
import { bearerError, bearerToken } from './bearer.ts';
import { fieldClaims } from './claims.ts';
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { protocolError } from './errors.ts';
import type { AccessTokenRecord } from './ports/grants.ts';
import type { AccountClaims } from './ports/people.ts';
import { NO_PERSON, type ResourceDeps } from './userinfo.ts';

/**
 * Answers `{"id","username","first_name","last_name"}` and, with scope `email`, `"email"`. GET, with scope `read` or
 * `profile`. `id` never changes: clients keep it as the uid.
 * @returns `insufficient_scope` (403) for a token without either, or of an application by itself; else as `bearerToken`.
 */
export async function profileEndpoint(request: ResourceRequest, deps: ResourceDeps): Promise<EndpointResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const error = protocolError('invalid_request', 'The profile takes GET alone.');
    return errorResponse(error, { status: 405, headers: { allow: 'GET, HEAD' } });
  }
  const url = new URL('/profile/', deps.issuer).href;
  const options = { form: false, anyScopeOf: ['read', 'profile'], issuer: deps.issuer, url };
  const bearer = await bearerToken(request, options, deps.clock(), deps);
  if (bearer.outcome === 'refused') return bearer.response;
  const { account, token, clientId } = bearer.found;
  if (account === null) return { ...bearerError(NO_PERSON), clientId };
  return { status: 200, headers: NO_STORE, body: profileOf(account, token, deps), clientId };
}

function profileOf(
  account: AccountClaims,
  { context, scope }: AccessTokenRecord,
  { profileClaims }: Pick<ResourceDeps, 'profileClaims'>,
): object {
  return {
    // The operator's fields that the scopes open; none is called like one of these (`config/profile-fields.ts`).
    ...fieldClaims(account, scope, profileClaims),
    // Of a pairwise application it is what its ID tokens call the person.
    id: context?.subject ?? plainId(account),
    username: account.username,
    first_name: account.firstName,
    last_name: account.lastName,
    ...(scope.includes('email') && account.email !== null ? { email: account.email } : {}),
  };
}

/** An imported account keeps the JSON number that its Django had; a number that JSON readers would round stays text. */
function plainId({ accountId, idIsNumber }: AccountClaims): number | string {
  return idIsNumber && Number.isSafeInteger(Number(accountId)) ? Number(accountId) : accountId;
}
