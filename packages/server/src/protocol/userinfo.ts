/**
 * The userinfo endpoint (OpenID Connect Core §5.3).
 *
 * Owns its answer. Which claims a scope opens is `claims.ts`; how a token is presented is `bearer.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { type BearerDeps, bearerError, bearerToken } from './bearer.ts';
import { claimsFor, claimsNamed, type GroupReader, type ProfileClaims, withGroups } from './claims.ts';
import type { EndpointResponse, ResourceRequest } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { protocolError } from './errors.ts';
import type { Signer } from './ports/signer.ts';

/** What a resource of the server's own uses. */
export interface ResourceDeps extends BearerDeps {
  readonly issuer: string;
  readonly signer: Pick<Signer, 'sign'>;
  readonly groups: GroupReader;
  readonly profileClaims: ProfileClaims;
  readonly clock: Clock;
}

const USERINFO_TYPE = 'userinfo+jwt';

/**
 * Answers the claims that the token's scopes open, as JSON or, where the application had set an algorithm when the token
 * was issued, signed. GET and POST (§5.3.1).
 * @returns `insufficient_scope` (403) for a token without `openid`, or of an application by itself; else as `bearerToken`.
 */
export async function userinfoEndpoint(request: ResourceRequest, deps: ResourceDeps): Promise<EndpointResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
    const error = protocolError('invalid_request', 'The userinfo endpoint takes GET and POST.');
    return errorResponse(error, { status: 405, headers: { allow: 'GET, HEAD, POST' } });
  }
  const { issuer } = deps;
  const options = { form: true, anyScopeOf: ['openid'], issuer, url: `${issuer}/userinfo/` };
  const bearer = await bearerToken(request, options, deps.clock(), deps);
  if (bearer.outcome === 'refused') return bearer.response;
  const { account, token, clientId } = bearer.found;
  if (account === null) return { ...bearerError(NO_PERSON), clientId };
  const names = token.context?.claims?.userinfo ?? [];
  const person = await withGroups(account, { scope: token.scope, named: names }, deps.groups);
  const named = claimsNamed(person, names, deps.profileClaims);
  const subject = token.context?.subject;
  // OpenID Connect Core §5.3.2: the sub of the ID token.
  const opened = claimsFor(person, token.scope, deps.profileClaims);
  const claims = { ...named, ...opened, ...(subject === undefined ? {} : { sub: subject }) };
  const algorithm = token.context?.userinfoAlgorithm;
  if (algorithm === undefined) return { status: 200, headers: NO_STORE, body: claims, clientId };
  // §5.3.2: iss and aud as in an ID token; a type of its own, so that it is not taken for one (ASVS 9.2.2).
  const signed = { iss: issuer, aud: clientId, ...claims };
  const body = await deps.signer.sign(signed, { algorithm, type: USERINFO_TYPE });
  return { status: 200, headers: { ...NO_STORE, 'content-type': 'application/jwt' }, body, clientId };
}

/** A token of client credentials: nobody stands behind it. */
export const NO_PERSON = protocolError(
  'insufficient_scope',
  'This access token stands for an application, not for a person: there is nobody to tell about.',
);
