/**
 * Token introspection (RFC 7662).
 *
 * Owns who may see what of a token: an application its own, and those that name it as audience (its `client_id`, or a resource
 * that the operator says it is); whoever holds the scope `introspection` all. Everything else
 * is `{"active":false}`, for a token that one may not know about is no different from one that is not there (§2.2).
 */
import { presentedSecret } from '../vocabulary/credentials.ts';
import type { ApplicationId, ClientId } from '../vocabulary/identifiers.ts';
import { type Clock, numericDate } from '../vocabulary/time.ts';
import { relevantDetails } from './authorization-details.ts';
import { readBackChannelRequest } from './back-channel-request.ts';
import { bearerError, bearerOf, findGoodToken } from './bearer.ts';
import {
  authenticateClient,
  BASIC_CHALLENGE,
  type ClientAuthenticationDeps,
  type ClientAuthenticationMethod,
} from './client-authentication.ts';
import type { BackChannelRequest, EndpointResponse } from './endpoint.ts';
import { errorResponse, NO_STORE } from './error-response.ts';
import { protocolError } from './errors.ts';
import { findPresented } from './grants/refresh-token.ts';
import { acceptsJwt, type SignedIntrospectionDeps, signedIntrospection } from './introspection-jwt.ts';
import { accessTokenAudience } from './jwt-access-token.ts';
import type { Parameters } from './parameters.ts';
import type { AccessTokenFound, AccessTokenRecord, GrantStore, RefreshTokenFound } from './ports/grants.ts';
import type { AccountClaims } from './ports/people.ts';
import { isForThisServer } from './resource-indicators.ts';
import type { TokenContext } from './token-context.ts';
import { tokenType } from './token-response.ts';

/** What introspection uses. */
export interface IntrospectionDeps extends ClientAuthenticationDeps, SignedIntrospectionDeps {
  readonly issuer: string;
  readonly grants: Pick<GrantStore, 'findAccessToken' | 'findRefreshToken'>;
  readonly clock: Clock;
}

/** §2.1: the endpoint is for those who can prove themselves. */
export const INTROSPECTION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const satisfies readonly ClientAuthenticationMethod[];

/** Holding it, one sees every token. */
const SEE_ALL = 'introspection';

/**
 * RFC 7662 §2: the state of a token, for whoever may know it. The caller proves itself as a confidential client, or by a
 * bearer token of scope `introspection`.
 * @returns 401 for a caller that does not; `insufficient_scope` for another bearer token; `invalid_request` without `token`.
 */
export async function introspectionEndpoint(
  request: BackChannelRequest,
  deps: IntrospectionDeps,
): Promise<EndpointResponse> {
  const answered = await introspect(request, deps);
  const wantsJwt = answered.status === 200 && acceptsJwt(request.accept ?? null);
  return wantsJwt ? signedIntrospection(answered, deps) : answered;
}

async function introspect(request: BackChannelRequest, deps: IntrospectionDeps): Promise<EndpointResponse> {
  const nowMs = deps.clock();
  const read = readBackChannelRequest(request);
  if (read.outcome === 'refused') return read.response;
  const caller = await authenticateCaller(request, read.parameters, nowMs, deps);
  if (caller.outcome === 'refused') return caller.response;
  const { clientId } = caller;
  const text = read.parameters.get('token');
  if (text === null) {
    const error = protocolError('invalid_request', 'The parameter token is missing (RFC 7662 section 2.1).');
    return { ...errorResponse(error), clientId };
  }
  const maySee = ({ applicationId, context }: Pick<AccessTokenRecord, 'applicationId' | 'context'>) =>
    caller.seesAll ||
    applicationId === caller.applicationId ||
    [...(context?.resources ?? []), ...(context?.audiences ?? [])].some((name) => caller.audiences.includes(name));

  const access = await findGoodToken(presentedSecret(text), nowMs, deps.grants);
  if (access !== null)
    return answer(maySee(access.token) ? accessState(access, text, caller, deps.issuer) : null, clientId);
  const refresh = await findPresented(presentedSecret(text), deps.grants);
  // A refresh token is for its own application and this server, whatever its access tokens are for.
  const ownOnly = refresh !== null && maySee({ ...refresh, context: null });
  const good = ownOnly && (await isGood(refresh, nowMs, deps));
  return answer(good ? refreshState(refresh, deps.issuer) : null, clientId);
}

type AuthenticatedCaller = Extract<Caller, { readonly outcome: 'authenticated' }>;
type Caller =
  | {
      readonly outcome: 'authenticated';
      readonly applicationId: ApplicationId;
      readonly clientId: ClientId;
      readonly seesAll: boolean;
      /** What a token calls it that is meant for it. */
      readonly audiences: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly response: EndpointResponse };

async function authenticateCaller(
  request: BackChannelRequest,
  parameters: Parameters,
  nowMs: number,
  deps: IntrospectionDeps,
): Promise<Caller> {
  const bearer = request.authorization === null ? null : bearerOf(request.authorization);
  if (bearer !== null) {
    const found = await findGoodToken(bearer, nowMs, deps.grants);
    // RFC 9449 §7.2: what is bound to a key opens nothing as Bearer.
    const isBound = found?.token.context?.confirmation !== undefined;
    if (found === null || isBound || !isForThisServer(found.token.context, deps.issuer)) {
      return { outcome: 'refused', response: bearerError(BAD_BEARER) };
    }
    const { applicationId, scope } = found.token;
    const { clientId } = found;
    if (scope.includes(SEE_ALL))
      return { outcome: 'authenticated', applicationId, clientId, seesAll: true, audiences: [] };
    return { outcome: 'refused', response: { ...bearerError(NOT_ENOUGH, SEE_ALL), clientId } };
  }
  const client = await authenticateClient({ ...request, parameters }, nowMs, deps);
  if (client.outcome === 'refused') return client;
  const { id: applicationId, clientId, scopes, settings } = client.application;
  // §2.1: a client id that anyone can copy is no authorization.
  if (client.method === 'none') {
    return { outcome: 'refused', response: errorResponse(PUBLIC_CLIENT, { headers: BASIC_CHALLENGE }) };
  }
  return {
    outcome: 'authenticated',
    applicationId,
    clientId,
    seesAll: scopes.includes(SEE_ALL),
    audiences: [clientId, ...settings.resourceIdentifiers],
  };
}

const BAD_BEARER = protocolError(
  'invalid_token',
  'The access token that should authorize this call is unknown, expired or revoked.',
);
const NOT_ENOUGH = protocolError('insufficient_scope', 'The access token does not have the scope introspection.');
const PUBLIC_CLIENT = protocolError(
  'invalid_client',
  'Introspection is for confidential clients: a public one has no proof of itself.',
);

/** A replaced refresh token is not active, though its holder may still get the successor for a while. */
async function isGood(found: RefreshTokenFound, nowMs: number, deps: IntrospectionDeps): Promise<boolean> {
  const alive = found.expiresAtMs === null || nowMs < found.expiresAtMs;
  if (found.position !== 'current' || found.revoked || !alive || found.account === null) return false;
  const application = await deps.applications.findByClientId(found.clientId);
  return application?.disabledAtMs === null;
}

/** §2.2. `aud`: of a JWT what it says itself; of an opaque one without a resource its own client. */
function accessState(found: AccessTokenFound, text: string, caller: AuthenticatedCaller, issuer: string): object {
  const { token, account, clientId } = found;
  const details = detailsFor(caller, token);
  return {
    active: true,
    ...(token.scope.length === 0 ? {} : { scope: token.scope.join(' ') }),
    client_id: clientId,
    ...personOf(account, token.context),
    token_type: tokenType(token.context),
    // RFC 9449 §6.2, RFC 8705 §3.2
    ...(token.context?.confirmation === undefined ? {} : { cnf: token.context.confirmation }),
    exp: numericDate(token.expiresAtMs),
    iat: numericDate(token.issuedAtMs),
    iss: issuer,
    aud: isJwt(text) || namesAudience(token.context) ? accessTokenAudience(token.context, issuer) : clientId,
    ...(details.length === 0 ? {} : { authorization_details: details }),
    // RFC 8693 §4.1
    ...(token.context?.act === undefined ? {} : { act: token.context.act }),
  };
}

/** RFC 9396 §9.2: a service that the token is meant for sees the details that concern it. */
function detailsFor(caller: AuthenticatedCaller, { applicationId, context }: AccessTokenRecord) {
  const details = context?.authorizationDetails ?? [];
  const seesAll = caller.seesAll || applicationId === caller.applicationId;
  return seesAll ? details : relevantDetails(details, caller.audiences);
}

/**
 * Of a pairwise application's token everybody sees what that application sees, as in a JWT access token (RFC 9068 §6): the
 * resource server of two applications does not tell that they have the same person either, and no `username` tells it.
 */
function personOf(account: AccountClaims | null, context: TokenContext | null): object {
  if (account === null) return {};
  return context?.subject === undefined
    ? { username: account.username, sub: account.accountId }
    : { sub: context.subject };
}

function namesAudience(context: TokenContext | null): boolean {
  return context?.resources !== undefined || context?.audiences !== undefined;
}

/** RFC 7515 §3.1: three parts, of which the first begins with a brace. An opaque token has no dot. */
function isJwt(token: string): boolean {
  return /^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

/** §2.2. No `token_type`: it is not a token that opens a resource. */
function refreshState(found: RefreshTokenFound, issuer: string): object {
  return {
    active: true,
    ...(found.scope.length === 0 ? {} : { scope: found.scope.join(' ') }),
    client_id: found.clientId,
    ...personOf(found.account, found.context),
    ...(found.expiresAtMs === null ? {} : { exp: numericDate(found.expiresAtMs) }),
    iat: numericDate(found.issuedAtMs),
    iss: issuer,
    aud: found.clientId,
  };
}

function answer(state: object | null, clientId: ClientId): EndpointResponse {
  return { status: 200, headers: NO_STORE, body: state ?? { active: false }, clientId };
}
