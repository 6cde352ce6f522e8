/** The cache of what every request reads. */
import { describe, expect, it } from 'vitest';
import { BriefCache } from '../../src/storage/brief-cache.ts';
import { movableClock } from '../../src/storage/conformance/case.ts';

function newCache(read: (key: string) => Promise<string | null>) {
  const reads: string[] = [];
  const clock = movableClock(1_000_000);
  const cache = new BriefCache<string | null>(
    (key) => {
      reads.push(key);
      return read(key);
    },
    (value) => value !== null,
    clock.read,
  );
  return { cache, clock, reads };
}

describe('BriefCache', () => {
  it('reads once for calls at the same time and within a second, and again after it', async () => {
    const { cache, clock, reads } = newCache(async (key) => key.toUpperCase());
    expect(await Promise.all([cache.find('a'), cache.find('a')])).toEqual(['A', 'A']);
    clock.advance(999);
    await cache.find('a');
    expect(reads).toEqual(['a']);
    clock.advance(1);
    await cache.find('a');
    expect(reads).toEqual(['a', 'a']);
  });

  it('reads again when the clock was set back', async () => {
    const { cache, clock, reads } = newCache(async () => 'value');
    await cache.find('a');
    clock.advance(-5_000);
    await cache.find('a');
    expect(reads).toHaveLength(2);
  });

  it('keeps neither what it is told not to keep nor a failure', async () => {
    let fails = true;
    const { cache, reads } = newCache(async (key) => {
      if (key === 'lost' && fails) throw new Error('no database');
      return key === 'unknown' ? null : 'found';
    });
    expect(await cache.find('unknown')).toBeNull();
    await cache.find('unknown');
    expect(reads).toEqual(['unknown', 'unknown']);
    await expect(cache.find('lost')).rejects.toThrow('no database');
    fails = false;
    expect(await cache.find('lost')).toBe('found');
  });

  it('forgets a read that was under way when it was cleared', async () => {
    let answer = (_value: string): void => undefined;
    const { cache, reads } = newCache(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const before = cache.find('a');
    const answerBefore = answer;
    cache.clear();
    const after = cache.find('a');
    answerBefore('old');
    answer('new');
    expect([await before, await after, await cache.find('a')]).toEqual(['old', 'new', 'new']);
    expect(reads).toHaveLength(2);
  });

  it('holds a bounded number: the oldest goes', async () => {
    const { cache, reads } = newCache(async () => 'value');
    for (let index = 0; index <= 4_096; index += 1) await cache.find(`key ${index}`);
    await cache.find('key 4096');
    await cache.find('key 1');
    expect(reads).toHaveLength(4_097);
    await cache.find('key 0');
    expect(reads).toHaveLength(4_098);
  });
});
