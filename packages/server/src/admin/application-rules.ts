/**
 * Whether what is wanted of an application fits together, and whether this person may want it.
 *
 * Owns these rules, for the form, the command line and every later way in. The syntax of a redirect URI is
 * `protocol/redirect-uri.ts`.
 */
import { type FieldProblem, fieldProblem, type ProblemCode } from '../accounts/problems.ts';
import type { Application, GrantName } from '../protocol/application.ts';
import { DEFAULT_SETTINGS } from '../protocol/application-settings.ts';
import { registeredNames } from '../protocol/client-certificate.ts';
import { encryptionKey } from '../protocol/encryption.ts';
import { type FapiDemand, unmetDemands } from '../protocol/fapi.ts';
import { redirectHosts } from '../protocol/pairwise-subject.ts';
import { checkRedirectUri, kindOf, type RedirectUriFault } from '../protocol/redirect-uri.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { ApplicationInput } from './application-input.ts';
import { SETTING_FIELDS, shownSettings } from './setting-fields.ts';

/** Who acts. */
export interface Actor {
  /** null: the operator, at the command line. */
  readonly accountId: AccountId | null;
  readonly isSuperuser: boolean;
}

/** Whoever can run a command on the server's machine. */
export const OPERATOR: Actor = { accountId: null, isSuperuser: true };

/**
 * Not one's own to take: `introspection` opens every application's tokens to its holder (design: Introspection), and `groups` tells
 * what the organisation knows of a person.
 */
export const SUPERUSER_SCOPES: readonly string[] = ['introspection', 'groups'];

/**
 * What is wrong, at most one problem a field; empty: nothing.
 * @param before the application as it is; null: a new one. What it has already may stay, whoever edits it.
 */
export function applicationProblems(
  input: ApplicationInput,
  before: Application | null,
  actor: Actor,
  declared: { readonly scopes: ScopeRegistry; readonly detailTypes: AuthorizationDetailTypes },
): readonly FieldProblem[] {
  const problems = [
    grantsProblem(input, before, actor),
    ...exchangeProblems(input, before, actor),
    redirectUrisProblem(input, before),
    uriProblem('post_logout_redirect_uris', input, input.postLogoutRedirectUris, before?.postLogoutRedirectUris),
    originsProblem(input.allowedOrigins, before?.allowedOrigins),
    frontchannelProblem(input),
    scopesProblem(input.scopes, before, actor, declared.scopes),
    detailsTypesProblem(input, before, declared.detailTypes),
    ...keyProblems(input),
    encryptionProblem(input),
    sectorRuleProblem(input),
    certificateProblem(input),
    ...fapiProblems(input),
    input.skipConsent && !actor.isSuperuser && before?.skipConsent !== true
      ? fieldProblem('skip_consent', 'problem.superuserOnly')
      : null,
    input.ownerId !== undefined && !actor.isSuperuser ? fieldProblem('owner', 'problem.superuserOnly') : null,
  ];
  return problems.filter((problem) => problem !== null);
}

/** Those by which a person signs in. */
const PERSONS_GRANTS: readonly GrantName[] = ['authorization-code', 'device-code'];

function grantsProblem(
  { grants, type }: ApplicationInput,
  before: Application | null,
  actor: Actor,
): FieldProblem | null {
  if (grants.length === 0) return fieldProblem('grants', 'problem.grants.required');
  // RFC 6749 §4.4: "MUST only be used by confidential clients".
  if (grants.includes('client-credentials') && type === 'public') {
    return fieldProblem('grants', 'problem.grants.publicClientCredentials');
  }
  if (grants.includes('token-exchange')) {
    // RFC 8693 §5: an exchange without a proof of the client would be open to whoever finds a token.
    if (type === 'public') return fieldProblem('grants', 'problem.grants.publicTokenExchange');
    if (!actor.isSuperuser && before?.grants.includes('token-exchange') !== true) {
      return fieldProblem('grants', 'problem.superuserOnly');
    }
  }
  // RFC 6749 §1.5: a refresh token comes with the access token of a person's grant.
  if (grants.includes('refresh-token') && !grants.some((name) => PERSONS_GRANTS.includes(name))) {
    return fieldProblem('grants', 'problem.grants.refreshAlone');
  }
  return null;
}

/** RFC 8693: whose tokens it may turn into what is the superusers' to say. */
function exchangeProblems(
  { settings }: ApplicationInput,
  before: Application | null,
  actor: Actor,
): readonly FieldProblem[] {
  if (actor.isSuperuser) return [];
  const [wanted, present] = [shownSettings(settings), shownSettings(before?.settings ?? DEFAULT_SETTINGS)];
  return SETTING_FIELDS.filter(({ name, superuserOnly }) => {
    return superuserOnly === true && JSON.stringify(wanted[name]) !== JSON.stringify(present[name]);
  }).map(({ name }) => fieldProblem(name, 'problem.superuserOnly'));
}

/** RFC 6749 §3.1.2.2, RFC 9700 §2.1: registered in full. */
function redirectUrisProblem(input: ApplicationInput, before: Application | null): FieldProblem | null {
  if (input.redirectUris.length === 0 && input.grants.includes('authorization-code')) {
    return fieldProblem('redirect_uris', 'problem.redirectUris.required');
  }
  // Another kind has other rules (RFC 8252 §7.1): then what it has is new to it.
  const kept = before !== null && kindOf(before) === kindOf(input) ? before.redirectUris : [];
  return uriProblem('redirect_uris', input, input.redirectUris, kept);
}

/** RFC 7591 §2: what is signed has to be verifiable, with keys of one source. */
function keyProblems({ type, settings }: ApplicationInput): readonly (FieldProblem | null)[] {
  const { clientAuthentication, jwks, jwksUri } = settings;
  if (jwks !== null && jwksUri !== null) return [fieldProblem('jwks_uri', 'problem.keys.twice')];
  if (clientAuthentication === 'client_secret') return [];
  if (type === 'public') return [fieldProblem('client_authentication', 'problem.clientAuthentication.public')];
  if (clientAuthentication === 'tls_client_auth') return [];
  return [jwks === null && jwksUri === null ? fieldProblem('client_authentication', 'problem.keys.required') : null];
}

/** OpenID Connect Core §10.2: a key to encrypt to. What is at an address is asked when a token is issued. */
function encryptionProblem({ settings }: ApplicationInput): FieldProblem | null {
  const { idTokenEncryptionAlgorithm: algorithm, jwks, jwksUri } = settings;
  if (algorithm === 'none' || jwksUri !== null) return null;
  return jwks !== null && encryptionKey(jwks, algorithm) !== null
    ? null
    : fieldProblem('id_token_encryption_algorithm', 'problem.keys.encryption', { algorithm });
}

/**
 * OpenID Connect Core §8.1: one host, or a list that shows that its redirect URIs belong together. A device gets its tokens
 * without any redirect, so that a host in its list proves nothing: anybody could name another's, and know people as that one does.
 */
function sectorRuleProblem({ grants, redirectUris, settings }: ApplicationInput): FieldProblem | null {
  const { sectorIdentifierUri, subjectType } = settings;
  if (sectorIdentifierUri !== null) {
    return redirectUris.length > 0 ? null : fieldProblem('sector_identifier_uri', 'problem.sector.noRedirectUris');
  }
  if (subjectType === 'public') return null;
  const hosts = redirectHosts(redirectUris);
  const isProven = hosts.length === 0 || (hosts.length === 1 && !grants.includes('device-code'));
  return isProven && !isMixed(redirectUris, hosts)
    ? null
    : fieldProblem('sector_identifier_uri', 'problem.sector.required');
}

/** An address of its own beside one of this machine: two hosts. */
function isMixed(redirectUris: readonly string[], hosts: readonly string[]): boolean {
  return hosts.length > 0 && redirectUris.some((uri) => redirectHosts([uri]).length === 0);
}

/** RFC 8705 §2.1.2, §3: exactly one name where one is needed; and a token has one key. */
function certificateProblem({ settings }: ApplicationInput): FieldProblem | null {
  const needed = settings.clientAuthentication === 'tls_client_auth' ? 1 : 0;
  if (registeredNames(settings).length !== needed) {
    return fieldProblem('tls_client_auth_subject_dn', 'problem.certificateName.one');
  }
  return settings.requireDpop && settings.tlsClientCertificateBoundAccessTokens
    ? fieldProblem('tls_client_certificate_bound_access_tokens', 'problem.boundTwice')
    : null;
}

/** FAPI 2.0: what its switch demands of the other settings. */
function fapiProblems(input: ApplicationInput): readonly FieldProblem[] {
  return unmetDemands(input).map((demand) => fieldProblem(FAPI_FIELDS[demand], `problem.fapi.${demand}`));
}

const FAPI_FIELDS: Readonly<Record<FapiDemand, string>> = {
  confidential: 'client_type',
  authentication: 'client_authentication',
  bound: 'require_dpop',
  codeLifetime: 'code_lifetime_seconds',
  pushed: 'require_pushed_request',
  pkce: 'require_pkce',
  https: 'redirect_uris',
  algorithms: 'id_token_algorithm',
  signedRequest: 'require_signed_request',
  signedResponse: 'response_modes',
};

/** What the person reads of each fault. */
const URI_PROBLEMS: Readonly<Record<RedirectUriFault, ProblemCode>> = {
  not_absolute: 'problem.uri.invalid',
  too_long: 'problem.uri.invalid',
  characters: 'problem.uri.invalid',
  fragment: 'problem.uri.fragment',
  userinfo: 'problem.uri.userinfo',
  wildcard: 'problem.uri.wildcard',
  scheme: 'problem.uri.scheme',
  http_not_loopback: 'problem.uri.insecure',
  private_scheme_web: 'problem.uri.scheme',
};

/** So much of an address that is refused is shown again. */
const SHOWN_CHARACTERS = 120;

/** @param kept those that it has already, an imported http address among them: they may stay. */
function uriProblem(
  field: string,
  input: ApplicationInput,
  uris: readonly string[],
  kept: readonly string[] = [],
): FieldProblem | null {
  for (const uri of uris.filter((each) => !kept.includes(each))) {
    const check = checkRedirectUri(uri, kindOf(input));
    if (check.outcome === 'refused') {
      return fieldProblem(field, URI_PROBLEMS[check.fault], { uri: uri.slice(0, SHOWN_CHARACTERS) });
    }
  }
  return null;
}

/** OpenID Connect Front-Channel Logout 1.0 §2: scheme, host and port of a registered redirect URI. */
function frontchannelProblem({ settings, redirectUris }: ApplicationInput): FieldProblem | null {
  const uri = settings.frontchannelLogoutUri;
  if (uri === null || redirectUris.some((redirect) => URL.parse(redirect)?.origin === URL.parse(uri)?.origin))
    return null;
  return fieldProblem('frontchannel_logout_uri', 'problem.frontchannelLogout.otherOrigin');
}

/** RFC 6454 §6.2: exactly as a browser writes it, `scheme://host[:port]`, since it is compared as text. */
function originsProblem(origins: readonly string[], kept: readonly string[] = []): FieldProblem | null {
  for (const origin of origins.filter((each) => !kept.includes(each))) {
    const shown = origin.slice(0, SHOWN_CHARACTERS);
    const url = URL.canParse(origin) ? new URL(origin) : null;
    if (url === null || url.origin !== origin || !['http:', 'https:'].includes(url.protocol)) {
      return fieldProblem('allowed_origins', 'problem.origin.invalid', { origin: shown });
    }
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      return fieldProblem('allowed_origins', 'problem.uri.insecure', { uri: shown });
    }
  }
  return null;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** RFC 9396 §10: what the operator declares, and what the application has already. */
function detailsTypesProblem(
  { settings }: ApplicationInput,
  before: Application | null,
  declared: AuthorizationDetailTypes,
): FieldProblem | null {
  const had = before?.settings.authorizationDetailsTypes ?? [];
  const unknown = settings.authorizationDetailsTypes.find((type) => !declared.has(type) && !had.includes(type));
  if (unknown === undefined) return null;
  return fieldProblem('authorization_details_types', 'problem.detailsTypes.unknown', {
    type: unknown.slice(0, SHOWN_CHARACTERS),
  });
}

function scopesProblem(
  wanted: readonly string[],
  before: Application | null,
  actor: Actor,
  scopes: ScopeRegistry,
): FieldProblem | null {
  if (wanted.length === 0) return fieldProblem('scopes', 'problem.required');
  const has = (scope: string) => before?.scopes.includes(scope) === true;
  const unknown = wanted.find((scope) => !scopes.has(scope) && !has(scope));
  if (unknown !== undefined) {
    return fieldProblem('scopes', 'problem.scopes.unknown', { scope: unknown.slice(0, SHOWN_CHARACTERS) });
  }
  const reserved = wanted.find((scope) => SUPERUSER_SCOPES.includes(scope) && !has(scope));
  return reserved === undefined || actor.isSuperuser
    ? null
    : fieldProblem('scopes', 'problem.scopes.superuserOnly', { scope: reserved });
}
