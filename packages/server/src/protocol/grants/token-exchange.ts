/**
 * The token exchange grant (RFC 8693): a service that was called with a person's access token gets one of its own to call the
 * next, in the person's name alone (impersonation) or naming who acts for them (delegation, §1.1).
 *
 * Owns the checks on both tokens and the policy of the application. What comes out can do less than what went in, never more:
 * fewer or the same scopes, audiences from the application's list, an end no later than the subject token's, and the subject's
 * token family, so that whoever revokes the one ends the other. Refused: tokens of other kinds than our own access tokens
 * (an ID token names no grant that could be revoked), and sender-constrained ones, which their finder could not use either.
 */
import { presentedSecret } from '../../vocabulary/credentials.ts';
import type { AccountId, FamilyId } from '../../vocabulary/identifiers.ts';
import type { Application } from '../application.ts';
import { findGoodToken } from '../bearer.ts';
import { isProtocolError, type ProtocolError, protocolError } from '../errors.ts';
import { actorsFor, withSubject } from '../pairwise-subject.ts';
import type { Parameters } from '../parameters.ts';
import type { AccessTokenFound } from '../ports/grants.ts';
import { scopeTokens } from '../scopes.ts';
import { type ActClaim, contextOrNull, type TokenContext } from '../token-context.ts';
import { mintAccessToken, tokenResponse } from '../token-response.ts';
import type { Grant, GrantDeps, GrantOutcome, TokenRequest } from './grant.ts';

/** §3: token types, as far as this server takes or issues them. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** A chain of services longer than this goes in a circle. */
const ACTORS_MAX = 10;

/** `grant_type=urn:ietf:params:oauth:grant-type:token-exchange`. */
export const tokenExchangeGrant: Grant = {
  type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  name: 'token-exchange',
  redeem: exchangeToken,
};

async function exchangeToken(request: TokenRequest, deps: GrantDeps): Promise<GrantOutcome> {
  const { application, parameters, confirmation, nowMs } = request;
  // §5, and §2.1: the policy of an application means something only where the application proves itself.
  if (application.type === 'public') return refused(PUBLIC_CLIENT);
  const fault = shapeFault(parameters, application);
  if (fault !== null) return refused(fault);
  const subject = await subjectOf(request, deps);
  if (isProtocolError(subject)) return refused(subject);
  const act = await actingParty(request, subject.found, deps);
  if (isProtocolError(act)) return refused(act);
  const target = targetOf(parameters, application);
  if (isProtocolError(target)) return refused(target);
  const scope = narrowedScope(parameters.get('scope'), subject.found.token.scope, application);
  if (isProtocolError(scope)) return refused(scope);

  const { accountId, familyId } = subject;
  // OpenID Connect Core §8.1: the person has the name that this application knows, whatever the subject token calls them.
  const known = act === null ? {} : { act: actorsFor(act, application, deps.pairwiseKey) };
  const person = { accountId, sessionId: null };
  const context = withSubject(contextOrNull({ ...target, ...known }), person, application, deps.pairwiseKey);
  const endsByMs = subject.found.token.expiresAtMs;
  const access = await mintAccessToken(
    { application, accountId, familyId, authentication: null, scope, context, confirmation, nowMs, endsByMs },
    deps,
  );
  await deps.grants.issueAccessToken(access.record);
  const response = tokenResponse({ access, refreshToken: null, idToken: null });
  // §2.2.1: issued_token_type is required; a refresh token would outlive what it came from, so there is none.
  return {
    outcome: 'issued',
    response: { ...response, issued_token_type: parameters.get('requested_token_type') ?? ACCESS_TOKEN },
  };
}

const PUBLIC_CLIENT = protocolError(
  'unauthorized_client',
  'A public client cannot exchange tokens: it has nothing to prove itself by.',
);

/** §2.1: which parameters belong together, and which kinds of token are known. */
function shapeFault(parameters: Parameters, application: Application): ProtocolError | null {
  if (parameters.get('subject_token') === null) {
    return protocolError('invalid_request', 'The parameter subject_token is missing (RFC 8693 section 2.1).');
  }
  if (parameters.get('subject_token_type') !== ACCESS_TOKEN) {
    return protocolError(
      'invalid_request',
      `The subject_token has to be an access token of this server: subject_token_type=${ACCESS_TOKEN}.`,
    );
  }
  // RFC 9396: what a person allowed one application exactly does not go over to another.
  if (parameters.get('authorization_details') !== null) {
    return protocolError(
      'invalid_authorization_details',
      'An exchanged token carries no authorization_details: leave the parameter out.',
    );
  }
  const [actor, actorType] = [parameters.get('actor_token'), parameters.get('actor_token_type')];
  // §2.1: actor_token_type is required with actor_token and must not come without it.
  if (actor === null && actorType !== null)
    return protocolError('invalid_request', 'There is an actor_token_type and no actor_token.');
  if (actor !== null && actorType !== ACCESS_TOKEN) {
    return protocolError(
      'invalid_request',
      `The actor_token has to be an access token of this server: actor_token_type=${ACCESS_TOKEN}.`,
    );
  }
  const requested = parameters.get('requested_token_type');
  if (requested === null || requested === ACCESS_TOKEN) return null;
  if (requested !== JWT)
    return protocolError(
      'invalid_request',
      `This server exchanges for access tokens: requested_token_type=${ACCESS_TOKEN}.`,
    );
  return application.settings.accessTokenFormat === 'jwt'
    ? null
    : protocolError(
        'invalid_request',
        'This application gets opaque access tokens, so no jwt. Its owner can set access_token_format to jwt.',
      );
}

/** The person's token, with what an exchanged one needs of it. */
interface Subject {
  readonly found: AccessTokenFound;
  readonly accountId: AccountId;
  readonly familyId: FamilyId;
}

/** §2.2.2: a token that is "invalid for any reason, or unacceptable based on policy" is invalid_request. */
async function subjectOf(request: TokenRequest, deps: GrantDeps): Promise<Subject | ProtocolError> {
  const found = await goodToken(request, 'subject_token', deps);
  if (isProtocolError(found)) return found;
  const { accountId, familyId } = found.token;
  if (accountId === null || familyId === null) {
    return protocolError('invalid_request', 'The subject_token is of client_credentials: nobody stands behind it.');
  }
  return isExchangeable(found, request.application) ? { found, accountId, familyId } : NOT_FOR_YOU;
}

/** One wording whether it is not there or not to be had by this application: a token of others is not to be told apart. */
const NOT_FOR_YOU = protocolError(
  'invalid_request',
  'The subject_token is unknown, expired or revoked, or this application may not exchange it. Its policy is in the application settings.',
);

function isExchangeable({ clientId, token }: AccessTokenFound, application: Application): boolean {
  const clients = application.settings.tokenExchangeSubjectClients;
  if (clients.length > 0) return clients.includes(clientId);
  return token.applicationId === application.id || token.context?.audiences?.includes(application.clientId) === true;
}

async function goodToken(
  request: TokenRequest,
  name: 'subject_token' | 'actor_token',
  deps: GrantDeps,
): Promise<AccessTokenFound | ProtocolError> {
  const text = request.parameters.get(name) ?? '';
  const found = await findGoodToken(presentedSecret<'access_token'>(text), request.nowMs, deps.grants);
  if (found === null) {
    return name === 'subject_token'
      ? NOT_FOR_YOU
      : protocolError('invalid_request', 'The actor_token is unknown, expired or revoked.');
  }
  // RFC 9449 §7, RFC 8705 §3: whoever shows it would have to prove a key, and the exchange would take that away from it.
  if (found.token.context?.confirmation !== undefined) {
    return protocolError(
      'invalid_request',
      `The ${name} is bound to a key (cnf): this server exchanges bearer tokens.`,
    );
  }
  return found;
}

/** The `act` claim of what is issued; null: none. The policy decides which of the two ways is open. */
async function actingParty(
  request: TokenRequest,
  subject: AccessTokenFound,
  deps: GrantDeps,
): Promise<ActClaim | null | ProtocolError> {
  const { application, parameters } = request;
  const { tokenExchange } = application.settings;
  // §4.1: who acted before goes on standing in it, whichever way the token is exchanged.
  const before = subject.token.context?.act;
  if (parameters.get('actor_token') === null) {
    const allowed = tokenExchange === 'impersonation' || tokenExchange === 'impersonation-and-delegation';
    return allowed ? (before ?? null) : notAllowed('impersonation', 'an actor_token names who acts');
  }
  const allowed = tokenExchange === 'delegation' || tokenExchange === 'impersonation-and-delegation';
  if (!allowed) return notAllowed('delegation', 'leave actor_token out');
  const actor = await goodToken(request, 'actor_token', deps);
  if (isProtocolError(actor)) return actor;
  // Whoever acts is this application, or somebody signed in to it: another's token is not its to act under.
  if (actor.token.applicationId !== application.id) {
    return protocolError('invalid_request', 'The actor_token was not issued to this application.');
  }
  if (depthOf(before) >= ACTORS_MAX) {
    return protocolError('invalid_request', `The subject_token names ${ACTORS_MAX} acting parties already.`);
  }
  const sub = actor.token.accountId ?? actor.clientId;
  return { sub, client_id: actor.clientId, ...(before === undefined ? {} : { act: before }) };
}

function depthOf(act: ActClaim | undefined): number {
  return act === undefined ? 0 : 1 + depthOf(act.act);
}

function notAllowed(way: 'impersonation' | 'delegation', instead: string): ProtocolError {
  return protocolError(
    'unauthorized_client',
    `This application may not exchange tokens by ${way}; where the other way is open to it, ${instead}. A superuser sets token_exchange.`,
  );
}

/** §2.1: `audience` and `resource`, each from the application's list; without either the token is for the application itself. */
function targetOf(
  parameters: Parameters,
  application: Application,
): Pick<TokenContext, 'audiences' | 'resources'> | ProtocolError {
  const [audiences, resources] = [parameters.getAll('audience'), parameters.getAll('resource')];
  const allowed = application.settings.tokenExchangeAudiences;
  // §2.2.2: invalid_target
  const unknown = [...audiences, ...resources].find((name) => !allowed.includes(name) && name !== application.clientId);
  if (unknown !== undefined) {
    return protocolError(
      'invalid_target',
      'An audience or resource of the request is not one that this application may exchange tokens for. A superuser sets token_exchange_audiences.',
      `asked: ${unknown}`,
    );
  }
  if (audiences.length === 0 && resources.length === 0) return { audiences: [application.clientId] };
  const unique = (names: readonly string[]) => [...new Set(names)];
  return {
    ...(audiences.length === 0 ? {} : { audiences: unique(audiences) }),
    ...(resources.length === 0 ? {} : { resources: unique(resources) }),
  };
}

/** What the subject token has, as far as this application is assigned it too (ASVS 10.4.11); never more. */
function narrowedScope(
  asked: string | null,
  held: readonly string[],
  application: Application,
): readonly string[] | ProtocolError {
  const possible = held.filter((name) => application.scopes.includes(name));
  const names = asked === null ? possible : scopeTokens(asked);
  if (names.length > 0 && names.every((name) => possible.includes(name))) return names;
  return protocolError(
    'invalid_scope',
    'An exchange gives the scopes of the subject_token or fewer, as far as this application is assigned them too.',
    `asked: ${asked ?? 'all'}; held: ${held.join(' ')}; assigned: ${application.scopes.join(' ')}`,
  );
}

function refused(error: ProtocolError): GrantOutcome {
  return { outcome: 'refused', error };
}
