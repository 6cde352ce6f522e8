/**
 * Usernames of this application: what is one, and which is free.
 *
 * Owns the rule, and the suggestion where a name is taken.
 */
import type { AccountStore } from '../store/account-store.ts';

const USERNAME_LENGTH_MAX = 150;
const SUGGESTIONS_MAX = 50;

/** The name as it is kept, or null when it cannot be one: control, invisible and bidirectional characters, spaces around it. */
export function readUsername(text: string): string | null {
  const username = text.normalize('NFKC').trim();
  if (username === '' || [...username].length > USERNAME_LENGTH_MAX) return null;
  // \p{C}: control, format (bidirectional among them), unassigned. \p{Z} but for the plain space.
  return /[\p{C}\p{Zl}\p{Zp}]|[^\P{Z} ]|[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/u.test(username) ? null : username;
}

/** A free name like this one; the name itself when nothing near it is free. */
export async function suggestUsername(
  wanted: string,
  store: Pick<AccountStore, 'findUserByUsername'>,
): Promise<string> {
  const base = readUsername(wanted);
  if (base === null) return '';
  for (let number = 2; number < SUGGESTIONS_MAX; number += 1) {
    const candidate = `${[...base].slice(0, USERNAME_LENGTH_MAX - 3).join('')}${number}`;
    if ((await store.findUserByUsername(candidate)) === null) return candidate;
  }
  return base;
}
