/**
 * Statements over many rows at once: the rows come as one JSON array, so that a statement has one text whatever their number, and
 * a database is asked once for hundreds.
 *
 * Owns the clause that makes a table `r` of them on either engine. Columns of octets travel as hexadecimal text.
 */
import type { Dialect } from '../dialect.ts';
import type { Statement } from '../query.ts';

/** What a column of the rows is. */
export type JsonColumn = 'text' | 'integer' | 'octets';

/** A statement over rows of one shape. */
export type RowsStatement<Args extends object, Row> = Statement<{ readonly rows: readonly Args[] }, Row>;

/**
 * Makes a statement. @param write gets the clause `(select …) as r`, whose columns are those of `columns`.
 * @param name unique in the program.
 */
export function overRows<Args extends object, Row>(
  name: string,
  dialect: Dialect,
  columns: Readonly<Record<keyof Args & string, JsonColumn>>,
  write: (rows: string) => string,
): RowsStatement<Args, Row> {
  const sql = write(dialect.name === 'sqlite' ? sqliteRows(columns) : postgresRows(columns));
  return { name: `import.${name}`, sql, bind: ({ rows }) => [JSON.stringify(rows)] };
}

function sqliteRows(columns: Readonly<Record<string, JsonColumn>>): string {
  const list = Object.entries(columns).map(([name, type]) => {
    const value = `value ->> '$.${name}'`;
    return `${type === 'octets' ? `unhex(${value})` : value} as ${name}`;
  });
  return `(select ${list.join(', ')} from json_each(?)) as r`;
}

function postgresRows(columns: Readonly<Record<string, JsonColumn>>): string {
  const entries = Object.entries(columns);
  const list = entries.map(([name, type]) => (type === 'octets' ? `decode(${name}, 'hex') as ${name}` : name));
  const types = entries.map(([name, type]) => `${name} ${type === 'integer' ? 'bigint' : 'text collate "C"'}`);
  return `(select ${list.join(', ')} from json_to_recordset($1::json) as j (${types.join(', ')})) as r`;
}
