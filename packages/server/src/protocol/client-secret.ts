/**
 * Client secrets: made, kept and compared.
 *
 * Owns generation and the HMAC. Imported secrets were chosen by people and may be short, so a plain hash would let a stolen
 * database be searched; an HMAC under a key outside the database does not, and costs microseconds where a password hash
 * would make each token request slow (DOT#1498). Which application has which is `admin/`; who presents one is
 * `client-authentication.ts`.
 */
import { equalInConstantTime, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { Branded } from '../vocabulary/identifiers.ts';
import type { ClientSecretMac, ClientSecretRecord } from './application.ts';
import { hmacSha256 } from './hmac.ts';

/** 32 bytes derived from `DIAPASON_SECRET` for this purpose alone. */
export type ClientSecretKey = Branded<Buffer, 'ClientSecretKey'>;

/** Makes a client secret: 256 random bits, 43 characters of base64url, so that form-encoding leaves it as it is. */
export function generateClientSecret(randomness: Randomness): Secret<'client_secret'> {
  return newSecret<'client_secret'>(randomness);
}

/** HMAC-SHA-256 of the secret's UTF-8 text: what is kept of it. */
export function clientSecretMac(secret: Secret<'client_secret'>, key: ClientSecretKey): ClientSecretMac {
  return hmacSha256(key, secret) as ClientSecretMac;
}

/** The last four characters; of a secret under 16 characters (imported) none, for they would give too much of it away. */
export function clientSecretHint(secret: Secret<'client_secret'>): string {
  return secret.length < 16 ? '' : secret.slice(-4);
}

/**
 * Finds the record that the presented secret belongs to. Every record is compared, in constant time each, so that time
 * does not tell which one matched. Compared is the HMAC: text out of a stolen database opens nothing (DOT#1077).
 */
export function matchClientSecret(
  presented: Secret<'client_secret'>,
  records: readonly ClientSecretRecord[],
  key: ClientSecretKey,
): ClientSecretRecord | null {
  const mac = clientSecretMac(presented, key);
  let match: ClientSecretRecord | null = null;
  for (const record of records) if (equalInConstantTime(mac, record.mac)) match = record;
  return match;
}
