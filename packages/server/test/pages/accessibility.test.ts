/**
 * WCAG 2.2 AA by axe-core on every page and state, in a real browser under the real content security policy. Each sample
 * is looked at in one of four looks in turn; `scripts/gallery.ts` looks at all.
 */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from '../../../../test/accessibility.ts';
import { launchBrowser } from '../../../../test/browser.ts';
import { brandStylesheet, DEFAULT_ACCENT } from '../../src/pages/brand-stylesheet.ts';
import { renderPage } from '../../src/pages/render.tsx';
import { type SampleSite, startSampleSite } from './sample-site.ts';
import { SAMPLES } from './samples.ts';

const LOOKS = [
  { width: 1280, scheme: 'light', locale: 'en' },
  { width: 320, scheme: 'dark', locale: 'fr' },
  { width: 320, scheme: 'light', locale: 'fr' },
  { width: 1280, scheme: 'dark', locale: 'en' },
] as const;

let browser: Browser;
let site: SampleSite;
let contexts: readonly BrowserContext[];
beforeAll(async () => {
  browser = await launchBrowser();
  site = await startSampleSite({ renderPage, brandCss: brandStylesheet(DEFAULT_ACCENT) });
  contexts = await Promise.all(
    LOOKS.map(({ width, scheme }) =>
      browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, reducedMotion: 'reduce' }),
    ),
  );
});
afterAll(async () => {
  await browser.close();
  site.close();
});

describe('WCAG 2.2 AA', () => {
  // Error pages differ in their words alone: one of each build is looked at.
  const builds = ['error-redirect-uri', 'error-application-disabled', 'error-stale-form', 'error-internal'];
  const names = SAMPLES.filter(({ page, name }) => page.page !== 'error' || builds.includes(name)).map(
    ({ name }) => name,
  );
  const looked = LOOKS.flatMap((look, turn) =>
    names.filter((_, index) => index % LOOKS.length === turn).map((name) => ({ name, turn, ...look })),
  );

  it.each(looked)('$name at $width px, $scheme, $locale', async ({ name, turn, width, locale }) => {
    const tab = await contexts[turn]?.newPage();
    if (tab === undefined) throw new Error('no such look');
    const errors: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await tab.goto(`${site.origin}/${locale}/${name}`);
    expect(await accessibilityFaults(tab)).toEqual([]);
    // WCAG 1.4.10: nothing scrolls sideways at 320 px.
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(errors).toEqual([]);
    await tab.close();
  });
});

describe('with scripts', () => {
  it('shows and hides the password, and sends it hidden', async () => {
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(`${site.origin}/en/sign-in`);
    await tab.getByLabel('Password', { exact: true }).fill('correct horse');
    await tab.getByRole('button', { name: 'Show password' }).click();
    expect(await tab.locator('#field-password').getAttribute('type')).toBe('text');
    await tab.getByRole('button', { name: 'Hide password' }).click();
    expect(await tab.locator('#field-password').getAttribute('type')).toBe('password');
  });

  it('sends a form once, however often its button is pressed', async () => {
    const tab = await (await browser.newContext()).newPage();
    const posts: string[] = [];
    await tab.route('**/*', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      posts.push(route.request().postData() ?? '');
      await route.fulfill({ status: 204 });
    });
    await tab.goto(`${site.origin}/en/consent`);
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('button', { name: 'Allow' }).click();
    expect(posts).toEqual(['csrf=csrf-token-of-the-sample&pending=4f1c&allow=Authorize']);
  });
});

describe('without scripts', () => {
  it('has every field and button of sign-in', async () => {
    const tab = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await tab.goto(`${site.origin}/en/sign-in`);
    expect(await tab.getByRole('button').allTextContents()).toEqual(['Sign in', 'English', 'Français']);
    expect(await tab.getByRole('textbox').count()).toBe(2);
  });
});
