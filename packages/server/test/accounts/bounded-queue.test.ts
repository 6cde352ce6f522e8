import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../src/accounts/bounded-queue.ts';

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let started = false;
  const run = () => {
    started = true;
    return promise;
  };
  return { run, end: () => resolve('done'), fail: () => reject(new Error('broken')), hasStarted: () => started };
}

describe('D32, the bounded queue', () => {
  it('runs as many as it may, lets as many wait as it may, and says busy to the next at once', async () => {
    const queue = new BoundedQueue(2, 1);
    const [first, second, third, fourth] = [work(), work(), work(), work()];
    const running = [queue.run(first.run), queue.run(second.run), queue.run(third.run)];
    expect([first, second, third].map(({ hasStarted }) => hasStarted())).toEqual([true, true, false]);

    expect(await queue.run(fourth.run)).toEqual({ outcome: 'busy', retryAfterSeconds: 1 });
    expect(fourth.hasStarted()).toBe(false);

    first.end();
    await running[0];
    await Promise.resolve();
    expect(third.hasStarted()).toBe(true);
    second.end();
    third.end();
    expect(await Promise.all(running)).toEqual(Array(3).fill({ outcome: 'done', value: 'done' }));
    const fifth = work();
    const last = queue.run(fifth.run);
    expect(fifth.hasStarted()).toBe(true);
    fifth.end();
    await last;
  });

  it('hands a place on to who waits, not to a newcomer, and frees it when the work fails', async () => {
    const queue = new BoundedQueue(1, 1);
    const [first, second, newcomer] = [work(), work(), work()];
    const failing = queue.run(first.run);
    const waiting = queue.run(second.run);
    first.fail();
    await expect(failing).rejects.toThrow('broken');
    const queued = queue.run(newcomer.run);
    expect([second, newcomer].map(({ hasStarted }) => hasStarted())).toEqual([true, false]);
    second.end();
    expect((await waiting).outcome).toBe('done');
    newcomer.end();
    expect((await queued).outcome).toBe('done');
  });

  it('holds a place until the work has ended, though nobody waits for it any more', async () => {
    const queue = new BoundedQueue(1, 0);
    const abandoned = work();
    void queue.run(abandoned.run);
    expect((await queue.run(work().run)).outcome).toBe('busy');
    abandoned.end();
    await new Promise((resolve) => setImmediate(resolve));
    const next = work();
    next.end();
    expect((await queue.run(next.run)).outcome).toBe('done');
  });

  it('tells a longer wait where more is under way', async () => {
    const queue = new BoundedQueue(1, 99);
    const pending = Array.from({ length: 100 }, () => queue.run(() => new Promise<never>(() => {})));
    expect(await queue.run(work().run)).toEqual({ outcome: 'busy', retryAfterSeconds: 5 });
    expect(pending).toHaveLength(100);
  });

  it.each([
    [0, 1],
    [1, -1],
    [1.5, 1],
  ])('refuses to be made with %d and %d', (concurrency, waiting) => {
    expect(() => new BoundedQueue(concurrency, waiting)).toThrow(RangeError);
  });
});
