/**
 * The whole story in a real browser, on the demo as a newcomer starts it, in both languages: through the server to the
 * client's profile page and back out; sign-up and profile; an application of one's own; its credentials at the client; a
 * username that the client already has.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { DEMO_PASSWORD, type RunningDemo, startDemo } from './demo.ts';
import { look } from './page-look.ts';
import { temporaryFolder } from './programs.ts';

/** Labels that differ between the languages; everything else is found by field names and ids. */
const WORDS = {
  en: { signIn: 'Sign in', allow: 'Allow', cancel: 'Cancel', signOut: 'Sign out', confirm: 'Confirm' },
  fr: {
    signIn: 'Se connecter',
    allow: 'Autoriser',
    cancel: 'Annuler',
    signOut: 'Se déconnecter',
    confirm: 'Confirmer',
  },
} as const;

describe.each(['en', 'fr'] as const)('the story in %s', (language) => {
  const words = WORDS[language];
  const ended: (() => Promise<void>)[] = [];
  let demo: RunningDemo;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    ended.push(folder.dispose);
    demo = await startDemo(folder.path);
    ended.push(demo.stop);
    browser = await launchBrowser();
    ended.push(() => browser.close());
  });
  afterAll(async () => {
    for (const end of ended.reverse()) await end();
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const profile = () => `${demo.clientUrl}/accounts/profile`;
  const seen = (name: string) => look(page, `${language}-${name}`);
  async function freshBrowser(): Promise<void> {
    await page?.context().close();
    const context = await browser.newContext({
      locale: language,
      viewport: language === 'en' ? { width: 1280, height: 800 } : { width: 390, height: 844 },
      colorScheme: language === 'en' ? 'light' : 'dark',
    });
    page = await context.newPage();
    page.setDefaultTimeout(45_000);
  }
  async function signInAtServer(username: string, password = DEMO_PASSWORD): Promise<void> {
    await page.fill('input[name=username]', username);
    await page.fill('input[name=password]', password);
    await button(words.signIn).click();
  }
  const valueIn = (id: string) => page.locator(`#${id}`).textContent();

  describe('1. a person signs in at the client', () => {
    beforeAll(freshBrowser);

    it('goes from Login through sign-in and consent to the profile', async () => {
      await page.goto(profile());
      await seen('client-signed-out');
      await page.click('#login');
      await seen('sign-in');
      await signInAtServer('alice', 'wrong password');
      await seen('sign-in-wrong');
      await signInAtServer('alice');
      await seen('consent');
      await button(words.allow).click();
      await page.waitForURL(profile());
      await seen('client-profile');
      expect([await valueIn('username'), await valueIn('first_name'), await valueIn('last_name')]).toEqual([
        'alice',
        'Alice',
        'Martin',
      ]);
    });

    it('asks nothing the second time, and signs out on both sides', async () => {
      await page.goto(`${demo.clientUrl}/accounts/logout/`);
      await seen('client-sign-out');
      await page.locator('main form button[type=submit]').first().click();
      await page.goto(profile());
      await page.click('#login');
      await page.waitForURL(profile());
      expect(await valueIn('username')).toBe('alice');

      await page.goto(`${demo.serverUrl}/logout/`);
      await seen('sign-out');
      await button(words.signOut).click();
      await seen('signed-out');
      await page.goto(`${demo.serverUrl}/account/`);
      expect(page.url()).toBe(`${demo.serverUrl}/login/?next=%2Faccount%2F`);
    });

    it('is told when nothing was allowed', async () => {
      await freshBrowser();
      await page.goto(profile());
      await page.click('#login');
      await signInAtServer('bob');
      await button(words.cancel).click();
      await page.waitForURL(/accounts\/customprovider\/login\/callback/);
      await seen('client-cancelled');
      await page.goto(profile());
      expect(await page.locator('#login').count()).toBe(1);
    });
  });

  describe('2. a person signs up and edits the profile', () => {
    beforeAll(freshBrowser);

    it('signs up, is known at the client, and a change shows at the next sign-in', async () => {
      await page.goto(profile());
      await page.click('#login');
      await page.locator('a[href^="/signup/"]').first().click();
      await seen('sign-up');
      await page.fill('input[name=username]', 'zoé');
      await page.fill('input[name=email]', 'zoe@example.org');
      await page.fill('input[name=first_name]', 'Zoé');
      await page.fill('input[name=last_name]', 'Noël');
      await page.fill('input[name=password]', 'short');
      await page.locator('main form button[type=submit]').first().click();
      await seen('sign-up-refused');
      expect(await page.inputValue('input[name=username]')).toBe('zoé');
      await page.fill('input[name=password]', 'le vent dans les cordes');
      await page.locator('main form button[type=submit]').first().click();
      await button(words.allow).click();
      await page.waitForURL(profile());
      expect(await valueIn('username')).toBe('zoé');

      await page.goto(`${demo.serverUrl}/account/`);
      await seen('account');
      await page.fill('input[name=first_name]', 'Zoë');
      await page.locator('main form button[type=submit]').first().click();
      await seen('account-saved');
      await page.goto(`${demo.clientUrl}/accounts/customprovider/login/`);
      await page.waitForURL(profile());
      expect(await valueIn('first_name')).toBe('Zoë');
    });

    it('signs in by address, whatever its case', async () => {
      await freshBrowser();
      await page.goto(`${demo.serverUrl}/login/`);
      await signInAtServer('ZOE@Example.ORG', 'le vent dans les cordes');
      expect(page.url()).toBe(`${demo.serverUrl}/account/`);
      for (const path of ['password', 'sessions', 'email']) {
        await page.goto(`${demo.serverUrl}/account/${path}/`);
        await seen(`account-${path}`);
      }
    });
  });

  describe('3. and 4. an application is registered and its credentials are entered at the client', () => {
    let clientId = '';
    let clientSecret = '';
    beforeAll(freshBrowser);

    it('registers, shows the secret once, edits, adds a second secret', async () => {
      await page.goto(`${demo.serverUrl}/o/applications/`);
      await signInAtServer('bob');
      await seen('applications-empty');
      await page.goto(`${demo.serverUrl}/o/applications/register/`);
      await seen('application-register');
      await page.fill('input[name=name]', 'My first client');
      await page.fill('textarea[name=redirect_uris]', 'https://a.example/#fragment');
      await page.locator('main form button[type=submit]').first().click();
      await seen('application-register-refused');
      expect(await page.inputValue('input[name=name]')).toBe('My first client');
      await page.fill('textarea[name=redirect_uris]', `${demo.clientUrl}/accounts/customprovider/login/callback/`);
      await page.locator('main form button[type=submit]').first().click();
      await seen('application-registered');
      clientId = (await valueIn('client-id')) ?? '';
      clientSecret = (await valueIn('client-secret')) ?? '';
      expect(clientSecret.length).toBeGreaterThanOrEqual(32);

      await page.goto(`${demo.serverUrl}/o/applications/`);
      await seen('applications');
      await page.getByRole('link', { name: 'My first client' }).click();
      await seen('application');
      expect(await page.content()).not.toContain(clientSecret);
      await page.locator('form[action$="/secrets/"] button').click();
      await seen('application-second-secret');
      const second = page.url();
      expect(second).toContain('/secrets/');
    });

    it("is another person's to see only for a superuser", async () => {
      const address = await page.goto(`${demo.serverUrl}/o/applications/`).then(async () => {
        await page.getByRole('link', { name: 'My first client' }).click();
        return page.url();
      });
      await freshBrowser();
      await page.goto(address);
      await signInAtServer('alice');
      expect((await page.goto(address))?.status()).toBe(404);
      await seen('not-found');
      await freshBrowser();
      await page.goto(address);
      await signInAtServer('admin');
      expect((await page.goto(address))?.status()).toBe(200);
    });

    it("is entered in the client's admin, and signs in", async () => {
      await freshBrowser();
      await page.goto(`${demo.clientUrl}/admin/socialaccount/socialapp/add/`);
      await seen('client-admin-sign-in');
      await page.fill('input[name=username]', 'admin');
      await page.fill('input[name=password]', DEMO_PASSWORD);
      await page.locator('main form button[type=submit]').first().click();
      await page.goto(`${demo.clientUrl}/admin/socialaccount/socialapp/`);
      await seen('client-admin-apps');
      await page
        .locator('a[href*="/admin/socialaccount/socialapp/"][href*="change"], main a[href*="/socialapp/"]')
        .first()
        .click();
      await seen('client-admin-app');
      await page.fill('input[name=client_id]', clientId);
      await page.fill('input[name=secret]', clientSecret);
      await page.locator('main form button[type=submit]').first().click();
      await page.goto(`${demo.clientUrl}/accounts/logout/`);
      await page.locator('main form button[type=submit]').first().click();
      await page.goto(profile());
      await page.click('#login');
      await signInAtServer('bob');
      expect(await page.locator('h1').textContent()).toContain('My first client');
      await button(words.allow).click();
      await page.waitForURL(profile());
      expect(await valueIn('username')).toBe('bob');
    });

    it('shows what was granted, and ends it', async () => {
      await page.goto(`${demo.serverUrl}/o/authorized_tokens/`);
      await seen('authorized-tokens');
      await page.locator('a[href*="/delete/"]').first().click();
      await seen('authorized-tokens-delete');
      await button(words.confirm).click();
      expect(page.url()).toContain('/o/authorized_tokens/');
      expect(await page.locator('a[href*="/delete/"]').count()).toBe(0);
    });
  });

  describe('5. a username that the client already has', () => {
    it('lets the person choose another', async () => {
      await freshBrowser();
      await page.goto(profile());
      await page.click('#login');
      await signInAtServer('admin');
      await button(words.allow).click();
      await seen('client-conflict');
      expect(await page.content()).toContain('admin');
      await page.fill('input[name=username]', 'admin2');
      await page.locator('main form button[type=submit]').first().click();
      await page.waitForURL(profile());
      expect(await valueIn('username')).toBe('admin2');
    });
  });

  describe('what goes wrong has a page of its own', () => {
    it.each([
      ['unknown-client', '/o/authorize/?client_id=nobody&response_type=code', 400],
      ['missing-page', '/nothing/here/', 404],
      ['expired-sign-in', `/o/authorize/${'x'.repeat(43)}/`, 400],
    ])('%s', async (name, path, status) => {
      await freshBrowser();
      expect((await page.goto(demo.serverUrl + path))?.status()).toBe(status);
      await seen(`error-${name}`);
    });
  });
});
