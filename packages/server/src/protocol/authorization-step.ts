/**
 * What comes next for an authorization request: sign-in, consent, a code, or an error. It alone decides; sign-in and
 * consent never call each other, each returns here.
 *
 * Owns the decision and nothing else: no storage, no clock. What is known goes in, one step comes out.
 */
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import { acrOf } from './acr.ts';
import { type Application, isNative, isUnverified } from './application.ts';
import { detailsToAsk } from './authorization-details.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { AuthorizationFound } from './ports/authorization.ts';
import { isLoopbackRedirect, isPrivateUseRedirect } from './redirect-uri.ts';

/** Whoever is signed in, with what they allowed the application before. */
export type Person = Pick<AuthorizationFound, 'session' | 'account' | 'consent' | 'groupRequiresSecondFactor'>;

/** What is known when the step is decided. */
export interface AuthorizationFacts {
  /** null: nobody is signed in. */
  readonly person: Person | null;
  /** The `sub` by which the application knows that person; null: nobody is signed in. */
  readonly subject: string | null;
  /** When the request first came, if it has been pending since: a sign-in after that is the one it asked for. */
  readonly pendingSinceMs: number | null;
  /** They have no second factor, and the request, the application or one of their groups asks for one (`second-factor.ts`). */
  readonly lacksSecondFactor: boolean;
  /** They were asked to set one up for this request, which would be glad of it and does not demand it, and did not want to. */
  readonly declinedSecondFactor: boolean;
  /** Whether they are in a group that the application is for; true where it is for everybody. */
  readonly mayEnter: boolean;
  readonly nowMs: number;
  readonly detailTypes: AuthorizationDetailTypes;
}

/** Why somebody has to sign in, though perhaps signed in already. */
export type LoginReason =
  | 'signed_out'
  /** `prompt=login`, `select_account` or `create`. */
  | 'prompt'
  /** `max_age` has passed. */
  | 'max_age'
  /** The application asks for two factors, and it was one. */
  | 'acr'
  /** `id_token_hint` names somebody else. */
  | 'other_account';

/** The next step. */
export type AuthorizationStep =
  | { readonly step: 'login'; readonly reason: LoginReason }
  | { readonly step: 'consent'; readonly person: Person; readonly newScope: readonly string[] }
  | { readonly step: 'issue'; readonly person: Person }
  /** The person has no second factor, and sets one up first; `isVoluntary`: or goes on without. */
  | { readonly step: 'set_up_factor'; readonly person: Person; readonly isVoluntary: boolean }
  /** The person is in none of the groups that the application is for. */
  | { readonly step: 'closed'; readonly person: Person }
  | { readonly step: 'error'; readonly error: ProtocolError };

/** Decides the next step of a request (OpenID Connect Core §3.1.2.3, §3.1.2.4). */
export function authorizationStep(request: AuthorizationRequest, facts: AuthorizationFacts): AuthorizationStep {
  const silent = request.prompts.has('none');
  const { person } = facts;
  const login = loginReason(request, facts);
  if (person === null || login !== null) {
    if (silent) return { step: 'error', error: LOGIN_REQUIRED };
    // OpenID Connect Core §3.1.2.1: whoever signed in for this very request is still not the one that the hint names.
    if (login === 'other_account' && isFresh(facts)) return { step: 'error', error: OTHER_ACCOUNT };
    return { step: 'login', reason: login ?? 'signed_out' };
  }
  if (!facts.mayEnter) return silent ? { step: 'error', error: CLOSED } : { step: 'closed', person };
  if (facts.lacksSecondFactor) {
    const isVoluntary = request.secondFactor === 'wanted' && !person.groupRequiresSecondFactor;
    if (silent && !isVoluntary) return { step: 'error', error: ONE_FACTOR };
    // A voluntary one is offered once, and not at all where nobody may be asked.
    if (!isVoluntary || !(silent || facts.declinedSecondFactor)) return { step: 'set_up_factor', person, isVoluntary };
  }
  const allowed = person.consent?.scope ?? [];
  const newScope = request.consentScope.filter((name) => !allowed.includes(name));
  const { fresh, eachTime } = detailsToAsk(request.details, person.consent?.details ?? [], facts.detailTypes);
  if (!eachTime && !consentNeeded(request, newScope.length + fresh.length > 0)) return { step: 'issue', person };
  return silent ? { step: 'error', error: CONSENT_REQUIRED } : { step: 'consent', person, newScope };
}

const LOGIN_REQUIRED = protocolError('login_required', 'The person has to sign in, and prompt=none forbids asking.');
const CLOSED = protocolError(
  'access_denied',
  'The person is in none of the groups that this application is for. See the groups in its settings.',
);
const OTHER_ACCOUNT = protocolError('login_required', 'Another person signed in than the one of the id_token_hint.');
/** Core Unmet Authentication Requirements 1.0 §2. Also for somebody who does not want to set one up. */
export const ONE_FACTOR = protocolError(
  'unmet_authentication_requirements',
  'A sign-in by two factors (acr 2) is demanded, and the person has no second one set up.',
);
const CONSENT_REQUIRED = protocolError(
  'consent_required',
  'The person has to be asked, and prompt=none forbids asking.',
);

function loginReason(request: AuthorizationRequest, facts: AuthorizationFacts): LoginReason | null {
  if (facts.person === null) return 'signed_out';
  const { session } = facts.person;
  if (!isFresh(facts)) {
    const { prompts } = request;
    if (prompts.has('login') || prompts.has('select_account') || prompts.has('create')) return 'prompt';
    // OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login.
    const maxAge = request.maxAgeSeconds;
    if (maxAge !== null && (maxAge === 0 || facts.nowMs - session.authTimeMs > maxAge * 1_000)) return 'max_age';
  }
  // Whoever has no second factor would sign in again for nothing.
  if (request.secondFactor !== null && !facts.lacksSecondFactor && acrOf(session) !== '2') {
    // A voluntary one is asked for once, and not at all where nobody may be asked.
    if (request.secondFactor === 'required') return 'acr';
    if (!isFresh(facts) && !request.prompts.has('none')) return 'acr';
  }
  const { demanded } = request;
  if (demanded === null || demanded.sub === facts.subject) return null;
  // Of a pairwise application the account's id counts where we said it ourselves alone: asked for by `claims`, or shown in
  // another application's token, the answer would tell two of them that they have the same person (OpenID Connect Core §8.1).
  return demanded.fromOwnToken && demanded.sub === session.accountId ? null : 'other_account';
}

/** Whether the sign-in happened for this request: then it is not asked for again, however long the consent page stood. */
function isFresh(facts: AuthorizationFacts): boolean {
  const { person, pendingSinceMs } = facts;
  return person !== null && pendingSinceMs !== null && person.session.authTimeMs >= pendingSinceMs;
}

function consentNeeded(request: AuthorizationRequest, asksForMore: boolean): boolean {
  if (request.prompts.has('consent')) return true;
  // ASVS 10.4.7: nobody vouches for it, so that neither what was allowed before nor the operator's skipConsent stands in.
  if (isUnverified(request.application)) return true;
  // RFC 8252 §8.6, ASVS 10.7.1: whoever copied the client_id may be listening there, so a person is asked each time; the
  // operator's skipConsent cannot vouch for it either.
  if (!identityIsAssured(request.application, request.redirectUri)) return true;
  return asksForMore && !request.application.skipConsent;
}

/** A secret on a server assures it, one in a program that people have does not (RFC 8252 §8.5); so does an https address that only its owner can answer at. */
function identityIsAssured(application: Application, redirectUri: string): boolean {
  if (application.type === 'confidential' && !isNative(application)) return true;
  return !isLoopbackRedirect(redirectUri) && !isPrivateUseRedirect(redirectUri);
}
