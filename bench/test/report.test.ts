import { describe, expect, it } from 'vitest';
import type { Sample } from '../src/load.ts';
import { limitTable, median, workTable } from '../src/report.ts';

const sample = (perSecond: number, serverBusy: number): Sample => ({
  perSecond,
  serverBusy,
  loadBusy: 0.25,
  medianMs: 1,
  p99Ms: 2,
});

describe('The median', () => {
  it('is the middle value, or the mean of the two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('The table', () => {
  const work = { name: 'w', title: 'works', wanted: { slow: 3, fast: 3 } };
  const lines = workTable([
    {
      work,
      absent: ['without'],
      series: [
        { target: 'diapason', samples: [sample(300, 0.5), sample(310, 0.5), sample(9_000, 0.5)] },
        { target: 'slow', samples: [sample(100, 1), sample(100, 1), sample(100, 1)] },
        { target: 'fast', samples: [sample(620, 1), sample(620, 1), sample(620, 1)] },
      ],
    },
  ]).split('\n');

  it('says how many times the peer’s rate ours is, of medians, and whether that is enough', () => {
    expect(lines[2]).toMatch(/^ +slow +100 +100–100 +3\.10× .*met: ≥ 3×/);
    expect(lines[3]).toMatch(/^ +fast +620 +620–620 +0\.50× .*MISSED: ≥ 3×/);
  });

  it('names who cannot do the work', () => {
    expect(lines[4]).toMatch(/^ +without +has none$/);
  });

  it('compares by processor time too, so that an idle half of a core is not counted', () => {
    expect(lines[2]).toContain('6.20×');
    expect(lines[3]).toContain('1.00×');
  });
});

describe('The table of limits', () => {
  const work = { name: 'sign-in', title: 'sign-ins', wanted: {} };
  const own = { target: 'diapason', samples: [sample(45, 1), sample(45, 1), sample(45, 1)] };
  const limit = { name: 'hashes', bounds: 'sign-ins', work: 'sign-in', wanted: 0.95 };
  const lineOf = (busy: number) =>
    limitTable([{ ...limit, samples: [{ perSecond: 50, busy }] }], [{ work, absent: [], series: [own] }]).split(
      '\n',
    )[1];

  it('says how near a work comes to its limit, by processor time too, and goes by the lesser of the two', () => {
    expect(lineOf(1)).toMatch(/^hashes +50 +sign-ins +0\.90× +0\.90× +MISSED: ≥ 0\.95×/);
    expect(lineOf(0.5)).toMatch(/^hashes +50 +sign-ins +0\.90× +0\.45× +MISSED/);
    expect(lineOf(1.1)).toMatch(/^hashes +50 +sign-ins +0\.90× +0\.99× +MISSED/);
  });
});
