/**
 * `npx node scripts/gallery.ts [--only TEXT] [--all] [--accent #rrggbb]`: shows every sample page in a real browser, looks
 * at it with axe-core and writes screenshots to `screenshots/pages/`, which git ignores. Run `npm run build` before.
 *
 * Each sample is shown as phone and desktop, light and dark, English and French: with `--all` in all eight ways, else in
 * four that cover each pair. Ends with status 1 when axe finds anything, something is wider than the window, or the browser
 * reports an error, such as a breach of the content security policy.
 */
import { mkdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Page as Tab } from 'playwright-core';
import { brandStylesheet, DEFAULT_ACCENT } from '../packages/server/dist/pages/brand-stylesheet.js';
import { renderPage } from '../packages/server/dist/pages/render.js';
import { startSampleSite } from '../packages/server/test/pages/sample-site.ts';
import { SAMPLES } from '../packages/server/test/pages/samples.ts';
import { accessibilityFaults } from '../test/accessibility.ts';
import { launchBrowser } from '../test/browser.ts';

interface Look {
  readonly locale: 'en' | 'fr';
  readonly scheme: 'light' | 'dark';
  readonly device: 'phone' | 'desktop';
}
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } } as const;
const EVERY_LOOK: readonly Look[] = (['phone', 'desktop'] as const).flatMap((device) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    (['en', 'fr'] as const).map((locale) => ({ device, scheme, locale })),
  ),
);
const FEW_LOOKS: readonly Look[] = [
  { device: 'desktop', scheme: 'light', locale: 'en' },
  { device: 'desktop', scheme: 'dark', locale: 'fr' },
  { device: 'phone', scheme: 'light', locale: 'fr' },
  { device: 'phone', scheme: 'dark', locale: 'en' },
];

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, all: { type: 'boolean' }, accent: { type: 'string' } },
});
const folder = new URL('../screenshots/pages/', import.meta.url);
const names = SAMPLES.map(({ name }) => name).filter((name) => name.includes(options.only ?? ''));
const site = await startSampleSite({ renderPage, brandCss: brandStylesheet(options.accent ?? DEFAULT_ACCENT) });
const browser = await launchBrowser();
const faults: string[] = [];
try {
  if (options.only === undefined) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const look of options.all === true ? EVERY_LOOK : FEW_LOOKS) await showAll(look);
} finally {
  await browser.close();
  site.close();
}
for (const fault of faults) console.log(fault);
console.log(`${names.length} samples, ${faults.length} faults; screenshots in screenshots/pages/`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function showAll({ device, scheme, locale }: Look): Promise<void> {
  const context = await browser.newContext({
    viewport: SIZES[device],
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  const tab = await context.newPage();
  tab.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${tab.url()}: ${message.text()}`);
  });
  for (const name of names) {
    await tab.goto(`${site.origin}/${locale}/${name}`);
    await show(tab, `${name}.${device}.${scheme}.${locale}`);
  }
  await context.close();
}

async function show(tab: Tab, name: string): Promise<void> {
  await tab.evaluate(() => document.fonts.ready);
  await tab.screenshot({ path: new URL(`${name}.png`, folder).pathname, fullPage: true });
  if (await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) {
    faults.push(`${name}: wider than the window`);
  }
  for (const fault of await accessibilityFaults(tab)) faults.push(`${name}: ${fault}`);
}
