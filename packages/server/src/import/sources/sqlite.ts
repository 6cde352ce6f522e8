/**
 * An SQLite file as a source: opened for reading alone, in one read transaction, beside whoever writes it (WAL included).
 */
import Database from 'better-sqlite3';
import { quoted } from '../staging.ts';
import { type Source, SourceError, type SourceValue } from './source.ts';

/** How long to wait for one who holds the file. Django's own default. */
const BUSY_TIMEOUT_MS = 5_000;
const ROWS_AT_A_TIME = 1_000;

/** Opens the file. @throws SourceError */
export function openSqliteSource(path: string): Source {
  const db = attempt(path, () => new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }));
  try {
    // The transaction begins with its first read.
    attempt(path, () => db.exec('begin; select count(*) from sqlite_master'));
  } catch (error) {
    db.close();
    throw error;
  }
  const texts = (sql: string, ...values: string[]) =>
    attempt(path, () =>
      db
        .prepare<string[], string>(sql)
        .pluck()
        .all(...values),
    );
  return {
    name: path,
    tables: async () => texts("select name from sqlite_master where type in ('table', 'view') order by name"),
    async columnsOf(table) {
      const columns = texts('select name from pragma_table_info(?)', table);
      return columns.length === 0 ? null : columns;
    },
    async *read(table, columns) {
      const sql = `select ${columns.map(quoted).join(', ')} from ${quoted(table)}`;
      const rows = attempt(path, () => db.prepare<[], SqliteValue[]>(sql).raw().safeIntegers().iterate());
      let batch: SourceValue[][] = [];
      for (;;) {
        const next = attempt(path, () => rows.next());
        if (next.done === true) break;
        batch.push(next.value.map(sourceValueOf));
        if (batch.length < ROWS_AT_A_TIME) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    close: async () => void db.close(),
  };
}

type SqliteValue = string | number | bigint | Buffer | null;

function sourceValueOf(value: SqliteValue): SourceValue {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw faultOf(path, error);
  }
}

function faultOf(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new SourceError('locked', `${path} is locked by another program: end what writes it, and try again.`, {
      cause: error,
    });
  }
  if (code === 'SQLITE_NOTADB') {
    return new SourceError('not_a_database', `${path} is no SQLite database, or an encrypted one.`, { cause: error });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_IOERR')) {
    return new SourceError('damaged', `${path} is damaged (${code}): copy it with "sqlite3 old.db .recover" first.`, {
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return new SourceError(
      'not_readable',
      `${path} cannot be opened (${code}): this user needs to read it, and to write its folder where the file is in WAL mode.`,
      { cause: error },
    );
  }
  return error;
}
