/**
 * A MySQL or MariaDB database as a source: one connection, one read-only snapshot, rows as a stream.
 */
import { type Connection, createConnection } from 'mysql2';
import { shownUrl, unreachable } from './address.ts';
import { type Source, SourceError, type SourceValue } from './source.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ROWS_AT_A_TIME = 1_000;

/** Connects. @throws SourceError, which never shows the password. */
export async function openMysqlSource(url: string): Promise<Source> {
  const name = shownUrl(url);
  const connection = createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4',
    // Django keeps UTC in columns without a zone: they are read as they stand.
    dateStrings: true,
    // A whole number that a JavaScript number does not hold comes as text.
    supportBigNumbers: true,
    jsonStrings: true,
  });
  connection.on('error', () => undefined);
  const query = (sql: string, values: string[] = []) => rowsOf(connection, name, sql, values);
  try {
    await query('set session transaction isolation level repeatable read');
    await query('start transaction with consistent snapshot, read only');
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return {
    name,
    async tables() {
      const rows = await query(
        'select table_name from information_schema.tables where table_schema = database() order by 1',
      );
      return rows.map(([table]) => String(table));
    },
    async columnsOf(table) {
      const rows = await query(
        `select column_name from information_schema.columns
         where table_schema = database() and binary table_name = ? order by ordinal_position`,
        [table],
      );
      return rows.length === 0 ? null : rows.map(([column]) => String(column));
    },
    async *read(table, columns) {
      const sql = `select ${columns.map(backquoted).join(', ')} from ${backquoted(table)}`;
      let batch: SourceValue[][] = [];
      try {
        for await (const row of connection.query({ sql, rowsAsArray: true }).stream()) {
          batch.push(row as SourceValue[]);
          if (batch.length < ROWS_AT_A_TIME) continue;
          yield batch;
          batch = [];
        }
      } catch (error) {
        throw faultOf(name, error);
      }
      if (batch.length > 0) yield batch;
    },
    close: () => new Promise((resolve) => connection.end(() => resolve())),
  };
}

function rowsOf(connection: Connection, name: string, sql: string, values: string[]): Promise<readonly unknown[][]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values, rowsAsArray: true }, (error, rows) => {
      if (error !== null) reject(faultOf(name, error));
      else resolve(Array.isArray(rows) ? (rows as unknown[][]) : []);
    });
  });
}

function backquoted(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``;
}

function faultOf(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return new SourceError('refused', `${name}: wrong user or password; correct them in the URL.`, { cause: error });
    case 'ER_BAD_DB_ERROR':
      return new SourceError('refused', `${name}: there is no such database; correct its name.`, { cause: error });
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
      return new SourceError('not_readable', `${name}: this user may not read it; grant it SELECT.`, { cause: error });
    default:
      return unreachable(name, error);
  }
}
