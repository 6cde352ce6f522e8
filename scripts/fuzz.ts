/**
 * `npm run fuzz -- [--runs N] [--seed N]`: tries the properties of `test/fuzz/properties.ts`, a million inputs unless said,
 * the same number each. Prints the seed, with which a run can be repeated; ends with status 1 and the shortest input that
 * breaks a property.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { openProperties } from '../test/fuzz/properties.ts';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = wholeNumber('--runs', values.runs ?? '1000000');
const seed = wholeNumber('--seed', values.seed ?? String(randomInt(2 ** 31)));

console.log(`seed ${seed}`);
const { properties, close } = await openProperties();
try {
  for (const { name, property } of properties) {
    const startedAt = performance.now();
    const details = await fc.check(property, { numRuns: Math.ceil(runs / properties.length), seed });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${details.failed ? 'BROKEN' : 'held  '} ${details.numRuns} inputs, ${seconds} s: ${name}`);
    if (!details.failed) continue;
    process.exitCode = 1;
    console.log(await fc.asyncDefaultReportMessage(details));
  }
} finally {
  await close();
}

function wholeNumber(option: string, text: string): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  console.error(`${option} takes a whole number, such as 10000, and not "${text}"`);
  process.exit(2);
}
