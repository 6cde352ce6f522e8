/**
 * The SQLite store's social accounts.
 *
 * Owns their queries; the last way in is a condition of the delete.
 */
import type { Database } from 'better-sqlite3';
import type { AccountStore, NewSocialAccount, SocialAccount } from './account-store.ts';
import { readAccount, readUser, type SocialAccountRow, type UserRow } from './rows.ts';

type SocialAccountMethods = Pick<
  AccountStore,
  'findSocialAccount' | 'listSocialAccounts' | 'linkSocialAccount' | 'unlinkSocialAccount' | 'recordSocialSignIn'
>;

/** The methods over `social_account`. */
export function socialAccountMethods(database: Database): SocialAccountMethods {
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

/** Writes one row. @throws SqliteError when issuer and subject are there already. */
export function insertSocialAccount(database: Database, userId: string, account: NewSocialAccount): void {
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
