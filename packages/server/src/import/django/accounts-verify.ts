/** Compares accounts here with the source: whether each is here with all that hangs on it, and a sample field by field. */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { ImportContext } from '../part.ts';
import { type AccountPart, type AccountRow, type AccountSample, BATCH_ROWS } from '../ports.ts';
import { ReportWriter } from '../report.ts';
import type { StagedRow, Staging } from '../staging.ts';
import { PARTS } from './account-parts.ts';
import { textOf } from './reading.ts';
import { accountRowOf, passwordOf, userColumns, userIdOf, userRowName } from './users.ts';

/** Of each page of users the first so many are compared field by field, so that the sample is spread over all. */
const SAMPLE_OF_A_PAGE = 20;
const DIFFERENCES_MAX = 100;

/** What differs, one line each; the counts are in the report. */
export async function verifyAccounts(context: ImportContext): Promise<readonly string[]> {
  const { staging, target, report } = context;
  const differences: string[] = [];
  for (const page of staging.pages('auth_user', { columns: userColumns(context.options).join(', ') }, BATCH_ROWS)) {
    const rows = new Map<AccountId, StagedRow>();
    for (const row of page) {
      const id = userIdOf(row, 'id');
      if (id !== null) rows.set(id, row);
    }
    const here = new Map((await target.readAccounts([...rows.keys()])).map((account) => [account.id, account]));
    report.count('account', 'unchanged', here.size);
    report.count('account', 'leftOut', page.length - here.size);
    for (const [id, row] of rows) if (!here.has(id)) differences.push(`${userRowName(row)} is not here.`);
    for (const [id, row] of [...rows].slice(0, SAMPLE_OF_A_PAGE)) {
      const account = here.get(id);
      if (account !== undefined) differences.push(...fieldDifferences(row, account, context));
    }
    differences.push(...(await partDifferences(rows, here, context)));
    context.advance(2 * page.length);
    if (differences.length > DIFFERENCES_MAX) return [...differences.slice(0, DIFFERENCES_MAX), 'There are more.'];
  }
  return differences;
}

function fieldDifferences(row: StagedRow, here: AccountSample, context: ImportContext): readonly string[] {
  // What its owner or an operator changed here since is meant to differ.
  if (here.isChangedHere) return [];
  // What is to be said of the row was said when it was brought.
  const quiet: ImportContext = { ...context, report: new ReportWriter() };
  const password = passwordOf(row, quiet);
  const there: AccountRow = accountRowOf(here.id, row, password === 'refused' ? null : password, quiet);
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['username', there.username, here.username],
    ['first_name', there.firstName, here.firstName],
    ['last_name', there.lastName, here.lastName],
    ['password', there.passwordHash !== null, here.hasPassword],
    ['is_superuser', there.isSuperuser, here.isSuperuser],
    ['is_active', there.isActive, here.isActive],
    ...(context.options.origin === 'file' ? profileDifferences(there, here) : []),
  ];
  return fields
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(([name, theirs, ours]) => `${userRowName(row)}: ${name} is ${String(theirs)} there and ${String(ours)} here.`);
}

/** What a Django says nothing of. */
function profileDifferences(there: AccountRow, here: AccountSample): readonly (readonly [string, unknown, unknown])[] {
  const names = [...new Set([...Object.keys(there.fields), ...Object.keys(here.fields)])];
  return [
    ['locale', there.locale, here.locale],
    ['zoneinfo', there.zoneInfo, here.zoneInfo],
    ...names.map((name) => [name, there.fields[name] ?? null, here.fields[name] ?? null] as const),
  ];
}

/** Every account's, and what is counted of each kind. */
async function partDifferences(
  rows: ReadonlyMap<AccountId, StagedRow>,
  here: ReadonlyMap<AccountId, AccountSample>,
  { staging, target, report }: ImportContext,
): Promise<readonly string[]> {
  const ids = [...here.keys()];
  const ours = countsOf(await target.readParts(ids));
  const theirs = countsOf(partsAtSource(staging, ids));
  const differences: string[] = [];
  for (const [text, { part, count }] of theirs) {
    const found = Math.min(count, ours.get(text)?.count ?? 0);
    report.count(part.kind, 'unchanged', found);
    report.count(part.kind, 'leftOut', count - found);
    if (found === count || here.get(part.accountId)?.isChangedHere === true) continue;
    const name = userRowName(rows.get(part.accountId) ?? {});
    differences.push(`${name}: ${count - found} of ${part.kind} ${JSON.stringify(part.value)} is not here.`);
  }
  return differences;
}

function partsAtSource(staging: Staging, ids: readonly AccountId[]): readonly AccountPart[] {
  return PARTS.flatMap(({ kind, table, value }) =>
    staging
      .all(
        `select account, ${value} as value from ${table} where account in (select value from json_each(?))`,
        JSON.stringify(ids),
      )
      .map((row) => ({ accountId: textOf(row, 'account') as AccountId, kind, value: textOf(row, 'value') })),
  );
}

/** How often there is the same: TOTP seeds and recovery codes are compared by their number alone. */
function countsOf(parts: readonly AccountPart[]) {
  const counts = new Map<string, { readonly part: AccountPart; count: number }>();
  for (const part of parts) {
    const text = JSON.stringify([part.accountId, part.kind, part.value]);
    const known = counts.get(text);
    if (known === undefined) counts.set(text, { part, count: 1 });
    else known.count += 1;
  }
  return counts;
}
