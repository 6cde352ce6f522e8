/** What is particular to PostgreSQL's SQL. */
import { PostgresQueryCompiler, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';

/** PostgreSQL's part of {@link Dialect}. */
export const postgresDialect: Dialect = {
  name: 'postgres',
  compiler: () => new PostgresQueryCompiler(),
  textsOf: <Text extends string>(json: string) => sql<Text>`(select jsonb_array_elements_text(cast(${json} as jsonb)))`,
  mergedObject: (column, patch) =>
    sql<string>`cast(jsonb_strip_nulls(coalesce(cast(${column} as jsonb), '{}') || cast(${patch} as jsonb)) as text)`,
  least: (left, right) => sql<number>`least(${left}, ${right})`,
  skipLocked: sql`for update skip locked`,
};
