/**
 * The figures of several processes as one: each is asked by the first one, which adds them up (`prom-client`'s own aggregation), since a scrape
 * reaches whichever process took the connection.
 *
 * Owns the two messages between a process and the first one. What is counted is `metrics.ts`.
 */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import type { Metrics, MetricsText } from './metrics.ts';

/** Longer than the first process waits for the others. */
const ANSWER_MS = 6_000;

const wantedSchema = z.object({ metricsWanted: z.number() });
const readSchema = z.object({ metricsRead: z.number(), text: z.string().nullable() });

/** In the first process: answers whichever process asks, from then on. */
export function answerWithAll(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, message: unknown) => {
    const wanted = wantedSchema.safeParse(message);
    if (!wanted.success) return;
    const metricsRead = wanted.data.metricsWanted;
    const answer = (text: string | null) => {
      if (worker.isConnected()) worker.send({ metricsRead, text });
    };
    all.clusterMetrics().then(answer, () => answer(null));
  });
}

/**
 * In one of several: reads the figures of all. Where the first process does not answer in time, as when another has just ended, those of
 * this one alone, which is better than none in a moment of trouble.
 */
export function metricsOfAll(own: Metrics): () => Promise<MetricsText> {
  AggregatorRegistry.setRegistries([own.registry]);
  const { contentType } = new AggregatorRegistry();
  const waiting = new Map<number, (text: string | null) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    const read = readSchema.safeParse(message);
    if (read.success) waiting.get(read.data.metricsRead)?.(read.data.text);
  });
  return async () => {
    asked += 1;
    const id = asked;
    const text = await new Promise<string | null>((resolve) => {
      const late = setTimeout(() => resolve(null), ANSWER_MS);
      late.unref();
      waiting.set(id, (given) => {
        clearTimeout(late);
        resolve(given);
      });
      process.send?.({ metricsWanted: id });
    });
    waiting.delete(id);
    return text === null ? own.read() : { contentType, text };
  };
}
