/**
 * Sessions in the SQLite store.
 *
 * Owns their queries. What makes a session stale is said by `core/sessions.ts`.
 */
import type { Database } from 'better-sqlite3';
import type { AccountStore } from './account-store.ts';
import { readAccount, readSession, readUser, type SessionRow, type SocialAccountRow, type UserRow } from './rows.ts';
import { STAND_IN, STAND_IN_ISSUER, SWEPT_AT_ONCE } from './stand-ins.ts';

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

interface Ended {
  readonly user_id: string;
}

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
  const end = database.prepare<[string], Ended>('DELETE FROM session WHERE token_digest = ? RETURNING user_id');
  // In small steps: a request that signs somebody in never waits for a million others.
  const endStale = database.prepare<[number, number], Ended>(
    `DELETE FROM session WHERE token_digest IN (
       SELECT token_digest FROM session WHERE created_at_ms < ? OR last_seen_at_ms < ? LIMIT ${SWEPT_AT_ONCE}
     ) RETURNING user_id`,
  );
  const endThose = database.prepare<[Record<string, string | null>], Ended>(
    `DELETE FROM session WHERE provider = @provider
       AND (@socialAccountId IS NULL OR social_account_id = @socialAccountId)
       AND (@providerSessionId IS NULL OR provider_session_id = @providerSessionId) RETURNING user_id`,
  );
  // Nobody who could sign in again by what is here: without a password, and without an account at a provider.
  const forgetStandIn = database.prepare(
    `DELETE FROM user WHERE id = @id AND username_key LIKE '${STAND_IN}%' AND password_hash IS NULL AND is_superuser = 0
       AND NOT EXISTS (SELECT 1 FROM social_account WHERE user_id = user.id AND issuer <> '${STAND_IN_ISSUER}')
       AND NOT EXISTS (SELECT 1 FROM session WHERE user_id = user.id)`,
  );
  const ended = (work: () => Ended[]): number =>
    database
      .transaction(() => {
        const rows = work();
        for (const id of new Set(rows.map((row) => row.user_id))) forgetStandIn.run({ id });
        return rows.length;
      })
      .immediate();
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
      ended(() => end.all(tokenDigest));
    },
    deleteStaleSessions: async (createdBeforeMs, seenBeforeMs) => {
      ended(() => endStale.all(createdBeforeMs, seenBeforeMs));
    },
    claimTokenRefresh: async (tokenDigest, nowMs, untilMs) => claim.run({ tokenDigest, nowMs, untilMs }).changes === 1,
    finishTokenRefresh: async (tokenDigest, sealedTokens) => {
      finish.run({ tokenDigest, sealedTokens });
    },
    deleteProviderSessions: async (provider, which) => {
      if (which.socialAccountId === null && which.providerSessionId === null) return 0;
      return ended(() => endThose.all({ provider, ...which }));
    },
  };
}
