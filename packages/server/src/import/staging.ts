/**
 * The staging database: a copy of the tables that are read, in a temporary SQLite file that has no name (SQLite unlinks it as it
 * opens it, so a killed run leaves none of the passwords and tokens in it).
 *
 * So the source is held for no longer than the copy takes, memory is bounded whatever comes in which order, every kind of source
 * can be joined and sorted by SQL alike, and a fixture that is cut off shows before anything is written.
 */
import Database from 'better-sqlite3';
import type { SourceValue } from './sources/source.ts';

/** A row of a query of the staging database. */
export type StagedRow = Readonly<Record<string, string | number | Buffer | null>>;

/** The open staging database. */
export class Staging {
  readonly #db: Database.Database;
  readonly #present = new Map<string, ReadonlySet<string>>();
  /** By their text: each is asked for once a page. */
  readonly #prepared = new Map<string, Database.Statement<unknown[], StagedRow>>();

  constructor() {
    this.#db = new Database('');
    // Lost when the process ends, whatever happens: nothing needs to reach the disk in order.
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('cache_size = -65536');
  }

  /**
   * Makes a table. Without types, so that values stay what the source gave. The names come from a `TableSpec`.
   * @param present those of the columns that the source has; null: it has no such table.
   */
  create(table: string, columns: readonly string[], present: readonly string[] | null): void {
    this.#db.exec(`create table ${quoted(table)} (${columns.map(quoted).join(', ')})`);
    if (present !== null) this.#present.set(table, new Set(present));
  }

  /** Whether the source has the table. One that it has not is there as well, empty. */
  has(table: string): boolean {
    return this.#present.has(table);
  }

  /** Whether the source has the column. One that it has not is there as well, null in each row. */
  hasColumn(table: string, column: string): boolean {
    return this.#present.get(table)?.has(column) === true;
  }

  /** Adds rows. */
  insert(table: string, columns: readonly string[], rows: readonly (readonly SourceValue[])[]): void {
    const statement = this.#prepare(
      `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    );
    this.#db.transaction(() => {
      for (const row of rows) statement.run(...row.map(stagedValue));
    })();
  }

  /** Runs statements that make indexes or tables of results. No value of the source is ever written into one. */
  arrange(sql: string): void {
    this.#db.exec(sql);
  }

  /** The rows of a query, all at once: for what is known to be little. */
  all(sql: string, ...values: readonly (string | number)[]): readonly StagedRow[] {
    return this.#prepare(sql).all(...values);
  }

  /** Whether a table has any rows. */
  hasRows(table: string): boolean {
    return this.all(`select 1 from ${quoted(table)} limit 1`).length > 0;
  }

  /** How many rows a table has. */
  countOf(table: string): number {
    const [row] = this.all(`select count(*) as rows from ${quoted(table)}`);
    return Number(row?.['rows'] ?? 0);
  }

  /**
   * The rows of a table in the order in which they came, in pages. The table may be joined to others, and read and written
   * meanwhile. Each row has its place as `seq`.
   */
  *pages(
    table: string,
    query: { readonly columns: string; readonly join?: string; readonly where?: string },
    rowsMax: number,
  ): Generator<readonly StagedRow[]> {
    const { columns, join = '', where = 'true' } = query;
    const statement = this.#prepare(
      `select t.rowid as seq, ${columns} from ${quoted(table)} t ${join}
       where t.rowid > ? and ${where} order by t.rowid limit ?`,
    );
    let after = 0;
    for (;;) {
      const page = statement.all(after, rowsMax);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = Number(last['seq']);
    }
  }

  close(): void {
    this.#db.close();
  }

  #prepare(sql: string): Database.Statement<unknown[], StagedRow> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<unknown[], StagedRow>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** An identifier in SQL: none is ever written unquoted. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** A value that SQLite keeps: it has no boolean. No text of ours holds half a character. */
function stagedValue(value: SourceValue): string | number | Buffer | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? value.toWellFormed() : value;
}
