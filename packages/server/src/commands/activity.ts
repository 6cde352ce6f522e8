/** `diapason app activity`: what an application attempted, and why it was refused. Owns its output; what is kept is `admin/`'s. */
import { findActivity, listActivity } from '../admin/flow-trace.ts';
import { attemptJson, type ReasonWords } from '../admin/flow-trace-json.ts';
import type { FlowAttempt } from '../admin/ports/flow-trace.ts';
import { messagesIn } from '../pages/messages.ts';
import type { Application } from '../protocol/application.ts';
import { keptReason, sectionOf } from '../protocol/refusal-reasons.ts';
import { findNamed, notFound } from './applications.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { record } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** Options of `app activity`. */
export interface ActivityOptions {
  readonly follow?: true;
  readonly json?: true;
  readonly limit?: number;
  readonly reference?: string;
}

const LIMIT = 20;
const READ_EVERY_MS = 1_000;
/** Attempts are kept up to a second after they happen, by processes whose clocks differ a little. */
const OVERLAP_MS = 15_000;

const { say } = messagesIn('en', 'Diapason');
const words: ReasonWords = (reason) => ({ what: say(`refusal.${reason}.what`), fix: say(`refusal.${reason}.fix`) });

/**
 * Prints the newest attempts, the oldest of them first; with `follow` whatever comes after them too, until it is interrupted. With `json`
 * an array, and with both a line for each.
 */
export async function showActivity(name: string, options: ActivityOptions, terminal: Terminal): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench) => {
    const application = await findNamed(name, workbench);
    if (application === null) return notFound(name);
    if (options.reference !== undefined) return showOne(options.reference, application, options, workbench);
    const { attempts } = await listActivity(
      application,
      { before: null, limit: options.limit ?? LIMIT },
      workbench.storage,
    );
    const oldestFirst = attempts.toReversed();
    if (options.follow === true) return follow(oldestFirst, application, options, workbench, terminal);
    if (options.json) return json(oldestFirst.map((attempt) => attemptJson(attempt, words)));
    return done(oldestFirst.length === 0 ? 'Nothing yet.' : oldestFirst.map(asText).join('\n\n'));
  });
}

async function showOne(
  reference: string,
  application: Application,
  options: ActivityOptions,
  { storage }: Workbench,
): Promise<Outcome> {
  const attempt = await findActivity(reference, application, storage);
  if (attempt === null) return refused(`${application.name} has no attempt with the reference ${reference}.`);
  return options.json ? json(attemptJson(attempt, words)) : done(asText(attempt));
}

/** Ends by the signal that interrupts it. */
async function follow(
  first: readonly FlowAttempt[],
  application: Application,
  options: ActivityOptions,
  { storage }: Workbench,
  terminal: Terminal,
): Promise<Outcome> {
  const told = new Map<string, number>();
  const tell = (attempts: readonly FlowAttempt[]) => {
    for (const attempt of attempts) {
      if (told.has(attempt.reference)) continue;
      told.set(attempt.reference, attempt.occurredAtMs);
      terminal.write(options.json ? `${JSON.stringify(attemptJson(attempt, words))}\n` : `${asText(attempt)}\n\n`);
    }
  };
  tell(first);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
    const sinceMs = terminal.clock() - OVERLAP_MS;
    const { attempts } = await listActivity(application, { before: null, sinceMs, limit: 200 }, storage);
    tell(attempts.toReversed());
    for (const [reference, atMs] of told) if (atMs < sinceMs - OVERLAP_MS) told.delete(reference);
  }
}

function asText(attempt: FlowAttempt): string {
  const { reference, endpoint, outcome, occurredAtMs } = attempt;
  const head = `${new Date(occurredAtMs).toISOString()}  ${outcome}  ${endpoint}  ${reference}`;
  const more = attempt.alike > 0 ? `\n  and ${attempt.alike} more like it at the same time` : '';
  if (outcome !== 'refused') return `${head}${attempt.reason === null ? '' : `  ${attempt.reason}`}${more}`;
  const reason = keptReason(attempt.reason);
  const { what, fix } = words(reason);
  const compared = attempt.comparisons.flatMap(({ parameter, asked, registered }) => [
    [`asked ${parameter}`, asked ?? '(not sent, or not seen)'] as const,
    ['registered', registered.length === 0 ? '(nothing)' : registered.join(' ')] as const,
  ]);
  const facts = record([
    ...compared,
    ['what to do', fix],
    ['told', `${attempt.error}: ${attempt.hint}`],
    ...(attempt.detail === null ? [] : [['not told', attempt.detail] as const]),
    ['section', sectionOf(reason, attempt.hint ?? '')],
  ]);
  return `${head}\n  ${what}\n${facts.replace(/^/gm, '  ')}${more}`;
}
