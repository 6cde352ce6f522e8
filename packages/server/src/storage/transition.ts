/**
 * Transitions: atomic steps of several statements, written once as generators and run by either engine.
 *
 * A generator asks for a statement by `yield*` and is resumed with its rows. The SQLite engine runs it without a pause
 * inside the transaction of the moment; the PostgreSQL engine runs it in a transaction of its own, each statement
 * awaited. A generator may be run again from its start (PostgreSQL: a deadlock, a unique index that another transaction
 * was first at), so it does nothing but ask for statements and calculate.
 */
import type { Dialect } from './dialect.ts';
import type { Query, Statement, Statements } from './query.ts';

/** One statement that a transition asks for. */
export interface Step {
  readonly statement: Statement<never, unknown>;
  readonly args: object;
  readonly want: 'one' | 'all' | 'count';
}

/** An atomic step of several statements. Returning {@link Undone} takes back what it wrote. */
export type Transition<Result> = Generator<Step, Result | Undone<Result>, unknown>;

/** A result that comes with nothing having been written. */
export class Undone<Result> {
  readonly result: Result;

  constructor(result: Result) {
    this.result = result;
  }
}

/** Runs a statement and gives its first row, null when there is none. */
export function* one<Args extends object, Row>(
  statement: Statement<Args, Row>,
  args: Args,
): Generator<Step, Row | null, unknown> {
  return (yield { statement, args, want: 'one' }) as Row | null;
}

/** Runs a statement and gives its rows. */
export function* all<Args extends object, Row>(
  statement: Statement<Args, Row>,
  args: Args,
): Generator<Step, readonly Row[], unknown> {
  return (yield { statement, args, want: 'all' }) as readonly Row[];
}

/** Runs a statement that gives no rows, and says how many it changed. */
export function* count<Args extends object, Row>(
  statement: Statement<Args, Row>,
  args: Args,
): Generator<Step, number, unknown> {
  return (yield { statement, args, want: 'count' }) as number;
}

/** What an aggregate needs of an engine. Every call may throw `StorageError`; none answers as if nothing were there. */
export interface Engine {
  readonly dialect: Dialect;
  /** Compiles queries, once. `group` is unique in the program. */
  prepare<Queries extends Record<string, Query<never, unknown>>>(group: string, queries: Queries): Statements<Queries>;
  /** Reads one row. */
  readOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null>;
  /** Reads rows. */
  readAll<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<readonly Row[]>;
  /** A transition of one statement that returns a row or none: durable once it resolves. */
  writeOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null>;
  /** A transition of one statement that returns no rows; resolves with how many it changed. */
  writeCount<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<number>;
  /** A transition of several statements: all of them or none, durable once it resolves. */
  transition<Result>(steps: () => Transition<Result>): Promise<Result>;
  /**
   * One transaction for as long as `work` takes, kept where it says so; `perform` runs steps in it. Nothing is run again, and
   * nothing else of this process may write meanwhile: this is for commands alone.
   */
  whole<Result>(
    work: (perform: Perform) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result>;
  /**
   * Reads alone, all of one moment, for as long as `work` takes. Nobody waits for it; on SQLite the write-ahead log grows meanwhile.
   * Nothing of this process may write meanwhile.
   */
  snapshot<Result>(work: (perform: Perform) => Promise<Result>): Promise<Result>;
}

/** Runs steps within a transaction that is open. Undoing a part of it is not offered. */
export type Perform = <Result>(steps: Generator<Step, Result, unknown>) => Promise<Result>;
