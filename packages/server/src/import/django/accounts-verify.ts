/** Compares accounts here with the source: whether each is here, and a sample field by field. */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { ImportContext } from '../part.ts';
import { type AccountRow, type AccountSample, BATCH_ROWS } from '../ports.ts';
import { ReportWriter } from '../report.ts';
import type { StagedRow } from '../staging.ts';
import { addressesOf } from './addresses.ts';
import { textOf } from './reading.ts';
import { accountRowOf, passwordOf, USER_COLUMNS, userIdOf, userRowName } from './users.ts';

/** Of each page of users the first so many are compared field by field, so that the sample is spread over all. */
const SAMPLE_OF_A_PAGE = 20;
const DIFFERENCES_MAX = 100;

/** What differs, one line each; the counts are in the report. */
export async function verifyAccounts(context: ImportContext): Promise<readonly string[]> {
  const { staging, target, report } = context;
  const differences: string[] = [];
  for (const page of staging.pages('auth_user', { columns: USER_COLUMNS.join(', ') }, BATCH_ROWS)) {
    const rows = new Map<AccountId, StagedRow>();
    for (const row of page) {
      const id = userIdOf(row, 'id');
      if (id !== null) rows.set(id, row);
    }
    const here = await target.findAccounts([...rows.keys()]);
    report.count('account', 'unchanged', here.size);
    report.count('account', 'leftOut', page.length - here.size);
    for (const [id, row] of rows) if (!here.has(id)) differences.push(`${userRowName(row)} is not here.`);
    const sample = [...rows.keys()].slice(0, SAMPLE_OF_A_PAGE);
    for (const found of await target.readAccounts(sample)) {
      const row = rows.get(found.id);
      if (row !== undefined) differences.push(...differencesOf(row, found, context));
    }
    context.advance(2 * page.length);
    if (differences.length > DIFFERENCES_MAX) return [...differences.slice(0, DIFFERENCES_MAX), 'There are more.'];
  }
  return differences;
}

function differencesOf(row: StagedRow, here: AccountSample, context: ImportContext): readonly string[] {
  // What its owner or an operator changed here since is meant to differ.
  if (here.isChangedHere) return [];
  // What is to be said of the row was said when it was brought.
  const quiet: ImportContext = { ...context, report: new ReportWriter() };
  const password = passwordOf(row, quiet);
  const there: AccountRow = accountRowOf(here.id, row, password === 'refused' ? null : password, quiet);
  const addresses = addressesOf(context.staging, [here.id]).map((address) => textOf(address, 'key'));
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['username', there.username, here.username],
    ['first_name', there.firstName, here.firstName],
    ['last_name', there.lastName, here.lastName],
    ['password', there.passwordHash !== null, here.hasPassword],
    ['is_superuser', there.isSuperuser, here.isSuperuser],
    ['is_active', there.isActive, here.isActive],
    ['addresses', JSON.stringify(addresses), JSON.stringify(here.addressKeys)],
  ];
  return fields
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(([name, theirs, ours]) => `${userRowName(row)}: ${name} is ${String(theirs)} there and ${String(ours)} here.`);
}
