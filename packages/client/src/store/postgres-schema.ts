/**
 * The PostgreSQL store's tables, as forward-only steps, in a schema of their own.
 *
 * Owns the schema and its version. A released step never changes; a new one is appended.
 */
import type { Pool } from 'pg';

/** Any number that no other library is likely to lock: the first digits of a digest of this library's name. */
const ADVISORY_LOCK = 6_021_394_817;

const steps: readonly ((schema: string) => string)[] = [
  (schema) => `
  CREATE TABLE ${schema}.users (
    id text PRIMARY KEY,
    username text NOT NULL,
    username_key text NOT NULL CONSTRAINT users_username_key UNIQUE,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    email_verified smallint NOT NULL,
    password_hash text,
    is_superuser smallint NOT NULL,
    is_active smallint NOT NULL DEFAULT 1,
    created_at_ms bigint NOT NULL
  );
  CREATE UNIQUE INDEX users_verified_email ON ${schema}.users (email_key) WHERE email_verified = 1;

  CREATE TABLE ${schema}.social_accounts (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES ${schema}.users (id) ON DELETE CASCADE,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    provider_username text,
    created_at_ms bigint NOT NULL,
    last_sign_in_at_ms bigint NOT NULL,
    CONSTRAINT social_accounts_subject UNIQUE (issuer, subject)
  );
  CREATE INDEX social_accounts_user ON ${schema}.social_accounts (user_id);

  CREATE TABLE ${schema}.sessions (
    token_digest text PRIMARY KEY,
    user_id text NOT NULL REFERENCES ${schema}.users (id) ON DELETE CASCADE,
    social_account_id text REFERENCES ${schema}.social_accounts (id) ON DELETE SET NULL,
    provider text,
    provider_session_id text,
    sealed_tokens text,
    refresh_until_ms bigint,
    created_at_ms bigint NOT NULL,
    last_seen_at_ms bigint NOT NULL
  );
  CREATE INDEX sessions_user ON ${schema}.sessions (user_id);
  CREATE INDEX sessions_created ON ${schema}.sessions (created_at_ms);
  CREATE INDEX sessions_seen ON ${schema}.sessions (last_seen_at_ms);
  CREATE INDEX sessions_provider_session ON ${schema}.sessions (provider, provider_session_id);
  CREATE INDEX sessions_social_account ON ${schema}.sessions (social_account_id);

  CREATE TABLE ${schema}.social_apps (
    id text PRIMARY KEY,
    provider text NOT NULL CONSTRAINT social_apps_provider UNIQUE,
    name text NOT NULL,
    client_id text NOT NULL,
    sealed_secret text,
    server_url text,
    back_channel_url text,
    scope text,
    created_at_ms bigint NOT NULL,
    updated_at_ms bigint NOT NULL
  );

  CREATE TABLE ${schema}.attempts (
    key text PRIMARY KEY,
    count integer NOT NULL,
    window_ends_at_ms bigint NOT NULL
  );
  CREATE INDEX attempts_window ON ${schema}.attempts (window_ends_at_ms);
  `,
  (schema) => `ALTER TABLE ${schema}.social_apps ADD COLUMN settings text NOT NULL DEFAULT '{}'`,
];

/**
 * Brings the schema up to date, while every other process that starts waits.
 * @throws Error when a newer version of the library wrote it, or the database refuses.
 */
export async function migratePostgres(pool: Pool, schema: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.version (steps integer NOT NULL)`);
    const { rows } = await client.query<{ steps: number }>(`SELECT steps FROM ${schema}.version`);
    const version = rows[0]?.steps ?? 0;
    if (version > steps.length) {
      throw new Error(
        `the database has schema ${version}, and this version of @diapason/client knows ${steps.length}: update the library`,
      );
    }
    for (const step of steps.slice(version)) await client.query(step(schema));
    await client.query(`DELETE FROM ${schema}.version`);
    await client.query(`INSERT INTO ${schema}.version (steps) VALUES ($1)`, [steps.length]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
