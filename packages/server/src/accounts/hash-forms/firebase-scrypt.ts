/**
 * Firebase's own scrypt: the key that scrypt (RFC 7914) derives from the password encrypts the project's signer key, and the result is
 * the hash. Kept as `$firebase-scrypt$ln=14,r=8$salt$separator$signer$hash`, each in base64, so that a row needs no setting beside it.
 */
import { createCipheriv, scrypt } from 'node:crypto';
import { equalInConstantTime } from '../../vocabulary/credentials.ts';
import type { PasswordHash } from '../ports.ts';
import { type HashForm, judgedBy } from './hash-form.ts';

/** The most that a stored hash may ask for, as of `scrypt.ts`. Firebase's own is 2^14, r=8: 16 MiB. */
const BOUNDS = { memoryBytes: 128 * 1024 * 1024, work: 2 ** 21 } as const;
const KEY_OCTETS = 32;

const PATTERN =
  /^\$firebase-scrypt\$ln=(\d{1,2}),r=(\d{1,4})\$([A-Za-z0-9+/]{2,172})\$([A-Za-z0-9+/]{0,22})\$([A-Za-z0-9+/]{43,172})\$([A-Za-z0-9+/]{43,172})$/;

/** What Firebase says of a project (`base64_signer_key` and so on). */
export interface FirebaseParameters {
  readonly signerKey: Buffer;
  readonly saltSeparator: Buffer;
  readonly rounds: number;
  /** The exponent of two. */
  readonly memoryCost: number;
}

interface Parts extends FirebaseParameters {
  readonly salt: Buffer;
  readonly expected: Buffer;
}

/** The form. */
export const FIREBASE_SCRYPT: HashForm = {
  name: 'firebase-scrypt',
  judge: (hash) =>
    judgedBy(
      partsOf(hash),
      ({ memoryCost, rounds }) =>
        128 * 2 ** memoryCost * rounds <= BOUNDS.memoryBytes && 2 ** memoryCost * rounds <= BOUNDS.work,
    ),
  async verify(password, hash) {
    const parts = partsOf(hash);
    if (parts === null) return false;
    const { salt, saltSeparator, signerKey, memoryCost, rounds, expected } = parts;
    const options = { N: 2 ** memoryCost, r: rounds, p: 1, maxmem: 2 * BOUNDS.memoryBytes };
    const key = await new Promise<Buffer | null>((resolve) => {
      scrypt(password, Buffer.concat([salt, saltSeparator]), KEY_OCTETS, options, (error, derived) =>
        resolve(error === null ? derived : null),
      );
    });
    if (key === null) return false;
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    return equalInConstantTime(Buffer.concat([cipher.update(signerKey), cipher.final()]), expected);
  },
};

/** A hash of Firebase's in the form that is kept. */
export function firebaseHash(salt: Buffer, hash: Buffer, parameters: FirebaseParameters): PasswordHash {
  const { signerKey, saltSeparator, rounds, memoryCost } = parameters;
  const octets = [salt, saltSeparator, signerKey, hash].map((part) => part.toString('base64').replaceAll('=', ''));
  return `$firebase-scrypt$ln=${memoryCost},r=${rounds}$${octets.join('$')}` as PasswordHash;
}

function partsOf(hash: string): Parts | null {
  const [, ln, r, ...octets] = PATTERN.exec(hash) ?? [];
  const [salt, saltSeparator, signerKey, expected] = octets.map((part) => Buffer.from(part, 'base64'));
  if (salt === undefined || saltSeparator === undefined || signerKey === undefined || expected === undefined)
    return null;
  const [memoryCost, rounds] = [Number(ln), Number(r)];
  if (memoryCost < 1 || rounds < 1 || signerKey.length !== expected.length) return null;
  return { memoryCost, rounds, salt, saltSeparator, signerKey, expected };
}
