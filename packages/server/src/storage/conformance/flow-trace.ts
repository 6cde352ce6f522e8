/** Conformance of what is kept of attempts at the endpoints of applications. */
import assert from 'node:assert/strict';
import type { FlowAttempt } from '../../admin/ports/flow-trace.ts';
import { type ConformanceCase, fresh } from './case.ts';

function attemptOf(clientId: string | null, occurredAtMs: number, outcome: FlowAttempt['outcome']): FlowAttempt {
  const isRefusal = outcome === 'refused';
  return {
    reference: fresh('attempt'),
    clientId,
    occurredAtMs,
    endpoint: 'token',
    outcome,
    reason: isRefusal ? 'scope' : null,
    error: isRefusal ? 'invalid_scope' : null,
    hint: isRefusal ? 'A hint with "é" in it.' : null,
    detail: null,
    comparisons: isRefusal
      ? [{ parameter: 'scope', asked: 'read "all"', registered: ['read', 'é'], kind: 'words' }]
      : [],
    alike: isRefusal ? 3 : 0,
    network: clientId === null ? '2001:db8::1' : null,
  };
}

const ALL = { before: null, sinceMs: 0, limit: 100 };

/** The cases. */
export const flowTraceCases: readonly ConformanceCase[] = [
  {
    name: 'flow trace: an application’s own attempts are read, the newest first, a page at a time',
    async run({ flowTrace }, clock) {
      const nowMs = clock.read();
      const client = fresh('client');
      // Two in one millisecond: a page may end between them.
      const attempts = [0, 1, 1, 2].map((later, index) =>
        attemptOf(client, nowMs + later, index % 2 === 0 ? 'refused' : 'done'),
      );
      const unknown = attemptOf(null, nowMs + 1, 'refused');
      await flowTrace.addAttempts([...attempts, unknown, attemptOf(fresh('client'), nowMs, 'waiting')]);
      await flowTrace.addAttempts([]);
      const found = await flowTrace.listAttempts(client, ALL);
      assert.equal(found.length, 4);
      const byReference = (list: readonly FlowAttempt[]) =>
        list.toSorted((left, right) => (left.reference < right.reference ? -1 : 1));
      assert.deepEqual(byReference(found), byReference(attempts));
      assert.deepEqual(
        found.map(({ occurredAtMs }) => occurredAtMs - nowMs),
        [2, 1, 1, 0],
      );
      const first = await flowTrace.listAttempts(client, { ...ALL, limit: 2 });
      const rest = await flowTrace.listAttempts(client, { ...ALL, before: first.at(-1) ?? null });
      assert.deepEqual([...first, ...rest], found);
      assert.equal((await flowTrace.listAttempts(client, { ...ALL, sinceMs: nowMs + 1 })).length, 3);
      assert.ok((await flowTrace.listAttempts(null, ALL)).some(({ reference }) => reference === unknown.reference));
      const refusals = await flowTrace.listRefusals({ before: null, limit: 3 });
      assert.deepEqual(
        refusals.map(({ outcome }) => outcome),
        ['refused', 'refused', 'refused'],
      );
      assert.deepEqual(await flowTrace.findAttempt(unknown.reference), unknown);
      assert.equal(await flowTrace.findAttempt(fresh('attempt')), null);
    },
  },
  {
    name: 'flow trace: a reference that comes again changes nothing',
    async run({ flowTrace }, clock) {
      const attempt = attemptOf(fresh('client'), clock.read(), 'refused');
      await flowTrace.addAttempts([attempt]);
      const other = attemptOf(attempt.clientId, clock.read(), 'done');
      await Promise.all(
        Array.from({ length: 20 }, () =>
          flowTrace.addAttempts([
            { ...attempt, endpoint: 'logout' },
            { ...other, reference: attempt.reference },
          ]),
        ),
      );
      assert.deepEqual(await flowTrace.listAttempts(attempt.clientId, ALL), [attempt]);
    },
  },
  {
    name: 'flow trace: what is too many goes, the oldest first, refusals apart from the rest',
    async run({ flowTrace }, clock) {
      const nowMs = clock.read();
      const client = fresh('client');
      const refusals = Array.from({ length: 9 }, (_, index) => attemptOf(client, nowMs + index, 'refused'));
      const others = Array.from({ length: 3 }, (_, index) => attemptOf(client, nowMs + index, 'done'));
      await flowTrace.addAttempts([...refusals, ...others]);
      assert.equal(await flowTrace.trimAttempts(client, 'others', 3, 100), 0);
      assert.equal(await flowTrace.trimAttempts(client, 'refusals', 4, 2), 2);
      assert.equal(await flowTrace.trimAttempts(client, 'refusals', 4, 100), 3);
      assert.equal(await flowTrace.trimAttempts(fresh('client'), 'refusals', 4, 100), 0);
      const left = await flowTrace.listAttempts(client, ALL);
      assert.deepEqual(
        left.filter(({ outcome }) => outcome === 'refused').map(({ reference }) => reference),
        refusals
          .slice(5)
          .reverse()
          .map(({ reference }) => reference),
      );
      assert.equal(left.length, 7);
    },
  },
  {
    name: 'flow trace: one is kept for as long as is said',
    async run({ flowTrace, cleanup }, clock) {
      const nowMs = clock.read();
      const client = fresh('client');
      const old = [attemptOf(client, nowMs - 1_000, 'refused'), attemptOf(client, nowMs - 1_000, 'done')];
      const young = attemptOf(client, nowMs - 999, 'refused');
      await flowTrace.addAttempts([...old, young]);
      assert.equal((await cleanup(nowMs, { batchSize: 1 })).flowAttempts, 0);
      assert.ok((await cleanup(nowMs, { batchSize: 1, activityMs: 1_000 })).flowAttempts >= 2);
      assert.deepEqual(await flowTrace.listAttempts(client, ALL), [young]);
    },
  },
];
