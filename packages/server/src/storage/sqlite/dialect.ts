/**
 * What is particular to SQLite's SQL.
 */
import { type OnNode, SelectQueryNode, SqliteQueryCompiler, sql, type WhereNode } from 'kysely';
import type { Dialect } from '../dialect.ts';

/** SQLite's part of {@link Dialect}. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  compiler: () => new Compiler(),
  textsOf: <Text extends string>(json: string) => sql<Text>`(select value from json_each(${json}))`,
  // RFC 7396.
  mergedObject: (column, patch) => sql<string>`json_patch(coalesce(${column}, '{}'), ${patch})`,
  least: (left, right) => sql<number>`min(${left}, ${right})`,
  // One writer at a time: no row is ever being deleted by another.
  skipLocked: sql``,
};

/**
 * Writes the values in the conditions of a `select` as `(select ?)`. SQLite as the driver builds it (ENABLE_STAT4) looks at
 * a bare `?` there while it plans, and therefore plans anew whenever another value is bound: 10 to 60 µs for each read of
 * a few joined rows that takes 5. A scalar sub-select it does not look into; it is evaluated once and serves an index alike.
 */
class Compiler extends SqliteQueryCompiler {
  #inConditions = false;

  protected override visitWhere(node: WhereNode): void {
    this.#inside(SelectQueryNode.is(this.parentNode ?? node), () => super.visitWhere(node));
  }

  protected override visitOn(node: OnNode): void {
    this.#inside(true, () => super.visitOn(node));
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    this.#inside(false, () => super.visitSelectQuery(node));
  }

  protected override getCurrentParameterPlaceholder(): string {
    return this.#inConditions ? '(select ?)' : '?';
  }

  #inside(conditions: boolean, visit: () => void): void {
    const before = this.#inConditions;
    this.#inConditions = conditions;
    visit();
    this.#inConditions = before;
  }
}
