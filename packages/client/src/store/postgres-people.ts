/**
 * The PostgreSQL store's users and social accounts.
 *
 * Owns their queries, and which uniqueness a refused write has hit. What has to hold at the moment of the write is a condition of
 * the statement; where a count is one (the last way in), the user's row is locked before it.
 */
import {
  type AccountStore,
  emailKey,
  type NewSocialAccount,
  type SocialAccount,
  type UnlinkOutcome,
  type User,
  usernameKey,
} from './account-store.ts';
import type { PostgresQueries } from './postgres-queries.ts';
import { readAccount, readUser, type SocialAccountRow, type UserRow, userColumns } from './rows.ts';

type PeopleMethods = Pick<
  AccountStore,
  | 'findUser'
  | 'findUserByUsername'
  | 'findUserByVerifiedEmail'
  | 'findCredentials'
  | 'createUser'
  | 'removeUser'
  | 'updateUser'
  | 'findSocialAccount'
  | 'listSocialAccounts'
  | 'linkSocialAccount'
  | 'unlinkSocialAccount'
  | 'recordSocialSignIn'
>;

const ACCOUNT_COLUMNS =
  '(id, user_id, provider, issuer, subject, provider_username, created_at_ms, last_sign_in_at_ms)';

/** The methods over `users` and `social_accounts`. */
export function peopleMethods({ schema, query, transaction }: PostgresQueries): PeopleMethods {
  const findOne = async (condition: string, value: string): Promise<UserRow | undefined> =>
    (await query<UserRow>(`SELECT * FROM ${schema}.users WHERE ${condition}`, [value]))[0];
  const user = (row: UserRow | undefined): User | null => (row === undefined ? null : readUser(row));
  const accountsOf = async (userId: string): Promise<SocialAccount[]> => {
    const text = `SELECT * FROM ${schema}.social_accounts WHERE user_id = $1 ORDER BY created_at_ms, id`;
    return (await query<SocialAccountRow>(text, [userId])).map(readAccount);
  };
  const findAccount = async (issuer: string, subject: string): Promise<SocialAccount | null> => {
    const text = `SELECT * FROM ${schema}.social_accounts WHERE issuer = $1 AND subject = $2`;
    const [row] = await query<SocialAccountRow>(text, [issuer, subject]);
    return row === undefined ? null : readAccount(row);
  };
  return {
    findUser: async (userId) => user(await findOne('id = $1', userId)),
    findUserByUsername: async (username) => user(await findOne('username_key = $1', usernameKey(username))),
    findUserByVerifiedEmail: async (email) =>
      user(await findOne('email_key = $1 AND email_verified = 1', emailKey(email))),
    findCredentials: async (username) => {
      const row = await findOne('username_key = $1', usernameKey(username));
      return row === undefined ? null : { user: readUser(row), passwordHash: row.password_hash };
    },
    createUser: async (created, account) => {
      const columns = {
        ...userColumns(created),
        id: created.id,
        is_superuser: Number(created.isSuperuser),
        created_at_ms: created.createdAtMs,
      };
      const names = Object.keys(columns);
      const values: unknown[] = Object.values(columns);
      const places = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => `$${from + index}`).join(', ');
      const insertUser = `INSERT INTO ${schema}.users (${names.join(', ')}) VALUES (${places(1, names.length)}) RETURNING *`;
      const linked = account === null ? [] : accountValues(created.id, account);
      const insertBoth = `WITH created AS (${insertUser}), linked AS (
          INSERT INTO ${schema}.social_accounts ${ACCOUNT_COLUMNS} VALUES (${places(names.length + 1, linked.length)})
        ) SELECT * FROM created`;
      const written = await withConflict(() =>
        query<UserRow>(account === null ? insertUser : insertBoth, [...values, ...linked]),
      );
      if (typeof written === 'string') return { kind: written };
      const [row] = written;
      if (row === undefined) throw new Error('a user was created and is gone');
      return { kind: 'created', user: readUser(row) };
    },
    removeUser: async (userId) => {
      await query(`DELETE FROM ${schema}.users WHERE id = $1`, [userId]);
    },
    updateUser: async (userId, changes) => {
      const columns = Object.entries(userColumns(changes));
      if (columns.length === 0) {
        const row = await findOne('id = $1', userId);
        return row === undefined ? { kind: 'not_found' } : { kind: 'updated', user: readUser(row) };
      }
      // Column names come from userColumns(), never from outside.
      const assignments = columns.map(([name], index) => `${name} = $${index + 2}`).join(', ');
      const text = `UPDATE ${schema}.users SET ${assignments} WHERE id = $1 RETURNING *`;
      const written = await withConflict(() => query<UserRow>(text, [userId, ...columns.map(([, value]) => value)]));
      if (written === 'account_taken') throw new Error('an update of a user cannot clash with a social account');
      if (typeof written === 'string') return { kind: written };
      const [row] = written;
      return row === undefined ? { kind: 'not_found' } : { kind: 'updated', user: readUser(row) };
    },
    findSocialAccount: async (issuer, subject) => {
      const account = await findAccount(issuer, subject);
      const owner = account === null ? null : user(await findOne('id = $1', account.userId));
      return account === null || owner === null ? null : { account, user: owner };
    },
    listSocialAccounts: accountsOf,
    linkSocialAccount: async (userId, account) => {
      const text = `INSERT INTO ${schema}.social_accounts ${ACCOUNT_COLUMNS} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (issuer, subject) DO NOTHING RETURNING id`;
      const written = await query<{ id: string }>(text, accountValues(userId, account));
      if (written.length === 1) return { kind: 'linked' };
      const known = await findAccount(account.issuer, account.subject);
      return { kind: known?.userId === userId ? 'linked_before' : 'linked_to_other' };
    },
    unlinkSocialAccount: (userId, accountId) =>
      transaction(async (run): Promise<UnlinkOutcome> => {
        // Two tabs that take away the last two ways in take turns here.
        const [owner] = await run<UserRow>(`SELECT * FROM ${schema}.users WHERE id = $1 FOR UPDATE`, [userId]);
        const own = `SELECT * FROM ${schema}.social_accounts WHERE user_id = $1`;
        const accounts = await run<SocialAccountRow>(own, [userId]);
        if (owner === undefined || !accounts.some(({ id }) => id === accountId)) return { kind: 'not_found' };
        if (accounts.length === 1 && owner.password_hash === null) return { kind: 'last_way_in' };
        await run(`DELETE FROM ${schema}.social_accounts WHERE id = $1`, [accountId]);
        return { kind: 'unlinked' };
      }),
    recordSocialSignIn: async (accountId, providerUsername, nowMs) => {
      const text = `UPDATE ${schema}.social_accounts SET provider_username = $2, last_sign_in_at_ms = $3 WHERE id = $1`;
      await query(text, [accountId, providerUsername, nowMs]);
    },
  };
}

function accountValues(userId: string, account: NewSocialAccount): unknown[] {
  const { id, provider, issuer, subject, providerUsername, createdAtMs, lastSignInAtMs } = account;
  return [id, userId, provider, issuer, subject, providerUsername, createdAtMs, lastSignInAtMs];
}

/** Runs a write, or says which uniqueness it hit. @throws whatever else goes wrong. */
async function withConflict<Result>(
  write: () => Promise<Result>,
): Promise<Result | 'username_taken' | 'email_taken' | 'account_taken'> {
  try {
    return await write();
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? error.constraint : null;
    if (constraint === 'users_username_key') return 'username_taken';
    if (constraint === 'users_verified_email') return 'email_taken';
    if (constraint === 'social_accounts_subject') return 'account_taken';
    throw error;
  }
}
