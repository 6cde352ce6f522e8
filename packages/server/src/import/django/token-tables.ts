/**
 * django-oauth-toolkit's tables of tokens: which columns are read, and what those of a row mean.
 *
 * Owns where the digest of a token comes from: from its text, or from the checksum that stands beside it since 3.0 and may stand
 * alone since 3.4. What becomes of a row is `grants.ts`.
 */
import { type Digest, digestOf, presentedSecret } from '../../vocabulary/credentials.ts';
import { type ApplicationId, applicationId } from '../../vocabulary/identifiers.ts';
import type { StagedRow } from '../staging.ts';
import { keyOf, textOf } from './reading.ts';
import type { TableSpec } from './tables.ts';

/** Access tokens. */
export const ACCESS_TOKEN_TABLE: TableSpec = {
  name: 'oauth2_provider_accesstoken',
  isRequired: false,
  required: ['id', 'application_id', 'user_id', 'expires', 'scope'],
  optional: ['token', 'token_checksum', 'created', 'source_refresh_token_id'],
};

/** Refresh tokens. What they are for stands in the access token that came with them. */
export const REFRESH_TOKEN_TABLE: TableSpec = {
  name: 'oauth2_provider_refreshtoken',
  isRequired: false,
  required: ['id', 'application_id', 'user_id'],
  optional: ['token', 'token_checksum', 'access_token_id', 'created', 'revoked'],
};

/** Codes, which lapse within a minute: only their number is told. */
export const CODE_TABLE: TableSpec = { name: 'oauth2_provider_grant', isRequired: false, required: ['id'] };

/** SHA-256 of the token's text; null where the row has neither text nor checksum. */
export function tokenDigestOf(row: StagedRow): Digest | null {
  const checksum = textOf(row, 'token_checksum');
  if (/^[0-9a-f]{64}$/i.test(checksum)) return Buffer.from(checksum, 'hex') as Digest;
  const text = textOf(row, 'token');
  return text === '' ? null : digestOf(presentedSecret<'access_token'>(text));
}

/** The application that a row is of; null where it names none. */
export function applicationOf(row: StagedRow): ApplicationId | null {
  const key = keyOf(row, 'application_id');
  return key === null || key.length > 64 ? null : applicationId(key);
}
