/** Attempts as the pages show them. Owns the step from the kept record to the view. */
import type { FlowAttemptWithApplication } from '../admin/flow-trace.ts';
import { differenceOf } from '../admin/flow-trace-difference.ts';
import type { FlowAttempt, FlowPosition } from '../admin/ports/flow-trace.ts';
import type { AttemptView } from '../pages/models/activity.ts';
import { keptReason, sectionOf } from '../protocol/refusal-reasons.ts';

/** One of an application's own list. */
export function attemptView(attempt: FlowAttempt): AttemptView {
  const { reference, occurredAtMs, endpoint, alike, network } = attempt;
  return { reference, occurredAtMs, endpoint, alike, network, result: resultOf(attempt) };
}

/** One of the list of all. */
export function attemptViewOfAll({ attempt, application }: FlowAttemptWithApplication): AttemptView {
  const named = application === null ? null : { id: application.id, name: application.name };
  return { ...attemptView(attempt), application: named };
}

const STEPS = ['login', 'consent', 'second_factor', 'sign_out'] as const;

function resultOf(attempt: FlowAttempt): AttemptView['result'] {
  switch (attempt.outcome) {
    case 'done':
      return { outcome: 'done' };
    case 'waiting':
      return { outcome: 'waiting', step: STEPS.find((step) => step === attempt.reason) ?? 'login' };
    case 'refused': {
      const reason = keptReason(attempt.reason);
      const hint = attempt.hint ?? '';
      return {
        outcome: 'refused',
        reason,
        error: attempt.error ?? '',
        hint,
        detail: attempt.detail,
        section: sectionOf(reason, hint),
        comparisons: attempt.comparisons.map(differenceOf),
      };
    }
    default:
      return attempt.outcome satisfies never;
  }
}

/** A position as the link to earlier attempts writes it. */
export function positionText({ occurredAtMs, reference }: FlowPosition): string {
  return `${occurredAtMs}.${reference}`;
}

/** A position from an address; null: there is none, or it is none. */
export function positionIn(text: string | null): FlowPosition | null {
  const [, at, reference] = /^([0-9]{1,15})\.([A-Za-z0-9_-]{1,64})$/.exec(text ?? '') ?? [];
  return at === undefined || reference === undefined ? null : { occurredAtMs: Number(at), reference };
}
