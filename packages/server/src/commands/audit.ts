/** `diapason audit …`. Owns output and the words of faults; what the chain proves is `admin/audit-chain.ts` and docs/operations.md. */
import { resolve } from 'node:path';
import type { GroupName } from '../accounts/ports/groups.ts';
import { type AuditFault, NO_HASH, verifyAuditLog } from '../admin/audit-chain.ts';
import type { AuditLine, AuditStore, ListedAuditLine } from '../admin/ports/audit.ts';
import { findUser } from '../admin/users.ts';
import type { Storage } from '../storage/storage.ts';
import { withDatabase } from './database.ts';
import { makeFile } from './new-file.ts';
import { done, EXIT_REFUSED, json, type Outcome, refused, usage } from './outcome.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** `audit verify`: status 0 where every line is as it was written, 1 otherwise. */
export async function verifyAudit(
  options: { readonly expect?: string; readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withDatabase(terminal, async ({ audit }) => {
    const verdict = await verifyAuditLog(audit, options.expect ?? null);
    if (verdict.outcome === 'broken') {
      const { sequence, fault, lines } = verdict;
      if (!options.json) return refused(`The audit log is broken at line ${sequence}: ${WORDS[fault]}`);
      const shown = { whole: false, fault, line: sequence, verified_lines: lines };
      terminal.write(`${JSON.stringify(shown, null, 2)}\n`);
      return { outcome: 'said', status: EXIT_REFUSED };
    }
    const { head, lines, expected } = verdict;
    const shown = {
      whole: true,
      count: head.count,
      head: head.hash,
      verified_lines: lines,
      first_line: head.deletedUpTo + 1,
      expected: options.expect === undefined ? null : expected,
    };
    if (options.json) return json(shown);
    const deleted =
      head.deletedUpTo === 0 ? '' : ` Lines 1 to ${head.deletedUpTo} were deleted when their time was over.`;
    return done(
      `The audit log is whole: ${lines} lines, to line ${head.count}.${deleted}\nhead ${head.hash}\n` +
        'Note the head at another place, and give it next time: diapason audit verify --expect HASH',
    );
  });
}

const WORDS: Readonly<Record<AuditFault, string>> = {
  no_head: 'the row that says where the log ends is gone.',
  missing: 'one or more lines before it are gone.',
  changed: 'it, or the line before it, does not say what was written.',
  cut_off: 'it and what follows are gone.',
  added: 'it stands after the end of the log.',
  not_expected: 'the hash of --expect is in no line: the log was written anew, or cut off before it.',
};

/** Options of `audit list`. */
export interface ListAuditOptions {
  readonly since?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly action?: string;
  readonly limit?: number;
  readonly json?: true;
}

const LINES_SHOWN = 100;

/** `audit list`: the latest first. */
export async function listAudit(options: ListAuditOptions, terminal: Terminal): Promise<Outcome> {
  const sinceMs = options.since === undefined ? null : instantOf(options.since, terminal.clock());
  if (Number.isNaN(sinceMs))
    return usage('--since is an instant such as 2026-01-31T14:05:00Z, or a time such as 24h or 7d.');
  return withDatabase(terminal, async (storage) => {
    const filter = {
      sinceMs,
      actors: options.actor === undefined ? null : await actorsCalled(options.actor, storage),
      subjects: options.subject === undefined ? null : await subjectsCalled(options.subject, storage),
      action: options.action ?? null,
    };
    const lines = await storage.audit.listLines(filter, Number.MAX_SAFE_INTEGER, options.limit ?? LINES_SHOWN);
    if (options.json) return json(lines.map(listedJson));
    const rows = lines.map((line) => [
      String(line.sequence),
      instant(line.atMs),
      whoOf(line),
      line.actor.from ?? '-',
      line.action,
      whatOf(line),
      detailOf(line),
    ]);
    return done(table(['LINE', 'AT', 'WHO', 'FROM', 'ACTION', 'TO', 'DETAIL'], rows, 'No lines.'));
  });
}

/** An instant; NaN: it is none. */
function instantOf(text: string, nowMs: number): number {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (number !== undefined)
    return nowMs - Number(number) * (unit === 'm' ? 60_000 : unit === 'h' ? 3_600_000 : 86_400_000);
  return /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
}

async function actorsCalled(name: string, { accounts }: Storage): Promise<readonly string[]> {
  const account = await findUser(name, { accounts });
  return account === null ? [name] : [account.id, name];
}

async function subjectsCalled(name: string, { accounts, applications, groups }: Storage): Promise<readonly string[]> {
  const [account, application, group] = await Promise.all([
    findUser(name, { accounts }),
    applications.findApplicationByClientId(name),
    groups.findGroup(name as GroupName),
  ]);
  return [name, account?.id, application?.id, group?.id].filter((id) => id !== undefined);
}

function whoOf({ actor, actorUsername }: ListedAuditLine): string {
  return actor.kind === 'account' ? (actorUsername ?? actor.accountId) : `${actor.systemUser} (command line)`;
}

function whatOf({ subject, subjectUsername }: ListedAuditLine): string {
  const name = subjectUsername ?? subject.label ?? subject.id;
  return name === '' ? subject.kind : `${subject.kind} ${name}`;
}

function detailOf({ detail }: AuditLine): string {
  const text = JSON.stringify(detail);
  return text === '{}' ? '' : text;
}

const PAGE_LINES = 1_000;

/** `audit export`: the lines with their hashes, by which anybody can check them. @param file a path, or `-` for standard output */
export async function exportAudit(file: string, terminal: Terminal): Promise<Outcome> {
  return withDatabase(terminal, async ({ audit }) => {
    if (file === '-') {
      await writeLines(audit, async (text) => terminal.write(text));
      return done();
    }
    const path = resolve(terminal.source.directory, file);
    const made = await makeFile(path, (append) => writeLines(audit, append));
    return made.outcome === 'failed' ? refused(made.line) : done(`Wrote ${made.result} lines to ${path}.`);
  });
}

function writeLines(audit: AuditStore, write: (text: string) => Promise<void>): Promise<number> {
  return audit.reading(async ({ readHead, readLines }) => {
    const head = await readHead();
    let previous = { sequence: head?.deletedUpTo ?? 0, hash: head?.deletedHash ?? NO_HASH };
    let lines = 0;
    for (;;) {
      const page = await readLines(previous.sequence, PAGE_LINES);
      const written = [];
      for (const line of page) {
        written.push(`${JSON.stringify({ ...lineJson(line), previous_hash: previous.hash, hash: line.hash })}\n`);
        previous = line;
      }
      await write(written.join(''));
      lines += page.length;
      if (page.length < PAGE_LINES) return lines;
    }
  });
}

function listedJson(line: ListedAuditLine) {
  const { actor, subject, ...rest } = lineJson(line);
  return {
    ...rest,
    actor: { ...actor, username: line.actorUsername },
    subject: { ...subject, username: line.subjectUsername },
    hash: line.hash,
  };
}

function lineJson({ sequence, atMs, actor, action, subject, detail }: AuditLine) {
  return {
    line: sequence,
    at: isoInstant(atMs),
    actor:
      actor.kind === 'account'
        ? { kind: actor.kind, id: actor.accountId, door: actor.door, from: actor.from }
        : { kind: actor.kind, id: actor.systemUser, door: 'command', from: actor.from },
    action,
    subject,
    detail,
  };
}
