/**
 * Storage as the rest of the program sees it: every port, grouped, and what a process does with a database as a whole.
 *
 * Owns the choice between the engines. What each port does is one file per aggregate; how a step becomes atomic is
 * `sqlite/` and `postgres/`.
 */
import type {
  AccountStore,
  ConnectionStore,
  FailureStore,
  KnownBrowserStore,
  SessionStore,
} from '../accounts/ports.ts';
import type { ApplicationStore } from '../admin/ports.ts';
import type { ServerKeyStore, SigningKeyStore } from '../keys/ports.ts';
import type {
  ApplicationReader,
  AuthorizationReader,
  ClientSecretUse,
  ConsentStore,
  GrantStore,
  PendingRequestStore,
} from '../protocol/ports.ts';
import type { Clock } from '../vocabulary/time.ts';

/** How to open a database. */
export interface StorageOptions {
  /** A file's path (SQLite; made when absent, its folder too), or `postgres://…` or `postgresql://…`. */
  readonly database: string;
  /** PostgreSQL: connections at most, 10 unless said. SQLite has one. */
  readonly poolSize?: number;
  /** For the age of cached applications and the times of migrations; every port is told the instant by its caller. */
  readonly clock: Clock;
}

/** A migration by its number and name. */
export interface MigrationName {
  readonly version: number;
  readonly name: string;
}

/** Rows that a {@link Storage.cleanup} deleted, by table. */
export interface CleanupCounts {
  readonly accessTokens: number;
  readonly authorizationCodes: number;
  readonly tokenFamilies: number;
  readonly sessions: number;
  readonly pendingRequests: number;
  readonly failures: number;
}

/** A database with all that the program keeps in it. */
export interface Storage {
  readonly engine: 'sqlite' | 'postgres';
  readonly grants: GrantStore;
  readonly applications: ApplicationStore & ApplicationReader;
  readonly authorization: AuthorizationReader;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly consents: ConsentStore;
  readonly pendingRequests: PendingRequestStore;
  readonly failures: FailureStore;
  readonly knownBrowsers: KnownBrowserStore;
  readonly connections: ConnectionStore;
  readonly keys: SigningKeyStore;
  readonly serverKeys: ServerKeyStore;
  readonly secretUse: ClientSecretUse;

  /** Migrations that this program has and the database has not, in their order. @throws StorageError `newer_schema` */
  pendingMigrations(): Promise<readonly MigrationName[]>;
  /**
   * Applies them, each in its own transaction, and answers which. Safe when several processes call it at once. An
   * embedded database that holds a schema already is copied to `<file>.before-<version>` first.
   * @throws StorageError `newer_schema`
   */
  migrate(): Promise<readonly MigrationName[]>;
  /** Resolves when the database answers. @throws StorageError when it does not. */
  ping(): Promise<void>;
  /** Deletes what nobody can use any more, in steps of at most `batchSize` rows so that it holds nobody up. */
  cleanup(nowMs: number, options: { readonly batchSize: number }): Promise<CleanupCounts>;
  /** Finishes what is under way, then closes. Calls after it throw. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a database and connects to it once, so that a wrong setting shows at the start. Applies no migration.
 * @throws StorageError `cannot_open` with one line that says what to do.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  throw new Error(`the engine for ${options.database} comes with the next change`);
}
