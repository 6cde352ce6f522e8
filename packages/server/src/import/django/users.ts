/**
 * The user table: which columns are read, and a row of it as an account.
 *
 * Owns what a user's columns mean here. Addresses are `addresses.ts`; what is new, changed or kept is `accounts.ts`.
 */
import { judgeHash } from '../../accounts/password-hash-forms.ts';
import type { PasswordHash } from '../../accounts/ports.ts';
import { storedUsername } from '../../accounts/username.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { FieldValues } from '../../vocabulary/profile-field.ts';
import type { DjangoOptions, ImportContext } from '../part.ts';
import type { AccountRow } from '../ports.ts';
import type { StagedRow } from '../staging.ts';
import { accountIdOf, flagOf, instantOf, textOf } from './reading.ts';
import type { TableSpec } from './tables.ts';

/** The user table. A model of an organisation's own may lack what Django's has, but for the password. */
export function userTables({ userTable, origin }: DjangoOptions): readonly TableSpec[] {
  const users = userTable ?? 'auth_user';
  return [
    {
      name: 'auth_user',
      sourceName: users,
      isRequired: true,
      required: ['id', 'password'],
      optional: userColumns({ origin }).filter((column) => column !== 'id' && column !== 'password'),
    },
    { name: 'auth_group', isRequired: false, required: ['id', 'name'] },
    {
      name: 'auth_user_groups',
      sourceName: `${users}_groups`,
      isRequired: false,
      required: ['user_id', 'group_id'],
      // Django names it by the model: `customuser_id`.
      renamed: (present) => {
        const own = present.find((column) => column.endsWith('_id') && column !== 'group_id');
        return own === undefined ? {} : { user_id: own };
      },
    },
  ];
}

/** What is read of a user. */
const USER_COLUMNS = [
  'id',
  'username',
  'first_name',
  'last_name',
  'email',
  'is_superuser',
  'is_staff',
  'is_active',
  'date_joined',
  'last_login',
  'password',
] as const;

/** What is read beside that of a file's people: a column of such a name in a Django means whatever its model wanted. */
const FILE_COLUMNS = ['locale', 'zoneinfo', 'fields'] as const;

/** What is read of a user, by where they come from. */
export function userColumns({ origin }: Pick<DjangoOptions, 'origin'>): readonly string[] {
  return origin === 'file' ? [...USER_COLUMNS, ...FILE_COLUMNS] : USER_COLUMNS;
}

/** How a user is called in a finding. */
export function userRowName(row: StagedRow): string {
  return `user ${textOf(row, 'id')} (${JSON.stringify(textOf(row, 'username') || textOf(row, 'email'))})`;
}

/** A user's password as it is kept; null: none that anybody could know. `'refused'`: it was reported, and stands against the run. */
export function passwordOf(row: StagedRow, { report, options }: ImportContext): PasswordHash | null | 'refused' {
  const text = textOf(row, 'password');
  // Django writes `!` and random letters for an account without a usable password.
  if (text === '' || text.startsWith('!')) return null;
  const judged = judgeHash(text as PasswordHash);
  if (judged === 'verifiable') return text as PasswordHash;
  const what =
    judged === 'too_much_work'
      ? 'Its password asks for more work than this server does for a stranger.'
      : `Its password is of a form that cannot be verified (${JSON.stringify(text.split('$')[0]?.slice(0, 20) ?? '')}).`;
  if (options.dropUnreadablePasswords) {
    const outcome = 'The account comes without a password; its owner sets one by a reset.';
    report.find({ severity: 'warning', code: 'password-unreadable', row: userRowName(row), what, outcome });
    return null;
  }
  report.find({
    severity: 'refusal',
    code: 'password-unreadable',
    row: userRowName(row),
    what,
    outcome: 'Nothing is written. With --drop-unreadable-passwords such accounts come without a password.',
  });
  return 'refused';
}

/** A user as an account. Its username is kept as it is, whatever the rules for new ones. */
export function accountRowOf(
  id: AccountId,
  row: StagedRow,
  passwordHash: PasswordHash | null,
  { report, staging, nowMs }: ImportContext,
): AccountRow {
  const { username, key, skeleton } = storedUsername(usernameOf(id, row));
  const instant = (column: 'date_joined' | 'last_login') => {
    const read = instantOf(row, column);
    if (read !== 'unreadable') return read;
    report.find({
      severity: 'warning',
      code: 'date-unreadable',
      row: userRowName(row),
      what: `Its ${column} is no date: ${JSON.stringify(textOf(row, column).slice(0, 40))}.`,
      outcome: 'It is left out.',
    });
    return null;
  };
  return {
    id,
    idIsNumber: isNumber(id),
    username,
    usernameKey: key,
    usernameSkeleton: skeleton,
    firstName: textOf(row, 'first_name'),
    lastName: textOf(row, 'last_name'),
    passwordHash,
    isSuperuser: flagOf(row, 'is_superuser'),
    isActive: isActive(row, staging.hasColumn('auth_user', 'is_active')),
    createdAtMs: instant('date_joined') ?? nowMs,
    lastSignInAtMs: instant('last_login'),
    locale: textOf(row, 'locale') || null,
    zoneInfo: textOf(row, 'zoneinfo') || null,
    // Written by `users-file/open.ts`.
    fields: JSON.parse(textOf(row, 'fields') || '{}') as FieldValues,
  };
}

/** A model without usernames signs in by address. One that is empty gets a name, so that the account is not lost. */
export function usernameOf(id: AccountId, row: StagedRow): string {
  return textOf(row, 'username') || (row['username'] === null ? textOf(row, 'email') : '') || `user-${id}`;
}

/** Whether a user may sign in; a model that has no such flag lets all. */
export function isActive(row: StagedRow, hasFlag: boolean): boolean {
  return !hasFlag || flagOf(row, 'is_active');
}

/** The key of the user that a row names or is; null where it has none that can be kept. */
export const userIdOf = (row: StagedRow, column = 'user_id'): AccountId | null => accountIdOf(row, column);

/** What JSON writes as a number and every reader reads as the same. */
function isNumber(id: AccountId): boolean {
  return /^(0|[1-9]\d*)$/.test(id) && Number.isSafeInteger(Number(id));
}
