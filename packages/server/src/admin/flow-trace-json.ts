/** An attempt as programs read it: the events of the activity page and `diapason app activity --json`. Changes only by additions. */
import { keptReason, type RefusalReason, sectionOf } from '../protocol/refusal-reasons.ts';
import type { FlowAttempt } from './ports/flow-trace.ts';

/** Words for a reason, in the reader's language. */
export type ReasonWords = (reason: RefusalReason) => { readonly what: string; readonly fix: string };

/** Its JSON form (docs/activity.md). */
export function attemptJson(attempt: FlowAttempt, words: ReasonWords): object {
  const common = {
    reference: attempt.reference,
    at: new Date(attempt.occurredAtMs).toISOString(),
    endpoint: attempt.endpoint,
    outcome: attempt.outcome,
    client_id: attempt.clientId,
    more_like_it: attempt.alike,
  };
  if (attempt.outcome === 'done') return common;
  if (attempt.outcome === 'waiting') return { ...common, step: attempt.reason };
  const reason = keptReason(attempt.reason);
  return {
    ...common,
    reason,
    ...words(reason),
    error: attempt.error,
    error_description: attempt.hint,
    detail: attempt.detail,
    section: sectionOf(reason, attempt.hint ?? ''),
    compared: attempt.comparisons.map(({ parameter, asked, registered }) => ({ parameter, asked, registered })),
  };
}
