/**
 * The shape of a migration. A migration is frozen once it is released: it is plain SQL over the few types that the engines
 * name differently, and imports nothing that may change.
 */

/** What the engines name differently in a table's definition. */
export interface ColumnTypes {
  readonly engine: 'sqlite' | 'postgres';
  /** Octets. */
  readonly bytes: string;
  /** A 64-bit whole number: instants, counts. */
  readonly integer: string;
  /** 0 or 1. */
  readonly flag: string;
  /** Text that is compared octet for octet, in every locale. */
  readonly text: string;
  /** What a table's definition ends with. */
  readonly tableOptions: string;
}

/** One step of the schema, forward only. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** The statements, in their order; they run in one transaction. */
  statements(types: ColumnTypes): readonly string[];
}

/** SQLite's. STRICT: a value of a wrong type is refused and not stored as it came. */
export const SQLITE_COLUMN_TYPES: ColumnTypes = {
  engine: 'sqlite',
  bytes: 'blob',
  integer: 'integer',
  flag: 'integer',
  text: 'text',
  tableOptions: ' strict',
};

/** PostgreSQL's. "C": the order and equality of octets, as in SQLite, whatever the database's locale. */
export const POSTGRES_COLUMN_TYPES: ColumnTypes = {
  engine: 'postgres',
  bytes: 'bytea',
  integer: 'bigint',
  flag: 'smallint',
  text: 'text collate "C"',
  tableOptions: '',
};
