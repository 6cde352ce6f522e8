/**
 * Runs statements and transitions on PostgreSQL, at READ COMMITTED: what decides is the condition of each write, which
 * PostgreSQL checks again on the row that it waited for. Nothing is kept in this process that another would need.
 *
 * Owns the pool's use, retries, and what errors mean. Connecting is `open.ts`.
 */
import type pg from 'pg';
import { compile, type Query, type Statement, type Statements } from '../query.ts';
import { StorageError } from '../storage-error.ts';
import { type Engine, type Perform, type Step, type Transition, Undone } from '../transition.ts';
import { postgresDialect } from './dialect.ts';

/**
 * How often a transition is run before its error is given up on. 40001 and 40P01 (serialisation, deadlock) say that it is to
 * be run again. 23505 means that another transaction was first at a unique index after this one had looked: run again, the
 * transition sees what the other wrote, and answers by its own conditions.
 */
const ATTEMPTS_MAX = 5;
const RUN_AGAIN = new Set(['40001', '40P01', '23505']);

/** The engine over a pool. */
export class PostgresEngine implements Engine {
  readonly dialect = postgresDialect;
  readonly #pool: pg.Pool;
  #underWay = 0;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  prepare<Queries extends Record<string, Query<never, unknown>>>(group: string, queries: Queries): Statements<Queries> {
    return compile(group, queries, this.dialect);
  }

  async readOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null> {
    return ((await this.#query(statement, args)).rows[0] as Row | undefined) ?? null;
  }

  async readAll<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<readonly Row[]> {
    return (await this.#query(statement, args)).rows as Row[];
  }

  /** A single statement is a transaction by itself: one round trip. */
  async writeOne<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<Row | null> {
    return ((await this.#query(statement, args)).rows[0] as Row | undefined) ?? null;
  }

  async writeCount<Args extends object, Row>(statement: Statement<Args, Row>, args: Args): Promise<number> {
    return (await this.#query(statement, args)).rowCount ?? 0;
  }

  transition<Result>(steps: () => Transition<Result>): Promise<Result> {
    return this.run(async () => {
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin isolation level read committed');
        const result = await complete(client, steps());
        await client.query(result instanceof Undone ? 'rollback' : 'commit');
        return result instanceof Undone ? result.result : result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        // A connection that could not be rolled back is closed instead of given to the next.
        client.release(broken);
      }
    });
  }

  whole<Result>(
    work: (perform: Perform) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result> {
    return this.#long('begin isolation level read committed', work);
  }

  snapshot<Result>(work: (perform: Perform) => Promise<Result>): Promise<Result> {
    return this.#long('begin isolation level repeatable read read only', async (perform) => ({
      keep: false,
      result: await work(perform),
    }));
  }

  /** Runs something on the pool itself, with the retries and the errors of this engine. @throws StorageError `closed` */
  async run<Result>(work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw new StorageError('closed', 'the database was closed already');
    this.#underWay += 1;
    try {
      return await attempt(() => work(this.#pool));
    } finally {
      this.#underWay -= 1;
      this.#settle();
    }
  }

  /** Waits for what is under way, which the pool would not do for those that wait for a connection, and disconnects. */
  async close(): Promise<void> {
    this.#closing = Promise.withResolvers();
    this.#settle();
    await this.#closing.promise;
    await this.#pool.end();
  }

  async #long<Result>(
    begin: string,
    work: (perform: Perform) => Promise<{ readonly keep: boolean; readonly result: Result }>,
  ): Promise<Result> {
    // Not by `run`: work of minutes is not begun again by itself.
    this.#underWay += 1;
    let client: pg.PoolClient | undefined;
    let broken: Error | undefined;
    try {
      client = await this.#pool.connect();
      const connected = client;
      await connected.query(begin);
      const { keep, result } = await work((steps) => complete(connected, steps));
      await connected.query(keep ? 'commit' : 'rollback');
      return result;
    } catch (error) {
      await client?.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      throw translate(error);
    } finally {
      client?.release(broken);
      this.#underWay -= 1;
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#underWay === 0) this.#closing?.resolve();
  }

  #query<Args, Row>({ name, sql, bind }: Statement<Args, Row>, args: Args): Promise<pg.QueryResult> {
    const values = bind(args);
    return this.run((pool) => pool.query({ name, text: sql, values }));
  }
}

async function complete<Result>(client: pg.PoolClient, generator: Generator<Step, Result, unknown>): Promise<Result> {
  let step = generator.next();
  while (!step.done) {
    const { statement, args, want } = step.value;
    const { name, sql, bind } = statement;
    const result = await client.query({ name, text: sql, values: bind(args as never) });
    step = generator.next(want === 'one' ? (result.rows[0] ?? null) : want === 'all' ? result.rows : result.rowCount);
  }
  return step.value;
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempts < ATTEMPTS_MAX && RUN_AGAIN.has(codeOf(error))) continue;
      throw translate(error);
    }
  }
}

/** What the caller sees of an error of the driver: one that an operator can mend as `StorageError`, others as they are. */
function translate(error: unknown): unknown {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (code === '53300' || message === 'timeout exceeded when trying to connect') {
    return new StorageError('busy', 'no connection to PostgreSQL came free; allow more, or look at what holds them', {
      cause: error,
    });
  }
  if (LOST.test(code) || LOST_MESSAGES.test(message)) {
    return new StorageError('unreachable', 'the connection to PostgreSQL was lost; see whether the server runs', {
      cause: error,
    });
  }
  return error;
}

/** Class 08 (connection), 57P01 to 57P03 (shutting down, starting up), and the operating system's. */
const LOST = /^(08...|57P0[123]|ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
const LOST_MESSAGES = /^(Connection terminated|Client has encountered a connection error)/;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
