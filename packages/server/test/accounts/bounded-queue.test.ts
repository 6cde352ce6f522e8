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

  it('answers a group together while twice as many wait, right and wrong alike, and at once where few do', async () => {
    const queue = new BoundedQueue(1, 99, 2);
    const works = Array.from({ length: 7 }, work);
    const answered: number[] = [];
    const all = works.map(({ run }, index) =>
      queue.run(run).then(
        () => answered.push(index),
        () => answered.push(index),
      ),
    );
    const after = async (act: () => void) => {
      act();
      await new Promise((resolve) => setImmediate(resolve));
      return [...answered];
    };
    // Six wait, then five: held, and answered with the second. The place is handed on meanwhile.
    expect(await after(() => works[0]?.fail())).toEqual([]);
    expect(works[1]?.hasStarted()).toBe(true);
    expect(await after(() => works[1]?.end())).toEqual([0, 1]);
    // Three are few.
    for (const at of [2, 3, 4, 5, 6]) expect(await after(() => works[at]?.end())).toHaveLength(at + 1);
    await Promise.all(all);
  });

  it('holds nobody back for long, though the next piece of work does not end', async () => {
    const queue = new BoundedQueue(1, 99, 4);
    const first = work();
    const held = queue.run(first.run);
    const waiting = Array.from({ length: 20 }, () => queue.run(() => new Promise<never>(() => {})));
    first.end();
    expect(await held).toEqual({ outcome: 'done', value: 'done' });
    expect(waiting).toHaveLength(20);
  });

  it.each([
    [0, 1, 1],
    [1, -1, 1],
    [1.5, 1, 1],
    [1, 1, 0],
  ])('refuses to be made with %d, %d and %d', (concurrency, waiting, together) => {
    expect(() => new BoundedQueue(concurrency, waiting, together)).toThrow(RangeError);
  });
});
