/**
 * `/o/applications/:id/activity/events/`: attempts as they happen, as server-sent events (HTML Standard §9.2).
 *
 * Each open stream reads the store every second, so that it tells of attempts at every process. Whether its reader may still see the
 * application is looked at anew each time: a session that ended, an account that is disabled or no superuser any more, an application that
 * changed hands close the stream. Their number is bounded. Looking on is no use of a session: it ends of idleness all the same.
 * An event may come twice; its `reference` says so. Owns all that; the pages are `activity.ts`.
 */
import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionFound } from '../accounts/ports.ts';
import { type ApplicationReads, findApplication } from '../admin/applications.ts';
import { listActivity } from '../admin/flow-trace.ts';
import { attemptJson, type ReasonWords } from '../admin/flow-trace-json.ts';
import type { FlowTraceStore } from '../admin/ports/flow-trace.ts';
import { chooseLocale, messagesIn } from '../pages/messages.ts';
import type { Application } from '../protocol/application.ts';
import { lacksSecondFactor, type SecondFactorReader } from '../protocol/second-factor.ts';
import type { Secret } from '../vocabulary/credentials.ts';
import { applicationId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { CookieJar } from './cookies.ts';
import type { AddRoute } from './methods.ts';

/** What it uses. */
export interface ActivityStreamDeps {
  readonly jar: CookieJar;
  /** The live session behind a cookie, without taking it for used. */
  readonly lookAtSession: (session: Secret<'session'>) => Promise<SessionFound | null>;
  readonly factors: SecondFactorReader;
  readonly applications: ApplicationReads['applications'];
  readonly flowTrace: Pick<FlowTraceStore, 'listAttempts'>;
  readonly clock: Clock;
}

/** Of this process, and of one account in it: a page in a few tabs. */
const STREAMS_MAX = 100;
const STREAMS_PER_ACCOUNT_MAX = 5;
const READ_EVERY_MS = 1_000;
/** Attempts are kept up to a second after they happen, by processes whose clocks differ a little. */
const OVERLAP_MS = 15_000;
const ATTEMPTS_PER_READ = 50;
/** Proxies close what is silent. */
const SILENT_READS_MAX = 15;
/** After this the browser opens a new one by itself. */
const LIFETIME_MS = 15 * 60_000;

/** Registers the route. `close` ends the open streams, so that the process can end. */
export function activityStreamRoute(add: AddRoute, deps: ActivityStreamDeps): { close(): void } {
  const open = new Map<PassThrough, string>();
  add(
    '/o/applications/:id/activity/events/',
    {
      GET: async (request, reply) => {
        const seen = await look(request, deps);
        if ('status' in seen) return refuse(reply, seen.status);
        const theirs = [...open.values()].filter((id) => id === seen.accountId).length;
        if (theirs >= STREAMS_PER_ACCOUNT_MAX) return refuse(reply.header('retry-after', '60'), 429);
        if (open.size >= STREAMS_MAX) return refuse(reply.header('retry-after', '60'), 503);
        const stream = new PassThrough();
        open.set(stream, seen.accountId);
        stream.once('close', () => open.delete(stream));
        void tell(stream, request, deps);
        return reply
          .headers({
            'content-type': 'text/event-stream; charset=utf-8',
            'cache-control': 'no-store',
            // nginx would hold events back until its buffer is full.
            'x-accel-buffering': 'no',
          })
          .send(stream);
      },
    },
    { quiet: true, head: 'refused' },
  );
  return {
    close: () => {
      for (const stream of open.keys()) stream.end();
    },
  };
}

type Seen =
  | { readonly accountId: string; readonly application: Application; readonly locale: string | null }
  | { readonly status: 401 | 403 | 404 };

/** Whether the reader may see the application, now. */
async function look({ headers, params }: FastifyRequest, deps: ActivityStreamDeps): Promise<Seen> {
  // Another site could not read it, and is not to take up one of the places.
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return { status: 403 };
  const { session } = deps.jar.read(headers.cookie);
  const found = session === null ? null : await deps.lookAtSession(session);
  if (found === null) return { status: 401 };
  const { account, groupRequiresSecondFactor } = found;
  if (
    groupRequiresSecondFactor &&
    (await lacksSecondFactor({ accountId: account.id, amr: found.session.amr }, deps.factors))
  ) {
    return { status: 403 };
  }
  const actor = { accountId: account.id, isSuperuser: account.isSuperuser };
  const result = await findApplication(applicationId((params as { id: string }).id.slice(0, 64)), actor, deps);
  if (result.outcome === 'not_found') return { status: 404 };
  return { accountId: account.id, application: result.application, locale: account.locale };
}

/** Writes events for as long as the reader stays and may. */
async function tell(stream: PassThrough, request: FastifyRequest, deps: ActivityStreamDeps): Promise<void> {
  const told = new Map<string, number>();
  const startedAtMs = deps.clock();
  let silent = 0;
  stream.write('retry: 3000\n\n');
  try {
    while (!stream.writableEnded && !stream.destroyed && deps.clock() - startedAtMs < LIFETIME_MS) {
      const seen = await look(request, deps);
      if ('status' in seen) {
        stream.write('event: closed\ndata: {}\n\n');
        break;
      }
      const sinceMs = deps.clock() - OVERLAP_MS;
      const range = { before: null, sinceMs, limit: ATTEMPTS_PER_READ };
      const { attempts } = await listActivity(seen.application, range, deps);
      const fresh = attempts.filter(({ reference }) => !told.has(reference)).toReversed();
      const words = wordsIn(chooseLocale([deps.jar.read(request.headers.cookie).locale, seen.locale], undefined));
      for (const attempt of fresh) {
        told.set(attempt.reference, attempt.occurredAtMs);
        stream.write(
          `event: attempt\nid: ${attempt.reference}\ndata: ${JSON.stringify(attemptJson(attempt, words))}\n\n`,
        );
      }
      for (const [reference, atMs] of told) if (atMs < sinceMs) told.delete(reference);
      silent = fresh.length > 0 ? 0 : silent + 1;
      if (silent % SILENT_READS_MAX === 1) stream.write(': \n\n');
      // A reader that does not read is not written for any further.
      if (stream.writableNeedDrain) break;
      await waited(READ_EVERY_MS);
    }
  } catch (error) {
    request.log.warn({ err: error }, 'a stream of attempts ended');
  }
  stream.end();
}

/** The words of a language for each reason. */
function wordsIn(locale: Parameters<typeof messagesIn>[0]): ReasonWords {
  const { say } = messagesIn(locale, '');
  return (reason) => ({ what: say(`refusal.${reason}.what`), fix: say(`refusal.${reason}.fix`) });
}

function waited(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function refuse(reply: FastifyReply, status: 401 | 403 | 404 | 429 | 503): FastifyReply {
  const error = { 401: 'sign_in', 403: 'forbidden', 404: 'not_found', 429: 'too_many', 503: 'too_many' }[status];
  return reply
    .code(status)
    .headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .send(JSON.stringify({ error }));
}
