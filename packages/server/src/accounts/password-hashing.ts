/**
 * Password hashes: made with Argon2id, verified in whatever form an account has, off the event loop, a bounded number at a
 * time (D32; Argon2 floods: keycloak#28477).
 *
 * Owns the queue and the choice of the form. Each form is one entry of `password-hash-forms.ts`. What a password has to be is
 * `password-policy.ts`; how often one may be guessed is `attempt-limits.ts`.
 */
import type { Randomness } from '../vocabulary/credentials.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { hashWithArgon2id, isCurrentForm } from './hash-forms/argon2.ts';
import { HASH_FORMS, NOBODYS_HASH } from './password-hash-forms.ts';
import type { PasswordHash } from './ports.ts';
import type { Busy } from './problems.ts';

/** How much hashing there may be. */
export interface PasswordHasherOptions {
  /** Hashes under way at a time: the cores. Each takes 19 MiB and one core for about 25 ms. */
  readonly hashConcurrency: number;
  /** Hashes that may wait. More are answered `busy` at once. Unless said: 32 for each under way, about a second's worth. */
  readonly hashQueueLength?: number;
  readonly randomness: Randomness;
}

/**
 * Under saturation, which is when 8 wait for each core, a sign-in is answered up to three hashes later than it might be, some 75 ms
 * after a wait of 200 or more.
 */
const ANSWERED_TOGETHER = 4;

/** Makes and verifies password hashes. Every method may answer `busy`, at once and having done nothing. */
export interface PasswordHasher {
  /** Argon2id under a fresh salt, in PHC form. */
  hash(password: string): Promise<{ readonly outcome: 'hashed'; readonly hash: PasswordHash } | Busy>;
  /** The password as typed: not trimmed, cut, folded or normalised (ASVS 6.2.8). A form that is not known is `wrong`. */
  verify(
    password: string,
    hash: PasswordHash,
  ): Promise<{ readonly outcome: 'right'; readonly needsRehash: boolean } | { readonly outcome: 'wrong' } | Busy>;
  /** As much work as `verify`, for an account that does not exist or has no password (ASVS 6.3.8). Never right. */
  verifyAgainstNobody(password: string): Promise<{ readonly outcome: 'wrong' } | Busy>;
}

/** How much hashing there is, at the moment. */
export interface HashingLoad {
  load(): { readonly running: number; readonly waiting: number };
}

/** Makes a hasher. One a process: the bound is the process's. */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher & HashingLoad {
  const { hashConcurrency, randomness } = options;
  const queue = new BoundedQueue(hashConcurrency, options.hashQueueLength ?? 32 * hashConcurrency, ANSWERED_TOGETHER);
  const matches = async (password: string, hash: PasswordHash): Promise<boolean> => {
    const form = HASH_FORMS.find(({ judge }) => judge(hash) === 'verifiable');
    return form === undefined ? nobody(password) : form.verify(password, hash);
  };
  const nobody = async (password: string): Promise<false> => {
    await HASH_FORMS[0].verify(password, NOBODYS_HASH);
    return false;
  };
  return {
    async hash(password) {
      const done = await queue.run(() => hashWithArgon2id(password, randomness));
      return done.outcome === 'busy' ? done : { outcome: 'hashed', hash: done.value };
    },
    async verify(password, hash) {
      const done = await queue.run(() => matches(password, hash));
      if (done.outcome === 'busy') return done;
      return done.value ? { outcome: 'right', needsRehash: !isCurrentForm(hash) } : { outcome: 'wrong' };
    },
    async verifyAgainstNobody(password) {
      const done = await queue.run(() => nobody(password));
      return done.outcome === 'busy' ? done : { outcome: 'wrong' };
    },
    load: () => queue.load(),
  };
}
