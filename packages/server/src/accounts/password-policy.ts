/**
 * What a new password has to be: long enough, not soon guessed, not made of the person's own words, not known from a breach. Nothing
 * else: no composition rules (ASVS 6.2.5), no expiry (6.2.10).
 *
 * Owns the rules. It is judged and hashed as typed (6.2.8): not trimmed, folded, normalised or cut. Guesses are counted by
 * `password-strength.ts`; breaches are looked up by `fetch/breached-passwords.ts`.
 */
import type { PasswordStrength, PasswordWeakness } from './password-strength.ts';
import type { BreachedPasswords } from './ports/breaches.ts';
import { type FieldProblem, fieldProblem, type ProblemCode } from './problems.ts';

/** ASVS 6.2.1. */
export const PASSWORD_CHARACTERS_MIN = 8;
/** ASVS 6.2.1 and NIST SP 800-63B-4 §3.1.1.2: what the page advises. */
export const PASSWORD_CHARACTERS_ADVISED = 15;
/** ASVS 6.2.9 wants 64 or more; the end is there because of what hashing costs (Argon2 floods). */
export const PASSWORD_CHARACTERS_MAX = 1_024;
/** An own word counts from this length: `al` is in too many passwords to mean anything. */
const OWN_WORD_CHARACTERS_MIN = 3;

/** What belongs to this person, as typed; empty where there is none. */
export interface OwnWords {
  readonly username: string;
  readonly email: string;
}

/** Judges new passwords. */
export interface PasswordPolicy {
  /** What is wrong with a new password (field `password`); null: nothing. */
  check(password: string, own: OwnWords): Promise<FieldProblem | null>;
}

/** What judging needs. */
export interface PasswordPolicyDeps {
  /** The organisation's names (`DIAPASON_BRAND_NAME`, `DIAPASON_ORGANISATION_WORDS`). */
  readonly organisationWords: readonly string[];
  readonly strength: PasswordStrength;
  /** null: the operator has none looked up. */
  readonly breaches: BreachedPasswords | null;
}

/** Makes the policy of an installation. */
export function createPasswordPolicy(deps: PasswordPolicyDeps): PasswordPolicy {
  return {
    async check(password, own) {
      const lengthProblem = judgeLength(password);
      if (lengthProblem !== null) return lengthProblem;
      const localPart = own.email.slice(0, Math.max(own.email.lastIndexOf('@'), 0));
      const words = [own.username, own.email, localPart, ...deps.organisationWords]
        .map((word) => word.normalize('NFKC').trim().toLowerCase())
        .filter((word) => [...word].length >= OWN_WORD_CHARACTERS_MIN);
      if (isMadeOf(words, password.toLowerCase())) return fieldProblem('password', 'problem.password.personal');
      const weakness = await deps.strength.weaknessOf({ password, words });
      if (weakness !== null) return fieldProblem('password', WEAKNESS_PROBLEMS[weakness]);
      // ASVS 6.2.12, last: it asks somebody else.
      const isBreached = (await deps.breaches?.isBreached(password)) ?? false;
      return isBreached ? fieldProblem('password', 'problem.password.breached') : null;
    },
  };
}

function judgeLength(password: string): FieldProblem | null {
  if (password === '') return fieldProblem('password', 'problem.required');
  const characters = [...password].length;
  if (characters < PASSWORD_CHARACTERS_MIN) {
    return fieldProblem('password', 'problem.password.tooShort', { minimum: PASSWORD_CHARACTERS_MIN });
  }
  if (characters > PASSWORD_CHARACTERS_MAX) {
    return fieldProblem('password', 'problem.password.tooLong', { maximum: PASSWORD_CHARACTERS_MAX });
  }
  return null;
}

/** ASVS 6.2.11: what is left without the own words has to be a password by itself. `diapason-2026` is not. */
function isMadeOf(words: readonly string[], folded: string): boolean {
  const longestFirst = [...words].sort((left, right) => right.length - left.length);
  const rest = longestFirst.reduce((text, word) => text.replaceAll(word, ''), folded);
  return rest !== folded && [...rest].length < PASSWORD_CHARACTERS_MIN;
}

const WEAKNESS_PROBLEMS: Readonly<Record<PasswordWeakness, ProblemCode>> = {
  common: 'problem.password.common',
  personal: 'problem.password.personal',
  words: 'problem.password.words',
  keyboard: 'problem.password.keyboard',
  repeat: 'problem.password.repeat',
  sequence: 'problem.password.sequence',
  date: 'problem.password.date',
};
