/**
 * The text of a refresh token, and how its successor comes out of it.
 *
 * Form: base64url without padding over 16 octets of family id and 32 octets of secret: 64 characters. The family id lets
 * storage find the row by its key and lets reuse of any former token be seen without keeping its digest.
 * The successor's secret is HMAC-SHA-256 of the presented text under a server key, so that a token presented twice within
 * its window gets the same successor without anything but hashes being stored. A token imported from another server has
 * no form: it is found by its digest, and its successor has this form.
 */
import { type Digest, digestOf, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import { type Branded, type FamilyId, familyId } from '../vocabulary/identifiers.ts';
import { hmacSha256 } from './hmac.ts';

/** 32 bytes of a server key for this purpose alone. */
export type RefreshTokenKey = Branded<Buffer, 'RefreshTokenKey'>;

/** The key that successors are derived under, and those it replaced less than a window ago. */
export interface RefreshTokenKeys {
  readonly current: RefreshTokenKey;
  readonly previous: readonly RefreshTokenKey[];
}

const FAMILY_OCTETS = 16;
const SECRET_OCTETS = 32;
const TEXT_FORM = /^[A-Za-z0-9_-]{64}$/;

/** Makes a family id: 16 random octets as base64url. Every family has one of this form, an imported one too. */
export function newFamilyId(randomness: Randomness): FamilyId {
  return familyId(randomness(FAMILY_OCTETS).toString('base64url'));
}

/** Makes the first refresh token of a family. */
export function firstRefreshToken(family: FamilyId, randomness: Randomness): Secret<'refresh_token'> {
  return tokenText(family, randomness(SECRET_OCTETS));
}

/** The family id in a presented text; null when the text does not have our form. It proves nothing. */
export function familyIdOf(presented: Secret<'refresh_token'>): FamilyId | null {
  if (!TEXT_FORM.test(presented)) return null;
  return familyId(Buffer.from(presented, 'base64url').subarray(0, FAMILY_OCTETS).toString('base64url'));
}

/** A derived successor with its digest. */
export interface Successor {
  readonly token: Secret<'refresh_token'>;
  readonly digest: Digest;
}

/**
 * The successor of a presented token under each key, the current key's first.
 * @throws RangeError when the family id is not of the form of {@link newFamilyId}.
 */
export function successorsOf(
  presented: Secret<'refresh_token'>,
  family: FamilyId,
  keys: RefreshTokenKeys,
): readonly [Successor, ...Successor[]] {
  const under = (key: RefreshTokenKey): Successor => {
    const token = tokenText(family, hmacSha256(key, 'refresh token successor\0', presented));
    return { token, digest: digestOf(token) };
  };
  return [under(keys.current), ...keys.previous.map(under)];
}

function tokenText(family: FamilyId, secret: Buffer): Secret<'refresh_token'> {
  const id = Buffer.from(family, 'base64url');
  if (id.length !== FAMILY_OCTETS || id.toString('base64url') !== family) {
    throw new RangeError('a family id is 16 octets as base64url');
  }
  return Buffer.concat([id, secret]).toString('base64url') as Secret<'refresh_token'>;
}
