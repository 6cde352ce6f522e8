/**
 * Whole databases, read and put back: implements `BackupStore`. Statements are made from the names of tables and columns that stand
 * here and in the database itself, never from a file.
 *
 * Owns the order of tables: what a row refers to goes before it. The list is every table of the schema, or it does not compile.
 */
import type { AuditActor } from '../admin/ports/audit.ts';
import {
  BACKUP_PAGE_ROWS,
  type BackupRow,
  type BackupStore,
  type BackupTable,
  type BackupValue,
} from '../import/ports/backup.ts';
import type { Clock } from '../vocabulary/time.ts';
import { appendLine, auditStatements } from './audit.ts';
import type { Statement } from './query.ts';
import type { Schema } from './schema.ts';
import { all, count, type Engine, one, type Perform } from './transition.ts';

/** Every table and its place. */
const PLACES: Readonly<Record<keyof Schema, number>> = {
  account: 1,
  account_email: 2,
  account_picture: 2,
  account_group: 2,
  account_group_member: 3,
  invitation: 2,
  external_identity: 2,
  totp: 2,
  passkey: 2,
  recovery_code: 2,
  imported_row: 2,
  session: 2,
  known_browser: 2,
  account_event: 2,
  failure: 2,
  application: 3,
  application_origin: 4,
  client_secret: 4,
  declared_scope: 4,
  consent: 4,
  pending_request: 4,
  pushed_request: 4,
  used_proof: 4,
  authorization_code: 4,
  device_grant: 4,
  token_family: 4,
  access_token: 5,
  initial_access: 4,
  registration_access: 4,
  logout_notice: 4,
  outgoing_mail: 4,
  mailed_secret: 4,
  flow_attempt: 1,
  signing_key: 1,
  server_key: 1,
  audit_line: 1,
  audit_head: 1,
};

/** Whoever has none of these has lost nothing when they are replaced. */
const MISSED = ['account', 'application', 'account_group', 'audit_line'] as const;

type Row = Readonly<Record<string, BackupValue>>;

/** Makes the store of one actor. */
export function createBackupStore(engine: Engine, clock: Clock): (actor: AuditActor) => BackupStore {
  const audit = auditStatements(engine);
  const isSqlite = engine.dialect.name === 'sqlite';
  return (actor) => ({
    reading: (work) =>
      engine.snapshot(async (perform) => {
        const tables = await tablesOf(engine, perform);
        return work({
          schemaVersion: await versionOf(perform),
          tables,
          pages: (table) => (isSqlite ? pagesByRowid(table, perform) : pagesByCursor(table, perform)),
        });
      }),
    restoring: (work) =>
      engine.whole(async (perform) => {
        const tables = await tablesOf(engine, perform);
        return work({
          schemaVersion: await versionOf(perform),
          tables,
          isEmpty: async () => {
            for (const table of MISSED) {
              const found = await perform(one(plain(`exists-${table}`, `select 1 as found from ${table} limit 1`), {}));
              if (found !== null) return false;
            }
            return true;
          },
          clear: async () => {
            for (const { name } of tables.toReversed()) {
              await perform(count(plain(`clear-${name}`, `delete from ${name}`), {}));
            }
          },
          insert: (table, rows) => insert(known(table, tables), rows, isSqlite, perform),
          note: (note) => perform(appendLine(audit, note, actor, clock())),
        });
      }),
  });
}

/** Columns in the order of their names, so that both engines say the same. */
async function tablesOf(engine: Engine, perform: Perform): Promise<readonly BackupTable[]> {
  const names = (Object.keys(PLACES) as (keyof Schema)[]).toSorted((a, b) => PLACES[a] - PLACES[b] || (a < b ? -1 : 1));
  const sql =
    engine.dialect.name === 'sqlite'
      ? `select t.name as name, c.name as column_name from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'`
      : `select table_name as name, column_name from information_schema.columns where table_schema = any(current_schemas(false))`;
  const rows = await perform(all(plain('columns', sql), {}));
  return names.map((name) => ({
    name,
    columns: rows
      .filter((row) => row['name'] === name)
      .map((row) => String(row['column_name']))
      .toSorted(),
  }));
}

async function versionOf(perform: Perform): Promise<number> {
  const row = await perform(one(plain('version', 'select max(version) as version from schema_version'), {}));
  return Number(row?.['version'] ?? 0);
}

async function* pagesByRowid({ name, columns }: BackupTable, perform: Perform): AsyncGenerator<readonly BackupRow[]> {
  const statement: Statement<{ after: number }, Row> = {
    name: `backup.page-${name}`,
    sql: `select rowid as "rowid", ${columns.map(quoted).join(', ')} from ${name} where rowid > ? order by rowid limit ${BACKUP_PAGE_ROWS}`,
    bind: ({ after }) => [after],
  };
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page: readonly Row[] = await perform(all(statement, { after }));
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map((row) => columns.map((column) => row[column] ?? null));
    after = Number(last['rowid']);
  }
}

/** A cursor reads in whatever order the table lies, once, however large it is. */
async function* pagesByCursor({ name, columns }: BackupTable, perform: Perform): AsyncGenerator<readonly BackupRow[]> {
  const cursor = `backup_${name}`;
  const select = `select ${columns.map(quoted).join(', ')} from ${name}`;
  await perform(count(plain(`declare-${name}`, `declare ${cursor} no scroll cursor for ${select}`), {}));
  const fetch = plain(`fetch-${name}`, `fetch ${BACKUP_PAGE_ROWS} from ${cursor}`);
  for (;;) {
    const page = await perform(all(fetch, {}));
    if (page.length === 0) break;
    yield page.map((row) => columns.map((column) => row[column] ?? null));
  }
  await perform(count(plain(`close-${name}`, `close ${cursor}`), {}));
}

/** The database's own table of that name: its columns are the only ones that get into a statement. */
function known({ name, columns }: BackupTable, tables: readonly BackupTable[]): BackupTable {
  const own = tables.find((table) => table.name === name);
  if (own === undefined || columns.some((column) => !own.columns.includes(column))) {
    throw new Error(`the table ${name} is not as the schema has it`);
  }
  return { name, columns };
}

/** What both engines take in one statement, and more than enough to make the round trips few. */
const PARAMETERS_MAX = 30_000;

async function insert({ name, columns }: BackupTable, rows: readonly BackupRow[], isSqlite: boolean, perform: Perform) {
  const most = Math.max(1, Math.min(BACKUP_PAGE_ROWS, Math.floor(PARAMETERS_MAX / columns.length)));
  for (let from = 0; from < rows.length; from += most) {
    const some = rows.slice(from, from + most);
    // A whole page is one statement, which is prepared once; of a part of one each row is.
    const batches = some.length === most ? [some] : some.map((row) => [row]);
    for (const batch of batches)
      await perform(count(insertStatement(name, columns, batch.length, isSqlite), { batch }));
  }
}

const INSERTS = new Map<string, Statement<{ batch: readonly BackupRow[] }, never>>();

function insertStatement(name: string, columns: readonly string[], rows: number, isSqlite: boolean) {
  const key = `${isSqlite ? 'sqlite' : 'postgres'} ${name} ${rows} ${columns.join()}`;
  const present = INSERTS.get(key);
  if (present !== undefined) return present;
  let place = 0;
  const placeholder = () => (isSqlite ? '?' : `$${++place}`);
  const row = () => `(${columns.map(placeholder).join(', ')})`;
  const values = Array.from({ length: rows }, row).join(', ');
  const statement: Statement<{ batch: readonly BackupRow[] }, never> = {
    name: `backup.insert-${name}-${rows}`,
    sql: `insert into ${name} (${columns.map(quoted).join(', ')}) values ${values}`,
    bind: ({ batch }) => batch.flat(),
  };
  INSERTS.set(key, statement);
  return statement;
}

const PLAIN = new Map<string, Statement<object, Row>>();

function plain(name: string, sql: string): Statement<object, Row> {
  const present = PLAIN.get(sql);
  if (present !== undefined) return present;
  const statement = { name: `backup.${name}`, sql, bind: () => [] };
  PLAIN.set(sql, statement);
  return statement;
}

function quoted(name: string): string {
  return `"${name}"`;
}
