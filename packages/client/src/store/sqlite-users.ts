/**
 * The SQLite store's users.
 *
 * Owns their queries, and which uniqueness a refused write has hit.
 */
import Database from 'better-sqlite3';
import { type AccountStore, emailKey, type NewSocialAccount, usernameKey } from './account-store.ts';
import { readUser, type UserRow, userColumns } from './rows.ts';
import { insertSocialAccount } from './sqlite-social-accounts.ts';

type UserMethods = Pick<
  AccountStore,
  | 'findUser'
  | 'findUserByUsername'
  | 'findUserByVerifiedEmail'
  | 'findCredentials'
  | 'createUser'
  | 'removeUser'
  | 'updateUser'
>;

/** The methods over `user`. */
export function userMethods(database: Database.Database): UserMethods {
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
    removeUser: async (userId) => {
      database.prepare('DELETE FROM user WHERE id = ?').run(userId);
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
