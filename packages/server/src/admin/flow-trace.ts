/**
 * Who sees which attempts: an application's owner those of the application, a superuser all.
 *
 * Owns that. An attempt of a former application that had the same `client_id` is nobody's.
 */
import type { Application } from '../protocol/application.ts';
import { presentedClientId } from '../protocol/client-id.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import type { FlowAttempt, FlowPosition, FlowTraceStore } from './ports/flow-trace.ts';

/** A page of attempts. */
export interface FlowPage {
  readonly attempts: readonly FlowAttempt[];
  /** After which the next page begins; null: there is none. */
  readonly next: FlowPosition | null;
}

/** Attempts of an application that the caller may see (`findApplication`), newest first. */
export async function listActivity(
  { clientId, createdAtMs }: Pick<Application, 'clientId' | 'createdAtMs'>,
  range: { readonly before: FlowPosition | null; readonly sinceMs?: number; readonly limit: number },
  { flowTrace }: { readonly flowTrace: Pick<FlowTraceStore, 'listAttempts'> },
): Promise<FlowPage> {
  const { before, limit, sinceMs = 0 } = range;
  const sought = { before, sinceMs: Math.max(sinceMs, createdAtMs), limit: limit + 1 };
  return pageOf(await flowTrace.listAttempts(clientId, sought), limit);
}

/** One attempt of that application; null: there is none of this reference, or it is another's. */
export async function findActivity(
  reference: string,
  { clientId, createdAtMs }: Pick<Application, 'clientId' | 'createdAtMs'>,
  { flowTrace }: { readonly flowTrace: Pick<FlowTraceStore, 'findAttempt'> },
): Promise<FlowAttempt | null> {
  const found = await flowTrace.findAttempt(reference);
  return found !== null && found.clientId === clientId && found.occurredAtMs >= createdAtMs ? found : null;
}

/** An attempt with the application that it is of; null: of none that exists. */
export interface FlowAttemptWithApplication {
  readonly attempt: FlowAttempt;
  readonly application: Pick<Application, 'id' | 'name'> | null;
}

/** What a superuser's look needs. */
export interface AllActivityDeps {
  readonly flowTrace: Pick<FlowTraceStore, 'listRefusals' | 'findAttempt'>;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
}

/** For superusers: refusals of all applications and of none, newest first. */
export async function listAllRefusals(
  range: { readonly before: FlowPosition | null; readonly limit: number },
  deps: AllActivityDeps,
): Promise<{ readonly attempts: readonly FlowAttemptWithApplication[]; readonly next: FlowPosition | null }> {
  const found = await deps.flowTrace.listRefusals({ before: range.before, limit: range.limit + 1 });
  const { attempts, next } = pageOf(found, range.limit);
  return { attempts: await withApplications(attempts, deps), next };
}

/** For superusers: whatever has this reference. */
export async function findAnyActivity(
  reference: string,
  deps: AllActivityDeps,
): Promise<FlowAttemptWithApplication | null> {
  const found = await deps.flowTrace.findAttempt(reference);
  if (found === null) return null;
  const [with_] = await withApplications([found], deps);
  return with_ ?? null;
}

async function withApplications(
  attempts: readonly FlowAttempt[],
  { applications }: Pick<AllActivityDeps, 'applications'>,
): Promise<readonly FlowAttemptWithApplication[]> {
  const ids = [...new Set(attempts.flatMap(({ clientId }) => clientId ?? []))];
  const found = await Promise.all(
    ids.map(async (text) => {
      const id = presentedClientId(text);
      return [text, id === null ? null : await applications.findByClientId(id)] as const;
    }),
  );
  const byId = new Map(found);
  return attempts.map((attempt) => {
    const application = attempt.clientId === null ? null : (byId.get(attempt.clientId) ?? null);
    const isTheirs = application !== null && attempt.occurredAtMs >= application.createdAtMs;
    return { attempt, application: isTheirs ? application : null };
  });
}

function pageOf(found: readonly FlowAttempt[], limit: number): FlowPage {
  const attempts = found.slice(0, limit);
  return { attempts, next: found.length > limit ? (attempts.at(-1) ?? null) : null };
}
