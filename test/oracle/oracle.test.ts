/**
 * The same bad requests to the running server and to `oidc-provider`. Owns the comparison, and that docs/oracle.md is what
 * it came to (`npx vitest run test/oracle -u` writes it anew).
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, DIFFERENCES, document, nameOf, reasonFor } from './differences.ts';
import { BAD_REQUESTS } from './requests.ts';
import { openOracle, openOurs, type Target } from './targets.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/oracle.md', import.meta.url));

describe('bad requests, beside oidc-provider', () => {
  const targets: Target[] = [];
  const comparisons: Comparison[] = [];
  beforeAll(async () => {
    const [ours, oracle] = [await openOurs(), await openOracle()];
    targets.push(ours, oracle);
    for (const request of BAD_REQUESTS) {
      comparisons.push({ request, ours: await ours.ask(request), oracle: await oracle.ask(request) });
    }
  });
  afterAll(async () => {
    for (const target of targets) await target.dispose();
  });

  it('are several hundred, each with a name of its own', () => {
    expect(new Set(BAD_REQUESTS.map(nameOf)).size).toBe(BAD_REQUESTS.length);
    expect(BAD_REQUESTS.length).toBeGreaterThan(300);
  });

  it('never make an error of the server', () => {
    expect(comparisons.filter(({ ours }) => /\b5\d\d\b/.test(ours))).toEqual([]);
  });

  it('are answered alike, or otherwise for a reason that is written down', () => {
    const unexplained = comparisons.filter(
      (comparison) => comparison.ours !== comparison.oracle && reasonFor(comparison) === undefined,
    );
    expect(unexplained.map(({ request, ours, oracle }) => `${nameOf(request)}: ${ours} / ${oracle}`)).toEqual([]);
  });

  it('leave no reason without a difference', () => {
    const used = new Set(comparisons.filter(({ ours, oracle }) => ours !== oracle).map(reasonFor));
    expect(DIFFERENCES.filter((entry) => !used.has(entry)).map(({ requests }) => requests.source)).toEqual([]);
  });

  it('come to docs/oracle.md', async () => {
    await expect(document(comparisons)).toMatchFileSnapshot(DOCUMENT);
  });
});
