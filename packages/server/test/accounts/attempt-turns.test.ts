import { describe, expect, it } from 'vitest';
import { AttemptTurns } from '../../src/accounts/attempt-turns.ts';

/** A limit of two, as storage keeps it: counted before it is known what an attempt was, taken back when it was right. */
function limitOfTwo() {
  const turns = new AttemptTurns();
  let counted = 0;
  let asked = 0;
  const count = async () => {
    asked += 1;
    await Promise.resolve();
    if (counted >= 2) return { outcome: 'limited' } as const;
    counted += 1;
    return { outcome: 'allowed' } as const;
  };
  const attempt = async (isRight: boolean, key = 'key') => {
    const turn = await turns.take(key, count);
    if (turn.outcome === 'limited') return 'limited';
    await new Promise((later) => setTimeout(later, 1));
    if (isRight) counted -= 1;
    turn.end();
    return isRight ? 'right' : 'wrong';
  };
  return { attempt, asked: () => asked };
}

describe('attempts at once', () => {
  it('wait for those under way rather than be one too many for them', async () => {
    const { attempt } = limitOfTwo();
    expect(await Promise.all(Array.from({ length: 20 }, () => attempt(true)))).toEqual(Array(20).fill('right'));
  });

  it('are limited when those under way were failures, each asked about a few times at most', async () => {
    const { attempt, asked } = limitOfTwo();
    const all = await Promise.all(Array.from({ length: 20 }, () => attempt(false)));
    expect(all).toEqual(['wrong', 'wrong', ...Array(18).fill('limited')]);
    expect(asked()).toBeLessThan(30);
  });

  it('of both kinds: every right one is let in until the failures are too many', async () => {
    const { attempt } = limitOfTwo();
    const all = await Promise.all([true, false, true, true, false, true].map((isRight) => attempt(isRight)));
    expect(all).toEqual(['right', 'wrong', 'right', 'right', 'wrong', 'limited']);
  });

  it('are counted on when one fails to be counted', async () => {
    const turns = new AttemptTurns();
    const lost = turns.take('key', () => Promise.reject(new Error('the database is gone')));
    const next = turns.take('key', async () => ({ outcome: 'allowed' }) as const);
    await expect(lost).rejects.toThrow('gone');
    expect(await next).toMatchObject({ outcome: 'allowed' });
  });

  it('do not wait when they are more than people ever are', async () => {
    const { attempt } = limitOfTwo();
    const all = await Promise.all(Array.from({ length: 300 }, () => attempt(true)));
    expect(all.filter((outcome) => outcome === 'right').length).toBeGreaterThanOrEqual(200);
    expect(all.filter((outcome) => outcome === 'limited').length).toBeGreaterThan(0);
  });
});
