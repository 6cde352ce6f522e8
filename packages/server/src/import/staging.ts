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
  readonly #present = new Map<string, boolean>();

  constructor() {
    this.#db = new Database('');
    // Lost when the process ends, whatever happens: nothing needs to reach the disk in order.
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    this.#db.pragma('cache_size = -65536');
  }

  /** Makes a table. Without types, so that values stay what the source gave. The names come from a `TableSpec`. */
  create(table: string, columns: readonly string[], isPresent: boolean): void {
    this.#db.exec(`create table ${quoted(table)} (${columns.map(quoted).join(', ')})`);
    this.#present.set(table, isPresent);
  }

  /** Whether the source has the table. One that it has not is there as well, empty. */
  has(table: string): boolean {
    return this.#present.get(table) === true;
  }

  /** Adds rows. */
  insert(table: string, columns: readonly string[], rows: readonly (readonly SourceValue[])[]): void {
    const statement = this.#db.prepare(
      `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    );
    this.#db.transaction(() => {
      for (const row of rows) statement.run(...row.map(stagedValue));
    })();
  }

  /** Runs statements that make indexes or tables of results. Never holds a value of the source. */
  prepare(sql: string): void {
    this.#db.exec(sql);
  }

  /** The rows of a query, all at once: for what is known to be little. */
  all(sql: string, ...values: readonly (string | number)[]): readonly StagedRow[] {
    return this.#db.prepare<unknown[], StagedRow>(sql).all(...values);
  }

  /** How many rows a table has. */
  countOf(table: string): number {
    const [row] = this.all(`select count(*) as rows from ${quoted(table)}`);
    return Number(row?.['rows'] ?? 0);
  }

  /**
   * The rows of a query in batches. Nothing else of the staging database may be written until it is through; it may be read.
   * @param sql ordered, and without values of the source in it.
   */
  *batches(sql: string, rowsMax: number): Generator<readonly StagedRow[]> {
    let batch: StagedRow[] = [];
    for (const row of this.#db.prepare<unknown[], StagedRow>(sql).iterate()) {
      batch.push(row);
      if (batch.length === rowsMax) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  close(): void {
    this.#db.close();
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
