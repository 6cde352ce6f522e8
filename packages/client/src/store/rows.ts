/**
 * The rows of the stores that come with the library, and how they read as records.
 *
 * Owns the column names. Both engines keep truth as 0 and 1 and moments as whole numbers, so that one reading serves them.
 */
import {
  emailKey,
  type SocialAccount,
  type SocialApp,
  type StoredSession,
  type User,
  type UserChanges,
  usernameKey,
} from './account-store.ts';

/** A row of `user`. */
export interface UserRow {
  id: string;
  username: string;
  first_name: string;
  last_name: string;
  email: string;
  email_verified: number;
  password_hash: string | null;
  is_superuser: number;
  is_active: number;
  created_at_ms: number;
}

/** A row of `social_account`. */
export interface SocialAccountRow {
  id: string;
  user_id: string;
  provider: string;
  issuer: string;
  subject: string;
  provider_username: string | null;
  created_at_ms: number;
  last_sign_in_at_ms: number;
}

/** A row of `session`. */
export interface SessionRow {
  token_digest: string;
  user_id: string;
  social_account_id: string | null;
  provider: string | null;
  provider_session_id: string | null;
  sealed_tokens: string | null;
  created_at_ms: number;
  last_seen_at_ms: number;
}

/** A row of `social_app`. */
export interface SocialAppRow {
  id: string;
  provider: string;
  name: string;
  client_id: string;
  sealed_secret: string | null;
  server_url: string | null;
  back_channel_url: string | null;
  scope: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  /** JSON. */
  settings: string;
}

/** The record of a row; the hash stays behind. */
export function readUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    emailVerified: row.email_verified === 1,
    hasPassword: row.password_hash !== null,
    isSuperuser: row.is_superuser === 1,
    isActive: row.is_active === 1,
    createdAtMs: row.created_at_ms,
  };
}

/** The record of a row. */
export function readAccount(row: SocialAccountRow): SocialAccount {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    issuer: row.issuer,
    subject: row.subject,
    providerUsername: row.provider_username,
    createdAtMs: row.created_at_ms,
    lastSignInAtMs: row.last_sign_in_at_ms,
  };
}

/** The record of a row. */
export function readSession(row: SessionRow): StoredSession {
  return {
    tokenDigest: row.token_digest,
    userId: row.user_id,
    socialAccountId: row.social_account_id,
    provider: row.provider,
    providerSessionId: row.provider_session_id,
    sealedTokens: row.sealed_tokens,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}

/** The record of a row. */
export function readApp(row: SocialAppRow): SocialApp {
  return {
    id: row.id,
    provider: row.provider,
    name: row.name,
    clientId: row.client_id,
    sealedSecret: row.sealed_secret,
    serverUrl: row.server_url,
    backChannelUrl: row.back_channel_url,
    scope: row.scope,
    settings: JSON.parse(row.settings) as Record<string, string>,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** The columns that these changes write. */
export function userColumns(changes: UserChanges): Record<string, string | number | null> {
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
