/**
 * A closed loop: so many connections, each with one request under way at any time, for so long.
 *
 * Owns the clock. It says how busy both sides were, because a number taken while the load was the busier one understates the
 * server.
 */
import { openConnection } from './connection.ts';
import type { Target } from './target.ts';
import type { Work } from './works.ts';

/** How much load, for how long. */
export interface LoadOptions {
  readonly connections: number;
  /** How often the work is done before the clock runs: by count, since a compiler warms up by calls and not by seconds. */
  readonly warmUpCount: number;
  readonly durationMs: number;
}

/** One measurement. */
export interface Sample {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Shares of one core, 0 to 1; the server's may exceed 1 by its other threads. null where the system does not say. */
  readonly serverBusy: number | null;
  readonly loadBusy: number;
}

/** What each server has been warmed up for: once is enough, as none is restarted. */
const warm = new WeakMap<Target, Set<string>>();

/** Does the work as often as it goes. @throws whatever a wrong answer throws: the run is then worth nothing. */
export async function drive(target: Target, work: Work, options: LoadOptions): Promise<Sample> {
  const connections = Array.from({ length: options.connections }, () => openConnection(target.baseUrl));
  const others = work.beside === undefined ? [] : connections.map(() => openConnection(target.baseUrl));
  try {
    const once = await Promise.all(connections.map((connection, index) => work.prepare(target, connection, index)));
    if (!warm.has(target)) warm.set(target, new Set());
    if (!warm.get(target)?.has(work.name)) {
      await loop(once, Number.POSITIVE_INFINITY, work.warmUpCount ?? options.warmUpCount);
    }
    warm.get(target)?.add(work.name);
    const beside = await Promise.all(
      others.map((connection, index) => work.beside?.(target, connection, index) ?? nothing),
    );
    const [sample] = await Promise.all([measure(target, once, options), loop(beside, options.durationMs)]);
    return sample;
  } finally {
    await Promise.all([...connections, ...others].map((connection) => connection.close()));
  }
}

/** The counted part. */
async function measure(
  target: Target,
  once: readonly (() => Promise<void>)[],
  { durationMs }: LoadOptions,
): Promise<Sample> {
  const cpuBefore = target.process.cpuMs();
  const loadBefore = process.cpuUsage();
  const startedAt = performance.now();
  const latencies = await loop(once, durationMs);
  const elapsedMs = performance.now() - startedAt;
  const load = process.cpuUsage(loadBefore);
  const cpuAfter = target.process.cpuMs();
  latencies.sort((left, right) => left - right);
  return {
    perSecond: (latencies.length / elapsedMs) * 1000,
    medianMs: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    serverBusy: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / elapsedMs,
    loadBusy: (load.user + load.system) / 1000 / elapsedMs,
  };
}

const nothing = async (): Promise<void> => undefined;

/** Runs every function again and again until the time or the count is over, and answers how long each turn took. */
async function loop(
  functions: readonly (() => Promise<void>)[],
  durationMs: number,
  countMax = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const endsAt = performance.now() + durationMs;
  const latencies: number[] = [];
  await Promise.all(
    functions.map(async (run) => {
      for (let startedAt = performance.now(); startedAt < endsAt && latencies.length < countMax; ) {
        await run();
        const now = performance.now();
        latencies.push(now - startedAt);
        startedAt = now;
      }
    }),
  );
  return latencies;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
