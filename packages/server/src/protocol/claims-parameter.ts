/**
 * The parameter `claims` (OpenID Connect Core §5.5): single claims, asked for by name, for userinfo and for the ID token.
 *
 * Owns its syntax, what of it is kept, and the two claims whose value is a demand: `sub` and `acr`. Which claims exist is
 * `claims.ts`. A person is asked for the scope that would open a claim, so that nothing is had here that consent does not show.
 */
import { isReachableAcr, wantsTwoFactors } from './acr.ts';
import { type ProfileClaims, scopeOfClaim } from './claims.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { ClaimsRequest } from './token-context.ts';

/** What a request asks for by name. */
export interface RequestedClaims {
  /** null: nothing that this server can say. */
  readonly claims: ClaimsRequest | null;
  /** The scopes that would open them, for consent. */
  readonly scope: readonly string[];
  /** The one whose sign-in it has to be; null: anybody's. */
  readonly sub: string | null;
  /** An essential `acr` that a sign-in by one factor does not have (§5.5.1.1). */
  readonly twoFactors: boolean;
}

const NOTHING: RequestedClaims = { claims: null, scope: [], sub: null, twoFactors: false };
/** Of each kind; there are a dozen. */
const MEMBERS_MAX = 100;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the parameter. A claim that does not exist here, or whose scope the application was not assigned, is left out without
 * an error (§5.5.1: "not an error condition").
 * @param assigned the scopes of the application.
 * @returns `invalid_request` where it is not the JSON of §5.5; `unmet_authentication_requirements` for an essential `acr` that
 *   no sign-in here can have (§5.5.1.1).
 */
export function readClaimsParameter(
  text: string | null,
  assigned: readonly string[],
  extra: ProfileClaims,
): RequestedClaims | ProtocolError {
  if (text === null) return NOTHING;
  const whole = parsed(text);
  if (whole === null) return MALFORMED;
  const userinfo = membersOf(whole['userinfo']);
  const idToken = membersOf(whole['id_token']);
  if (userinfo === null || idToken === null) return MALFORMED;
  if (demandsUnreachableAcr(idToken['acr'])) return UNMET_ACR;
  const [sub = null, ...others] = new Set([...demandedSubs(idToken['sub']), ...demandedSubs(userinfo['sub'])]);
  if (others.length > 0 || (sub !== null && typeof sub !== 'string')) return NO_PERSON;
  const claims = { userinfo: known(userinfo, assigned, extra), idToken: known(idToken, assigned, extra) };
  const names = [...claims.userinfo, ...claims.idToken];
  return {
    claims: names.length === 0 ? null : claims,
    scope: [...new Set(names.map((name) => scopeOfClaim(name, extra)))].filter(
      (name) => name !== null && name !== 'openid',
    ) as string[],
    sub,
    twoFactors: demandsTwoFactors(idToken['acr']),
  };
}

/** The JSON of the parameter; null: it is no object. */
function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** §5.5.1: each member is null, or says `essential`, `value` or `values`. null: it is not so. */
function membersOf(value: unknown): Json | null {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return null;
  const members = Object.values(value);
  return members.length <= MEMBERS_MAX && members.every(isClaimRequest) ? value : null;
}

function isClaimRequest(value: unknown): boolean {
  if (value === null) return true;
  if (!isObject(value)) return false;
  const { essential, values } = value;
  return (essential === undefined || typeof essential === 'boolean') && (values === undefined || Array.isArray(values));
}

/** The names that can be answered: each exists, and its scope is one of the application's. */
function known(members: Json, assigned: readonly string[], extra: ProfileClaims): readonly string[] {
  return Object.keys(members).filter((name) => {
    const scope = scopeOfClaim(name, extra);
    return scope !== null && assigned.includes(scope);
  });
}

/** §5.5.1.1: of an essential `acr` with values, one has to be had. A voluntary one may be missed. */
function demandsUnreachableAcr(request: unknown): boolean {
  if (!isObject(request) || request['essential'] !== true) return false;
  const wanted = wantedValues(request);
  return wanted.length > 0 && !wanted.some(isReachableAcr);
}

function demandsTwoFactors(request: unknown): boolean {
  return isObject(request) && request['essential'] === true && wantsTwoFactors(wantedValues(request));
}

/** §5.5.1: with a value, the ID token has to be about that person, whatever else it says. */
function demandedSubs(request: unknown): readonly unknown[] {
  return isObject(request) ? wantedValues(request) : [];
}

function wantedValues(request: Json): readonly unknown[] {
  if (request['value'] !== undefined) return [request['value']];
  return Array.isArray(request['values']) ? request['values'] : [];
}

const MALFORMED = protocolError(
  'invalid_request',
  'The parameter claims is not JSON of the form that OpenID Connect Core section 5.5 has: objects userinfo and id_token.',
);
const NO_PERSON = protocolError(
  'invalid_request',
  'The parameter claims asks for a sub that is no text, or for more than one person (OpenID Connect Core section 5.5.1).',
);
const UNMET_ACR = protocolError(
  'unmet_authentication_requirements',
  'No sign-in here has one of the acr values that the request demands. See acr_values_supported in the metadata.',
);
