/**
 * Looks at an open page with axe-core (WCAG 2.2 AA and its best practices), for every test that drives a browser.
 *
 * Works under the page's content security policy: the tool is evaluated by the debugger, which no policy binds.
 */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

const source = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What axe finds, one line each: the rule, the element, what to do. Empty: nothing. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // Its `preload` would fetch style sheets by script, which `connect-src` forbids, for rules that we do not run.
  const found: unknown = await page.evaluate(`${source};
    axe.run({ preload: false }).then((result) => result.violations.flatMap((violation) =>
      violation.nodes.map((node) => violation.id + ' at ' + node.target.join(' ') + ': ' + node.failureSummary)))`);
  if (!Array.isArray(found)) throw new Error('axe answered nothing');
  return found.map(String);
}
