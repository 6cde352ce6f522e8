/**
 * Queries that are built once. A query is written with the query builder over placeholders; each engine compiles it at
 * start to SQL and a list of which argument goes where, so that a request never runs the builder (it costs more than the
 * SQLite statement that it builds).
 *
 * Owns placeholders and compilation. Running is each engine's part.
 */
import {
  type Compilable,
  type DatabaseIntrospector,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  type QueryCreator,
  SqliteAdapter,
} from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Schema } from './schema.ts';

/** A query over arguments `Args` whose rows are `Row`. */
export interface Query<Args, Row> {
  readonly build: (db: QueryCreator<Schema>, args: Args, dialect: Dialect) => Compilable<Row>;
}

/** A query compiled for one engine. */
export interface Statement<Args, Row> {
  /** Unique in the program: PostgreSQL keeps the prepared statement under it. */
  readonly name: string;
  readonly sql: string;
  /** The values in the order of the SQL's placeholders. @throws TypeError when an argument is undefined. */
  readonly bind: (args: Args) => unknown[];
  /** Carries the row's type; never there. */
  readonly row?: Row;
}

/** The compiled form of a group of queries. */
export type Statements<Queries> = {
  readonly [Name in keyof Queries]: Queries[Name] extends Query<infer Args, infer Row> ? Statement<Args, Row> : never;
};

/**
 * Defines a query. `args` in the builder are placeholders of the type of the value that will stand there: they can be
 * compared, set and selected, never calculated with.
 */
export function query<Args extends object, Row>(
  build: (db: QueryCreator<Schema>, args: Args, dialect: Dialect) => Compilable<Row>,
): Query<Args, Row> {
  return { build };
}

/** Compiles a group of queries for an engine. Every call builds anew: call it once, at the start. */
export function compile<Queries extends Record<string, Query<never, unknown>>>(
  group: string,
  queries: Queries,
  dialect: Dialect,
): Statements<Queries> {
  const db = builderOf(dialect);
  const statements: Record<string, Statement<never, unknown>> = {};
  for (const [name, { build }] of Object.entries(queries)) {
    const { sql, parameters } = build(db, placeholdersOf(null) as never, dialect).compile();
    statements[name] = { name: `${group}.${name}`, sql, bind: binder(`${group}.${name}`, parameters) };
  }
  return statements as Statements<Queries>;
}

/**
 * The placeholders of a group of arguments: where `args` is `{ family: {…} }`, `within(args.family).scope` stands for
 * `args.family.scope`. So a statement that writes several tables takes their rows as they are.
 */
export function within<Group extends object>(group: Group): Group {
  if (!(group instanceof Placeholder) || group.group !== null) throw new TypeError('not a group of arguments');
  return placeholdersOf(group.name) as Group;
}

/** Takes the named columns of a row of placeholders. A placeholder row cannot be spread: it answers to every name. */
export function columnsOf<Row, Name extends keyof Row>(row: Row, names: readonly Name[]): Pick<Row, Name> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Pick<Row, Name>;
}

/** Stands in a query where a value will. */
class Placeholder {
  readonly group: string | null;
  readonly name: string;

  constructor(group: string | null, name: string) {
    this.group = group;
    this.name = name;
  }
}

function placeholdersOf(group: string | null): object {
  return new Proxy({}, { get: (_target, name) => new Placeholder(group, String(name)) });
}

function binder(name: string, parameters: readonly unknown[]): (args: object) => unknown[] {
  const slots = [...parameters];
  return (args) => {
    const values: unknown[] = new Array(slots.length);
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index];
      const value = slot instanceof Placeholder ? argument(args, slot) : slot;
      // An undefined would be stored as NULL by one driver and refused by the other: it is a bug in either case.
      if (value === undefined) {
        throw new TypeError(`${name}: ${slot instanceof Placeholder ? slot.name : 'a value'} is undefined`);
      }
      values[index] = value;
    }
    return values;
  };
}

function argument(args: object, { group, name }: Placeholder): unknown {
  const all = args as Record<string, unknown>;
  return group === null ? all[name] : (all[group] as Record<string, unknown> | undefined)?.[name];
}

/** A query builder without a connection: it compiles and cannot run. */
function builderOf(dialect: Dialect): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: (): DialectAdapter => (dialect.name === 'sqlite' ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (): DatabaseIntrospector => {
        throw new Error('this builder only compiles');
      },
      createQueryCompiler: () => dialect.compiler(),
    },
  });
}
