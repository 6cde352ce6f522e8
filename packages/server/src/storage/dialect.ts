/**
 * What the SQL of the two engines differs in, beyond what the query compiler settles. Each engine has one file that
 * implements it; a query that needs something else here is probably better written without it.
 */
import type { Expression, QueryCompiler, RawBuilder } from 'kysely';

/** The differences of one engine's SQL. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** A compiler for one query. */
  compiler(): QueryCompiler;
  /** `(select …)` of the texts of a JSON array: the right side of `in`. */
  textsOf<Text extends string>(json: string): RawBuilder<Text>;
  /** A JSON object with the members of another one in it; a null takes its member out. The column may be null. */
  mergedObject(column: Expression<string | null>, patch: string): RawBuilder<string>;
  /** The smaller of two numbers that are not null. */
  least(left: Expression<number>, right: Expression<number>): RawBuilder<number>;
  /** What a sub-select of rows to delete ends with: rows that another process is deleting are left to it. */
  readonly skipLocked: RawBuilder<unknown>;
}
