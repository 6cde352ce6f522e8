/**
 * `@diapason/client/postgres`: accounts in PostgreSQL, for applications of several processes or machines.
 *
 * Owns opening the store, and the queries of sessions, social apps and attempts; users and social accounts are beside it in
 * `store/`. Everything is in a schema of its own, so that it can share the application's database.
 *
 * @module @diapason/client/postgres
 */
import { Pool } from 'pg';
import type { AccountStore, SaveSocialAppOutcome, SocialApp } from './store/account-store.ts';
import { peopleMethods } from './store/postgres-people.ts';
import { createPostgresQueries, type PostgresQueries } from './store/postgres-queries.ts';
import { migratePostgres } from './store/postgres-schema.ts';
import {
  readAccount,
  readApp,
  readSession,
  readUser,
  type SessionRow,
  type SocialAccountRow,
  type SocialAppRow,
  type UserRow,
} from './store/rows.ts';
import { STAND_IN, STAND_IN_ISSUER, SWEPT_AT_ONCE } from './store/stand-ins.ts';

/** Where the accounts are kept. */
export type PostgresStoreOptions = {
  /** Default `diapason_client`. */
  readonly schema?: string;
} & (
  | { readonly connectionString: string; readonly pool?: never }
  /** The application's own pool, which stays open when the store is closed. */
  | { readonly pool: Pool; readonly connectionString?: never }
);

/**
 * Opens the store and brings its schema up to date.
 * @throws Error when the database cannot be reached or refuses, or when a newer version of the library wrote it.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<AccountStore> {
  const schema = options.schema ?? 'diapason_client';
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(schema)) {
    throw new TypeError(`schema is "${schema}": expected small letters, digits and underscores`);
  }
  const own = options.pool === undefined ? new Pool({ connectionString: options.connectionString }) : null;
  // A connection that breaks while it is idle is replaced; the statement that finds no database throws.
  own?.on('error', () => undefined);
  const pool = own ?? options.pool;
  if (pool === undefined) throw new TypeError('connectionString or pool is needed');
  try {
    await migratePostgres(pool, schema);
  } catch (error) {
    await own?.end();
    throw error;
  }
  const queries = createPostgresQueries(pool, schema);
  return {
    ...peopleMethods(queries),
    ...sessionMethods(queries),
    ...socialAppMethods(queries),
    ...attemptMethods(queries),
    close: async () => {
      await own?.end();
    },
  };
}

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
  readonly username_key: string;
}

function sessionMethods({ schema, query, transaction }: PostgresQueries): SessionMethods {
  /** Ends the sessions that this condition names, and what stands for people of the application with their last one. */
  const end = async (condition: string, values: readonly unknown[]): Promise<number> => {
    const text = `DELETE FROM ${schema}.sessions s USING ${schema}.users u WHERE u.id = s.user_id AND ${condition}
      RETURNING s.user_id, u.username_key`;
    const ended = await query<Ended>(text, values);
    const standIns = ended.filter((row) => row.username_key.startsWith(STAND_IN)).map((row) => row.user_id);
    if (standIns.length === 0) return ended.length;
    await transaction(async (run) => {
      // First the lock, so that nobody begins a session of theirs meanwhile; the next statement then sees those that were begun.
      await run(`SELECT id FROM ${schema}.users WHERE id = ANY($1) ORDER BY id FOR UPDATE`, [standIns]);
      // Nobody who could sign in again by what is here: without a password, and without an account at a provider.
      await run(
        `DELETE FROM ${schema}.users u WHERE id = ANY($1) AND password_hash IS NULL AND is_superuser = 0
           AND NOT EXISTS (SELECT 1 FROM ${schema}.social_accounts WHERE user_id = u.id AND issuer <> $2)
           AND NOT EXISTS (SELECT 1 FROM ${schema}.sessions WHERE user_id = u.id)`,
        [standIns, STAND_IN_ISSUER],
      );
    });
    return ended.length;
  };
  return {
    createSession: async (session) => {
      const text = `INSERT INTO ${schema}.sessions (token_digest, user_id, social_account_id, provider, provider_session_id,
          sealed_tokens, created_at_ms, last_seen_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
      const { tokenDigest, userId, socialAccountId, provider, providerSessionId, sealedTokens } = session;
      const values = [tokenDigest, userId, socialAccountId, provider, providerSessionId, sealedTokens];
      await query(text, [...values, session.createdAtMs, session.lastSeenAtMs]);
    },
    findSession: async (tokenDigest) => {
      // One round trip: this is asked for every page.
      const text = `SELECT row_to_json(s) AS session, row_to_json(u) AS owner, row_to_json(a) AS account
        FROM ${schema}.sessions s JOIN ${schema}.users u ON u.id = s.user_id
        LEFT JOIN ${schema}.social_accounts a ON a.id = s.social_account_id WHERE s.token_digest = $1`;
      type Found = { session: SessionRow; owner: UserRow; account: SocialAccountRow | null };
      const [row] = await query<Found>(text, [tokenDigest]);
      if (row === undefined) return null;
      return {
        session: readSession(row.session),
        user: readUser(row.owner),
        account: row.account === null ? null : readAccount(row.account),
      };
    },
    touchSession: async (tokenDigest, nowMs) => {
      await query(`UPDATE ${schema}.sessions SET last_seen_at_ms = $2 WHERE token_digest = $1`, [tokenDigest, nowMs]);
    },
    deleteSession: async (tokenDigest) => {
      await end('s.token_digest = $1', [tokenDigest]);
    },
    deleteStaleSessions: async (createdBeforeMs, seenBeforeMs) => {
      // In small steps: a request that signs somebody in never waits for a million others, nor for what another takes away.
      const stale = `SELECT token_digest FROM ${schema}.sessions WHERE created_at_ms < $1 OR last_seen_at_ms < $2
        LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED`;
      await end(`s.token_digest IN (${stale})`, [createdBeforeMs, seenBeforeMs]);
    },
    claimTokenRefresh: async (tokenDigest, nowMs, untilMs) => {
      const text = `UPDATE ${schema}.sessions SET refresh_until_ms = $3
        WHERE token_digest = $1 AND (refresh_until_ms IS NULL OR refresh_until_ms <= $2) RETURNING token_digest`;
      return (await query(text, [tokenDigest, nowMs, untilMs])).length === 1;
    },
    finishTokenRefresh: async (tokenDigest, sealedTokens) => {
      const text = `UPDATE ${schema}.sessions SET refresh_until_ms = NULL, sealed_tokens = coalesce($2, sealed_tokens)
        WHERE token_digest = $1`;
      await query(text, [tokenDigest, sealedTokens]);
    },
    deleteProviderSessions: async (provider, { socialAccountId, providerSessionId }) => {
      if (socialAccountId === null && providerSessionId === null) return 0;
      const condition = `s.provider = $1
        AND ($2::text IS NULL OR s.social_account_id = $2) AND ($3::text IS NULL OR s.provider_session_id = $3)`;
      return end(condition, [provider, socialAccountId, providerSessionId]);
    },
  };
}

type SocialAppMethods = Pick<
  AccountStore,
  'listSocialApps' | 'findSocialApp' | 'findSocialAppById' | 'createSocialApp' | 'updateSocialApp' | 'deleteSocialApp'
>;

function socialAppMethods({ schema, query }: PostgresQueries): SocialAppMethods {
  const find = async (column: 'provider' | 'id', value: string): Promise<SocialApp | null> => {
    const [row] = await query<SocialAppRow>(`SELECT * FROM ${schema}.social_apps WHERE ${column} = $1`, [value]);
    return row === undefined ? null : readApp(row);
  };
  const save = async (text: string, app: SocialApp): Promise<SaveSocialAppOutcome> => {
    const { id, provider, name, clientId, sealedSecret, serverUrl, backChannelUrl, scope } = app;
    const values = [id, provider, name, clientId, sealedSecret, serverUrl, backChannelUrl, scope];
    try {
      const written = await query(text, [
        ...values,
        app.createdAtMs,
        app.updatedAtMs,
        JSON.stringify(app.settings ?? {}),
      ]);
      return { kind: written.length === 1 ? 'saved' : 'not_found' };
    } catch (error) {
      const taken = error instanceof Error && 'constraint' in error && error.constraint === 'social_apps_provider';
      if (taken) return { kind: 'provider_taken' };
      throw error;
    }
  };
  const columns =
    'id, provider, name, client_id, sealed_secret, server_url, back_channel_url, scope, created_at_ms, updated_at_ms, settings';
  const places = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11';
  return {
    listSocialApps: async () =>
      (await query<SocialAppRow>(`SELECT * FROM ${schema}.social_apps ORDER BY provider`, [])).map(readApp),
    findSocialApp: (provider) => find('provider', provider),
    findSocialAppById: (id) => find('id', id),
    createSocialApp: (app) =>
      save(`INSERT INTO ${schema}.social_apps (${columns}) VALUES (${places}) RETURNING id`, app),
    updateSocialApp: (app) =>
      save(`UPDATE ${schema}.social_apps SET (${columns}) = (${places}) WHERE id = $1 RETURNING id`, app),
    deleteSocialApp: async (id) => {
      await query(`DELETE FROM ${schema}.social_apps WHERE id = $1`, [id]);
    },
  };
}

type AttemptMethods = Pick<AccountStore, 'reserveAttempt' | 'releaseAttempt'>;

function attemptMethods({ schema, query }: PostgresQueries): AttemptMethods {
  const attempts = `${schema}.attempts`;
  return {
    reserveAttempt: async (key, max, windowMs, nowMs) => {
      // What another process is just looking at, it takes away itself.
      const over = `SELECT key FROM ${attempts} WHERE window_ends_at_ms <= $1 AND key <> $2
        LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED`;
      await query(`DELETE FROM ${attempts} WHERE key IN (${over})`, [nowMs, key]);
      // A window that is over begins again; the condition is part of the write, however many come at once.
      const text = `INSERT INTO ${attempts} AS known (key, count, window_ends_at_ms) VALUES ($1, 1, $2)
        ON CONFLICT (key) DO UPDATE SET
          count = CASE WHEN known.window_ends_at_ms <= $3 THEN 1 ELSE known.count + 1 END,
          window_ends_at_ms = CASE WHEN known.window_ends_at_ms <= $3 THEN $2 ELSE known.window_ends_at_ms END
        WHERE known.window_ends_at_ms <= $3 OR known.count < $4 RETURNING key`;
      if ((await query(text, [key, nowMs + windowMs, nowMs, max])).length === 1) return { kind: 'reserved' };
      const find = `SELECT window_ends_at_ms FROM ${attempts} WHERE key = $1`;
      const [row] = await query<{ window_ends_at_ms: number }>(find, [key]);
      return { kind: 'refused', retryAtMs: row?.window_ends_at_ms ?? nowMs };
    },
    releaseAttempt: async (key) => {
      await query(`UPDATE ${attempts} SET count = count - 1 WHERE key = $1 AND count > 0`, [key]);
    },
  };
}
