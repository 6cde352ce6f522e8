/**
 * The operator's fields between forms and flows: what a form shows of them, and what was typed into them.
 *
 * Owns that bridge alone. The rules are `accounts/profile-fields.ts`; the words are the operator's.
 */

import type { FieldProblem } from '../accounts/problems.ts';
import { wireNameOf } from '../accounts/profile-fields.ts';
import type { ProfileFieldView } from '../pages/models/profile-field.ts';
import type { FieldValues, ProfileField } from '../vocabulary/profile-field.ts';
import { shownProblems, text } from './forms.ts';

/** What was typed into these fields, by name. */
export function typedFields(form: URLSearchParams, fields: readonly ProfileField[]): FieldValues {
  return Object.fromEntries(fields.map((field) => [field.name, text(form, wireNameOf(field)).slice(0, 2_000)]));
}

/** They as a form shows them. @param problems of the whole form; those of other fields are left out. */
export function fieldViews(
  fields: readonly ProfileField[],
  values: FieldValues,
  problems: readonly FieldProblem[] = [],
): readonly ProfileFieldView[] {
  const names = fields.map(wireNameOf);
  const { fieldProblems } = shownProblems(problems, names);
  return fields.map((field) => ({
    name: wireNameOf(field),
    label: field.label,
    kind: field.kind,
    choices: [...field.choices].map(([value, words]) => ({ value, words })),
    value: Object.hasOwn(values, field.name) ? (values[field.name] ?? '') : '',
    required: field.required,
    canChange: field.editedBy === 'person',
    problem: fieldProblems[wireNameOf(field)],
  }));
}

/** The problems that are of none of these fields. */
export function otherProblems(
  problems: readonly FieldProblem[],
  fields: readonly ProfileField[],
): readonly FieldProblem[] {
  const names = new Set(fields.map(wireNameOf));
  return problems.filter(({ field }) => !names.has(field));
}
