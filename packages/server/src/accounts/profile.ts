/**
 * The profile: username, names, language, changed by their owner.
 *
 * Owns that form's flow. Addresses and passwords have their own: they need more proof than a session.
 */
import type { ProfileField, ProfileFields } from '../vocabulary/profile-field.ts';
import type { Clock } from '../vocabulary/time.ts';
import { emailKeyOf } from './email-address.ts';
import { parseFirstName, parseLastName } from './person-name.ts';
import type { Account, AccountStore, SessionFound } from './ports.ts';
import { type FieldProblem, fieldProblem, type Refused, refused } from './problems.ts';
import { fieldsOfPerson, patched, readFields } from './profile-fields.ts';
import { parseUsername, storedUsername } from './username.ts';

/** The form as it was sent. */
export interface ProfileInput {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** A BCP 47 tag of `locales`; empty: as the browser says. */
  readonly locale: string;
  /** An IANA name of `timeZones`; empty: none. */
  readonly zoneInfo: string;
  /** What was typed into the operator's fields, by name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What changing a profile needs. */
export interface ProfileDeps {
  readonly accounts: Pick<AccountStore, 'updateProfile'>;
  /** The languages that can be chosen. */
  readonly locales: readonly string[];
  /** The time zones that can be chosen, by their IANA names. */
  readonly timeZones: readonly string[];
  readonly profileFields: ProfileFields;
  readonly clock: Clock;
}

/** Outcome of a change. */
export type ProfileResult =
  | { readonly outcome: 'updated'; readonly account: Account }
  | Refused
  /** The account was deleted meanwhile. */
  | { readonly outcome: 'not_found' };

/**
 * Changes the profile of whoever is signed in. Field names of problems: `username`, `first_name`, `last_name`, `locale`, `zoneinfo`,
 * and `field_…` for the operator's.
 * A username that stays as it is, is not judged again: an imported one may break today's rules.
 */
export async function updateProfile(
  input: ProfileInput,
  { account }: SessionFound,
  deps: ProfileDeps,
): Promise<ProfileResult> {
  return changeProfile(input, account, fieldsOfPerson(deps.profileFields, 'profile'), deps);
}

/** The same for whoever may change it. @param asked of the operator's fields, those that `input` speaks of. */
export async function changeProfile(
  input: ProfileInput,
  account: Account,
  asked: readonly ProfileField[],
  deps: Omit<ProfileDeps, 'profileFields'>,
): Promise<ProfileResult> {
  const username =
    input.username === account.username
      ? storedUsername(account.username)
      : parseUsername(input.username, account.email === null ? null : emailKeyOf(account.email));
  const firstName = parseFirstName(input.firstName);
  const lastName = parseLastName(input.lastName);
  const locale = input.locale === '' ? null : input.locale;
  const isKnownLocale = locale === null || deps.locales.includes(locale);
  const zoneInfo = input.zoneInfo === '' ? null : input.zoneInfo;
  // One that was chosen under another release of the zones stays.
  const isKnownZone = zoneInfo === null || zoneInfo === account.zoneInfo || deps.timeZones.includes(zoneInfo);
  const fields = readFields(asked, input.fields, account.fields);
  if (
    username.outcome === 'invalid' ||
    firstName.outcome === 'invalid' ||
    lastName.outcome === 'invalid' ||
    !isKnownLocale ||
    !isKnownZone ||
    fields.problems.length > 0
  ) {
    const problems: (FieldProblem | null)[] = [
      username.outcome === 'invalid' ? username.problem : null,
      firstName.outcome === 'invalid' ? firstName.problem : null,
      lastName.outcome === 'invalid' ? lastName.problem : null,
      isKnownLocale ? null : fieldProblem('locale', 'problem.choice.unknown'),
      isKnownZone ? null : fieldProblem('zoneinfo', 'problem.choice.unknown'),
      ...fields.problems,
    ];
    return refused(...problems.filter((problem) => problem !== null));
  }
  const nowMs = deps.clock();
  const change = {
    username: username.username,
    usernameKey: username.key,
    usernameSkeleton: username.skeleton,
    firstName: firstName.name,
    lastName: lastName.name,
    locale,
    zoneInfo,
    fields: fields.patch,
  };
  const { outcome } = await deps.accounts.updateProfile(account.id, change, nowMs);
  switch (outcome) {
    case 'updated': {
      const { username: name, firstName: first, lastName: last } = change;
      const after = patched(account.fields, fields.patch);
      const changed = {
        username: name,
        firstName: first,
        lastName: last,
        locale,
        zoneInfo,
        fields: after,
        updatedAtMs: nowMs,
      };
      return { outcome: 'updated', account: { ...account, ...changed } };
    }
    case 'username_taken':
      return refused(fieldProblem('username', 'problem.username.taken'));
    case 'not_found':
      return { outcome: 'not_found' };
    default:
      return outcome satisfies never;
  }
}
