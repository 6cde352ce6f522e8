/** A short run of what `npm run fuzz` tries a million times. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openProperties } from './properties.ts';

const RUNS = 300;

describe('whatever arrives', () => {
  let opened: Awaited<ReturnType<typeof openProperties>>;
  beforeAll(async () => {
    opened = await openProperties();
  });
  afterAll(() => opened?.close());

  it('every property holds', async () => {
    for (const { property } of opened.properties) await fc.assert(property, { numRuns: RUNS });
  });
});
