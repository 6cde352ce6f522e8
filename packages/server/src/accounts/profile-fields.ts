/**
 * Values of the fields that the operator declares: read and judged as one reads names and addresses.
 *
 * Owns the rule of each kind of field. Which fields there are is the operator's (`vocabulary/profile-field.ts`).
 */
import type { FieldPatch, FieldValues, ProfileField, ProfileFields } from '../vocabulary/profile-field.ts';
import { type FieldProblem, fieldProblem } from './problems.ts';

/** The wire name of a field: beside `username` and its like nothing can be mistaken. */
export function wireNameOf({ name }: Pick<ProfileField, 'name'>): string {
  return `field_${name}`;
}

/** The fields that a person fills in. @param when at sign-up those alone without which there is no account. */
export function fieldsOfPerson(fields: ProfileFields, when: 'sign-up' | 'profile'): readonly ProfileField[] {
  return [...fields.values()].filter(
    ({ editedBy, required }) => editedBy === 'person' && (when === 'profile' || required),
  );
}

/** What was read: a value, or null for none, by name; and what is wrong, by the fields' wire names. */
export interface ReadFields {
  readonly patch: FieldPatch;
  readonly problems: readonly FieldProblem[];
}

/**
 * Reads what was typed into these fields.
 * @param former values that stay as they are, and are not judged again: the declaration may have changed since.
 */
export function readFields(
  fields: readonly ProfileField[],
  typed: Readonly<Record<string, string>>,
  former: FieldValues,
): ReadFields {
  const patch: Record<string, string | null> = {};
  const problems: FieldProblem[] = [];
  for (const field of fields) {
    const value = (typed[field.name] ?? '').normalize('NFC').trim();
    const problem = value !== '' && value === former[field.name] ? null : problemOf(field, value);
    if (problem === null) patch[field.name] = value === '' ? null : value;
    else problems.push(problem);
  }
  return { patch, problems };
}

/** The values after a change. */
export function patched(former: FieldValues, patch: FieldPatch): FieldValues {
  const after = Object.entries({ ...former, ...patch });
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
}

function problemOf(field: ProfileField, value: string): FieldProblem | null {
  const at = wireNameOf(field);
  if (value === '') return field.required ? fieldProblem(at, 'problem.required') : null;
  if ([...value].length > field.charactersMax) {
    return fieldProblem(at, 'problem.text.tooLong', { maximum: field.charactersMax });
  }
  if (/\p{C}/u.test(value) || !value.isWellFormed()) return fieldProblem(at, 'problem.text.controlCharacters');
  switch (field.kind) {
    case 'text':
      return null;
    case 'choice':
      return field.choices.has(value) ? null : fieldProblem(at, 'problem.choice.unknown');
    case 'date':
      return isDate(value) ? null : fieldProblem(at, 'problem.date.invalid');
    case 'url':
      // It becomes a link somewhere: no scheme that runs what it carries.
      return /^https?:\/\//i.test(value) && URL.canParse(value) ? null : fieldProblem(at, 'problem.address.invalid');
    default:
      return field.kind satisfies never;
  }
}

/** OpenID Connect Core §5.1 writes dates so (`birthdate`). */
function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const ms = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}
