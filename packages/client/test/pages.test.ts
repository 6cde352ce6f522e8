/**
 * Every page in a real browser: by keyboard and screen reader, on a phone and a desk, light and dark, in both languages.
 *
 * Screenshots go to `screenshots/client/`, which git ignores.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from '../../../test/accessibility.ts';
import { launchBrowser } from '../../../test/browser.ts';
import { apple, customProvider, microsoft, oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { type PlainServer, plainCredentials, startPlainServer } from './plain-oauth2-server.ts';

const PASSWORD = 'demo-password-9977';
const SCREENSHOTS = fileURLToPath(new URL('../../../screenshots/client/', import.meta.url));

let app: Application;
let server: PlainServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  let redirectUri = '';
  server = await startPlainServer(() => redirectUri);
  app = await startApplication(
    () => [
      customProvider({ serverUrl: server.url, credentials: plainCredentials }),
      oidc({ id: 'other', name: 'Other', issuer: 'https://accounts.example.org', credentials: { clientId: 'x' } }),
      apple(),
      microsoft(),
    ],
    { name: 'Example client', localAccounts: { signUp: true } },
  );
  redirectUri = app.redirectUri('customprovider');
  await app.accounts.createSuperuser({ username: 'admin', password: PASSWORD, email: 'admin@example.org' });
  await app.accounts.setSocialApp({
    provider: 'customprovider',
    name: 'Diapason',
    clientId: '6zxCAxMFB2NDsYLq3TWTkA',
    secret: 's',
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await server?.close();
});

/** Two of the four by default; `SCREENSHOTS=all` for whoever changes the pages. */
const looks: [string, BrowserContextOptions][] = [
  ['phone-light-en', { viewport: { width: 360, height: 740 }, colorScheme: 'light', locale: 'en-GB' }],
  ['desk-dark-fr', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'fr-FR' }],
  ...((process.env['SCREENSHOTS'] === 'all'
    ? [
        ['phone-dark-fr', { viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'fr-FR' }],
        ['desk-light-en', { viewport: { width: 1280, height: 800 }, colorScheme: 'light', locale: 'en-GB' }],
      ]
    : []) as [string, BrowserContextOptions][]),
];

describe.each(looks)('%s', (look, options) => {
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    const context = await browser.newContext({ ...options, javaScriptEnabled: true });
    page = await context.newPage();
    page.on('console', (message) => {
      // A page with status 4xx or 5xx is reported as a failed load; that is what those pages are.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
  });
  afterAll(() => page.context().close());

  /** Looks at the page that is open: nothing for axe to complain of, nothing wider than the screen, a screenshot. */
  async function inspect(name: string): Promise<void> {
    expect(await accessibilityFaults(page)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${look}.png`, fullPage: true });
    expect(complaints).toEqual([]);
  }
  const open = (path: string) => page.goto(`${app.url}${path}`);

  it('shows the pages of somebody who is signed out', async () => {
    await open('/accounts/profile');
    await inspect('profile-signed-out');
    await open('/accounts/login/');
    await inspect('login');
    await open('/accounts/signup/');
    await inspect('signup');
    await page.fill('#id_username', 'admin');
    await page.fill('#id_email', 'a@example.org');
    await page.fill('#id_password', 'password');
    await page.click('button[type=submit]');
    await page.waitForSelector('#id_password_error, #id_username_error');
    await inspect('signup-refused');
    await open('/accounts/logout/');
    await inspect('signed-out');
  });

  it('shows what went wrong', async () => {
    await open('/accounts/customprovider/login/callback/?code=a&state=AAAAAAAAAAAAAAAAAAAAAA');
    await inspect('failure-stale-state');
    server.refuseWith = 'access_denied';
    await open('/accounts/customprovider/login/');
    await inspect('failure-cancelled');
    server.refuseWith = 'invalid_scope';
    await open('/accounts/customprovider/login/');
    await inspect('failure-refused');
    server.refuseWith = null;
  });

  it('asks for another username, by keyboard alone', async () => {
    server.person = {
      id: `id-${look}`,
      username: 'admin',
      first_name: 'Ad',
      last_name: 'Min',
      email: 'ad@example.org',
    };
    await open('/accounts/customprovider/login/');
    await inspect('choose-username');
    await page.focus('#id_username');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('admin');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#id_username_error');
    await inspect('choose-username-refused');
    await page.focus('#id_username');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(`person.${look}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#uid');
    expect(await page.textContent('#username')).toBe(`person.${look}`);
  });

  it('shows the pages of somebody who is signed in', async () => {
    await open('/accounts/profile');
    await inspect('profile');
    await open('/accounts/connections/');
    await inspect('connections');
    await open('/accounts/logout/');
    await inspect('sign-out');
    await open('/admin/');
    await inspect('admin-sign-in');
  });

  it('shows the administration', async () => {
    await page.fill('#id_username', 'admin');
    await page.fill('#id_password', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForURL('**/admin/');
    await inspect('admin');
    await open('/admin/socialaccount/socialapp/');
    await inspect('social-apps');
    await open('/admin/socialaccount/socialapp/add/');
    await inspect('social-app-add');
    await page.fill('#id_name', 'x');
    await page.fill('#id_client_id', 'x');
    await page.fill('#id_server_url', 'http://accounts.example.org');
    await page.click('button[type=submit]');
    await page.waitForSelector('#id_server_url_error');
    await inspect('social-app-refused');
    const [entered] = await app.store.listSocialApps();
    await open(`/admin/socialaccount/socialapp/${entered?.id}/change/`);
    await inspect('social-app-change');
    await open(`/admin/socialaccount/socialapp/${entered?.id}/delete/`);
    await inspect('social-app-delete');
  });
});

describe('without JavaScript', () => {
  it('signs in, links by a page that goes on by itself, and signs out', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    const page = await context.newPage();
    server.person = { id: 'id-plain', username: 'plain', first_name: 'No', last_name: 'Script' };
    await page.goto(`${app.url}/accounts/profile`);
    await page.click('#login');
    await page.waitForSelector('#uid');
    expect(await page.textContent('#username')).toBe('plain');
    expect(page.url()).toBe(`${app.url}/accounts/profile`);

    await page.goto(`${app.url}/accounts/connections/`);
    server.person = { id: 'id-plain-two', username: 'plain-two' };
    await page.getByRole('button', { name: 'Link Diapason' }).click();
    await page.getByText('The account is linked.').waitFor();

    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await context.close();
  });
});
