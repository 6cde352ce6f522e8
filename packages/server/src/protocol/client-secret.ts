/**
 * Client secrets: made, kept and compared.
 *
 * Owns generation and the HMAC. Imported secrets were chosen by people and may be short, so a plain hash would let a stolen
 * database be searched; an HMAC under a key outside the database does not, and costs microseconds where a password hash
 * would make each token request slow (DOT#1498). Which application has which is `admin/`; who presents one is
 * `client-authentication.ts`.
 */
import { digestOf, equalInConstantTime, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
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
 *
 * What matched is remembered by its SHA-256 for as long as the list itself is at hand, which is a second
 * (`ApplicationReader`): a busy client's HMAC is made once a second and not at each of its requests. A list that was read
 * anew begins with nothing, so that a removed secret is out with it; what did not match is never remembered.
 */
export function matchClientSecret(
  presented: Secret<'client_secret'>,
  records: readonly ClientSecretRecord[],
  key: ClientSecretKey,
): ClientSecretRecord | null {
  if (records.length === 0) return compared(presented, records, key);
  let matched = matchedOf.get(records);
  if (matched === undefined) {
    matched = new Map();
    matchedOf.set(records, matched);
  }
  const digest = digestOf(presented).toString('latin1');
  const known = matched.get(digest);
  if (known !== undefined) return known;
  const found = compared(presented, records, key);
  if (found !== null) matched.set(digest, found);
  return found;
}

/** At most one entry for each secret of a list. */
const matchedOf = new WeakMap<readonly ClientSecretRecord[], Map<string, ClientSecretRecord>>();

function compared(
  presented: Secret<'client_secret'>,
  records: readonly ClientSecretRecord[],
  key: ClientSecretKey,
): ClientSecretRecord | null {
  const mac = clientSecretMac(presented, key);
  let match: ClientSecretRecord | null = null;
  for (const record of records) if (record.mac !== null && equalInConstantTime(mac, record.mac)) match = record;
  return match;
}
