/**
 * Storage as the rest of the program sees it: every port, grouped, and what a process does with a database as a whole.
 *
 * Owns the choice between the engines. What each port does is one file per aggregate; how a step becomes atomic is
 * `sqlite/` and `postgres/`.
 */

import type { AddressStore } from '../accounts/ports/addresses.ts';
import type { ExternalIdentityStore } from '../accounts/ports/elsewhere.ts';
import type { AccountEventStore } from '../accounts/ports/events.ts';
import type { FactorStore, OneTimeStore } from '../accounts/ports/factors.ts';
import type { GroupStore } from '../accounts/ports/groups.ts';
import type { InvitationStore } from '../accounts/ports/invitations.ts';
import type { MailedSecretStore } from '../accounts/ports/mail.ts';
import type { PasskeyStore } from '../accounts/ports/passkeys.ts';
import type { PersonalDataStore } from '../accounts/ports/personal-data.ts';
import type { PictureStore } from '../accounts/ports/pictures.ts';
import type {
  AccountStore,
  ConnectionStore,
  FailureStore,
  KnownBrowserStore,
  SessionStore,
} from '../accounts/ports.ts';
import type { Administration, AuditActor, AuditStore } from '../admin/ports/audit.ts';
import type { FlowTraceStore } from '../admin/ports/flow-trace.ts';
import type { ApplicationStore, DeclaredScopeStore, RegistrationStore } from '../admin/ports.ts';
import type { BackupStore } from '../import/ports/backup.ts';
import type { ExportStore } from '../import/ports/kept.ts';
import type { ImportStore } from '../import/ports.ts';
import type { ServerKeyStore, SigningKeyStore } from '../keys/ports.ts';
import type { OutboxStore } from '../mail/ports.ts';
import type {
  ApplicationReader,
  ApplicationUse,
  ClientSecretUse,
  LongLivedTokenUse,
  ReplayStore,
} from '../protocol/ports/applications.ts';
import type {
  AuthorizationReader,
  ConsentStore,
  PendingRequestStore,
  PushedRequestStore,
} from '../protocol/ports/authorization.ts';
import type { DeviceGrantStore } from '../protocol/ports/devices.ts';
import type { GrantStore } from '../protocol/ports/grants.ts';
import type { LogoutNoticeStore } from '../protocol/ports/logout.ts';
import type { Clock } from '../vocabulary/time.ts';
import { createAccountEventStore } from './account-events.ts';
import { createAccountStore } from './accounts.ts';
import { createAddressStore } from './addresses.ts';
import { createApplicationStore } from './applications.ts';
import { createAuditStore } from './audit.ts';
import { createAdministration } from './audited.ts';
import { createAuthorizationReader } from './authorization.ts';
import { createBackupStore } from './backup.ts';
import { type CleanupCounts, type CleanupOptions, createCleanup } from './cleanup.ts';
import { createConsentStores } from './consents.ts';
import { createDeclaredScopeStore } from './declared-scopes.ts';
import { createDeviceGrantStore } from './device-grants.ts';
import { createExternalIdentityStore } from './external-identities.ts';
import { createFactorStore } from './factors.ts';
import { createFailureStore } from './failures.ts';
import { createFlowTraceStore } from './flow-trace.ts';
import { createGrantStore } from './grants.ts';
import { createGroupStore } from './groups.ts';
import { createExportStore } from './import/kept-rows.ts';
import { createImportStore } from './import/store.ts';
import { createInvitationStore } from './invitations.ts';
import { createKeyStores } from './keys.ts';
import { createKnownBrowserStore } from './known-browsers.ts';
import { createLogoutNoticeStore } from './logout-notices.ts';
import { createMailedSecretStore } from './mailed-secrets.ts';
import type { Migration } from './migrations/migration.ts';
import { MIGRATIONS } from './migrations/registry.ts';
import { pendingAfter } from './migrations/versions.ts';
import { createNotesOfUse } from './notes-of-use.ts';
import { createOutboxStore } from './outbox.ts';
import { createPasskeyStore } from './passkeys.ts';
import { createPendingRequestStore } from './pending-requests.ts';
import { createPersonalDataStore } from './personal-data.ts';
import { createPictureStore } from './pictures.ts';
import { PostgresEngine } from './postgres/engine.ts';
import { createHotGrantSteps, type PostgresSteps } from './postgres/grants-in-one.ts';
import { migratePostgres, postgresVersion } from './postgres/migrate.ts';
import { openPostgresPool, POOL_SIZE } from './postgres/open.ts';
import { createPushedRequestStore } from './pushed-requests.ts';
import { createRegistrationStore } from './registrations.ts';
import { createSessionStore } from './sessions.ts';
import { SqliteEngine } from './sqlite/engine.ts';
import { migrateSqlite, sqliteVersion } from './sqlite/migrate.ts';
import { copySqliteFile, openSqliteFile } from './sqlite/open.ts';
import type { Engine } from './transition.ts';
import { createReplayStore } from './used-proofs.ts';

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

/** A database with all that the program keeps in it. */
export interface Storage {
  readonly engine: 'sqlite' | 'postgres';
  readonly grants: GrantStore;
  readonly applications: ApplicationStore & ApplicationReader;
  readonly authorization: AuthorizationReader;
  readonly accounts: AccountStore;
  readonly accountEvents: AccountEventStore;
  readonly personalData: PersonalDataStore;
  readonly pictures: PictureStore;
  readonly groups: GroupStore;
  readonly invitations: InvitationStore;
  readonly sessions: SessionStore;
  readonly consents: ConsentStore;
  readonly pendingRequests: PendingRequestStore;
  readonly pushedRequests: PushedRequestStore;
  readonly logoutNotices: LogoutNoticeStore;
  readonly addresses: AddressStore;
  readonly outbox: OutboxStore;
  readonly mailedSecrets: MailedSecretStore;
  readonly registrations: RegistrationStore;
  readonly deviceGrants: DeviceGrantStore;
  readonly replays: ReplayStore & OneTimeStore;
  readonly factors: FactorStore;
  readonly externalIdentities: ExternalIdentityStore;
  readonly passkeys: PasskeyStore;
  readonly failures: FailureStore;
  readonly knownBrowsers: KnownBrowserStore;
  readonly connections: ConnectionStore;
  readonly keys: SigningKeyStore;
  readonly serverKeys: ServerKeyStore;
  readonly applicationUse: ApplicationUse;
  readonly secretUse: ClientSecretUse;
  readonly declaredScopes: DeclaredScopeStore;
  readonly longLivedUse: LongLivedTokenUse;
  readonly flowTrace: FlowTraceStore;
  readonly imports: ImportStore;
  readonly exports: ExportStore;
  readonly audit: AuditStore;
  /** Everything as it is, in somebody's name. */
  backups(actor: AuditActor): BackupStore;

  /** What administrators and owners change, in somebody's name: every change is in the audit log. */
  administration(actor: AuditActor): Administration;

  /** Migrations that this program has and the database has not, in their order. @throws StorageError `newer_schema` */
  pendingMigrations(): Promise<readonly MigrationName[]>;
  /**
   * Applies them, each in its own transaction, and answers which. Safe when several processes call it at once. An
   * embedded database that holds a schema already is copied to `<file>.before-<version>` first.
   * @throws StorageError `newer_schema`
   */
  migrate(): Promise<readonly MigrationName[]>;
  /** The clock of the database's server; null: it has none of its own. */
  clockMs(): Promise<number | null>;
  /** Resolves when the database answers. @throws StorageError when it does not. */
  ping(): Promise<void>;
  /** Deletes what nobody can use any more, in steps of at most `batchSize` rows so that it holds nobody up. */
  cleanup(nowMs: number, options: CleanupOptions): Promise<CleanupCounts>;
  /** Finishes what is under way, then closes. Calls after it throw. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a database and connects to it once, so that a wrong setting shows at the start. Applies no migration.
 * @throws StorageError `cannot_open` or `newer_schema`, with one line that says what to do.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { database, poolSize = POOL_SIZE, clock } = options;
  const opened = /^postgres(ql)?:/.test(database)
    ? await openOnPostgres(database, poolSize, clock)
    : openOnSqlite(database, clock);
  try {
    // A newer schema may mean other things by the same columns: refuse before the first query of a port.
    await opened.pendingMigrations();
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

/**
 * Copies an embedded database, as it is at one moment, into a file that is not there yet. Nobody waits for it.
 * @throws StorageError `cannot_open`
 */
export function copyEmbedded(from: string, to: string): void {
  copySqliteFile(from, to);
}

type WholeDatabase = Pick<Storage, 'pendingMigrations' | 'migrate' | 'clockMs' | 'ping' | 'close'>;

function openOnSqlite(path: string, clock: Clock): Storage {
  const db = openSqliteFile(path);
  const engine = new SqliteEngine(db);
  return assemble(engine, clock, undefined, {
    pendingMigrations: async () => engine.direct(() => pendingAfter(sqliteVersion(db), MIGRATIONS)).map(nameOf),
    migrate: async () => engine.direct(() => migrateSqlite(db, MIGRATIONS, clock())).map(nameOf),
    clockMs: async () => null,
    ping: async () => {
      engine.direct(() => db.prepare('select 1').get());
    },
    close: async () => engine.close(),
  });
}

async function openOnPostgres(url: string, poolSize: number, clock: Clock): Promise<Storage> {
  const pool = await openPostgresPool(url, poolSize);
  const engine = new PostgresEngine(pool);
  return assemble(engine, clock, createHotGrantSteps(engine), {
    pendingMigrations: async () => pendingAfter(await engine.run(postgresVersion), MIGRATIONS).map(nameOf),
    migrate: async () => (await engine.run(() => migratePostgres(pool, MIGRATIONS, clock()))).map(nameOf),
    clockMs: async () => {
      const { rows } = await engine.run(() => pool.query('select extract(epoch from clock_timestamp()) * 1000 as now'));
      return Number(rows[0]?.now);
    },
    ping: async () => {
      await engine.run(() => pool.query('select 1'));
    },
    close: () => engine.close(),
  });
}

function assemble(engine: Engine, clock: Clock, hot: PostgresSteps | undefined, whole: WholeDatabase): Storage {
  const { applicationUse, secretUse, longLivedUse, settled } = createNotesOfUse(engine);
  const { applications, steps } = createApplicationStore(engine, clock);
  let closed: Promise<void> | undefined;
  return {
    engine: engine.dialect.name,
    grants: createGrantStore(engine, hot),
    applications,
    authorization: createAuthorizationReader(engine),
    accounts: createAccountStore(engine, clock),
    accountEvents: createAccountEventStore(engine),
    personalData: createPersonalDataStore(engine),
    pictures: createPictureStore(engine),
    groups: createGroupStore(engine),
    invitations: createInvitationStore(engine),
    sessions: createSessionStore(engine, clock),
    logoutNotices: createLogoutNoticeStore(engine),
    addresses: createAddressStore(engine),
    outbox: createOutboxStore(engine),
    mailedSecrets: createMailedSecretStore(engine),
    registrations: createRegistrationStore(engine, steps),
    ...createConsentStores(engine),
    pendingRequests: createPendingRequestStore(engine),
    pushedRequests: createPushedRequestStore(engine),
    declaredScopes: createDeclaredScopeStore(engine),
    deviceGrants: createDeviceGrantStore(engine, hot?.redeemDevice),
    replays: createReplayStore(engine),
    failures: createFailureStore(engine),
    factors: createFactorStore(engine),
    externalIdentities: createExternalIdentityStore(engine),
    passkeys: createPasskeyStore(engine),
    knownBrowsers: createKnownBrowserStore(engine),
    ...createKeyStores(engine),
    flowTrace: createFlowTraceStore(engine),
    imports: createImportStore(engine),
    exports: createExportStore(engine),
    audit: createAuditStore(engine),
    backups: createBackupStore(engine, clock),
    administration: createAdministration(engine, steps, clock),
    applicationUse,
    secretUse,
    longLivedUse,
    cleanup: createCleanup(engine),
    ...whole,
    close() {
      closed ??= settled().then(() => whole.close());
      return closed;
    },
  };
}

function nameOf({ version, name }: Migration): MigrationName {
  return { version, name };
}
