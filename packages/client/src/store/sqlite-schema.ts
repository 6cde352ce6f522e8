/**
 * The SQLite store's tables, as forward-only steps.
 *
 * Owns the schema and its version (`PRAGMA user_version`). A released step never changes; a new one is appended.
 */
import type { Database } from 'better-sqlite3';

const steps: readonly string[] = [
  `
  CREATE TABLE user (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    password_hash TEXT,
    is_superuser INTEGER NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX user_verified_email ON user (email_key) WHERE email_verified = 1;

  CREATE TABLE social_account (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    provider_username TEXT,
    created_at_ms INTEGER NOT NULL,
    last_sign_in_at_ms INTEGER NOT NULL,
    UNIQUE (issuer, subject)
  ) STRICT;
  CREATE INDEX social_account_user ON social_account (user_id);

  CREATE TABLE session (
    token_digest TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    social_account_id TEXT REFERENCES social_account (id) ON DELETE SET NULL,
    provider TEXT,
    sealed_tokens TEXT,
    created_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_user ON session (user_id);
  CREATE INDEX session_created ON session (created_at_ms);
  CREATE INDEX session_seen ON session (last_seen_at_ms);

  CREATE TABLE social_app (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL,
    sealed_secret TEXT,
    server_url TEXT,
    back_channel_url TEXT,
    scope TEXT,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE attempt (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    window_ends_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX attempt_window ON attempt (window_ends_at_ms);
  `,
  `
  ALTER TABLE session ADD COLUMN provider_session_id TEXT;
  ALTER TABLE session ADD COLUMN refresh_until_ms INTEGER;
  CREATE INDEX session_provider_session ON session (provider, provider_session_id);
  CREATE INDEX session_social_account ON session (social_account_id);
  `,
  "ALTER TABLE social_app ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
];

/**
 * Brings the database to the newest schema; nothing happens where it is there already.
 * @throws Error when a newer version of the library wrote the database.
 */
export function migrate(database: Database): void {
  database
    .transaction(() => {
      const version = Number(database.pragma('user_version', { simple: true }));
      if (version > steps.length) {
        throw new Error(
          `the database has schema ${version}, and this version of @diapason/client knows ${steps.length}: update the library`,
        );
      }
      for (const step of steps.slice(version)) database.exec(step);
      database.pragma(`user_version = ${steps.length}`);
    })
    .immediate();
}
