/**
 * A new account as somebody described it: every field read and judged together, so that a form shows all that is wrong at once.
 *
 * Owns the putting together, for the sign-up and for the operator. The rule of each field is its own file.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import type { FieldValues, ProfileField } from '../vocabulary/profile-field.ts';
import { parseEmailAddress } from './email-address.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseFirstName, parseLastName } from './person-name.ts';
import type { EmailKey, NewAccount } from './ports.ts';
import { type Refused, refused } from './problems.ts';
import { patched, readFields } from './profile-fields.ts';
import { parseUsername } from './username.ts';

/** What was typed. */
export interface AccountText {
  readonly username: string;
  /** null: none is wanted. Empty is a field left empty. */
  readonly email: string | null;
  readonly firstName: string;
  readonly lastName: string;
  /** null: none is wanted. */
  readonly password: string | null;
  /** The operator's fields that are asked for, and what was typed into them, by name. Absent: none. */
  readonly fields?: { readonly asked: readonly ProfileField[]; readonly typed: Readonly<Record<string, string>> };
}

/** What was read. The password is not in it: it is hashed as typed. */
export type AccountDraft = Pick<
  NewAccount,
  'username' | 'usernameKey' | 'usernameSkeleton' | 'firstName' | 'lastName'
> & {
  readonly email: { readonly address: string; readonly key: EmailKey } | null;
  readonly fields: FieldValues;
};

/**
 * Reads it. Field names of problems: `username`, `email`, `first_name`, `last_name`, `password`, and `field_…` for the operator's.
 */
export async function draftAccount(
  text: AccountText,
  policy: PasswordPolicy,
): Promise<{ readonly outcome: 'drafted'; readonly draft: AccountDraft } | Refused> {
  const email = text.email === null ? null : parseEmailAddress(text.email);
  const username = parseUsername(text.username, email?.outcome === 'valid' ? email.key : null);
  const firstName = parseFirstName(text.firstName);
  const lastName = parseLastName(text.lastName);
  const own = { username: text.username, email: text.email ?? '' };
  const passwordProblem = text.password === null ? null : await policy.check(text.password, own);
  const fields = readFields(text.fields?.asked ?? [], text.fields?.typed ?? {}, {});
  const parsed = [username, email, firstName, lastName];
  const problems = [
    ...parsed.flatMap((value) => (value?.outcome === 'invalid' ? [value.problem] : [])),
    ...fields.problems,
    ...(passwordProblem === null ? [] : [passwordProblem]),
  ];
  if (
    problems.length > 0 ||
    username.outcome === 'invalid' ||
    email?.outcome === 'invalid' ||
    firstName.outcome === 'invalid' ||
    lastName.outcome === 'invalid'
  ) {
    return refused(...problems);
  }
  const draft = {
    username: username.username,
    usernameKey: username.key,
    usernameSkeleton: username.skeleton,
    firstName: firstName.name,
    lastName: lastName.name,
    email: email === null ? null : { address: email.address, key: email.key },
    fields: patched({}, fields.patch),
  };
  return { outcome: 'drafted', draft };
}

/** A fresh account id: 128 random bits, as text (design: URLs of the server). */
export function newAccountId(randomness: Randomness): AccountId {
  return accountId(randomness(16).toString('hex'));
}
