/** The end of accounts whose owners asked for it and let the period of grace pass. Owns that; when it runs is `cleanup.ts`. */
import type { AccountId } from '../vocabulary/identifiers.ts';
import { logoutQueries, tellOfEndedSessions } from './logout-notices.ts';
import { query, type Statements } from './query.ts';
import { all, one, type Transition } from './transition.ts';

/** The statements. */
export const dueAccountQueries = {
  due: query((db, p: { until: number; limit: number }, dialect) =>
    db
      .selectFrom('account')
      .select('id')
      .where('deletes_at', '<=', p.until)
      .orderBy('deletes_at')
      .limit(p.limit)
      .modifyEnd(dialect.skipLocked),
  ),

  endSessions: query((db, p: { account_id: AccountId }) =>
    db.deleteFrom('session').where('account_id', '=', p.account_id).returning(['id', 'account_id']),
  ),

  /** Asked anew: it may have been taken back a moment ago. */
  delete: query((db, p: { id: AccountId; until: number }) =>
    db.deleteFrom('account').where('id', '=', p.id).where('deletes_at', '<=', p.until).returning('id'),
  ),

  ...logoutQueries,
};

/** Deletes at most `limit` of those that are due, each with all that is its own, and says how many there were. */
export function* deleteDueAccounts(
  q: Statements<typeof dueAccountQueries>,
  nowMs: number,
  limit: number,
): Transition<number> {
  const due = yield* all(q.due, { until: nowMs, limit });
  for (const { id } of due) {
    // Its sessions first: which applications they led to is found by the families, which go with the account.
    yield* tellOfEndedSessions(q, yield* all(q.endSessions, { account_id: id }), nowMs);
    yield* one(q.delete, { id, until: nowMs });
  }
  return due.length;
}
