/**
 * Usernames: what a new one may be, and when two are the same name or look alike.
 *
 * Owns normalisation, validation and the two keys that storage holds unique. Normalises first, then validates
 * (Auth.js GHSA-7rqj-j65f-68wh). Imported usernames are exempt from all rules but get the same keys.
 *
 * An `@` is allowed, as in Django, but only in a username that is the account's own address: sign-in takes addresses too,
 * and a name must not stand in for somebody else's address. (`sign-in.ts` lets a verified address go before a name, so that
 * one who claims an address without owning it gains nothing.)
 */
import type { EmailKey, UsernameKey, UsernameSkeleton } from './ports.ts';
import { type FieldProblem, fieldProblem } from './problems.ts';
import { skeletonOf } from './username-skeleton.ts';

/** Django's `username` holds 150 characters. */
export const USERNAME_CHARACTERS_MAX = 150;

/** A username with the keys under which it is unique. */
export interface Username {
  readonly outcome: 'valid';
  /** As it is shown: normalised, its case kept. */
  readonly username: string;
  readonly key: UsernameKey;
  readonly skeleton: UsernameSkeleton;
}

/** A username, or what is wrong with it (field `username`). */
export type ParsedUsername = Username | { readonly outcome: 'invalid'; readonly problem: FieldProblem };

/** Reads a new username. @param ownEmail the account's address; null: it has none. */
export function parseUsername(text: string, ownEmail: EmailKey | null): ParsedUsername {
  // NFKC makes of one character 18 at most (U+FDFA), so this bounds the work, not what is accepted.
  if (text.length > 4 * USERNAME_CHARACTERS_MAX) return tooLong();
  const username = normaliseUsername(text);
  if (username === '') return invalid('problem.required');
  if (UNSEEN.test(username)) return invalid('problem.username.invisibleCharacters');
  if (!WRITTEN.test(username) || MARKS_PILED_UP.test(username)) return invalid('problem.username.notAllowed');
  if ([...username].length > USERNAME_CHARACTERS_MAX) return tooLong();
  const key = usernameKeyOf(username);
  if (username.includes('@') && key !== (ownEmail as string | null)) return invalid('problem.username.address');
  return { outcome: 'valid', username, key, skeleton: skeletonOf(key) };
}

/** The keys of a username that was accepted once, or imported. Judges nothing. */
export function storedUsername(username: string): Username {
  const key = usernameKeyOf(username);
  return { outcome: 'valid', username, key, skeleton: skeletonOf(key) };
}

/** NFKC (Unicode Standard Annex #15), without space around it. Phones put one behind a name that they complete. */
export function normaliseUsername(text: string): string {
  return text.normalize('NFKC').trim();
}

/**
 * NFKC and case-folded, so that `Straße`, `STRASSE` and `ＳＴＲＡＳＳＥ` have one key. Folding goes over the upper case, which
 * merges what toLowerCase alone keeps apart (`ß` and `ss`), and writes every sigma alike. Of its own result it makes the same.
 */
export function usernameKeyOf(username: string): UsernameKey {
  let key = normaliseUsername(username);
  for (;;) {
    const next = key.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
    if (next === key) return key as UsernameKey;
    key = next;
  }
}

/**
 * What cannot be seen or turns the text around it: control (Cc), format with all bidirectional controls (Cf), private use (Co),
 * lone surrogates (Cs), unassigned (Cn), line and paragraph separators, and what Unicode itself calls ignorable when shown.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Django's `[\w.@+-]+`: letters, digits and marks of any script; a mark does not come first, it would have nothing to sit on. */
const WRITTEN = /^(?!\p{M})[\p{L}\p{M}\p{Nd}@.+\-_]+$/u;

/** UTS #39 §5.4: more than four marks in a row write no language. */
const MARKS_PILED_UP = /\p{Mn}{5}/u;

function invalid(code: Parameters<typeof fieldProblem>[1]): ParsedUsername {
  return { outcome: 'invalid', problem: fieldProblem('username', code) };
}

function tooLong(): ParsedUsername {
  const values = { maximum: USERNAME_CHARACTERS_MAX };
  return { outcome: 'invalid', problem: fieldProblem('username', 'problem.text.tooLong', values) };
}
