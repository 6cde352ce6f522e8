/**
 * Looks at a page as the browser shows it: nothing for axe to find, and a picture for whoever wants to see.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Git ignores it. */
const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url));

/** Takes a screenshot under `name`, and fails with what axe finds (WCAG 2.2 AA). */
export async function look(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  // The page's policy allows no script but its own; the debugger's way in is not held by it.
  const found = (await page.evaluate(`${axeSource};
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`)) as string[];
  expect(found, `axe on ${name}`).toEqual([]);
}
