/**
 * Signing up: a new account by its future owner.
 *
 * With verification optional it signs in at once, and a known address gives no hint: the account gets an unverified copy of it,
 * which signs nobody in as its owner. With verification required the answer is the same "check your mail" for a new and a
 * known address; what differs is the mail. That a username is taken has to be said; how often one may ask is limited.
 *
 * Owns the flow. The rules of each field are their own files; confirming an address is `verify-address.ts`.
 */
import { digestOf } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { type AccountDraft, draftAccount, newAccountId } from './account-draft.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import type { PasswordHasher } from './password-hashing.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { AccountStore, KnownBrowserStore, NewAccount, PasswordHash } from './ports.ts';
import { type Busy, fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { fieldsOfPerson } from './profile-fields.ts';
import { type SessionStartDeps, type StartedSession, startSession } from './sessions.ts';
import { usernameKeyOf } from './username.ts';
import { type MailVerificationDeps, mailAttempts, mailVerification } from './verify-address.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** The form as it was sent; what was absent is empty. */
export interface SignUpInput {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly password: string;
  /** What was typed into the operator's fields that sign-up asks for, by name; absent: nothing. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The language of the page, kept for mail; null: none chosen. */
  readonly locale: string | null;
  /** Own-origin path to go to afterwards; null: none. */
  readonly next: string | null;
}

/** What signing up needs. */
export interface SignUpDeps extends SessionStartDeps, AttemptDeps, MailVerificationDeps {
  readonly accounts: Pick<AccountStore, 'createAccount' | 'findByUsername'>;
  readonly knownBrowsers: Pick<KnownBrowserStore, 'rememberBrowser' | 'isKnownBrowser'>;
  readonly passwords: Pick<PasswordHasher, 'hash' | 'verify'>;
  readonly emailVerification: 'required' | 'optional';
  /** Words that make up no password, such as the brand name. */
  readonly passwordPolicy: PasswordPolicy;
  readonly profileFields: ProfileFields;
  /** Domains, in ASCII and lower case, whose addresses may sign up; empty: all. Kept by who verifies them alone. */
  readonly signUpDomains: readonly string[];
}

/** Outcome of a sign-up. */
export type SignUpResult =
  | { readonly outcome: 'signed_up'; readonly accountId: AccountId; readonly started: StartedSession }
  /** Whether the address is new or known. */
  | { readonly outcome: 'check_mail' }
  | Refused
  | Limited
  | Busy;

/** A form that comes a second time comes by a second click or a reload, not a day later. */
const SENT_TWICE_WITHIN_MS = 10 * 60_000;

/** Signs up. Field names of problems: `username`, `email`, `first_name`, `last_name`, `password`, `field_…`. */
export async function signUp(input: SignUpInput, visitor: Visitor, deps: SignUpDeps): Promise<SignUpResult> {
  // 1. Parse.
  const fields = { asked: fieldsOfPerson(deps.profileFields, 'sign-up'), typed: input.fields ?? {} };
  const drafted = await draftAccount({ ...input, fields }, deps.passwordPolicy);
  if (drafted.outcome === 'refused') return drafted;
  const { draft } = drafted;
  const domain = draft.email?.key.split('@').at(-1) ?? '';
  if (deps.signUpDomains.length > 0 && !deps.signUpDomains.includes(domain)) {
    return refused(fieldProblem('email', 'problem.email.domain', { domains: deps.signUpDomains.join(', ') }));
  }

  // 2. Count, as a sign-in is counted; only a taken username stays counted.
  const attempts = [attemptAt('signUpNetwork', networkOf(visitor.networkAddress))];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const mailed = draft.email === null ? null : await countAttempt(mailAttempts(draft.email.key, visitor), deps);
  if (mailed?.outcome === 'limited' && deps.emailVerification === 'required') {
    await takeBackAttempt(attempts, deps);
    return mailed;
  }

  // 3. Hash before anything is looked up: the time says nothing.
  const hashed = await deps.passwords.hash(input.password);
  if (hashed.outcome === 'busy') {
    await takeBackAttempt(attempts, deps);
    return hashed;
  }
  const account = newAccount(draft, hashed.hash, input.locale, deps);
  const created = await deps.accounts.createAccount(account);
  switch (created.outcome) {
    case 'username_taken': {
      const known = await madeByThisForm(input, account, visitor, deps);
      if (known === null) return refused(fieldProblem('username', 'problem.username.taken'));
      return welcome(known, visitor, deps);
    }
    case 'email_taken':
      throw new Error('an unverified address was taken for a verified one');
    case 'created':
      break;
    default:
      created satisfies never;
  }
  await takeBackAttempt(attempts, deps);
  await deps.events.record(account.id, { kind: 'signed-up' }, visitor);

  // 4. Ask by mail; with verification optional sign in at once, whether they confirm or not.
  if (mailed?.outcome === 'allowed') await askByMail(account, input.next, visitor, deps);
  return deps.emailVerification === 'required' ? { outcome: 'check_mail' } : welcome(account.id, visitor, deps);
}

async function askByMail(account: NewAccount, next: string | null, visitor: Visitor, deps: SignUpDeps): Promise<void> {
  const { id, username, locale, email } = account;
  if (email === null) return;
  const { address, key } = email;
  await mailVerification({ accountId: id, username, locale, zoneInfo: null, address, key }, visitor, next, deps);
}

async function welcome(accountId: AccountId, visitor: Visitor, deps: SignUpDeps): Promise<SignUpResult> {
  if (visitor.browser !== null) {
    await deps.knownBrowsers.rememberBrowser(accountId, digestOf(visitor.browser), deps.clock());
  }
  const started = await startSession(accountId, visitor, deps);
  return { outcome: 'signed_up', accountId, started };
}

/**
 * The account that this very form made a moment ago, by a second click: the answer to the first is lost, and "taken" would tell
 * somebody that they are not who they are. Same browser, same password, minutes old: all of it is what a sign-in proves.
 */
async function madeByThisForm(
  { password }: SignUpInput,
  { username, createdAtMs }: NewAccount,
  { browser }: Visitor,
  deps: SignUpDeps,
): Promise<AccountId | null> {
  if (browser === null || deps.emailVerification === 'required') return null;
  const found = await deps.accounts.findByUsername(usernameKeyOf(username), username);
  if (found === null || found.passwordHash === null || found.account.disabledAtMs !== null) return null;
  const { id, createdAtMs: madeAtMs } = found.account;
  if (createdAtMs - madeAtMs > SENT_TWICE_WITHIN_MS) return null;
  if (!(await deps.knownBrowsers.isKnownBrowser(id, digestOf(browser)))) return null;
  return (await deps.passwords.verify(password, found.passwordHash)).outcome === 'right' ? id : null;
}

function newAccount(
  draft: AccountDraft,
  passwordHash: PasswordHash,
  locale: string | null,
  deps: SignUpDeps,
): NewAccount {
  return {
    ...draft,
    id: newAccountId(deps.randomness),
    email: draft.email === null ? null : { ...draft.email, verified: false },
    passwordHash,
    locale,
    isSuperuser: false,
    createdAtMs: deps.clock(),
  };
}
