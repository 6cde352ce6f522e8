/**
 * The audit log at rest: implements `AuditStore`, and gives the steps that append a line to whatever transition changes something.
 *
 * Owns that the chain has one end: the row `audit_head` is taken first, and kept until the transaction is over. Nothing here changes a
 * line; lines go when their time is over, the oldest first, and where the chain begins then is kept.
 */
import { auditHash } from '../admin/audit-chain.ts';
import type {
  AuditActor,
  AuditDetail,
  AuditFilter,
  AuditHead,
  AuditLine,
  AuditNote,
  AuditStore,
  AuditSubject,
  ListedAuditLine,
} from '../admin/ports/audit.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { auditQueries } from './audit-queries.ts';
import type { Statements } from './query.ts';
import type { AuditLineTable } from './schema.ts';
import { StorageError } from './storage-error.ts';
import { all, count, type Engine, one, type Step } from './transition.ts';

/** Compiled for an engine. */
export type AuditStatements = Statements<typeof auditQueries>;

/** Compiles them. */
export function auditStatements(engine: Engine): AuditStatements {
  return engine.prepare('audit', auditQueries);
}

/** Appends a line: the last part of a transition, so that the end of the chain is held for as short as can be. */
export function* appendLine(
  q: AuditStatements,
  note: AuditNote,
  actor: AuditActor,
  nowMs: number,
): Generator<Step, void, unknown> {
  const place = yield* one(q.takePlace, {});
  if (place === null) {
    // No change without its line.
    throw new StorageError(
      'unreachable',
      'the end of the audit log is gone, so nothing is changed; see: diapason audit verify',
    );
  }
  // As it will be read again: what JSON leaves out is in no hash.
  const detail = JSON.parse(JSON.stringify(note.detail)) as AuditDetail;
  const line = { ...note, detail, actor, sequence: place.lines, atMs: nowMs };
  const hash = auditHash(line, place.hash);
  yield* count(q.insert, rowOf({ ...line, hash }));
  yield* count(q.setHead, { hash });
}

/** Deletes lines from before an instant, at most `limit` of them, and keeps where the chain begins then; says how many. */
export function* deleteOldLines(q: AuditStatements, beforeMs: number, limit: number): Generator<Step, number, unknown> {
  const oldest = yield* all(q.oldest, { limit });
  // The chain is cut at one place: a line that is young keeps those after it, whatever their clock said.
  const young = oldest.findIndex(({ at }) => at >= beforeMs);
  const last = (young === -1 ? oldest : oldest.slice(0, young)).at(-1);
  if (last === undefined) return 0;
  const deleted = yield* count(q.deleteUpTo, { sequence: last.sequence });
  yield* count(q.setBeginning, { sequence: last.sequence, hash: last.hash });
  return deleted;
}

/** Makes the store. */
export function createAuditStore(engine: Engine): AuditStore {
  const q = auditStatements(engine);
  return {
    readHead: async () => headOf(await engine.readOne(q.readHead, {})),
    readLines: async (after, limit) => (await engine.readAll(q.readLines, { after, limit })).map(lineOf),
    listLines: (filter, before, limit) => listLines(engine, q, filter, before, limit),
    reading: (work) =>
      engine.snapshot((perform) =>
        work({
          readHead: async () => headOf(await perform(one(q.readHead, {}))),
          readLines: async (after, limit) => (await perform(all(q.readLines, { after, limit }))).map(lineOf),
        }),
      ),
  };
}

/** So many are looked at at a time for those that are wanted. An index for each question would cost more than it is asked. */
const LOOKED_AT = 1_000;

async function listLines(
  engine: Engine,
  q: AuditStatements,
  filter: AuditFilter,
  before: number,
  limit: number,
): Promise<readonly ListedAuditLine[]> {
  const found: ListedAuditLine[] = [];
  for (let from = before; found.length < limit; ) {
    const rows = await engine.readAll(q.listLines, { before: from, limit: LOOKED_AT });
    for (const row of rows) {
      const line = lineOf(row);
      if (!isWanted(line, filter)) continue;
      found.push({ ...line, actorUsername: row.actor_username, subjectUsername: row.subject_username });
      if (found.length === limit) break;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < LOOKED_AT) break;
    from = last.sequence;
  }
  return found;
}

function isWanted({ atMs, actor, subject, action }: AuditLine, filter: AuditFilter): boolean {
  return (
    (filter.sinceMs === null || atMs >= filter.sinceMs) &&
    (filter.actors?.includes(actor.kind === 'account' ? actor.accountId : actor.systemUser) ?? true) &&
    (filter.subjects?.includes(subject.id) ?? true) &&
    (filter.action === null || action === filter.action || action.startsWith(`${filter.action}.`))
  );
}

function headOf(
  row: { lines: number; hash: string; deleted_up_to: number; deleted_hash: string } | null,
): AuditHead | null {
  if (row === null) return null;
  return { count: row.lines, hash: row.hash, deletedUpTo: row.deleted_up_to, deletedHash: row.deleted_hash };
}

function rowOf({ sequence, atMs, actor, action, subject, detail, hash }: AuditLine): AuditLineTable {
  return {
    sequence,
    at: atMs,
    actor_kind: actor.kind,
    actor_id: actor.kind === 'account' ? actor.accountId : actor.systemUser,
    door: actor.kind === 'account' ? actor.door : 'command',
    came_from: actor.from,
    action,
    subject_kind: subject.kind,
    subject_id: subject.id,
    subject_label: subject.label,
    detail: JSON.stringify(detail),
    hash,
  };
}

function lineOf(row: AuditLineTable): AuditLine {
  const actor: AuditActor =
    row.actor_kind === 'account'
      ? {
          kind: 'account',
          accountId: row.actor_id as AccountId,
          door: row.door === 'api' ? 'api' : 'page',
          from: row.came_from,
        }
      : { kind: 'command-line', systemUser: row.actor_id, from: row.came_from };
  return {
    sequence: row.sequence,
    atMs: row.at,
    actor,
    action: row.action,
    subject: { kind: row.subject_kind as AuditSubject['kind'], id: row.subject_id, label: row.subject_label },
    detail: detailOf(row.detail),
    hash: row.hash,
  };
}

/** A line that somebody wrote by hand is read as well, so that the chain says that it does not fit. */
function detailOf(text: string): AuditDetail {
  try {
    return JSON.parse(text) as AuditDetail;
  } catch {
    return { unreadable: true };
  }
}
