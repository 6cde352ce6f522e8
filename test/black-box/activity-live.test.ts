/** The activity page in a real browser: attempts are added as they happen, and the page says when it is no longer live. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { openSite, PASSWORD, register, type Site } from './site.ts';

const PATIENCE_MS = 25_000;

let site: Site;
let browser: Browser;
beforeAll(async () => {
  site = await openSite('SQLite');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.dispose();
});

it('adds what happens, and says when it is no longer live', async () => {
  const alice = await site.member('alice');
  const { path, clientId } = await register(alice);
  const context = await browser.newContext({ locale: 'en' });
  const tab = await context.newPage();
  const faults: string[] = [];
  tab.on('pageerror', (error) => faults.push(error.message));
  await tab.goto(`${site.url}/login/?next=${encodeURIComponent(`${path}activity/`)}`);
  await tab.fill('[name=username]', 'alice');
  await tab.fill('[name=password]', PASSWORD);
  await tab.click('button[type=submit]:has-text("Sign in")');
  await tab.getByText('Shown as it happens').waitFor({ timeout: PATIENCE_MS });
  await fetch(`${site.url}/o/token/`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, client_secret: 'none-of-its' }),
  });
  await tab.getByText('The client secret is none of the application').waitFor({ timeout: PATIENCE_MS });
  await site.perform(['user', 'disable', 'alice']);
  await tab.getByText('No longer live').waitFor({ timeout: PATIENCE_MS });
  expect(faults).toEqual([]);
  await context.close();
}, 120_000);
