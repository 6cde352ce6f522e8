/**
 * What a new password has to be: long enough, not among the common ones, not made of the person's own words. Nothing else: no
 * composition rules (ASVS 6.2.5), no expiry (6.2.10).
 *
 * Owns the rules. It is judged and hashed as typed (6.2.8): not trimmed, folded, normalised or cut. The lists are ASVS 6.2.4's
 * (common) and 6.2.11's (context); breached ones (6.2.12) are not looked up.
 */
import { type FieldProblem, fieldProblem } from './problems.ts';

/** ASVS 6.2.1. */
export const PASSWORD_CHARACTERS_MIN = 8;
/** ASVS 6.2.1 and NIST SP 800-63B-4 §3.1.1.2: what the page advises. */
export const PASSWORD_CHARACTERS_ADVISED = 15;
/** ASVS 6.2.9 wants 64 or more; the end is there because of what hashing costs (Argon2 floods). */
export const PASSWORD_CHARACTERS_MAX = 1_024;
/** An own word counts from this length: `al` is in too many passwords to mean anything. */
const OWN_WORD_CHARACTERS_MIN = 3;

/** What belongs to this person and place, as typed; empty where there is none. */
export interface OwnWords {
  readonly username: string;
  readonly email: string;
  /** The organisation's names (`DIAPASON_BRAND_NAME`, `DIAPASON_ORGANISATION_WORDS`). */
  readonly organisationWords: readonly string[];
}

/** What is wrong with a new password (field `password`); null: nothing. */
export async function checkPassword(password: string, own: OwnWords): Promise<FieldProblem | null> {
  if (password === '') return fieldProblem('password', 'problem.required');
  const characters = [...password].length;
  if (characters < PASSWORD_CHARACTERS_MIN) {
    return fieldProblem('password', 'problem.password.tooShort', { minimum: PASSWORD_CHARACTERS_MIN });
  }
  if (characters > PASSWORD_CHARACTERS_MAX) {
    return fieldProblem('password', 'problem.password.tooLong', { maximum: PASSWORD_CHARACTERS_MAX });
  }
  const folded = password.toLowerCase();
  if ((await commonPasswords()).has(folded)) return fieldProblem('password', 'problem.password.common');
  return isMadeOfOwnWords(folded, own) ? fieldProblem('password', 'problem.password.personal') : null;
}

/** ASVS 6.2.11: what is left without the own words has to be a password by itself. `diapason-2026` is not. */
function isMadeOfOwnWords(folded: string, own: OwnWords): boolean {
  const localPart = own.email.slice(0, Math.max(own.email.lastIndexOf('@'), 0));
  const words = [own.username, own.email, localPart, ...own.organisationWords]
    .map((word) => word.normalize('NFKC').trim().toLowerCase())
    .filter((word) => [...word].length >= OWN_WORD_CHARACTERS_MIN)
    .sort((left, right) => right.length - left.length);
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), folded);
  return rest !== folded && [...rest].length < PASSWORD_CHARACTERS_MIN;
}

let common: Promise<ReadonlySet<string>> | undefined;

/**
 * The 17,950 most used passwords that are long enough to be accepted, in lower case: those of the list that `zxcvbn` ships.
 * Loaded at the first password that is set: a server that sets none does not hold it in memory.
 */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) =>
      new Set(dictionary['passwords-common'].filter((password) => password.length >= PASSWORD_CHARACTERS_MIN)),
  );
  return common;
}
