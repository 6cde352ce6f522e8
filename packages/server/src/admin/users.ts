/**
 * What an operator does with accounts: `diapason user …` and `diapason create-superuser`.
 *
 * The rules of usernames, addresses and passwords are the sign-up's; what differs is that an address the operator gives counts as
 * verified, and that an account may have neither address nor password. Owns these steps; printing is `commands/`'.
 */
import { draftAccount, newAccountId } from '../accounts/account-draft.ts';
import { parseEmailAddress } from '../accounts/email-address.ts';
import type { PasswordHasher } from '../accounts/password-hashing.ts';
import type { PasswordPolicy } from '../accounts/password-policy.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { FactorStore } from '../accounts/ports/factors.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import type { Account, AccountStore, NewAccount, UsernameKey } from '../accounts/ports.ts';
import { type Busy, fieldProblem, type Refused, refused } from '../accounts/problems.ts';
import { readFields } from '../accounts/profile-fields.ts';
import { normaliseUsername, usernameKeyOf } from '../accounts/username.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import type { FieldValues, ProfileField, ProfileFields } from '../vocabulary/profile-field.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { AdministeredAccounts } from './ports/audit.ts';

/** An account to be made. */
export interface NewUser {
  readonly username: string;
  /** Counts as verified. null: none. */
  readonly email: string | null;
  readonly firstName: string;
  readonly lastName: string;
  /** null: none; the person gets in by a reset, or the operator sets one later. */
  readonly password: string | null;
  readonly isSuperuser: boolean;
  /** Values of declared fields, by name; absent: none. */
  readonly fields?: FieldValues;
}

/** What managing accounts needs. */
export interface UserDeps {
  readonly accounts: Audited<AdministeredAccounts>;
  readonly passwords: Pick<PasswordHasher, 'hash'>;
  readonly passwordPolicy: PasswordPolicy;
  readonly profileFields: ProfileFields;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What looking at them needs. */
export interface UserReads {
  readonly accounts: Pick<AccountStore, 'findAccount' | 'findByUsername' | 'findByEmail' | 'listAccounts'>;
}

/** Makes an account. Field names of problems: `username`, `email`, `first_name`, `last_name`, `password`. */
export async function createUser(
  user: NewUser,
  deps: UserDeps,
): Promise<{ readonly outcome: 'created'; readonly account: Account } | Refused | Busy> {
  const given = declaredFields(user.fields ?? {}, deps.profileFields);
  if (given.outcome === 'refused') return given;
  const fields = { asked: given.fields, typed: user.fields ?? {} };
  const drafted = await draftAccount({ ...user, fields }, deps.passwordPolicy);
  if (drafted.outcome === 'refused') return drafted;
  const { draft } = drafted;
  const hashed = user.password === null ? null : await deps.passwords.hash(user.password);
  if (hashed?.outcome === 'busy') return hashed;
  const account: NewAccount = {
    ...draft,
    id: newAccountId(deps.randomness),
    email: draft.email === null ? null : { ...draft.email, verified: true },
    passwordHash: hashed?.hash ?? null,
    locale: null,
    isSuperuser: user.isSuperuser,
    createdAtMs: deps.clock(),
  };
  const { outcome } = await deps.accounts.createAccount(account);
  switch (outcome) {
    case 'username_taken':
      return refused(fieldProblem('username', 'problem.username.taken'));
    case 'email_taken':
      return refused(fieldProblem('email', 'problem.email.taken'));
    case 'created':
      break;
    default:
      outcome satisfies never;
  }
  const made = await deps.accounts.findAccount(account.id);
  if (made === null) throw new Error('an account that was just created is gone');
  return { outcome: 'created', account: made };
}

/** Fills in some of the declared fields, whoever edits them; an empty value takes one out. Problems are the fields' (`field_…`). */
export async function setUserFields(
  account: Pick<Account, 'id'>,
  values: FieldValues,
  deps: Pick<UserDeps, 'accounts' | 'clock' | 'profileFields'>,
): Promise<{ readonly outcome: 'updated' | 'not_found' } | Refused> {
  const given = declaredFields(values, deps.profileFields);
  if (given.outcome === 'refused') return given;
  // An operator may leave empty what a person may not: the person is asked when they next save their profile.
  const optional = given.fields.map((field) => ({ ...field, required: false }));
  const { patch, problems } = readFields(optional, values, {});
  return problems.length > 0 ? refused(...problems) : deps.accounts.setFields(account.id, patch, deps.clock());
}

/** Those of the declared fields that `values` names; one that is not declared is refused. Problems are the field `fields`'. */
export function declaredFields(
  values: FieldValues,
  declared: ProfileFields,
): { readonly outcome: 'found'; readonly fields: readonly ProfileField[] } | Refused {
  const unknown = Object.keys(values).filter((name) => !declared.has(name));
  if (unknown.length > 0)
    return refused(fieldProblem('fields', 'problem.field.unknown', { field: unknown.join(', ') }));
  return { outcome: 'found', fields: [...declared.values()].filter(({ name }) => Object.hasOwn(values, name)) };
}

/** The account that a command's argument names: by username, else by address, else by id; null: none. */
export async function findUser(name: string, deps: UserReads): Promise<Account | null> {
  const { accounts } = deps;
  const normalised = normaliseUsername(name);
  const byUsername = await accounts.findByUsername(usernameKeyOf(normalised), normalised);
  if (byUsername !== null) return byUsername.account;
  const address = parseEmailAddress(name);
  const byEmail = address.outcome === 'valid' ? await accounts.findByEmail(address.key) : null;
  if (byEmail !== null) return byEmail.account;
  return normalised !== '' && normalised.length <= 64 ? accounts.findAccount(accountId(normalised)) : null;
}

/** Accounts are read so many at a time, so that a long list does not stand in memory. */
const PAGE_LENGTH = 500;

/** Every account, in the order of usernames. @param search part of a username, name or address; null: all. */
export async function* everyUser(search: string | null, deps: UserReads): AsyncGenerator<Account> {
  let after: UsernameKey | null = null;
  for (;;) {
    const page: readonly Account[] = await deps.accounts.listAccounts({ after, limit: PAGE_LENGTH, search });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_LENGTH) return;
    after = usernameKeyOf(last.username);
  }
}

/** Sets a password without knowing the former one, and ends every session of the account. */
export async function setUserPassword(
  account: Account,
  password: string,
  deps: UserDeps,
): Promise<{ readonly outcome: 'updated' | 'not_found' } | Refused | Busy> {
  const problem = await deps.passwordPolicy.check(password, {
    username: account.username,
    email: account.email ?? '',
  });
  if (problem !== null) return refused(problem);
  const hashed = await deps.passwords.hash(password);
  if (hashed.outcome === 'busy') return hashed;
  return deps.accounts.setPasswordHash(account.id, hashed.hash, deps.clock(), null);
}

/** Disables an account: its sessions end and its tokens are revoked in the same step (ASVS 7.4.2). */
export async function disableUser(
  id: AccountId,
  deps: Pick<UserDeps, 'accounts' | 'clock'>,
): Promise<{ readonly outcome: 'updated' | 'not_found' }> {
  return deps.accounts.disableAccount(id, deps.clock());
}

/**
 * Takes every second factor away, for somebody who lost them and proved to the operator who they are (ASVS 6.4.4); their sessions
 * end. The password stays, and nobody but its owner chooses it (ASVS 6.4.6). Says how many authenticator apps there were.
 */
export async function resetFactors(
  id: AccountId,
  deps: {
    readonly factors: Audited<Pick<FactorStore, 'resetFactors'>>;
    readonly events: AccountEvents;
    readonly notices: Notices;
  } & Pick<UserDeps, 'clock'>,
): Promise<number> {
  const removed = await deps.factors.resetFactors(id, deps.clock());
  await deps.events.record(id, { kind: 'factors-reset' }, null);
  // ASVS 6.3.7: whoever it was not for hears of it.
  await deps.notices.tell(id, { kind: 'factors-reset' });
  return removed;
}

/** Lets it sign in again. Its sessions and tokens do not come back. */
export async function enableUser(
  id: AccountId,
  deps: Pick<UserDeps, 'accounts' | 'clock'>,
): Promise<{ readonly outcome: 'updated' | 'not_found' }> {
  return deps.accounts.enableAccount(id, deps.clock());
}

/** Makes somebody a superuser, or no longer one. */
export async function setSuperuser(
  id: AccountId,
  isSuperuser: boolean,
  deps: Pick<UserDeps, 'accounts' | 'clock'>,
): Promise<{ readonly outcome: 'updated' | 'not_found' }> {
  return deps.accounts.setSuperuser(id, isSuperuser, deps.clock());
}

/** Takes back the deletion that somebody asked for. */
export async function keepUser(
  id: AccountId,
  deps: Pick<UserDeps, 'accounts' | 'clock'>,
): Promise<{ readonly outcome: 'taken_back' | 'not_asked' }> {
  return deps.accounts.takeBackDeletion(id, deps.clock());
}

/** Deletes an account with all that is its own; applications that it owned become the superusers'. */
export async function deleteUser(
  id: AccountId,
  deps: Pick<UserDeps, 'accounts'>,
): Promise<{ readonly outcome: 'deleted' | 'not_found' }> {
  return deps.accounts.deleteAccount(id);
}
