/**
 * The code that a person types to find their device (RFC 8628 §6.1), and what is kept of it.
 *
 * Eight letters of twenty (no vowels, so that they spell nothing; no digits, so that none is taken for a letter): 20^8, or 34.6
 * bits. That is enough to be guessed at and not to be hit (§5.1): a network has 30 wrong tries in a quarter of an hour and an
 * account 10, so that against a thousand devices waiting at once, a network's chance in a code's whole life is one in
 * 850,000, and whoever hits has connected a stranger's device to an account of their own. It is not enough for a plain
 * digest, which a thief of the database would find the code of in seconds: kept is an HMAC under a key that is in no database.
 */
import type { Randomness, Secret } from '../vocabulary/credentials.ts';
import type { Branded } from '../vocabulary/identifiers.ts';
import { hmacSha256 } from './hmac.ts';

/** 32 octets of a server key for this purpose alone. */
export type UserCodeKey = Branded<Buffer, 'UserCodeKey'>;
/** HMAC-SHA-256 of a user code: 32 octets. */
export type UserCodeMac = Branded<Buffer, 'UserCodeMac'>;

/** §6.1: the letters without vowels. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;
/** The largest multiple of 20 that fits an octet: what is above is thrown again, or the first letters would come more often. */
const FAIR_BELOW = 240;
/** What a person may type in vain between the letters, with room. */
const TYPED_CHARACTERS_MAX = 64;

/** Makes a user code, as it is kept: eight letters without a hyphen. */
export function newUserCode(randomness: Randomness): Secret<'user_code'> {
  let code = '';
  while (code.length < LENGTH) {
    for (const octet of randomness(LENGTH)) {
      if (octet < FAIR_BELOW && code.length < LENGTH) code += LETTERS[octet % LETTERS.length];
    }
  }
  return code as Secret<'user_code'>;
}

/** As it is shown: `XXXX-XXXX`. */
export function shownUserCode(code: Secret<'user_code'>): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/**
 * Reads what a person typed: §6.1: case does not matter, nor does anything that is no letter or digit.
 * @returns null when what is left cannot be a code.
 */
export function typedUserCode(typed: string): Secret<'user_code'> | null {
  if (typed.length > TYPED_CHARACTERS_MAX) return null;
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  if (letters.length !== LENGTH || [...letters].some((letter) => !LETTERS.includes(letter))) return null;
  return letters as Secret<'user_code'>;
}

/** What is kept of it and found by. */
export function userCodeMac(code: Secret<'user_code'>, key: UserCodeKey): UserCodeMac {
  return hmacSha256(key, code) as UserCodeMac;
}
