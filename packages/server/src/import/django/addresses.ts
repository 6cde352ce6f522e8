/**
 * E-mail addresses: of the user table and, where allauth is installed, of its own. Which account keeps an address as verified, and
 * which of its addresses is an account's primary one.
 *
 * One address, whatever its case, is verified at one account at most: at the one where it was verified; of several the active
 * ones before the disabled ones, and the lowest id before the others. They all keep the address, the others not verified.
 * Nothing of an account is lost by it: it signs in by its username.
 */
import { parseEmailAddress } from '../../accounts/email-address.ts';
import type { ImportContext } from '../part.ts';
import { BATCH_ROWS } from '../ports.ts';
import type { SourceValue } from '../sources/source.ts';
import type { StagedRow, Staging } from '../staging.ts';
import { flagOf, textOf } from './reading.ts';
import type { TableSpec } from './tables.ts';
import { isActive, userIdOf, userRowName } from './users.ts';

/** allauth's table. */
export const ADDRESS_TABLES: readonly TableSpec[] = [
  {
    name: 'account_emailaddress',
    isRequired: false,
    required: ['id', 'user_id', 'email', 'verified', 'primary'],
  },
];

/** The columns of the result, `address_of`: one row for each address of each account. */
export const ADDRESS_COLUMNS = ['account', 'address', 'key', 'is_primary', 'is_verified'] as const;

const READ_COLUMNS = ['account', 'address', 'key', 'verified', 'is_primary', 'is_allauth', 'is_active'] as const;

/** Makes the table `address_of` in the staging database, and reports what is not simply kept. */
export function arrangeAddresses(context: ImportContext): void {
  const { staging } = context;
  staging.create('address_read', READ_COLUMNS, READ_COLUMNS);
  readUsers(context);
  readAllauth(context);
  staging.arrange(RESOLUTION);
  reportRepeated(context);
}

/**
 * allauth's word on an address goes before the user table's, which says only that somebody typed it. Ids are texts: shorter ones are
 * lower numbers.
 */
const RESOLUTION = `
  create index address_read_by_account on address_read (account, key);
  create table address_once as select * from (
    select *, row_number() over (
      partition by account, key order by is_allauth desc, verified desc, is_primary desc, address
    ) as place, max(1 - is_allauth) over (partition by account, key) as is_users
    from address_read
  ) where place = 1;
  drop table address_read;
  create table address_of as select account, address, key,
    row_number() over (partition by account order by is_primary desc, is_users desc, verified desc, key) = 1 as is_primary,
    verified = 1 and row_number() over (
      partition by key order by verified desc, is_active desc, length(account), account
    ) = 1 as is_verified,
    verified as was_verified, count(*) over (partition by key) as holders
    from address_once;
  drop table address_once;
  create index address_of_by_account on address_of (account);
  create index address_of_by_key on address_of (key) where holders > 1;
`;

function readUsers({ staging, report, options }: ImportContext): void {
  const hasActive = staging.hasColumn('auth_user', 'is_active');
  let without = 0;
  for (const page of staging.pages('auth_user', { columns: 'id, username, email, is_active' }, BATCH_ROWS)) {
    const rows: SourceValue[][] = [];
    for (const row of page) {
      const account = userIdOf(row, 'id');
      const text = textOf(row, 'email');
      if (account === null || text.trim() === '') {
        without += 1;
        continue;
      }
      const parsed = parsedAddress(text, userRowName(row), report);
      if (parsed === null) continue;
      rows.push([account, parsed.address, parsed.key, options.trustEmails, false, false, isActive(row, hasActive)]);
    }
    staging.insert('address_read', READ_COLUMNS, rows);
  }
  if (without === 0) return;
  report.find({
    severity: 'note',
    code: 'email-empty',
    row: `users without an address (${without})`,
    what: 'The user table has none for them.',
    outcome: 'They come without one, and sign in by username.',
  });
}

function readAllauth({ staging, report }: ImportContext): void {
  const query = {
    columns: 't.id, t.user_id, t.email, t.verified, t."primary", u.id as known, u.username, u.is_active',
    join: 'left join auth_user u on u.id = t.user_id',
  };
  const hasActive = staging.hasColumn('auth_user', 'is_active');
  for (const page of staging.pages('account_emailaddress', query, BATCH_ROWS)) {
    const rows: SourceValue[][] = [];
    for (const row of page) {
      const account = userIdOf(row);
      const name = `address ${textOf(row, 'id')} of user ${textOf(row, 'user_id')}`;
      if (account === null || row['known'] === null) {
        report.find({
          severity: 'warning',
          code: 'owner-unknown',
          row: name,
          what: 'It belongs to a user that is not there.',
          outcome: 'It is left out.',
        });
        continue;
      }
      const parsed = parsedAddress(textOf(row, 'email'), name, report);
      if (parsed === null) continue;
      const isVerified = flagOf(row, 'verified');
      rows.push([
        account,
        parsed.address,
        parsed.key,
        isVerified,
        flagOf(row, 'primary'),
        true,
        isActive(row, hasActive),
      ]);
    }
    staging.insert('address_read', READ_COLUMNS, rows);
  }
}

function parsedAddress(text: string, row: string, report: ImportContext['report']) {
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'valid') return parsed;
  report.find({
    severity: 'warning',
    code: 'email-unreadable',
    row,
    what: `${JSON.stringify(text.slice(0, 100))} is no address to which mail could be sent.`,
    outcome: 'The account comes without it.',
  });
  return null;
}

function reportRepeated({ staging, report }: ImportContext): void {
  const repeated = `select key, count(*) as holders, sum(was_verified) as verified,
    max(case when is_verified then account end) as keeper,
    group_concat(account, ', ') as accounts from address_of where holders > 1 group by key order by key`;
  for (const row of staging.all(`${repeated} limit 1000`)) {
    report.find({
      severity: 'warning',
      code: 'email-repeated',
      row: `address ${JSON.stringify(row['key'])}`,
      what: `${row['holders']} users have it: ${shortened(String(row['accounts']))}.`,
      outcome: outcomeOf(row),
    });
  }
}

function outcomeOf(row: StagedRow): string {
  if (row['keeper'] === null) {
    return 'All keep it, verified at none; signing in by this address means the account that joined first, the others sign in by username.';
  }
  const others = Number(row['verified']) > 1 ? ', though it was verified at others too' : '';
  return `User ${row['keeper']} keeps it as verified${others}; the others keep it unverified, and sign in by username.`;
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

/** The addresses of some accounts. */
export function addressesOf(staging: Staging, accounts: readonly string[]): readonly StagedRow[] {
  return staging.all(
    `select ${ADDRESS_COLUMNS.join(', ')} from address_of where account in (select value from json_each(?))
     order by account, key`,
    JSON.stringify(accounts),
  );
}
