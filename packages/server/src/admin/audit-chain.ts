/**
 * How a line of the audit log is bound to the one before it, and how the chain is walked.
 *
 * The hash covers all that a line says and the hash before it, so a line that is changed, left out, put in or moved shows at the next one.
 * Lines cut off the end show by the head that is kept apart from them. Whoever may write the whole database can write a new
 * chain: against that helps the head's hash at another place (`audit verify --expect`). A keyed hash was the alternative; the
 * secret lies where the program runs, so it would keep out few who can write the database, and nobody else could check an export.
 */
import { createHash } from 'node:crypto';
import type { AuditHead, AuditLine, AuditStore } from './ports/audit.ts';

/** Before the first line. */
export const NO_HASH = '0'.repeat(64);

/** The hash of a line, in hexadecimal. The form of what is hashed is documented in docs/operations.md and never changes. */
export function auditHash(line: Omit<AuditLine, 'hash'>, previousHash: string): string {
  const { sequence, atMs, actor, action, subject, detail } = line;
  const who = actor.kind === 'account' ? [actor.accountId, actor.door] : [actor.systemUser, 'command'];
  const hashed = [
    previousHash,
    sequence,
    atMs,
    actor.kind,
    ...who,
    actor.from,
    action,
    subject.kind,
    subject.id,
    subject.label,
    detail,
  ];
  return createHash('sha256').update(JSON.stringify(hashed), 'utf8').digest('hex');
}

/** What a walk found. */
export type AuditVerdict =
  | { readonly outcome: 'whole'; readonly head: AuditHead; readonly lines: number; readonly expected: boolean }
  /** `sequence`: of the first line that does not fit. */
  | { readonly outcome: 'broken'; readonly sequence: number; readonly fault: AuditFault; readonly lines: number };

/** What does not fit. */
export type AuditFault =
  /** The row that says where the chain ends is gone. */
  | 'no_head'
  /** One or more lines before this one are gone. */
  | 'missing'
  /** This line, or the one before it, does not say what was written. */
  | 'changed'
  /** Lines at the end are gone. */
  | 'cut_off'
  /** There are lines after the one that the head names. */
  | 'added'
  /** The hash that was noted elsewhere is not in the chain: the chain was written anew, or cut off before it. */
  | 'not_expected';

/** Lines that are read at a time. */
const PAGE_LINES = 1_000;

/** Walks the chain from its beginning. @param expect a hash that was noted earlier, which has to be in it; null: none */
export async function verifyAuditLog(store: Pick<AuditStore, 'reading'>, expect: string | null): Promise<AuditVerdict> {
  return store.reading(async ({ readHead, readLines }) => {
    const head = await readHead();
    if (head === null) return { outcome: 'broken', sequence: 1, fault: 'no_head', lines: 0 };
    let previous = { sequence: head.deletedUpTo, hash: head.deletedHash };
    let expected = expect === null || expect === previous.hash;
    let lines = 0;
    for (;;) {
      const page = await readLines(previous.sequence, PAGE_LINES);
      for (const line of page) {
        const fault = faultOf(line, previous, head);
        if (fault !== null) return { outcome: 'broken', sequence: line.sequence, fault, lines };
        expected ||= line.hash === expect;
        previous = line;
        lines += 1;
      }
      if (page.length < PAGE_LINES) break;
    }
    const next = previous.sequence + 1;
    if (previous.sequence < head.count) return { outcome: 'broken', sequence: next, fault: 'cut_off', lines };
    if (previous.hash !== head.hash) return { outcome: 'broken', sequence: head.count, fault: 'changed', lines };
    if (!expected) return { outcome: 'broken', sequence: next, fault: 'not_expected', lines };
    return { outcome: 'whole', head, lines, expected: expect !== null };
  });
}

function faultOf(
  line: AuditLine,
  previous: { readonly sequence: number; readonly hash: string },
  head: AuditHead,
): AuditFault | null {
  if (line.sequence > head.count) return 'added';
  if (line.sequence !== previous.sequence + 1) return 'missing';
  return auditHash(line, previous.hash) === line.hash ? null : 'changed';
}
