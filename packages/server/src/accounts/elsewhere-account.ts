/**
 * A new account of somebody whom a provider identified: by the rules of every sign-up, with no password.
 *
 * Owns what is kept of what the provider said. When an account is made is `sign-in-elsewhere.ts`.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import type { Clock } from '../vocabulary/time.ts';
import { draftAccount, newAccountId } from './account-draft.ts';
import { type AttemptDeps, countAttempt } from './attempt-limits.ts';
import type { Arrival } from './elsewhere-attempts.ts';
import { parseEmailAddress } from './email-address.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseFirstName, parseLastName } from './person-name.ts';
import type { ArrivedIdentity, ExternalIdentityStore, NewIdentity } from './ports/elsewhere.ts';
import type { AccountEvents } from './ports/events.ts';
import type { Account, AccountStore, NewAccount } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { fieldsOfPerson } from './profile-fields.ts';
import { type MailVerificationDeps, mailAttempts, mailVerification } from './verify-address.ts';
import type { Visitor } from './visitor.ts';

/** What making one needs. */
export interface ElsewhereAccountDeps extends AttemptDeps, MailVerificationDeps {
  readonly externalIdentities: Pick<ExternalIdentityStore, 'createAccountWithIdentity' | 'useIdentity'>;
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly emailVerification: 'required' | 'optional';
  /** Judges the password of a form; here there is none. */
  readonly passwordPolicy: PasswordPolicy;
  readonly signUpDomains: readonly string[];
  readonly profileFields: ProfileFields;
  readonly events: AccountEvents;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Outcome of making an account. */
export type Made =
  | { readonly outcome: 'made'; readonly account: Account; readonly isNew: boolean }
  | { readonly outcome: 'unverified' }
  | Limited
  | Refused;

/** What a new person is to be called here, and what the operator wants to know of them. */
export interface Chosen {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** What was typed into the operator's fields that sign-up asks for, by name. */
  readonly fields: Readonly<Record<string, string>>;
  readonly locale: string | null;
}

/** Makes the account, or says what is wrong with its fields. */
export async function makeAccount(
  chosen: Chosen,
  { identity, next }: Pick<Arrival, 'identity' | 'next'>,
  visitor: Visitor,
  deps: ElsewhereAccountDeps,
): Promise<Made> {
  // 1. The fields, by the rules of every sign-up.
  const wantsEmail = deps.emailVerification === 'required' || chosen.email !== '';
  const fields = { asked: fieldsOfPerson(deps.profileFields, 'sign-up'), typed: chosen.fields };
  const text = { ...chosen, email: wantsEmail ? chosen.email : null, password: null, fields };
  const drafted = await draftAccount(text, deps.passwordPolicy);
  if (drafted.outcome === 'refused') return drafted;
  const { draft } = drafted;
  if (!mayTake(chosen.email, deps)) {
    return refused(fieldProblem('email', 'problem.email.domain', { domains: deps.signUpDomains.join(', ') }));
  }

  // 2. Verified, where the provider verified this very address and is believed.
  const isVerified = identity.emailVerified && chosen.email === identity.email;
  const mailed =
    draft.email === null || isVerified ? null : await countAttempt(mailAttempts(draft.email.key, visitor), deps);
  if (mailed?.outcome === 'limited' && deps.emailVerification === 'required') return mailed;
  const account: NewAccount = {
    ...draft,
    id: newAccountId(deps.randomness),
    email: draft.email === null ? null : { ...draft.email, verified: isVerified },
    passwordHash: null,
    locale: chosen.locale,
    isSuperuser: false,
    createdAtMs: deps.clock(),
  };
  const created = await create(account, identity, deps);
  switch (created) {
    case 'username_taken':
      return refused(fieldProblem('username', 'problem.username.taken'));
    case 'identity_taken': {
      // Made by another tab a moment ago.
      const known = await deps.externalIdentities.useIdentity(newIdentityOf(identity), deps.clock());
      if (known === null) throw new Error('an identity was linked a moment ago and is gone');
      return { outcome: 'made', account: known, isNew: false };
    }
    case 'created':
      break;
    default:
      created satisfies never;
  }

  // 3. As after every sign-up.
  await deps.events.record(account.id, { kind: 'signed-up', detail: identity.provider.name }, visitor);
  if (mailed?.outcome === 'allowed' && draft.email !== null) {
    const { id: accountId, username, locale } = account;
    await mailVerification({ accountId, username, locale, zoneInfo: null, ...draft.email }, visitor, next, deps);
    if (deps.emailVerification === 'required') return { outcome: 'unverified' };
  }
  const made = await deps.accounts.findAccount(account.id);
  if (made === null) throw new Error('an account was made a moment ago and is gone');
  return { outcome: 'made', account: made, isNew: true };
}

async function create(
  account: NewAccount,
  identity: ArrivedIdentity,
  { externalIdentities }: Pick<ElsewhereAccountDeps, 'externalIdentities'>,
): Promise<'created' | 'username_taken' | 'identity_taken'> {
  const { outcome } = await externalIdentities.createAccountWithIdentity(account, newIdentityOf(identity));
  if (outcome !== 'email_taken' || account.email === null)
    return outcome === 'email_taken' ? 'username_taken' : outcome;
  // Verified elsewhere a moment ago: kept as one that nobody vouches for.
  const unverified = { ...account, email: { ...account.email, verified: false } };
  const again = await externalIdentities.createAccountWithIdentity(unverified, newIdentityOf(identity));
  if (again.outcome === 'email_taken') throw new Error('an unverified address was taken for a verified one');
  return again.outcome;
}

/** An identity as it is linked. */
export function newIdentityOf({ provider, issuer, subject, label, importedAs }: ArrivedIdentity): NewIdentity {
  return { providerId: provider.id, issuer, subject, label, importedAs };
}

/** Whether the page has to ask for an address. */
export function asksForEmail(
  { email }: Pick<ArrivedIdentity, 'email'>,
  { emailVerification }: Pick<ElsewhereAccountDeps, 'emailVerification'>,
): boolean {
  return emailVerification === 'required' && email === '';
}

/** Whether the page asks for names and the operator's fields too: something is to be said that no provider says for somebody. */
export function asksForMore(
  { invitation }: Pick<Arrival, 'invitation'>,
  { profileFields }: Pick<ElsewhereAccountDeps, 'profileFields'>,
): boolean {
  return invitation !== null || fieldsOfPerson(profileFields, 'sign-up').length > 0;
}

/** `DIAPASON_SIGN_UP_DOMAINS`. */
export function mayTake(email: string, { signUpDomains }: Pick<ElsewhereAccountDeps, 'signUpDomains'>): boolean {
  if (signUpDomains.length === 0) return true;
  const parsed = parseEmailAddress(email);
  return parsed.outcome === 'valid' && signUpDomains.includes(parsed.key.split('@').at(-1) ?? '');
}

/** What the provider calls them, or the start of their address. */
export function suggestedUsername({ username, email }: Pick<ArrivedIdentity, 'username' | 'email'>): string {
  return username === '' ? (email.split('@')[0] ?? '') : username;
}

/** What cannot be kept is as if the provider had not said it: it is no reason to send anybody away. */
export function usable(identity: ArrivedIdentity): ArrivedIdentity {
  const { firstName, lastName, email } = identity;
  const isAddress = parseEmailAddress(email).outcome === 'valid';
  return {
    ...identity,
    firstName: parseFirstName(firstName).outcome === 'valid' ? firstName : '',
    lastName: parseLastName(lastName).outcome === 'valid' ? lastName : '',
    email: isAddress ? email : '',
    emailVerified: isAddress && identity.emailVerified,
  };
}
