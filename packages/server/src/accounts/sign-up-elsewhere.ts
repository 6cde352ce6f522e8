/**
 * The page that a new person from elsewhere fills in before their account is made: a username where the provider's is taken, an address
 * where it gives none, and where there is more to say (fields that the operator requires, an invitation) all of it, with what the provider
 * said in it.
 *
 * Owns what the page asks and the making by it. Who comes to it is `sign-in-elsewhere.ts`.
 */
import { attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import {
  asksForEmail,
  asksForMore,
  type Chosen,
  type ElsewhereAccountDeps,
  makeAccount,
  suggestedUsername,
} from './elsewhere-account.ts';
import { type Arrival, readArrival, useArrival } from './elsewhere-attempts.ts';
import { type InvitationView, viewInvitation } from './invitations.ts';
import { type InvitedElsewhereDeps, makeInvitedAccount } from './invited-elsewhere.ts';
import type { ProviderName } from './ports/elsewhere.ts';
import type { Refused } from './problems.ts';
import { type Asked, type SignInElsewhereDeps, type SignInElsewhereResult, welcome } from './sign-in-elsewhere.ts';
import { parseUsername } from './username.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** What the page asks of a new person. */
export interface ElsewhereSignUpView {
  readonly provider: ProviderName;
  /** Of the account there; empty: not known. */
  readonly label: string;
  /** What the provider said. */
  readonly suggested: Omit<Chosen, 'email' | 'locale'>;
  /** Names and the operator's fields are asked for too. */
  readonly asksForMore: boolean;
  /** False: the provider or the invitation gives an address, or none is wanted. */
  readonly asksForEmail: boolean;
  /** What the account is made by; null: by no invitation. */
  readonly invitation: { readonly token: string; readonly view: InvitationView } | null;
  readonly next: string | null;
}

/** What seeing it needs. */
export type ElsewhereSignUpViewDeps = Pick<
  SignInElsewhereDeps,
  'elsewhereSealing' | 'clock' | 'invitations' | 'groups' | 'addresses'
> &
  Pick<ElsewhereAccountDeps, 'emailVerification' | 'profileFields'>;

/** What the page shows; null: the arrival is none of this browser's, or too old. */
export async function viewSignUpElsewhere(
  sealed: string,
  { browser }: Pick<Visitor, 'browser'>,
  deps: ElsewhereSignUpViewDeps,
): Promise<ElsewhereSignUpView | null> {
  const arrival = readArrival('sign-in', sealed, browser, deps);
  if (arrival === null) return null;
  const { identity, invitation: token, next } = arrival;
  const { provider, label, firstName, lastName, declared } = identity;
  const suggested = suggestedUsername(identity);
  const username = parseUsername(suggested, null).outcome === 'valid' ? suggested : '';
  return {
    provider,
    label,
    suggested: { username, firstName, lastName, fields: declared },
    asksForMore: asksForMore(arrival, deps),
    asksForEmail: token === null && asksForEmail(identity, deps),
    invitation: token === null ? null : { token, view: await viewInvitation(token, null, deps) },
    next,
  };
}

/** Outcome of the page. */
export type SignUpElsewhereResult =
  | Exclude<SignInElsewhereResult, { readonly outcome: 'choose' | 'link_first' }>
  | Refused
  /** The arrival is none of this browser's, too old, or used before. */
  | { readonly outcome: 'stale' };

/** What making needs. */
export interface SignUpElsewhereDeps extends SignInElsewhereDeps, InvitedElsewhereDeps {
  readonly invitations: SignInElsewhereDeps['invitations'] & InvitedElsewhereDeps['invitations'];
  readonly externalIdentities: SignInElsewhereDeps['externalIdentities'];
}

/**
 * Makes the account as the page was filled in. Field names of problems: `username`, `email`, `first_name`, `last_name`, and `field_…` for
 * the operator's. What the page does not ask for is as the provider said it, whatever is sent.
 */
export async function signUpElsewhere(
  input: Chosen & { readonly sealed: string },
  asked: Asked,
  visitor: Visitor,
  deps: SignUpElsewhereDeps,
): Promise<SignUpElsewhereResult> {
  const { browser } = visitor;
  const arrival = readArrival('sign-in', input.sealed, browser, deps);
  if (arrival === null || browser === null) return { outcome: 'stale' };
  if (arrival.invitation === null && !deps.signUpIsOpen) return { outcome: 'sign_up_closed' };

  // Counted as at a sign-up: only a taken username stays counted.
  const attempts = [attemptAt('signUpNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const made = await make(input, arrival, visitor, deps);
  const isTaken = made.outcome === 'refused' && made.problems.some(({ code }) => code === 'problem.username.taken');
  if (!isTaken) await takeBackAttempt(attempts, deps);
  if (made.outcome === 'refused' || made.outcome === 'limited' || made.outcome === 'see_invitation') return made;
  // What it is good for is done: it signs nobody in a second time.
  if (!(await useArrival(input.sealed, deps))) return { outcome: 'stale' };
  if (made.outcome === 'unverified') return made;
  return welcome(made.account, arrival.identity, asked, { ...visitor, browser }, deps, made.isNew);
}

async function make(input: Chosen, arrival: Arrival, visitor: Visitor, deps: SignUpElsewhereDeps) {
  const { identity, invitation } = arrival;
  const { firstName, lastName } = asksForMore(arrival, deps) ? input : identity;
  const chosen = { username: input.username, firstName, lastName, fields: input.fields, locale: input.locale };
  if (invitation === null) {
    const email = asksForEmail(identity, deps) ? input.email : identity.email;
    return makeAccount({ ...chosen, email }, arrival, visitor, deps);
  }
  const made = await makeInvitedAccount(invitation, chosen, identity, visitor, deps);
  return made.outcome === 'not_open' ? ({ outcome: 'see_invitation', token: invitation } as const) : made;
}
