/**
 * `npx node scripts/gallery.ts [--only TEXT] [--all]`: renders every sample page, looks at it with axe-core in a real
 * browser and writes screenshots to `screenshots/pages/`, which git ignores.
 *
 * Each sample is shown as phone and desktop, light and dark, English and French: with `--all` in all eight ways, else in
 * four that cover each pair. Ends with status 1 when axe finds anything or something is wider than the window.
 * It serves the compiled pages over HTTP with the server's own content security policy, so that what the policy forbids is
 * missing here too.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import type { BrowserContext, Page as Tab } from 'playwright-core';
import { brandStylesheet, DEFAULT_ACCENT } from '../packages/server/dist/pages/brand-stylesheet.js';
import { renderPage } from '../packages/server/dist/pages/render.js';
import { SAMPLES, type Sample, sampleContext } from '../packages/server/test/pages/samples.ts';
import { launchBrowser } from '../test/browser.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, all: { type: 'boolean' }, accent: { type: 'string' } },
});
const assets = new URL('../packages/server/assets/', import.meta.url);
const folder = new URL('../screenshots/pages/', import.meta.url);
const axeSource = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

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

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

const samples = SAMPLES.filter((sample) => options.only === undefined || sample.name.includes(options.only));
const server = await serve();
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const browser = await launchBrowser();
let faults = 0;
try {
  if (options.only === undefined) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const look of options.all === true ? EVERY_LOOK : FEW_LOOKS) faults += await showAll(look);
} finally {
  await browser.close();
  server.close();
}
console.log(`${samples.length} samples, ${faults} faults; screenshots in screenshots/pages/`);
process.exitCode = faults === 0 ? 0 : 1;

async function showAll(look: Look): Promise<number> {
  const context: BrowserContext = await browser.newContext({
    viewport: SIZES[look.device],
    colorScheme: look.scheme,
    reducedMotion: 'reduce',
  });
  const tab = await context.newPage();
  const counts: number[] = [];
  tab.on('console', (message) => {
    if (message.type() !== 'error') return;
    counts.push(1);
    console.log(`${tab.url()}: ${message.text()}`);
  });
  for (const sample of samples) counts.push(await show(tab, sample, look));
  await context.close();
  return counts.reduce((sum, count) => sum + count, 0);
}

async function show(tab: Tab, sample: Sample, look: Look): Promise<number> {
  await tab.goto(`${origin}/${look.locale}/${sample.name}`);
  await tab.evaluate(() => document.fonts.ready);
  await tab.screenshot({
    path: new URL(`${sample.name}.${look.device}.${look.scheme}.${look.locale}.png`, folder).pathname,
    fullPage: true,
  });
  const name = `${sample.name} (${look.device}, ${look.scheme}, ${look.locale})`;
  const tooWide = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (tooWide) console.log(`${name}: wider than the window`);
  // Evaluated by the debugger, which no policy of the page binds.
  const violations =
    await tab.evaluate(`${axeSource}; axe.run({ preload: false }).then((result) => result.violations.map((violation) =>
    violation.id + ': ' + violation.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).join(' | ')))`);
  const found = violations as readonly string[];
  for (const violation of found) console.log(`${name}: ${violation}`);
  return found.length + (tooWide ? 1 : 0);
}

async function serve(): Promise<Server> {
  const made = createServer((request, response) => {
    answer(request.url ?? '/').then(
      ({ type, body }) => {
        response.setHeader('content-type', type);
        response.setHeader(
          'content-security-policy',
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'",
        );
        response.end(body);
      },
      (error: unknown) => {
        response.statusCode = 404;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', () => resolve()));
  return made;
}

async function answer(path: string): Promise<{ readonly type: string; readonly body: string | Buffer }> {
  const [, first = '', second = ''] = path.split('/');
  if (path === '/assets/brand.css')
    return { type: 'text/css', body: brandStylesheet(options.accent ?? DEFAULT_ACCENT) };
  if (first === 'assets') {
    const body = await readFile(new URL(second, assets));
    return { type: TYPES[second.split('.').at(-1) ?? ''] ?? 'application/octet-stream', body };
  }
  const sample = SAMPLES.find(({ name }) => name === second);
  if (sample === undefined || (first !== 'en' && first !== 'fr')) throw new Error(`nothing at ${path}`);
  const context = sampleContext({ locale: first, person: sample.person });
  return { type: 'text/html; charset=utf-8', body: renderPage(sample.page, context) };
}
