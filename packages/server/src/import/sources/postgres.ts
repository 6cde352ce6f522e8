/**
 * A PostgreSQL database as a source: one connection, one `repeatable read, read only` transaction, rows by a cursor.
 */
import pg from 'pg';
import Cursor from 'pg-cursor';
import { quoted } from '../staging.ts';
import { shownUrl, unreachable } from './address.ts';
import { type Source, SourceError, type SourceValue } from './source.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ROWS_AT_A_TIME = 1_000;
/** OIDs of pg_type. */
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;

/** Connects. @throws SourceError, which never shows the password. */
export async function openPostgresSource(url: string): Promise<Source> {
  const name = shownUrl(url);
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'diapason import',
      types: { getTypeParser },
    });
    // What ends the connection also fails the query under way; unheard, the event would end the process.
    client.on('error', () => undefined);
    await client.connect();
  } catch (error) {
    throw faultOf(name, error);
  }
  const query = async (text: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> => {
    try {
      return (await client.query(text, values)).rows;
    } catch (error) {
      throw faultOf(name, error);
    }
  };
  await query("set time zone 'UTC'");
  await query('begin transaction isolation level repeatable read, read only');
  return {
    name,
    tables: async () => (await query(`${TABLES} order by c.relname`)).map(({ name }) => String(name)),
    async columnsOf(table) {
      const rows = await query(
        `select a.attname as name from pg_attribute a join (${TABLES} and c.relname = $1) t on t.oid = a.attrelid
         where a.attnum > 0 and not a.attisdropped order by a.attnum`,
        [table],
      );
      return rows.length === 0 ? null : rows.map(({ name }) => String(name));
    },
    async *read(table, columns) {
      const cursor = client.query(
        new Cursor<SourceValue[]>(`select ${columns.map(quoted).join(', ')} from ${quoted(table)}`, [], {
          rowMode: 'array',
          types: { getTypeParser },
        }),
      );
      try {
        for (;;) {
          const rows = await cursor.read(ROWS_AT_A_TIME);
          if (rows.length === 0) return;
          yield rows;
        }
      } catch (error) {
        throw faultOf(name, error);
      } finally {
        await cursor.close().catch(() => undefined);
      }
    },
    close: () => client.end(),
  };
}

/** What a plain name finds. */
const TABLES = `select c.oid, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_table_is_visible(c.oid)
  and n.nspname not in ('pg_catalog', 'information_schema')`;

/** Everything but numbers, flags and octets stays the text that PostgreSQL sends. */
function getTypeParser(oid: number) {
  switch (oid) {
    case BOOL:
      return (text: string) => text === 't';
    case INT2:
    case INT4:
      return Number;
    case INT8:
      return (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
    case BYTEA:
      return pg.types.getTypeParser(BYTEA, 'text');
    default:
      return (text: string) => text;
  }
}

function faultOf(name: string, error: unknown): unknown {
  if (error instanceof SourceError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : '';
  const fault = (kind: 'refused' | 'unreachable' | 'not_readable', what: string) =>
    new SourceError(kind, `${name}: ${what}`, { cause: error });
  switch (code) {
    case '28P01':
    case '28000':
      return fault('refused', 'wrong user or password; correct them in the URL.');
    case '3D000':
      return fault('refused', 'there is no such database; correct its name.');
    case '42501':
      return fault('not_readable', `this user may not read it (${message}); grant it SELECT.`);
    default:
      if (/SASL|password/i.test(message))
        return fault('refused', 'a password is needed; write postgres://user:password@host/name.');
      return unreachable(name, error);
  }
}
