/**
 * The text forms that a password hash may have: how each is recognised and verified, and which one new hashes get.
 *
 * A stored hash says how much work verifying it takes, so each form has bounds: one bad row must not cost a minute. Each form is a
 * file of `hash-forms/`. Owns the list, and no queue: see `password-hashing.ts`.
 */
import { ARGON2 } from './hash-forms/argon2.ts';
import { BCRYPT } from './hash-forms/bcrypt.ts';
import { FIREBASE_SCRYPT } from './hash-forms/firebase-scrypt.ts';
import type { HashForm, JudgedHash } from './hash-forms/hash-form.ts';
import { PBKDF2 } from './hash-forms/pbkdf2.ts';
import { SCRYPT } from './hash-forms/scrypt.ts';
import type { PasswordHash } from './ports.ts';

/** Every form, the one of new hashes first. */
export const HASH_FORMS: readonly [HashForm, ...HashForm[]] = [ARGON2, PBKDF2, BCRYPT, SCRYPT, FIREBASE_SCRYPT];

/** Whether a hash can be verified here, and if not, why. */
export function judgeHash(hash: PasswordHash): JudgedHash {
  for (const form of HASH_FORMS) {
    const judged = form.judge(hash);
    if (judged !== 'unknown') return judged;
  }
  return 'unknown';
}

/** A hash of nothing that anybody could type: 256 arbitrary bits. Verifying against it costs what a real one costs. */
export const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$ZGlhcGFzb24tbm9ib2R5cw$c3VjaC1hLXBhc3N3b3JkLWRvZXMtbm90LWV4aXN0LSE' as PasswordHash;
