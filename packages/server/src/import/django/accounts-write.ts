/** Writes the accounts of a plan (`account_plan`) that are new or changed, with what hangs on them, hundreds at a time. */
import { hash } from 'node:crypto';
import type { EmailKey } from '../../accounts/ports.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../../vocabulary/identifiers.ts';
import type { ImportContext } from '../part.ts';
import { type AccountRow, BATCH_ROWS, type GroupRow, type ImportedRow } from '../ports.ts';
import type { StagedRow } from '../staging.ts';
import { accountKindOf, PARTS } from './account-parts.ts';
import { addressesOf } from './addresses.ts';
import { textOf } from './reading.ts';
import { accountRowOf, passwordOf, userColumns, userRowName } from './users.ts';

/** Writes them, groups first. */
export async function writeAccounts(groups: readonly GroupRow[], context: ImportContext): Promise<void> {
  const { staging, target } = context;
  await writeGroups(groups, context);
  // Changed ones give up what they had before anybody is written: an address may have gone from one to another.
  const changed = { columns: 't.account', where: "t.way = 'changed'" };
  for (const page of staging.pages('account_plan', changed, BATCH_ROWS)) {
    await target.clearAccounts(page.map((row) => accountId(textOf(row, 'account'))));
  }
  const ofUser = userColumns(context.options).map((name) => `u.${name}`);
  const written = {
    columns: ['t.account', 't.way', 't.digest', 't.secret_digest', 't.with_password', ...ofUser].join(', '),
    join: 'join auth_user u on u.rowid = t.user_seq',
    where: "t.way in ('brought', 'changed')",
  };
  for (const page of staging.pages('account_plan', written, BATCH_ROWS)) {
    const rows = await writePage(page, context);
    await writeParts(rows, context);
    await target.recordImported(rows.map((row) => importedRowOf(row, context)));
    context.advance(page.length);
  }
  countUntouched(context);
  await reportTakenNames(context);
}

/** What hangs on accounts that were not written is in the report too. */
function countUntouched({ staging, report }: ImportContext): void {
  for (const { kind, table } of PARTS) {
    const rows = staging.all(
      `select p.way, count(*) as rows from ${table} t join account_plan p on p.account = t.account
       where p.way in ('unchanged', 'keptAsHere', 'leftOut') group by p.way`,
    );
    for (const { way, rows: count } of rows) {
      if (way === 'unchanged' || way === 'keptAsHere' || way === 'leftOut') report.count(kind, way, Number(count));
    }
  }
}

async function writeGroups(groups: readonly GroupRow[], context: ImportContext): Promise<void> {
  const { target, report, nowMs } = context;
  const before = await target.findImported(
    'group',
    groups.map(({ id }) => id),
  );
  const fresh = groups.filter(({ id, name }) => !before.get(id)?.digest.equals(nameDigest(name)));
  report.count('group', 'unchanged', groups.length - fresh.length);
  for (let start = 0; start < fresh.length; start += BATCH_ROWS) {
    const batch = await withoutTaken(fresh.slice(start, start + BATCH_ROWS), groups, context);
    await target.upsertGroups(batch, nowMs);
    await target.recordImported(
      batch.map(({ id, name }) => ({
        kind: 'group',
        sourceKey: id,
        digest: nameDigest(name),
        secretDigest: null,
        importedAtMs: nowMs,
      })),
    );
    for (const { id } of batch) report.count('group', before.has(id) ? 'changed' : 'brought');
  }
}

/** A group of this name that was made here is another one: who is in it was decided here. */
async function withoutTaken(
  batch: readonly GroupRow[],
  groups: readonly GroupRow[],
  { target, report }: ImportContext,
): Promise<readonly GroupRow[]> {
  const own = new Set(groups.map(({ id }) => id));
  const taken = await target.findGroupNames(batch.map(({ name }) => name));
  return batch.filter(({ id, name }) => {
    const holder = taken.get(name);
    if (holder === undefined || own.has(holder)) return true;
    report.count('group', 'leftOut');
    report.find({
      severity: 'refusal',
      code: 'group-name-taken',
      row: `group ${id} (${JSON.stringify(name)})`,
      what: 'A group here has this name, and does not come from this import.',
      outcome: 'Nothing is written. Rename one of the two, or delete the one here: diapason group delete.',
    });
    return false;
  });
}

/** A row of the plan that was written. */
interface Written {
  readonly row: StagedRow;
  readonly account: AccountRow;
}

async function writePage(page: readonly StagedRow[], context: ImportContext): Promise<readonly Written[]> {
  const { target, report, nowMs } = context;
  const fresh: AccountRow[] = [];
  const changed: AccountRow[] = [];
  const withPassword = new Set<AccountId>();
  const written: Written[] = [];
  for (const row of page) {
    const id = accountId(textOf(row, 'account'));
    const password = passwordOf(row, context);
    if (password === 'refused') {
      report.count('account', 'leftOut');
      continue;
    }
    const account = accountRowOf(id, row, password, context);
    if (row['way'] === 'brought') fresh.push(account);
    else changed.push(account);
    if (row['with_password'] === 1) withPassword.add(id);
    report.count('account', row['way'] === 'brought' ? 'brought' : 'changed');
    reportEmptyName(row, account, context);
    written.push({ row, account });
  }
  if (fresh.length > 0) await target.insertAccounts(fresh, nowMs);
  if (changed.length > 0) await target.updateAccounts(changed, withPassword, nowMs);
  return written;
}

async function writeParts(rows: readonly Written[], context: ImportContext): Promise<void> {
  const { staging, target, nowMs, secrets, randomness } = context;
  const ids = rows.map(({ account }) => account.id);
  const of = (table: string) =>
    staging.hasRows(table)
      ? staging.all(`select * from ${table} where account in (select value from json_each(?))`, JSON.stringify(ids))
      : [];
  await writeAddresses(ids, context);
  const members = of('member_of').map((row) => ({ groupId: textOf(row, 'group_id'), accountId: ownerOf(row) }));
  if (members.length > 0) await target.insertMembers(members, nowMs);
  context.report.count('membership', 'brought', members.length);
  await writeIdentities(of('identity_of'), context);
  const totps = of('totp_of').map((row) => {
    const id = randomness(16).toString('hex');
    return {
      id,
      accountId: ownerOf(row),
      label: textOf(row, 'label'),
      sealedSeed: secrets.sealTotpSeed(id, octetsOf(row)),
      digits: row['digits'] === 8 ? (8 as const) : (6 as const),
      createdAtMs: Number(row['created_at']),
    };
  });
  if (totps.length > 0) await target.insertTotps(totps);
  context.report.count('totp', 'brought', totps.length);
  const codes = of('recovery_code_of').map((row) => ({
    accountId: ownerOf(row),
    mac: secrets.recoveryCodeMac(ownerOf(row), textOf(row, 'code')),
  }));
  if (codes.length > 0) await target.insertRecoveryCodes(codes);
  context.report.count('recovery_code', 'brought', codes.length);
}

async function writeAddresses(
  ids: readonly AccountId[],
  { staging, target, report, nowMs }: ImportContext,
): Promise<void> {
  const addresses = addressesOf(staging, ids).map((row) => ({
    accountId: ownerOf(row),
    address: textOf(row, 'address'),
    key: textOf(row, 'key') as EmailKey,
    isPrimary: row['is_primary'] === 1,
    isVerified: row['is_verified'] === 1,
  }));
  if (addresses.length === 0) return;
  report.count('address', 'brought', addresses.length);
  for (const { accountId, address } of await target.insertAddresses(addresses, nowMs)) {
    report.find({
      severity: 'warning',
      code: 'email-verified-elsewhere',
      row: `address ${JSON.stringify(address)} of user ${accountId}`,
      what: 'Another account here has verified it.',
      outcome: 'That one keeps it as verified; this account has it unverified, and signs in by username.',
    });
  }
}

async function writeIdentities(rows: readonly StagedRow[], { target, report }: ImportContext): Promise<void> {
  if (rows.length === 0) return;
  const identities = rows.map((row) => ({
    accountId: ownerOf(row),
    provider: textOf(row, 'provider'),
    subject: textOf(row, 'subject'),
    linkedAtMs: Number(row['linked_at']),
    lastSignInAtMs: row['last_sign_in_at'] === null ? null : Number(row['last_sign_in_at']),
  }));
  const taken = await target.insertExternalIdentities(identities);
  report.count('social_account', 'brought', identities.length - taken.length);
  report.count('social_account', 'leftOut', taken.length);
  for (const { accountId, provider, subject } of taken) {
    report.find({
      severity: 'warning',
      code: 'social-account-taken',
      row: `social account ${JSON.stringify(subject)} at ${JSON.stringify(provider)} of user ${accountId}`,
      what: 'Another account here has it.',
      outcome: 'It is left out: it stays with the other.',
    });
  }
}

function reportEmptyName(row: StagedRow, { id, username }: AccountRow, { report }: ImportContext): void {
  if (username !== `user-${id}` || textOf(row, 'username') === username) return;
  report.find({
    severity: 'warning',
    code: 'username-empty',
    row: userRowName(row),
    what: 'It has no username.',
    outcome: `It is called ${JSON.stringify(username)} here, and may change it.`,
  });
}

/** Seen once everybody is here: an account of this server may have the name, or two users of the source. */
async function reportTakenNames({ target, report }: ImportContext): Promise<void> {
  for (const { username, ids } of await target.findSameUsernames()) {
    report.find({
      severity: 'refusal',
      code: 'username-taken',
      row: `username ${JSON.stringify(username)}`,
      what: `The accounts ${ids[0]} and ${ids[1]} would both have it.`,
      outcome: 'Nothing is written. Rename or delete one of them (diapason user delete), or correct it at the source.',
    });
  }
}

function importedRowOf({ row, account }: Written, context: ImportContext): ImportedRow {
  return {
    kind: accountKindOf(context),
    sourceKey: account.id,
    digest: row['digest'] as Digest,
    secretDigest: row['secret_digest'] as Digest,
    importedAtMs: context.nowMs,
  };
}

function ownerOf(row: StagedRow): AccountId {
  return accountId(textOf(row, 'account'));
}

function octetsOf(row: StagedRow): Buffer {
  const seed = row['seed'];
  if (!Buffer.isBuffer(seed)) throw new TypeError('a seed is octets');
  return seed;
}

function nameDigest(name: string): Digest {
  return hash('sha256', name, 'buffer') as Digest;
}
