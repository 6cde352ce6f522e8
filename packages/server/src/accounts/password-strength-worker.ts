/**
 * What a thread of its own does: holds the lists of words and estimates how many guesses a password takes. The lists are some 60 MB and
 * an estimate is up to 50 ms of work on one hostile text: neither belongs on the thread that answers requests. Called through
 * `password-strength.ts` alone.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as commonDictionary } from '@zxcvbn-ts/language-common';
import { dictionary as englishDictionary } from '@zxcvbn-ts/language-en';
import { dictionary as frenchDictionary } from '@zxcvbn-ts/language-fr';
import type { PasswordWeakness, StrengthTask } from './password-strength.ts';

/**
 * Below this many guesses a password is refused: with ten guesses in fifteen minutes, a million take a network a century, and a thief of the
 * hashes, at Argon2's price, most of a day for each account. Eight random letters or digits are above it, so that no rule of composition
 * comes in by this door (ASVS 6.2.5).
 */
const GUESSES_MIN = 1_000_000;

const estimator = new ZxcvbnFactory({
  dictionary: { ...commonDictionary, ...englishDictionary, ...frenchDictionary },
  graphs: adjacencyGraphs,
  // What comes behind only adds to the guesses. It bounds the work, with the next line: the time goes up with letters read as digits.
  maxLength: 40,
  l33tMaxSubstitutions: 5,
});

const common = new Set(commonDictionary['passwords-common']);

/** What makes the password weak; null: it is strong enough. */
export default function weaknessOf({ password, words }: StrengthTask): PasswordWeakness | null {
  // ASVS 6.2.4
  if (common.has(password.toLowerCase())) return 'common';
  const { guesses, sequence } = estimator.check(password, [...words]);
  if (guesses >= GUESSES_MIN) return null;
  const [longest] = [...sequence].sort((left, right) => right.token.length - left.token.length);
  if (longest === undefined) return 'words';
  if (longest.pattern === 'dictionary') return longest.dictionaryName === 'userInputs' ? 'personal' : 'words';
  return WEAKNESSES[longest.pattern] ?? 'words';
}

const WEAKNESSES: Readonly<Record<string, PasswordWeakness>> = {
  spatial: 'keyboard',
  repeat: 'repeat',
  sequence: 'sequence',
  date: 'date',
  regex: 'date',
};
