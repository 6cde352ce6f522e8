/**
 * A database of somebody else's, as the import reads it: which tables it has, their columns, and their rows, all of one moment.
 *
 * Owns the interface and the errors. Each kind of database is one file beside this; what the rows mean is `import/django/`.
 */

/** A value as it is read: dates as text in UTC, whole numbers that a number does not hold exactly as text, JSON as text. */
export type SourceValue = string | number | boolean | Buffer | null;

/** One open source. Everything that is read from it is of one moment: nothing that is written there meanwhile shows. */
export interface Source {
  /** What is read, for messages: a file's path, or a URL without user and password. */
  readonly name: string;
  /** The columns of a table; null where there is no such table. */
  columnsOf(table: string): Promise<readonly string[] | null>;
  /** The tables there are. Only for messages that help. */
  tables(): Promise<readonly string[]>;
  /**
   * The rows of a table, in batches, their values in the order of `columns`. The caller has these names from
   * {@link Source.columnsOf}: a name that is not there throws, and none is written into a query unquoted.
   */
  read(table: string, columns: readonly string[]): AsyncIterable<readonly (readonly SourceValue[])[]>;
  close(): Promise<void>;
}

/** What can be wrong with a source as a whole. */
export type SourceFault =
  | 'not_found'
  | 'not_readable'
  | 'not_a_database'
  | 'damaged'
  | 'locked'
  | 'bad_url'
  | 'unreachable'
  | 'refused'
  | 'cut_off'
  | 'not_django'
  | 'no_table'
  | 'no_column';

/** A source that cannot be read, or is none: one line that says what, where, and what to do. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly fault: SourceFault;

  constructor(fault: SourceFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
