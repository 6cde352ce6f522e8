/**
 * Attempts at the endpoints of applications: implements `FlowTraceStore`. An attempt is written once, behind everybody's back, and
 * never changed.
 */
import type { FlowAttempt, FlowComparison, FlowEndpoint, FlowTraceStore } from '../admin/ports/flow-trace.ts';
import { type JsonColumn, overRows } from './import/json-rows.ts';
import { query } from './query.ts';
import type { Flag, FlowAttemptTable } from './schema.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

const COLUMNS = {
  reference: 'text',
  client_id: 'text',
  occurred_at: 'integer',
  is_refusal: 'integer',
  endpoint: 'text',
  outcome: 'text',
  reason: 'text',
  error: 'text',
  hint: 'text',
  detail: 'text',
  comparisons: 'text',
  alike: 'integer',
  network: 'text',
} as const satisfies Record<keyof FlowAttemptTable, JsonColumn>;
const NAMES = Object.keys(COLUMNS) as (keyof FlowAttemptTable)[];

interface Range {
  readonly before_at: number;
  readonly before_reference: string;
  readonly limit: number;
}

const queries = {
  list: query((db, p: Range & { client_id: string; since: number }) =>
    db
      .selectFrom('flow_attempt')
      .select(NAMES)
      .where('client_id', '=', p.client_id)
      .where('occurred_at', '>=', p.since)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('occurred_at', 'reference'), '<', tuple(p.before_at, p.before_reference)),
      )
      .orderBy('occurred_at', 'desc')
      .orderBy('reference', 'desc')
      .limit(p.limit),
  ),

  refusals: query((db, p: Range) =>
    db
      .selectFrom('flow_attempt')
      .select(NAMES)
      .where('is_refusal', '=', 1)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('occurred_at', 'reference'), '<', tuple(p.before_at, p.before_reference)),
      )
      .orderBy('occurred_at', 'desc')
      .orderBy('reference', 'desc')
      .limit(p.limit),
  ),

  find: query((db, p: { reference: string }) =>
    db.selectFrom('flow_attempt').select(NAMES).where('reference', '=', p.reference),
  ),

  /** The first that is too many. By the index of the application's attempts, whose number is what this bounds. */
  tooMany: query((db, p: { client_id: string; is_refusal: Flag; kept: number }) =>
    db
      .selectFrom('flow_attempt')
      .select('occurred_at')
      .where('client_id', '=', p.client_id)
      .where('is_refusal', '=', p.is_refusal)
      .orderBy('occurred_at', 'desc')
      .orderBy('reference', 'desc')
      .limit(1)
      .offset(p.kept),
  ),

  trim: query((db, p: { client_id: string; is_refusal: Flag; until: number; limit: number }, dialect) =>
    db
      .deleteFrom('flow_attempt')
      .where(({ eb, selectFrom }) =>
        eb(
          'reference',
          'in',
          selectFrom('flow_attempt as old')
            .select('old.reference')
            .where('old.client_id', '=', p.client_id)
            .where('old.is_refusal', '=', p.is_refusal)
            .where('old.occurred_at', '<=', p.until)
            .orderBy('old.occurred_at')
            .limit(p.limit)
            .modifyEnd(dialect.skipLocked),
        ),
      ),
  ),
};

/** What stands for no application: no `client_id` is empty (RFC 6749 §A.1). */
const NO_APPLICATION = '';
/** Later than every attempt. */
const AFTER_ALL = { occurredAtMs: Number.MAX_SAFE_INTEGER, reference: '' };

/** Makes the store. */
export function createFlowTraceStore(engine: Engine): FlowTraceStore {
  const q = engine.prepare('flow_trace', queries);
  const insert = overRows<FlowAttemptTable, unknown>(
    'flow_attempts',
    engine.dialect,
    COLUMNS,
    // Without a `where`, SQLite would take the clause for a join's.
    (rows) => `insert into flow_attempt (${NAMES.join(', ')}) select ${NAMES.join(', ')} from ${rows} where true
      on conflict (reference) do nothing`,
  );
  return {
    async addAttempts(attempts) {
      if (attempts.length > 0) await engine.writeCount(insert, { rows: attempts.map(rowOf) });
    },
    async listAttempts(clientId, { before, sinceMs, limit }) {
      const { occurredAtMs, reference } = before ?? AFTER_ALL;
      const rows = await engine.readAll(q.list, {
        client_id: clientId ?? NO_APPLICATION,
        before_at: occurredAtMs,
        before_reference: reference,
        since: sinceMs,
        limit,
      });
      return rows.map(attemptOf);
    },
    async listRefusals({ before, limit }) {
      const { occurredAtMs, reference } = before ?? AFTER_ALL;
      const rows = await engine.readAll(q.refusals, { before_at: occurredAtMs, before_reference: reference, limit });
      return rows.map(attemptOf);
    },
    async findAttempt(reference) {
      const row = await engine.readOne(q.find, { reference });
      return row === null ? null : attemptOf(row);
    },
    trimAttempts(clientId, which, kept, limit) {
      const of = { client_id: clientId ?? NO_APPLICATION, is_refusal: which === 'refusals' ? 1 : 0 } as const;
      return engine.transition(function* (): Transition<number> {
        const first = yield* one(q.tooMany, { ...of, kept });
        return first === null ? 0 : yield* count(q.trim, { ...of, until: first.occurred_at, limit });
      });
    },
  };
}

function rowOf(attempt: FlowAttempt): FlowAttemptTable {
  return {
    reference: attempt.reference,
    client_id: attempt.clientId ?? NO_APPLICATION,
    occurred_at: attempt.occurredAtMs,
    is_refusal: attempt.outcome === 'refused' ? 1 : 0,
    endpoint: attempt.endpoint,
    outcome: attempt.outcome,
    reason: attempt.reason,
    error: attempt.error,
    hint: attempt.hint,
    detail: attempt.detail,
    comparisons: JSON.stringify(attempt.comparisons),
    alike: attempt.alike,
    network: attempt.network,
  };
}

function attemptOf(row: FlowAttemptTable): FlowAttempt {
  return {
    reference: row.reference,
    clientId: row.client_id === NO_APPLICATION ? null : row.client_id,
    occurredAtMs: row.occurred_at,
    endpoint: row.endpoint as FlowEndpoint,
    outcome: row.outcome as FlowAttempt['outcome'],
    reason: row.reason,
    error: row.error,
    hint: row.hint,
    detail: row.detail,
    comparisons: JSON.parse(row.comparisons) as FlowComparison[],
    alike: row.alike,
    network: row.network,
  };
}
