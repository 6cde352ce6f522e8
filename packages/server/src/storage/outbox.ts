/**
 * The outbox and the secrets that travel in it: implements `OutboxStore`.
 *
 * Owns the rows. What is sent, and when it is tried again, is `mail/delivery.ts`; what a secret opens is `mailed-secrets.ts`.
 */
import { sql } from 'kysely';
import type { NewMailedSecret } from '../accounts/ports/mail.ts';
import type { MailRecord, MailResult, NewMail, OutboxStore } from '../mail/ports.ts';
import { insertMailedSecret, secretRow } from './mailed-secret-rows.ts';
import { columnsOf, query, type Statements } from './query.ts';
import type { OutgoingMailTable } from './schema.ts';
import { all, count, type Engine, type Transition } from './transition.ts';

const MAIL_COLUMNS = [
  'id',
  'kind',
  'recipient',
  'sealed_content',
  'queued_at',
  'gives_up_at',
  'attempts',
  'next_attempt_at',
  'settled_at',
  'outcome',
  'detail',
] as const satisfies readonly (keyof OutgoingMailTable)[];

const queries = {
  insertMail: query((db, p: OutgoingMailTable) => db.insertInto('outgoing_mail').values(columnsOf(p, MAIL_COLUMNS))),

  insertSecret: insertMailedSecret,

  /** A read that finds nothing costs no commit: most of the time nothing is due. */
  due: query((db, p: { now: number }) =>
    db.selectFrom('outgoing_mail').select('id').where('next_attempt_at', '<=', p.now).limit(sql.lit(1)),
  ),

  claim: query((db, p: { now: number; lease_until: number; limit: number }, dialect) =>
    db
      .updateTable('outgoing_mail')
      .set(({ eb }) => ({ next_attempt_at: p.lease_until, attempts: eb('attempts', '+', sql.lit(1)) }))
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('outgoing_mail as due')
          .select('due.id')
          .where('due.next_attempt_at', '<=', p.now)
          .orderBy('due.next_attempt_at')
          .limit(p.limit)
          .modifyEnd(dialect.skipLocked),
      )
      .returning(['id', 'kind', 'recipient', 'sealed_content', 'gives_up_at', 'attempts']),
  ),

  settle: query(
    (
      db,
      p: Pick<OutgoingMailTable, 'id' | 'attempts' | 'next_attempt_at' | 'settled_at' | 'outcome' | 'detail'> & {
        attempts_then: number;
      },
    ) =>
      db
        .updateTable('outgoing_mail')
        .set({
          next_attempt_at: p.next_attempt_at,
          settled_at: p.settled_at,
          outcome: p.outcome,
          detail: p.detail,
          attempts: p.attempts_then,
        })
        .where('id', '=', p.id)
        .where('attempts', '=', p.attempts)
        .where('settled_at', 'is', null),
  ),

  empty: query((db, p: { id: string }) =>
    db.updateTable('outgoing_mail').set({ sealed_content: null }).where('id', '=', p.id),
  ),

  countWaiting: query((db) =>
    db
      .selectFrom('outgoing_mail')
      .select(({ fn }) => fn.countAll<number>().as('rows'))
      .where('next_attempt_at', 'is not', null),
  ),

  countFailed: query((db, p: { since: number }) =>
    db
      .selectFrom('outgoing_mail')
      .select(({ fn }) => fn.countAll<number>().as('rows'))
      .where('settled_at', '>=', p.since)
      .where('outcome', '=', sql.lit<'failed'>('failed')),
  ),

  list: query((db, p: { limit: number }) =>
    db.selectFrom('outgoing_mail').select(MAIL_COLUMNS).orderBy('queued_at', 'desc').orderBy('id').limit(p.limit),
  ),

  listKept: query((db, p: { limit: number }) =>
    db
      .selectFrom('outgoing_mail')
      .select(MAIL_COLUMNS)
      .where('outcome', '=', sql.lit<'kept'>('kept'))
      .orderBy('queued_at', 'desc')
      .orderBy('id')
      .limit(p.limit),
  ),

  retryAll: query((db, p: { now: number }) =>
    db
      .updateTable('outgoing_mail')
      .set({ next_attempt_at: p.now, settled_at: null, outcome: null, attempts: sql.lit(0) })
      .where('outcome', '=', sql.lit<'failed'>('failed'))
      .where('gives_up_at', '>', p.now),
  ),

  retryOne: query((db, p: { id: string; now: number }) =>
    db
      .updateTable('outgoing_mail')
      .set({ next_attempt_at: p.now, settled_at: null, outcome: null, attempts: sql.lit(0) })
      .where('id', '=', p.id)
      .where('outcome', '=', sql.lit<'failed'>('failed'))
      .where('gives_up_at', '>', p.now),
  ),
};

type Q = Statements<typeof queries>;
type MailRow = NonNullable<Q['list']['row']>;

/** Makes the store. */
export function createOutboxStore(engine: Engine): OutboxStore {
  const q = engine.prepare('outbox', queries);
  return {
    queueMail: (mail, secret) => engine.transition(() => queueMail(q, mail, secret)),
    async claimMail({ nowMs, leaseMs, limit }) {
      if ((await engine.readOne(q.due, { now: nowMs })) === null) return [];
      const step = { now: nowMs, lease_until: nowMs + leaseMs, limit };
      return engine.transition(function* () {
        return (yield* all(q.claim, step)).flatMap((row) =>
          row.sealed_content === null
            ? []
            : [{ ...row, to: row.recipient, sealedContent: row.sealed_content }].map(claimed),
        );
      });
    },
    settleMail: ({ id, attempt }, result) =>
      engine.transition(function* () {
        const changed = yield* count(q.settle, { id, attempts: attempt, ...settled(attempt, result) });
        if (changed === 1 && result.state === 'sent') yield* count(q.empty, { id });
        return changed === 1;
      }),
    async countMail({ failedSinceMs }) {
      const waiting = await engine.readOne(q.countWaiting, {});
      const failed = await engine.readOne(q.countFailed, { since: failedSinceMs });
      return { waiting: Number(waiting?.rows ?? 0), failed: Number(failed?.rows ?? 0) };
    },
    async listMail(limit) {
      return (await engine.readAll(q.list, { limit })).map(recordOf);
    },
    async listKeptMail(limit) {
      const rows = await engine.readAll(q.listKept, { limit });
      return rows.flatMap((row) =>
        row.sealed_content === null ? [] : [{ ...recordOf(row), sealedContent: row.sealed_content }],
      );
    },
    retryMail: (id, nowMs) =>
      id === null ? engine.writeCount(q.retryAll, { now: nowMs }) : engine.writeCount(q.retryOne, { id, now: nowMs }),
  };
}

function* queueMail(q: Q, mail: NewMail, secret: NewMailedSecret | null): Transition<void> {
  yield* count(q.insertMail, {
    id: mail.id,
    kind: mail.kind,
    recipient: mail.to,
    sealed_content: mail.sealedContent,
    queued_at: mail.queuedAtMs,
    gives_up_at: mail.givesUpAtMs,
    attempts: 0,
    next_attempt_at: mail.kept ? null : mail.queuedAtMs,
    settled_at: mail.kept ? mail.queuedAtMs : null,
    outcome: mail.kept ? 'kept' : null,
    detail: null,
  });
  if (secret !== null) yield* count(q.insertSecret, secretRow(secret));
}

function claimed(row: {
  readonly id: string;
  readonly kind: MailRow['kind'];
  readonly to: string;
  readonly sealedContent: Buffer;
  readonly gives_up_at: number;
  readonly attempts: number;
}) {
  const { id, kind, to, sealedContent } = row;
  return { id, kind, to, sealedContent, givesUpAtMs: row.gives_up_at, attempt: row.attempts };
}

function settled(attempt: number, result: MailResult) {
  const { detail } = result;
  return result.state === 'waiting'
    ? {
        next_attempt_at: result.nextAttemptAtMs,
        settled_at: null,
        outcome: null,
        detail,
        attempts_then: result.counted ? attempt : attempt - 1,
      }
    : { next_attempt_at: null, settled_at: result.nowMs, outcome: result.state, detail, attempts_then: attempt };
}

function recordOf(row: MailRow): MailRecord {
  return {
    id: row.id,
    kind: row.kind,
    to: row.recipient,
    state: row.outcome ?? 'waiting',
    attempts: row.attempts,
    detail: row.detail,
    queuedAtMs: row.queued_at,
    givesUpAtMs: row.gives_up_at,
    nextAttemptAtMs: row.next_attempt_at,
    settledAtMs: row.settled_at,
  };
}
