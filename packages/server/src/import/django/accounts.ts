import { usernameKeyOf } from '../../accounts/username.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../../vocabulary/identifiers.ts';
import type { ImportContext, ImportPart } from '../part.ts';
import { BATCH_ROWS, type ImportedRow } from '../ports.ts';
import type { SourceValue } from '../sources/source.ts';
import type { StagedRow, Staging } from '../staging.ts';
import { accountKindOf } from './account-parts.ts';
import { verifyAccounts } from './accounts-verify.ts';
import { writeAccounts } from './accounts-write.ts';
import { ADDRESS_TABLES, addressesOf, arrangeAddresses } from './addresses.ts';
import { arrangeGroups } from './groups.ts';
import { digestOfJson, flagOf, instantOf, textOf } from './reading.ts';
import { userColumns, userIdOf, usernameOf, userRowName, userTables } from './users.ts';
import { arrangeWaysIn, WAYS_IN_TABLES } from './ways-in.ts';

/** Accounts and what hangs on them. */
export const accountsPart: ImportPart = {
  name: 'accounts',
  tables: (options) => [...userTables(options), ...ADDRESS_TABLES, ...WAYS_IN_TABLES],
  // Each is judged once and, where it is new or changed, written.
  rowCount: (staging) => 2 * staging.countOf('auth_user'),
  async carry(context) {
    const groups = arrange(context);
    if (!expectIds(context)) return;
    context.staging.create('account_plan', PLAN_COLUMNS, PLAN_COLUMNS);
    for (const page of context.staging.pages(
      'auth_user',
      { columns: userColumns(context.options).join(', ') },
      BATCH_ROWS,
    )) {
      await planPage(page, context);
    }
    context.staging.arrange(`
      create index account_plan_by_key on account_plan (username_key);
      create index account_plan_by_account on account_plan (account);
    `);
    reportSameNames(context);
    await writeAccounts(groups, context);
    // A file is often a part of them all.
    if (context.options.origin === 'django') await reportGone(context);
  },
  async verify(context) {
    arrange(context);
    return verifyAccounts(context);
  },
};

/** What is to be done with a user: the columns of `account_plan`. `seq` is its place in `auth_user`. */
const PLAN_COLUMNS = [
  'user_seq',
  'account',
  'username_key',
  'way',
  'digest',
  'secret_digest',
  'with_password',
] as const;

function arrange(context: ImportContext) {
  // Every table that is joined to its users is joined by this.
  context.staging.arrange('create index auth_user_by_id on auth_user (id)');
  arrangeAddresses(context);
  arrangeWaysIn(context);
  return arrangeGroups(context);
}

/** Each user has an id of its own: without, no row can be told from another. */
function expectIds({ staging, report }: ImportContext): boolean {
  const repeated = staging.all('select id, count(*) as rows from auth_user group by id having count(*) > 1 limit 50');
  for (const row of repeated) {
    report.find({
      severity: 'refusal',
      code: 'account-id-repeated',
      row: `user ${textOf(row, 'id')}`,
      what: `${row['rows']} users have this id.`,
      outcome: 'Nothing is written. Correct it at the source.',
    });
  }
  return repeated.length === 0;
}

async function planPage(page: readonly StagedRow[], context: ImportContext): Promise<void> {
  const { staging, target, report } = context;
  const ids = page.map((row) => userIdOf(row, 'id')).filter((id): id is AccountId => id !== null);
  const [imported, present] = [await target.findImported(accountKindOf(context), ids), await target.findAccounts(ids)];
  const parts = partsOf(staging, ids);
  const plan: SourceValue[][] = [];
  for (const row of page) {
    const id = userIdOf(row, 'id');
    if (id === null) {
      refuseId(row, context);
      continue;
    }
    const told = (context.options.origin === 'file' ? TOLD_BY_FILES : TOLD).map(([column, read]) => read(row, column));
    const digest = digestOfJson([told, parts.get(id) ?? []]);
    const secretDigest = digestOfJson(textOf(row, 'password'));
    const before = imported.get(id);
    const way = wayOf(row, { before, digest, secretDigest, updatedAtMs: present.get(id)?.updatedAtMs }, context);
    const key = usernameKeyOf(usernameOf(id, row));
    const withPassword = before === undefined || !sameDigest(before.secretDigest, secretDigest);
    plan.push([Number(row['seq']), id, key, way, digest, secretDigest, withPassword]);
    if (way === 'unchanged' || way === 'keptAsHere' || way === 'leftOut') report.count('account', way);
  }
  staging.insert('account_plan', PLAN_COLUMNS, plan);
  context.advance(page.length);
}

/** What is known of an account on both sides. */
interface Known {
  readonly before: ImportedRow | undefined;
  readonly digest: Digest;
  readonly secretDigest: Digest;
  /** undefined: there is no such account here. */
  readonly updatedAtMs: number | undefined;
}

type Way = 'brought' | 'changed' | 'unchanged' | 'keptAsHere' | 'leftOut';

function wayOf(row: StagedRow, known: Known, { report }: ImportContext): Way {
  const { before, updatedAtMs } = known;
  if (before === undefined) {
    if (updatedAtMs === undefined) return 'brought';
    report.find({
      severity: 'refusal',
      code: 'account-id-taken',
      row: userRowName(row),
      what: 'An account here has this id, and does not come from this import.',
      outcome: 'Nothing is written: clients know an account by its id. See: diapason user show.',
    });
    return 'leftOut';
  }
  if (updatedAtMs === undefined) {
    report.find({
      severity: 'note',
      code: 'deleted-here',
      row: userRowName(row),
      what: 'It was brought before, and its account was deleted here.',
      outcome: 'It does not come back.',
    });
    return 'leftOut';
  }
  if (sameDigest(before.digest, known.digest) && sameDigest(before.secretDigest, known.secretDigest))
    return 'unchanged';
  if (updatedAtMs === before.importedAtMs) return 'changed';
  const off = row['is_active'] !== null && !flagOf(row, 'is_active') ? ' There it is not active.' : '';
  report.find({
    severity: 'warning',
    code: 'kept-as-here',
    row: userRowName(row),
    what: `It was changed at the source, and here too since it was brought.${off}`,
    outcome: 'It stays as it is here. See: diapason user show.',
  });
  return 'keptAsHere';
}

/** What counts as changed in the user table, read, so that it is the same from every kind of source. */
const TOLD: readonly (readonly [string, (row: StagedRow, column: string) => unknown])[] = [
  ['username', textOf],
  ['first_name', textOf],
  ['last_name', textOf],
  ['email', textOf],
  ['is_superuser', flagOf],
  ['is_staff', flagOf],
  ['is_active', flagOf],
  ['date_joined', instantOf],
  ['last_login', instantOf],
];
const TOLD_BY_FILES: typeof TOLD = [...TOLD, ['locale', textOf], ['zoneinfo', textOf], ['fields', textOf]];

/** All that hangs on each of some accounts, in one order whatever the source's. */
function partsOf(staging: Staging, ids: readonly AccountId[]): ReadonlyMap<string, readonly unknown[]> {
  const parts = new Map<string, unknown[]>();
  const add = (rows: readonly StagedRow[]) => {
    for (const row of rows) {
      const list = parts.get(String(row['account'])) ?? [];
      // An octet string as JSON is long and a seed: its digest says as much.
      list.push(
        Object.values(row).map((value) =>
          Buffer.isBuffer(value) ? digestOfJson(value.toString('hex')).toString('hex') : value,
        ),
      );
      parts.set(String(row['account']), list);
    }
  };
  add(addressesOf(staging, ids));
  for (const [table, columns] of PART_TABLES) {
    if (!staging.hasRows(table)) continue;
    add(
      staging.all(
        `select account, ${columns} from ${table} where account in (select value from json_each(?)) order by 1, 2, 3`,
        JSON.stringify(ids),
      ),
    );
  }
  return parts;
}

/** Without `created_at` and `linked_at` where the source has none: that would be the instant of the run. */
const PART_TABLES = [
  ['member_of', 'group_id, null'],
  ['identity_of', 'provider, subject'],
  ['totp_of', 'hex(seed), digits'],
  ['recovery_code_of', 'code, null'],
] as const;

function refuseId(row: StagedRow, { report }: ImportContext): void {
  report.count('account', 'leftOut');
  report.find({
    severity: 'refusal',
    code: 'account-id-unreadable',
    row: userRowName(row),
    what: 'It has no id, or one of more than 64 characters.',
    outcome: 'Nothing is written. Correct it at the source.',
  });
}

function reportSameNames({ staging, report }: ImportContext): void {
  const groups = staging.all(
    `select group_concat(account, ', ') as accounts, count(*) as users from account_plan
     group by username_key having count(*) > 1 order by min(user_seq) limit 1000`,
  );
  for (const row of groups) {
    report.find({
      severity: 'note',
      code: 'username-case',
      row: `users ${String(row['accounts']).slice(0, 200)}`,
      what: 'Their usernames differ in case or form alone.',
      outcome: 'They stay apart: each signs in by the name exactly as it is written.',
    });
  }
}

/** What was brought once and is at the source no more stays here: deleting is for people. */
async function reportGone({ staging, target, report }: ImportContext): Promise<void> {
  let after = '';
  for (;;) {
    const keys = await target.listImported('account', after);
    const last = keys.at(-1);
    if (last === undefined) return;
    const gone = staging.all(
      'select value as account from json_each(?) where value not in (select account from account_plan)',
      JSON.stringify(keys),
    );
    const here = await target.findAccounts(gone.map((row) => accountId(String(row['account']))));
    for (const id of here.keys()) {
      report.find({
        severity: 'note',
        code: 'gone-at-source',
        row: `account ${id}`,
        what: 'It was brought before, and its user is gone at the source.',
        outcome: `It stays. To delete it: diapason user delete ${id}`,
      });
    }
    after = last;
  }
}

function sameDigest(left: Digest | null, right: Digest): boolean {
  return left?.equals(right) === true;
}
