/** What is particular to SQLite's SQL. */
import { SqliteQueryCompiler, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';

/** SQLite's part of {@link Dialect}. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  compiler: () => new SqliteQueryCompiler(),
  textsOf: <Text extends string>(json: string) => sql<Text>`(select value from json_each(${json}))`,
  least: (left, right) => sql<number>`min(${left}, ${right})`,
  // One writer at a time: no row is ever being deleted by another.
  skipLocked: sql``,
};
