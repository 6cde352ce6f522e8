/**
 * The one error that storage throws for what an operator can mend: a database that cannot be opened, reached, or
 * understood by this version. Everything else that a driver throws is a bug and passes through as it is.
 */

/** What is wrong, for code that has to tell the cases apart. */
export type StorageFault =
  /** The database cannot be opened: path, permission, address, password, name. */
  | 'cannot_open'
  /** It was opened and is lost: server gone, disk full, no longer writable. Trying again may help. */
  | 'unreachable'
  /** The schema is newer than this program. */
  | 'newer_schema'
  /** Another process holds the write lock for longer than the driver waits, or no connection came free. Try again. */
  | 'busy'
  /** It was closed already. */
  | 'closed';

/** One line that says what was wrong and what to do. Holds no password and no value of a query. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
