/** The statements of the audit log: taking the next place in the chain, writing a line, reading. Nothing here changes a line. */
import { sql } from 'kysely';
import { query } from './query.ts';
import type { AuditLineTable } from './schema.ts';

const COLUMNS = [
  'sequence',
  'at',
  'actor_kind',
  'actor_id',
  'door',
  'came_from',
  'action',
  'subject_kind',
  'subject_id',
  'subject_label',
  'detail',
  'hash',
] as const satisfies readonly (keyof AuditLineTable)[];

const LINE_COLUMNS = COLUMNS.map((name) => `line.${name}` as const);

/** The row of the head. */
const THE_ONE = sql.lit(1);

/** The statements. */
export const auditQueries = {
  /** Whoever asks next waits here until this transaction is over: of any number at once one continues the chain at a time. */
  takePlace: query((db) =>
    db
      .updateTable('audit_head')
      .set({ lines: sql<number>`lines + 1` })
      .where('id', '=', THE_ONE)
      .returning(['lines', 'hash']),
  ),

  insert: query((db, p: AuditLineTable) =>
    db.insertInto('audit_line').values({
      sequence: p.sequence,
      at: p.at,
      actor_kind: p.actor_kind,
      actor_id: p.actor_id,
      door: p.door,
      came_from: p.came_from,
      action: p.action,
      subject_kind: p.subject_kind,
      subject_id: p.subject_id,
      subject_label: p.subject_label,
      detail: p.detail,
      hash: p.hash,
    }),
  ),

  setHead: query((db, p: { hash: string }) =>
    db.updateTable('audit_head').set({ hash: p.hash }).where('id', '=', THE_ONE),
  ),

  readHead: query((db) =>
    db.selectFrom('audit_head').select(['lines', 'hash', 'deleted_up_to', 'deleted_hash']).where('id', '=', THE_ONE),
  ),

  readLines: query((db, p: { after: number; limit: number }) =>
    db
      .selectFrom('audit_line as line')
      .select(LINE_COLUMNS)
      .where('line.sequence', '>', p.after)
      .orderBy('line.sequence')
      .limit(p.limit),
  ),

  /** The newest first; whoever looks for something rare reads pages until it is found (`audit.ts`). */
  listLines: query((db, p: { before: number; limit: number }) =>
    db
      .selectFrom('audit_line as line')
      .leftJoin('account as actor', (join) =>
        join.onRef('actor.id', '=', 'line.actor_id').on('line.actor_kind', '=', sql.lit('account')),
      )
      .leftJoin('account as subject', (join) =>
        join.onRef('subject.id', '=', 'line.subject_id').on('line.subject_kind', '=', sql.lit('account')),
      )
      .select(LINE_COLUMNS)
      .select(['actor.username as actor_username', 'subject.username as subject_username'])
      .where('line.sequence', '<', p.before)
      .orderBy('line.sequence', 'desc')
      .limit(p.limit),
  ),

  oldest: query((db, p: { limit: number }) =>
    db
      .selectFrom('audit_line as line')
      .select(['line.sequence', 'line.at', 'line.hash'])
      .where('line.sequence', '>', sql.lit(0))
      .orderBy('line.sequence')
      .limit(p.limit),
  ),

  deleteUpTo: query((db, p: { sequence: number }) => db.deleteFrom('audit_line').where('sequence', '<=', p.sequence)),

  setBeginning: query((db, p: { sequence: number; hash: string }) =>
    db.updateTable('audit_head').set({ deleted_up_to: p.sequence, deleted_hash: p.hash }).where('id', '=', THE_ONE),
  ),
};
