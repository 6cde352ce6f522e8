/**
 * Runs statements and transitions on SQLite. Reads are direct and synchronous: they see what was committed, since a
 * transaction is never open between two turns of the event loop. Writes go through {@link GroupCommit}.
 *
 * Owns nothing of the file: `open.ts` opens it and sets it up.
 */
import type Database from 'better-sqlite3';
import { compile, type Query, type Statement, type Statements } from '../query.ts';
import { StorageError } from '../storage-error.ts';
import { type Engine, type Perform, type Step, type Transition, Undone } from '../transition.ts';
import { sqliteDialect } from './dialect.ts';
import { GroupCommit } from './group-commit.ts';

/** The engine over one open connection. */
export class SqliteEngine implements Engine {
  readonly dialect = sqliteDialect;
  readonly #db: Database.Database;
  readonly #commits: GroupCommit;
  /** Prepared at its first use: before the first migration there is no table to prepare against. */
  readonly #prepared = new Map<Statement<never, unknown>, Database.Statement<unknown[], unknown>>();

  constructor(db: Database.Database) {
    this.#db = db;
    this.#commits = new GroupCommit(db, translate);
  }

  /** How many transactions were committed since the start. */
  get commitCount(): number {
    return this.#commits.commitCount;
  }

  prepare<Queries extends Record<string, Query<never, unknown>>>(group: string, queries: Queries): Statements<Queries> {
    return compile(group, queries, this.dialect);
  }

  async readOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null> {
    return this.direct(() => this.#one(statement, args));
  }

  async readAll<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<readonly Row[]> {
    return this.direct(() => this.#all(statement, args));
  }

  writeOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null> {
    return this.#commits.enqueueStatement(() => this.#one(statement, args));
  }

  writeCount<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<number> {
    return this.#commits.enqueueStatement(() => this.#count(statement, args));
  }

  transition<Result>(steps: () => Transition<Result>): Promise<Result> {
    return this.#commits.enqueueTransition(() => {
      const result = this.#complete(steps());
      return result instanceof Undone ? { result: result.result, undo: true } : { result, undo: false };
    });
  }

  async whole<Result>(
    work: (perform: Perform) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result> {
    this.#commits.flush();
    this.direct(() => this.#db.exec('begin immediate'));
    try {
      const { keep, result } = await work(async (steps) => this.direct(() => this.#complete(steps)));
      this.direct(() => this.#db.exec(keep ? 'commit' : 'rollback'));
      return result;
    } finally {
      if (this.#db.inTransaction) this.#db.exec('rollback');
    }
  }

  async snapshot<Result>(work: (perform: Perform) => Promise<Result>): Promise<Result> {
    this.#commits.flush();
    // The moment is that of the first read.
    this.direct(() => this.#db.exec('begin; select 1 from sqlite_schema limit 1'));
    try {
      return await work(async (steps) => this.direct(() => this.#complete(steps)));
    } finally {
      if (this.#db.inTransaction) this.#db.exec('rollback');
    }
  }

  /** Commits what is queued and closes the file. */
  close(): void {
    this.#commits.flush();
    this.#db.close();
  }

  #complete<Result>(generator: Generator<Step, Result, unknown>): Result {
    let step = generator.next();
    while (!step.done) {
      const { statement, args, want } = step.value;
      const answer =
        want === 'one'
          ? this.#one(statement, args as never)
          : want === 'all'
            ? this.#all(statement, args as never)
            : this.#count(statement, args as never);
      step = generator.next(answer);
    }
    return step.value;
  }

  #one<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Row | null {
    return (this.#preparedOf(statement).get(...statement.bind(args)) as Row | undefined) ?? null;
  }

  #all<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): readonly Row[] {
    return this.#preparedOf(statement).all(...statement.bind(args)) as Row[];
  }

  #count<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): number {
    return this.#preparedOf(statement).run(...statement.bind(args)).changes;
  }

  #preparedOf<Args, Row>(statement: Statement<Args, Row>): Database.Statement<unknown[], unknown> {
    const key = statement as unknown as Statement<never, unknown>;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = this.#db.prepare<unknown[], unknown>(statement.sql);
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  /** Runs something on the connection itself, with the errors of this engine. */
  direct<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw translate(error);
    }
  }
}

/** What the caller sees of an error of the driver: one that an operator can mend as `StorageError`, others as they are. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_BUSY')) {
    return new StorageError(
      'busy',
      'the database is being written by another process and did not become free; see which other process has it open',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_FULL')) {
    return new StorageError('unreachable', 'the disk that holds the database is full; free some space', {
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new StorageError('unreachable', `the disk that holds the database failed (${code}); look at its health`, {
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new StorageError(
      'unreachable',
      'the database cannot be written; give this process write permission on the file and its folder',
      { cause: error },
    );
  }
  if (error instanceof TypeError && error.message === 'The database connection is not open') {
    return new StorageError('closed', 'the database was closed already', { cause: error });
  }
  return error;
}
