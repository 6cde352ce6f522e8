/**
 * First and last names: what people are called, so nearly anything.
 *
 * Owns their rules: NFC, no surrounding space, at most 150 characters (Django's column), nothing that cannot be seen. Joiners are
 * allowed, since Persian and Indian names need them; direction marks are not: a name must not reorder the page around it.
 */
import { type FieldProblem, fieldProblem } from './problems.ts';

/** Django's `first_name` and `last_name` hold 150. */
export const NAME_CHARACTERS_MAX = 150;

/** A name, or what is wrong with it. An empty one is valid. */
export type ParsedName =
  | { readonly outcome: 'valid'; readonly name: string }
  | { readonly outcome: 'invalid'; readonly problem: FieldProblem };

/** Reads a first name; problems are the field `first_name`'s. */
export function parseFirstName(text: string): ParsedName {
  return parseName(text, 'first_name');
}

/** Reads a last name; problems are the field `last_name`'s. */
export function parseLastName(text: string): ParsedName {
  return parseName(text, 'last_name');
}

/** Control, format and private-use characters and separators of lines, but for U+200C and U+200D. */
const UNSEEN = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

function parseName(text: string, field: 'first_name' | 'last_name'): ParsedName {
  // NFC at most triples the length (Unicode Standard Annex #15); what is far too long is not normalised at all.
  if (text.length > 4 * NAME_CHARACTERS_MAX) return tooLong(field);
  const name = text.normalize('NFC').trim();
  if (UNSEEN.test(name)) {
    return { outcome: 'invalid', problem: fieldProblem(field, 'problem.text.controlCharacters') };
  }
  return [...name].length > NAME_CHARACTERS_MAX ? tooLong(field) : { outcome: 'valid', name };
}

function tooLong(field: string): ParsedName {
  return {
    outcome: 'invalid',
    problem: fieldProblem(field, 'problem.text.tooLong', { maximum: NAME_CHARACTERS_MAX }),
  };
}
