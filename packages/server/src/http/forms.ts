/**
 * From what a person typed to what a flow takes, and from what a flow refused to what the form shows again.
 *
 * Owns that bridge alone: the codes are `accounts/problems.ts`, the words are `pages/messages/`.
 */
import type { FieldProblem } from '../accounts/problems.ts';
import { type Problem, problem } from '../pages/messages.ts';

/** A field's text; empty when it was not sent. */
export function text(form: URLSearchParams, field: string): string {
  return form.get(field) ?? '';
}

/** What was typed into these fields, to be shown again. */
export function typed<Field extends string>(
  form: URLSearchParams,
  fields: readonly Field[],
): Readonly<Record<Field, string>> {
  return Object.fromEntries(fields.map((field) => [field, text(form, field)])) as Record<Field, string>;
}

/** Problems by field; the one of the form as a whole apart. */
export interface ShownProblems<Field extends string> {
  readonly fieldProblems: Readonly<Partial<Record<Field, Problem>>>;
  readonly formProblem: Problem | null;
}

/** Nothing is wrong. */
export const NO_PROBLEMS: ShownProblems<never> = { fieldProblems: {}, formProblem: null };

/** Sorts a flow's problems to the fields of a page; one about a field that the page does not have is about the whole. */
export function shownProblems<Field extends string>(
  problems: readonly FieldProblem[],
  fields: readonly Field[],
): ShownProblems<Field> {
  const fieldProblems: Partial<Record<Field, Problem>> = {};
  let formProblem: Problem | null = null;
  for (const found of problems) {
    const shown: Problem = found.values === undefined ? { key: found.code } : { key: found.code, values: found.values };
    const field = fields.find((name) => name === found.field);
    if (field === undefined) formProblem ??= shown;
    else fieldProblems[field] ??= shown;
  }
  return { fieldProblems, formProblem };
}

/** Too many failures, as the form says it: in whole minutes, never zero. */
export function limitedProblem(retryAfterSeconds: number): Problem {
  return problem('problem.signIn.tooManyAttempts', { minutes: Math.max(1, Math.ceil(retryAfterSeconds / 60)) });
}

/** All hashing slots are taken, as the form says it. */
export function busyProblem(retryAfterSeconds: number): Problem {
  return problem('problem.busy', { seconds: retryAfterSeconds });
}
