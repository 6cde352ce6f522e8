/**
 * `@diapason/client/sqlite`: accounts in one SQLite file, for applications on one machine.
 *
 * Owns the queries and the translation of rows to records. The schema is in `store/sqlite-schema.ts`. Several processes may
 * open the same file: writers wait for each other.
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import {
  type AccountStore,
  emailKey,
  type NewSocialAccount,
  type SocialAccount,
  type SocialApp,
  type UserChanges,
  usernameKey,
} from './store/account-store.ts';
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

type UserMethods = Pick<
  AccountStore,
  'findUser' | 'findUserByUsername' | 'findUserByVerifiedEmail' | 'findCredentials' | 'createUser' | 'updateUser'
>;

function userMethods(database: Database.Database): UserMethods {
  const byId = database.prepare<[string], UserRow>('SELECT * FROM user WHERE id = ?');
  const byUsername = database.prepare<[string], UserRow>('SELECT * FROM user WHERE username_key = ?');
  const byEmail = database.prepare<[string], UserRow>('SELECT * FROM user WHERE email_key = ? AND email_verified = 1');
  const insert = database.prepare(
    `INSERT INTO user (id, username, username_key, first_name, last_name, email, email_key, email_verified, password_hash,
       is_superuser, created_at_ms)
     VALUES (@id, @username, @username_key, @first_name, @last_name, @email, @email_key, @email_verified, @password_hash,
       @is_superuser, @created_at_ms)`,
  );
  const create = database.transaction((row: Record<string, unknown>, account: NewSocialAccount | null) => {
    insert.run(row);
    if (account !== null) insertSocialAccount(database, String(row['id']), account);
  });
  const found = (row: UserRow | undefined) => (row === undefined ? null : readUser(row));
  return {
    findUser: async (userId) => found(byId.get(userId)),
    findUserByUsername: async (username) => found(byUsername.get(usernameKey(username))),
    findUserByVerifiedEmail: async (email) => found(byEmail.get(emailKey(email))),
    findCredentials: async (username) => {
      const row = byUsername.get(usernameKey(username));
      return row === undefined ? null : { user: readUser(row), passwordHash: row.password_hash };
    },
    createUser: async (user, account) => {
      const row = {
        ...userColumns(user),
        id: user.id,
        is_superuser: Number(user.isSuperuser),
        created_at_ms: user.createdAtMs,
      };
      const conflict = conflictOf(() => create.immediate(row, account));
      if (conflict !== null) return { kind: conflict };
      const created = byId.get(user.id);
      if (created === undefined) throw new Error('a user was created and is gone');
      return { kind: 'created', user: readUser(created) };
    },
    updateUser: async (userId, changes) => {
      const columns = Object.entries(userColumns(changes));
      if (columns.length > 0) {
        // Column names come from userColumns(), never from outside.
        const assignments = columns.map(([name]) => `${name} = @${name}`).join(', ');
        const update = database.prepare(`UPDATE user SET ${assignments} WHERE id = @id`);
        const conflict = conflictOf(() => update.run({ ...Object.fromEntries(columns), id: userId }));
        if (conflict === 'account_taken') throw new Error('an update of a user cannot clash with a social account');
        if (conflict !== null) return { kind: conflict };
      }
      const row = byId.get(userId);
      return row === undefined ? { kind: 'not_found' } : { kind: 'updated', user: readUser(row) };
    },
  };
}

function userColumns(changes: UserChanges): Record<string, string | number | null> {
  const columns: Record<string, string | number | null> = {};
  if (changes.username !== undefined) {
    columns['username'] = changes.username;
    columns['username_key'] = usernameKey(changes.username);
  }
  if (changes.firstName !== undefined) columns['first_name'] = changes.firstName;
  if (changes.lastName !== undefined) columns['last_name'] = changes.lastName;
  if (changes.email !== undefined) {
    columns['email'] = changes.email;
    columns['email_key'] = emailKey(changes.email);
  }
  if (changes.emailVerified !== undefined) columns['email_verified'] = Number(changes.emailVerified);
  if (changes.passwordHash !== undefined) columns['password_hash'] = changes.passwordHash;
  return columns;
}

/** Runs a write and says which uniqueness it hit, null when none. @throws whatever else goes wrong. */
function conflictOf(write: () => void): 'username_taken' | 'email_taken' | 'account_taken' | null {
  try {
    write();
    return null;
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_CONSTRAINT')) throw error;
    if (error.message.includes('user.username_key')) return 'username_taken';
    if (error.message.includes('user.email_key')) return 'email_taken';
    if (error.message.includes('social_account.issuer')) return 'account_taken';
    throw error;
  }
}

function insertSocialAccount(database: Database.Database, userId: string, account: NewSocialAccount): void {
  database
    .prepare(
      `INSERT INTO social_account (id, user_id, provider, issuer, subject, provider_username, created_at_ms, last_sign_in_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      account.id,
      userId,
      account.provider,
      account.issuer,
      account.subject,
      account.providerUsername,
      account.createdAtMs,
      account.lastSignInAtMs,
    );
}

type SocialAccountMethods = Pick<
  AccountStore,
  'findSocialAccount' | 'listSocialAccounts' | 'linkSocialAccount' | 'unlinkSocialAccount' | 'recordSocialSignIn'
>;

function socialAccountMethods(database: Database.Database): SocialAccountMethods {
  const bySubject = database.prepare<[string, string], SocialAccountRow>(
    'SELECT * FROM social_account WHERE issuer = ? AND subject = ?',
  );
  const userById = database.prepare<[string], UserRow>('SELECT * FROM user WHERE id = ?');
  const ofUser = database.prepare<[string], SocialAccountRow>(
    'SELECT * FROM social_account WHERE user_id = ? ORDER BY created_at_ms, id',
  );
  // The condition is part of the delete, so that two tabs cannot take away the last two ways in.
  const remove = database.prepare(
    `DELETE FROM social_account WHERE id = @id AND user_id = @user_id AND (
       (SELECT count(*) FROM social_account WHERE user_id = @user_id) > 1
       OR (SELECT password_hash FROM user WHERE id = @user_id) IS NOT NULL)`,
  );
  const link = database.transaction((userId: string, account: NewSocialAccount) => {
    const existing = bySubject.get(account.issuer, account.subject);
    if (existing === undefined) {
      insertSocialAccount(database, userId, account);
      return { kind: 'linked' } as const;
    }
    return { kind: existing.user_id === userId ? 'linked_before' : 'linked_to_other' } as const;
  });
  return {
    findSocialAccount: async (issuer, subject) => {
      const account = bySubject.get(issuer, subject);
      const user = account === undefined ? undefined : userById.get(account.user_id);
      return account === undefined || user === undefined
        ? null
        : { account: readAccount(account), user: readUser(user) };
    },
    listSocialAccounts: async (userId): Promise<SocialAccount[]> => ofUser.all(userId).map(readAccount),
    linkSocialAccount: async (userId, account) => link.immediate(userId, account),
    unlinkSocialAccount: async (userId, accountId) => {
      if (remove.run({ id: accountId, user_id: userId }).changes > 0) return { kind: 'unlinked' };
      return { kind: ofUser.all(userId).some((row) => row.id === accountId) ? 'last_way_in' : 'not_found' };
    },
    recordSocialSignIn: async (accountId, providerUsername, nowMs) => {
      database
        .prepare('UPDATE social_account SET provider_username = ?, last_sign_in_at_ms = ? WHERE id = ?')
        .run(providerUsername, nowMs, accountId);
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
