/**
 * `@diapason/client/sqlite`: accounts in one SQLite file, for applications on one machine.
 *
 * Owns opening the file, and the queries of social apps and attempts; users, social accounts and sessions are beside it in
 * `store/`. Several processes may open the same file: writers wait for each other.
 *
 * @module @diapason/client/sqlite
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { AccountStore, SocialApp } from './store/account-store.ts';
import { makeFolder } from './store/make-folder.ts';
import { readApp, type SocialAppRow } from './store/rows.ts';
import { migrate } from './store/sqlite-schema.ts';
import { sessionMethods } from './store/sqlite-sessions.ts';
import { socialAccountMethods } from './store/sqlite-social-accounts.ts';
import { userMethods } from './store/sqlite-users.ts';
import { SWEPT_AT_ONCE } from './store/stand-ins.ts';

/** How long a writer waits for another process before the request fails. */
const BUSY_TIMEOUT_MS = 5_000;

/** Where the accounts are kept. */
export interface SqliteStoreOptions {
  /** A file path, made together with its folder when it is not there; `:memory:` for tests. */
  readonly path: string;
}

/**
 * Opens the store and brings its schema up to date.
 * @throws Error when the file cannot be opened or written, or when a newer version of the library wrote it.
 */
export function openSqliteStore(options: SqliteStoreOptions): AccountStore {
  if (options.path !== ':memory:') {
    makeFolder(dirname(options.path));
    // Password hashes and provider secrets are in it: others on the machine have no business there.
    closeSync(openSync(options.path, 'a', 0o600));
  }
  const database = new Database(options.path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    ...userMethods(database),
    ...socialAccountMethods(database),
    ...sessionMethods(database),
    ...socialAppMethods(database),
    ...attemptMethods(database),
    close: async () => {
      database.close();
    },
  };
}

type SocialAppMethods = Pick<
  AccountStore,
  'listSocialApps' | 'findSocialApp' | 'findSocialAppById' | 'createSocialApp' | 'updateSocialApp' | 'deleteSocialApp'
>;

function socialAppMethods(database: Database.Database): SocialAppMethods {
  const all = database.prepare<[], SocialAppRow>('SELECT * FROM social_app ORDER BY provider');
  const byProvider = database.prepare<[string], SocialAppRow>('SELECT * FROM social_app WHERE provider = ?');
  const byId = database.prepare<[string], SocialAppRow>('SELECT * FROM social_app WHERE id = ?');
  const insert = database.prepare(
    `INSERT INTO social_app (id, provider, name, client_id, sealed_secret, server_url, back_channel_url, scope, settings,
       created_at_ms, updated_at_ms)
     VALUES (@id, @provider, @name, @clientId, @sealedSecret, @serverUrl, @backChannelUrl, @scope, @settings, @createdAtMs,
       @updatedAtMs)`,
  );
  const update = database.prepare(
    `UPDATE social_app SET provider = @provider, name = @name, client_id = @clientId, sealed_secret = @sealedSecret,
       server_url = @serverUrl, back_channel_url = @backChannelUrl, scope = @scope, settings = @settings, updated_at_ms = @updatedAtMs
     WHERE id = @id`,
  );
  const found = (row: SocialAppRow | undefined) => (row === undefined ? null : readApp(row));
  const save = (statement: Database.Statement, app: SocialApp) => {
    try {
      return {
        kind:
          statement.run({ ...app, settings: JSON.stringify(app.settings ?? {}) }).changes > 0 ? 'saved' : 'not_found',
      } as const;
    } catch (error) {
      const taken = error instanceof Database.SqliteError && error.message.includes('social_app.provider');
      if (taken) return { kind: 'provider_taken' } as const;
      throw error;
    }
  };
  return {
    listSocialApps: async () => all.all().map(readApp),
    findSocialApp: async (provider) => found(byProvider.get(provider)),
    findSocialAppById: async (id) => found(byId.get(id)),
    createSocialApp: async (app) => save(insert, app),
    updateSocialApp: async (app) => save(update, app),
    deleteSocialApp: async (id) => {
      database.prepare('DELETE FROM social_app WHERE id = ?').run(id);
    },
  };
}

type AttemptMethods = Pick<AccountStore, 'reserveAttempt' | 'releaseAttempt'>;

function attemptMethods(database: Database.Database): AttemptMethods {
  // In small steps, and one's own window first.
  const forgetOwn = database.prepare('DELETE FROM attempt WHERE key = ? AND window_ends_at_ms <= ?');
  const forget = database.prepare(
    `DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE window_ends_at_ms <= ? LIMIT ${SWEPT_AT_ONCE})`,
  );
  const find = database.prepare<[string], { count: number; window_ends_at_ms: number }>(
    'SELECT count, window_ends_at_ms FROM attempt WHERE key = ?',
  );
  const count = database.prepare(
    `INSERT INTO attempt (key, count, window_ends_at_ms) VALUES (?, 1, ?)
     ON CONFLICT (key) DO UPDATE SET count = count + 1`,
  );
  const reserve = database.transaction((key: string, max: number, windowMs: number, nowMs: number) => {
    forgetOwn.run(key, nowMs);
    forget.run(nowMs);
    const row = find.get(key);
    if (row !== undefined && row.count >= max) return { kind: 'refused', retryAtMs: row.window_ends_at_ms } as const;
    count.run(key, nowMs + windowMs);
    return { kind: 'reserved' } as const;
  });
  return {
    reserveAttempt: async (key, max, windowMs, nowMs) => reserve.immediate(key, max, windowMs, nowMs),
    releaseAttempt: async (key) => {
      database.prepare('UPDATE attempt SET count = count - 1 WHERE key = ? AND count > 0').run(key);
    },
  };
}
