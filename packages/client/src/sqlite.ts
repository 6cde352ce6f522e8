/**
 * `@diapason/client/sqlite`: accounts in one SQLite file, for applications on one machine.
 *
 * Owns opening the file, and the queries of sessions, social apps and attempts; users and social accounts are beside it in
 * `store/`. Several processes may open the same file: writers wait for each other.
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { AccountStore, SocialApp } from './store/account-store.ts';
import { makeFolder } from './store/make-folder.ts';
import {
  readAccount,
  readApp,
  readSession,
  readUser,
  type SessionRow,
  type SocialAccountRow,
  type SocialAppRow,
  type UserRow,
} from './store/sqlite-rows.ts';
import { migrate } from './store/sqlite-schema.ts';
import { socialAccountMethods } from './store/sqlite-social-accounts.ts';
import { userMethods } from './store/sqlite-users.ts';

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

type SessionMethods = Pick<
  AccountStore,
  'createSession' | 'findSession' | 'touchSession' | 'deleteSession' | 'deleteStaleSessions'
>;

function sessionMethods(database: Database.Database): SessionMethods {
  const insert = database.prepare(
    `INSERT INTO session (token_digest, user_id, social_account_id, provider, sealed_tokens, created_at_ms, last_seen_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const find = database.prepare<[string], SessionRow>('SELECT * FROM session WHERE token_digest = ?');
  const user = database.prepare<[string], UserRow>('SELECT * FROM user WHERE id = ?');
  const account = database.prepare<[string], SocialAccountRow>('SELECT * FROM social_account WHERE id = ?');
  return {
    createSession: async (session) => {
      insert.run(
        session.tokenDigest,
        session.userId,
        session.socialAccountId,
        session.provider,
        session.sealedTokens,
        session.createdAtMs,
        session.lastSeenAtMs,
      );
    },
    findSession: async (tokenDigest) => {
      const row = find.get(tokenDigest);
      const owner = row === undefined ? undefined : user.get(row.user_id);
      if (row === undefined || owner === undefined) return null;
      const used = row.social_account_id === null ? undefined : account.get(row.social_account_id);
      return {
        session: readSession(row),
        user: readUser(owner),
        account: used === undefined ? null : readAccount(used),
      };
    },
    touchSession: async (tokenDigest, nowMs) => {
      database.prepare('UPDATE session SET last_seen_at_ms = ? WHERE token_digest = ?').run(nowMs, tokenDigest);
    },
    deleteSession: async (tokenDigest) => {
      database.prepare('DELETE FROM session WHERE token_digest = ?').run(tokenDigest);
    },
    deleteStaleSessions: async (createdBeforeMs, seenBeforeMs) => {
      database
        .prepare('DELETE FROM session WHERE created_at_ms < ? OR last_seen_at_ms < ?')
        .run(createdBeforeMs, seenBeforeMs);
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
    `INSERT INTO social_app (id, provider, name, client_id, sealed_secret, server_url, back_channel_url, scope, created_at_ms,
       updated_at_ms)
     VALUES (@id, @provider, @name, @clientId, @sealedSecret, @serverUrl, @backChannelUrl, @scope, @createdAtMs, @updatedAtMs)`,
  );
  const update = database.prepare(
    `UPDATE social_app SET provider = @provider, name = @name, client_id = @clientId, sealed_secret = @sealedSecret,
       server_url = @serverUrl, back_channel_url = @backChannelUrl, scope = @scope, updated_at_ms = @updatedAtMs
     WHERE id = @id`,
  );
  const found = (row: SocialAppRow | undefined) => (row === undefined ? null : readApp(row));
  const save = (statement: Database.Statement, app: SocialApp) => {
    try {
      return { kind: statement.run({ ...app }).changes > 0 ? 'saved' : 'not_found' } as const;
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
  const forget = database.prepare('DELETE FROM attempt WHERE window_ends_at_ms <= ?');
  const find = database.prepare<[string], { count: number; window_ends_at_ms: number }>(
    'SELECT count, window_ends_at_ms FROM attempt WHERE key = ?',
  );
  const count = database.prepare(
    `INSERT INTO attempt (key, count, window_ends_at_ms) VALUES (?, 1, ?)
     ON CONFLICT (key) DO UPDATE SET count = count + 1`,
  );
  const reserve = database.transaction((key: string, max: number, windowMs: number, nowMs: number) => {
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
