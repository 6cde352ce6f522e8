/**
 * The text forms that a password hash may have: how each is recognised and verified, and which one new hashes get.
 *
 * A stored hash says how much work verifying it takes, so each form has bounds: one bad row must not cost a minute. Django's
 * other forms (wire.md names them) become further entries of {@link HASH_FORMS}. Owns no queue: see `password-hashing.ts`.
 */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { equalInConstantTime, type Randomness } from '../vocabulary/credentials.ts';
import type { PasswordHash } from './ports.ts';

/** OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane (ASVS 11.4.2). */
export const ARGON2ID_PARAMETERS = { memoryCostKiB: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The most that a stored Argon2 hash may ask for. Django's default is m=102400, t=2, p=8. */
const ARGON2_BOUNDS = { memoryCostKiB: 262_144, timeCost: 16, parallelism: 16 } as const;

/** The most iterations that a stored PBKDF2 hash may ask for: about a second. Django 6.0 asks for 1,200,000. */
const PBKDF2_ITERATIONS_MAX = 3_000_000;

/** One form. */
export interface HashForm {
  readonly name: string;
  /** Whether the text is of this form, and within its bounds. */
  readonly recognises: (hash: PasswordHash) => boolean;
  /** Whether the password, as typed, is the one. Runs on a thread of the pool. Never throws for a hash that it recognises. */
  readonly verify: (password: string, hash: PasswordHash) => Promise<boolean>;
}

const ARGON2ID_PATTERN =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
const PBKDF2_PATTERN = /^pbkdf2_sha256\$(\d{1,7})\$([^$]{1,128})\$([A-Za-z0-9+/]{43}=)$/;

/** RFC 9106, in the PHC string format. The form of new hashes. */
const ARGON2ID: HashForm = {
  name: 'argon2id',
  recognises(hash) {
    const costs = argon2Costs(hash);
    return (
      costs !== null &&
      costs.memoryCostKiB <= ARGON2_BOUNDS.memoryCostKiB &&
      costs.timeCost <= ARGON2_BOUNDS.timeCost &&
      costs.parallelism <= ARGON2_BOUNDS.parallelism
    );
  },
  async verify(password, hash) {
    try {
      return await argon2Verify(hash, password);
    } catch {
      // The library throws for costs that contradict each other, such as less memory than lanes need. Such a hash is
      // nobody's password; the person resets it.
      return false;
    }
  },
};

/** Django's default: `pbkdf2_sha256$iterations$salt$base64`. The salt is text. */
const DJANGO_PBKDF2_SHA256: HashForm = {
  name: 'pbkdf2_sha256',
  recognises(hash) {
    const iterations = Number(PBKDF2_PATTERN.exec(hash)?.[1]);
    return iterations >= 1 && iterations <= PBKDF2_ITERATIONS_MAX;
  },
  async verify(password, hash) {
    const [, iterations, salt, expected] = PBKDF2_PATTERN.exec(hash) ?? [];
    if (iterations === undefined || salt === undefined || expected === undefined) return false;
    const derived = await promisify(pbkdf2)(password, salt, Number(iterations), 32, 'sha256');
    return equalInConstantTime(derived, Buffer.from(expected, 'base64'));
  },
};

/** Every form, the one of new hashes first. */
export const HASH_FORMS: readonly [HashForm, ...HashForm[]] = [ARGON2ID, DJANGO_PBKDF2_SHA256];

/** A hash of nothing that anybody could type: 256 arbitrary bits. Verifying against it costs what a real one costs. */
export const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$ZGlhcGFzb24tbm9ib2R5cw$c3VjaC1hLXBhc3N3b3JkLWRvZXMtbm90LWV4aXN0LSE' as PasswordHash;

/** A new hash: Argon2id under 128 random bits of salt. */
export async function hashWithArgon2id(password: string, randomness: Randomness): Promise<PasswordHash> {
  const { memoryCostKiB, timeCost, parallelism } = ARGON2ID_PARAMETERS;
  const text = await argon2Hash(password, {
    memoryCost: memoryCostKiB,
    timeCost,
    parallelism,
    outputLen: 32,
    salt: randomness(16),
  });
  return text as PasswordHash;
}

/** Whether a hash is as a new one would be made; one that is not is replaced at the next sign-in. */
export function isCurrentForm(hash: PasswordHash): boolean {
  const costs = argon2Costs(hash);
  return (
    costs !== null &&
    costs.memoryCostKiB === ARGON2ID_PARAMETERS.memoryCostKiB &&
    costs.timeCost === ARGON2ID_PARAMETERS.timeCost &&
    costs.parallelism === ARGON2ID_PARAMETERS.parallelism
  );
}

function argon2Costs(hash: string): { memoryCostKiB: number; timeCost: number; parallelism: number } | null {
  const [, memoryCostKiB, timeCost, parallelism] = ARGON2ID_PATTERN.exec(hash) ?? [];
  if (memoryCostKiB === undefined) return null;
  return { memoryCostKiB: Number(memoryCostKiB), timeCost: Number(timeCost), parallelism: Number(parallelism) };
}
