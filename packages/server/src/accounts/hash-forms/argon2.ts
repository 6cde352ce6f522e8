/**
 * Argon2 (RFC 9106) in the PHC string format, and as Django writes it: `argon2` in front. The form of new hashes is Argon2id; the
 * other variants were Django's before 3.2.
 */
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import type { Randomness } from '../../vocabulary/credentials.ts';
import type { PasswordHash } from '../ports.ts';
import { type HashForm, judgedBy } from './hash-form.ts';

/** OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane (ASVS 11.4.2). */
export const ARGON2ID_PARAMETERS = { memoryCostKiB: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The most that a stored hash may ask for. Django's default is m=102400, t=2, p=8; the product bounds the time to about a second. */
const BOUNDS = { memoryCostKiB: 262_144, timeCost: 16, parallelism: 16, kiBTimesPasses: 1_048_576 } as const;

const PATTERN =
  /^(?:argon2)?\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;

interface Costs {
  readonly variant: string;
  readonly memoryCostKiB: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** The form. */
export const ARGON2: HashForm = {
  name: 'argon2',
  judge: (hash) =>
    judgedBy(
      costsOf(hash),
      ({ memoryCostKiB, timeCost, parallelism }) =>
        memoryCostKiB <= BOUNDS.memoryCostKiB &&
        timeCost <= BOUNDS.timeCost &&
        parallelism <= BOUNDS.parallelism &&
        memoryCostKiB * timeCost <= BOUNDS.kiBTimesPasses,
    ),
  async verify(password, hash) {
    try {
      return await argon2Verify(hash.replace(/^argon2\$/, '$'), password);
    } catch {
      // The library throws for costs that contradict each other, such as less memory than lanes need. Such a hash is
      // nobody's password; the person resets it.
      return false;
    }
  },
};

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
  const costs = costsOf(hash);
  return (
    hash.startsWith('$argon2id$') &&
    costs !== null &&
    costs.memoryCostKiB === ARGON2ID_PARAMETERS.memoryCostKiB &&
    costs.timeCost === ARGON2ID_PARAMETERS.timeCost &&
    costs.parallelism === ARGON2ID_PARAMETERS.parallelism
  );
}

function costsOf(hash: string): Costs | null {
  const [, variant, memoryCostKiB, timeCost, parallelism] = PATTERN.exec(hash) ?? [];
  if (variant === undefined) return null;
  return {
    variant,
    memoryCostKiB: Number(memoryCostKiB),
    timeCost: Number(timeCost),
    parallelism: Number(parallelism),
  };
}
