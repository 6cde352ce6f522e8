/** The problems of a refused form, gathered on top of the page: said first, and each a link to its field (WCAG 3.3.1). */
import type { VNode } from 'preact';
import type { Problem } from '../messages.ts';
import { fieldId } from './form.tsx';
import { Icon } from './marks.tsx';
import type { Ui } from './ui.ts';

/** What is wrong, said first and with the focus, each problem linked to its field. Nothing when all is well. */
export function ProblemSummary({
  ui,
  formProblem,
  fieldProblems,
  labels,
}: {
  readonly ui: Ui;
  readonly formProblem: Problem | null;
  readonly fieldProblems: Readonly<Partial<Record<string, Problem>>>;
  /** The labels of the fields, in the order of the page. */
  readonly labels: Readonly<Record<string, string>>;
}): VNode | null {
  const lines = Object.entries(labels).flatMap(([name, label]) => {
    const found = fieldProblems[name];
    return found === undefined ? [] : [{ name, label, text: ui.sayProblem(found) }];
  });
  if (formProblem === null && lines.length === 0) return null;
  return (
    // The focus: after a refused form the first thing to hear is what was wrong (WCAG 3.3.1).
    <div class="summary" role="alert" tabIndex={-1} autofocus>
      <Icon name="alert" />
      <div>
        {formProblem !== null && <p class="summary-title">{ui.sayProblem(formProblem)}</p>}
        {lines.length > 0 && <p class="summary-title">{ui.say('summary.title', { count: lines.length })}</p>}
        {lines.length > 0 && (
          <ul>
            {lines.map(({ name, label, text }) => (
              <li key={name}>
                {ui.sayRich('summary.line', { field: <a href={`#${fieldId(name)}`}>{label}</a>, problem: text })}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** True when a form came back with a problem. */
export function isRefused(form: {
  readonly formProblem: Problem | null;
  readonly fieldProblems: Readonly<Partial<Record<string, Problem>>>;
}): boolean {
  return form.formProblem !== null || Object.values(form.fieldProblems).some((found) => found !== undefined);
}
