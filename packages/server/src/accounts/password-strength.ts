/**
 * How easily a password is guessed: by a maintained estimator (`@zxcvbn-ts/core`) with its lists of words in English and French, the
 * organisation's words, and the person's own.
 *
 * Owns the thread that estimates: it starts with the first password that is set and ends after a minute without one, so that a server
 * at rest holds no lists. What follows from an estimate is `password-policy.ts`.
 */
import { Tinypool } from 'tinypool';

/** Why a password is guessed soon. */
export type PasswordWeakness =
  /** ASVS 6.2.4: among the passwords that people use most. */
  | 'common'
  /** ASVS 6.2.11: made of the person's or the organisation's own words. */
  | 'personal'
  | 'words'
  | 'keyboard'
  | 'repeat'
  | 'sequence'
  | 'date';

/** One question. */
export interface StrengthTask {
  readonly password: string;
  /** Own words, as typed. */
  readonly words: readonly string[];
}

/** Estimates the strength of passwords. */
export interface PasswordStrength {
  /** What makes the password weak; null: it is strong enough. Throws if the thread cannot be started. */
  weaknessOf(task: StrengthTask): Promise<PasswordWeakness | null>;
}

const IDLE_MS = 60_000;

/** Makes the estimator. One a process. Its thread keeps no process alive. */
export function createPasswordStrength(): PasswordStrength {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const pool = new Tinypool({
    filename: new URL(`./password-strength-worker${extension}`, import.meta.url).href,
    runtime: 'worker_threads',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
  });
  return { weaknessOf: async (task) => await pool.run(task) };
}
