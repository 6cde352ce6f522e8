/**
 * Sessions in the SQLite store.
 *
 * Owns their queries. What makes a session stale is said by `core/sessions.ts`.
 */
import type { Database } from 'better-sqlite3';
import type { AccountStore } from './account-store.ts';
import { readAccount, readSession, readUser, type SessionRow, type SocialAccountRow, type UserRow } from './rows.ts';

type SessionMethods = Pick<
  AccountStore,
  | 'createSession'
  | 'findSession'
  | 'touchSession'
  | 'deleteSession'
  | 'deleteStaleSessions'
  | 'claimTokenRefresh'
  | 'finishTokenRefresh'
  | 'deleteProviderSessions'
>;

/** The part of the store that keeps sessions. */
export function sessionMethods(database: Database): SessionMethods {
  const insert = database.prepare(
    `INSERT INTO session (token_digest, user_id, social_account_id, provider, provider_session_id, sealed_tokens, created_at_ms,
       last_seen_at_ms)
     VALUES (@tokenDigest, @userId, @socialAccountId, @provider, @providerSessionId, @sealedTokens, @createdAtMs, @lastSeenAtMs)`,
  );
  const find = database.prepare<[string], SessionRow>('SELECT * FROM session WHERE token_digest = ?');
  const user = database.prepare<[string], UserRow>('SELECT * FROM user WHERE id = ?');
  const account = database.prepare<[string], SocialAccountRow>('SELECT * FROM social_account WHERE id = ?');
  const claim = database.prepare(
    `UPDATE session SET refresh_until_ms = @untilMs
     WHERE token_digest = @tokenDigest AND (refresh_until_ms IS NULL OR refresh_until_ms <= @nowMs)`,
  );
  const finish = database.prepare(
    `UPDATE session SET refresh_until_ms = NULL, sealed_tokens = coalesce(@sealedTokens, sealed_tokens)
     WHERE token_digest = @tokenDigest`,
  );
  const endThose = database.prepare(
    `DELETE FROM session WHERE provider = @provider
       AND (@socialAccountId IS NULL OR social_account_id = @socialAccountId)
       AND (@providerSessionId IS NULL OR provider_session_id = @providerSessionId)`,
  );
  return {
    createSession: async (session) => {
      insert.run({ ...session });
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
    claimTokenRefresh: async (tokenDigest, nowMs, untilMs) => claim.run({ tokenDigest, nowMs, untilMs }).changes === 1,
    finishTokenRefresh: async (tokenDigest, sealedTokens) => {
      finish.run({ tokenDigest, sealedTokens });
    },
    deleteProviderSessions: async (provider, which) => {
      if (which.socialAccountId === null && which.providerSessionId === null) return 0;
      return endThose.run({ provider, ...which }).changes;
    },
  };
}
