/**
 * What somebody typed into a form while their session came to its end: carried through the sign-in that intervenes, in its form,
 * and offered to be sent again by the same person's hand.
 *
 * Owns what is carried and how it is written. Nothing of it is stored, and nothing of it is secret: passwords are left out. It
 * comes back only from our own sign-in form, proven by its token like all that is in it, and it does nothing by itself: the page
 * behind the sign-in shows as whom it would be sent.
 */
import type { HiddenField } from '../pages/models/context.ts';

/** Half of what a form may weigh, since it is wrapped twice on its way. */
const CHARACTERS_MAX = 20_000;
/** Fields that are typed anew, and the token, which the next page has of its own. */
const LEFT_OUT = /^(csrf|code|step)$|password|secret/i;

/** @returns null where there is nothing to carry, or too much. */
export function keptText(form: URLSearchParams): string | null {
  const fields = [...form].filter(([name]) => !LEFT_OUT.test(name));
  // Beside a password the username was not typed: it stands there for password managers.
  const hasPassword = [...form.keys()].some((name) => /password/.test(name));
  const isTyped = ([name, value]: [string, string]) => value !== '' && !(hasPassword && name === 'username');
  if (!fields.some(isTyped)) return null;
  const text = Buffer.from(new URLSearchParams(fields).toString()).toString('base64url');
  return text.length <= CHARACTERS_MAX ? text : null;
}

/** The fields of a kept form, for the page that sends it; null: it is none. */
export function keptFields(text: string | null): readonly HiddenField[] | null {
  if (text === null || text === '' || text.length > CHARACTERS_MAX || !/^[\w-]+$/.test(text)) return null;
  const fields = [...new URLSearchParams(Buffer.from(text, 'base64url').toString())];
  return fields.filter(([name]) => !LEFT_OUT.test(name)).map(([name, value]) => ({ name, value }));
}
