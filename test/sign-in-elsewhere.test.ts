/**
 * Signing in elsewhere in a real browser: to `oidc-provider` and back, as a newcomer, as somebody who is linked, as the owner of an
 * account who links and unlinks, as somebody whom the provider turns away. Every page of ours on the way is looked at with axe-core.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenIdServer, startOpenIdServer } from '../packages/client/test/openid-server.ts';
import { CREDENTIALS, callbackOf, claims } from './black-box/elsewhere.ts';
import { openSite, PASSWORD, type Site } from './black-box/site.ts';
import { launchBrowser } from './browser.ts';
import { look } from './page-look.ts';
import { freePort } from './programs.ts';

let server: OpenIdServer;
let site: Site;
let browser: Browser;
beforeAll(async () => {
  const port = await freePort();
  server = await startOpenIdServer(() => [{ ...CREDENTIALS, redirect_uris: [callbackOf(port, 'office')] }]);
  const office = { kind: 'oidc', name: 'Office', issuer: server.issuer, ...CREDENTIALS, trust_email: true };
  const settings = { DIAPASON_PORT: String(port), DIAPASON_PROVIDERS: JSON.stringify({ office }) };
  [site, browser] = await Promise.all([openSite('SQLite', settings), launchBrowser()]);
}, 60_000);
beforeEach(() => {
  server.intercept = null;
});
afterAll(async () => {
  await browser?.close();
  await site?.dispose();
  await server?.close();
});

/** A browser of one's own, closed at the end. */
async function inBrowser(what: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    await what(await context.newPage());
  } finally {
    await context.close();
  }
}

const press = (page: Page, name: string | RegExp) => page.locator('main').getByRole('button', { name }).click();
const follow = (page: Page, name: string) => page.locator('main').getByRole('link', { name, exact: true }).click();

const looked = new Set<string>();

/** The browser is on a page of ours at this path, which says this, and axe finds nothing on it; each is looked at once. */
async function shows(page: Page, path: string, words: string): Promise<void> {
  await page.waitForURL((url) => url.origin === new URL(site.url).origin && url.pathname === path);
  await page.locator('main').getByText(words).first().waitFor();
  const state = `${path} ${words}`;
  if (looked.has(state)) return;
  looked.add(state);
  await look(page, `elsewhere-${path.split('/').filter(Boolean).join('-')}-${looked.size}`);
}

/** By the link on the sign-in page, to the provider and wherever it sends the browser back to. */
async function comeFromOffice(page: Page): Promise<void> {
  await page.goto(`${site.url}/login/`);
  await follow(page, 'Sign in with Office');
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${site.url}/logout/`);
  await press(page, 'Sign out');
  await page.getByText('signed out', { exact: false }).first().waitFor();
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.fill('[name=username]', username);
  await page.fill('[name=password]', PASSWORD);
  await press(page, /^Sign in$/);
}

const usernames = async () =>
  ((await site.command(['user', 'list'])) as { username: string }[]).map(({ username }) => username);

describe('signing in elsewhere in a browser', () => {
  it('makes a newcomer an account, and knows them again', async () => {
    server.claims = claims('ann');
    await inBrowser(async (page) => {
      await page.goto(`${site.url}/login/`);
      await shows(page, '/login/', 'Sign in with Office');
      await follow(page, 'Sign in with Office');
      await shows(page, '/account/', 'Your account is made');
      expect(await page.inputValue('[name=username]')).toBe('ann');
      await signOut(page);
      await comeFromOffice(page);
      await page.waitForURL(`${site.url}/account/`);
      expect(await page.inputValue('[name=username]')).toBe('ann');
    });
    expect((await usernames()).filter((name) => name.startsWith('ann'))).toEqual(['ann']);
  });

  it('keeps the last way in, and lets go of it once there is a password', async () => {
    server.claims = claims('bela');
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await page.goto(`${site.url}/account/linked/`);
      await shows(page, '/account/linked/', 'It is the only way into your account');
      expect(await page.getByRole('button', { name: /Unlink/ }).count()).toBe(0);

      await follow(page, 'Set a password first');
      await shows(page, '/account/password/', 'Set password');
      expect(await page.locator('[name=current_password]').count()).toBe(0);
      await page.fill('[name=password]', 'password');
      await press(page, 'Set password');
      await page.locator('[name=password][aria-invalid=true]').waitFor();
      await page.fill('[name=password]', PASSWORD);
      await press(page, 'Set password');

      await page.goto(`${site.url}/account/linked/`);
      await press(page, /^Unlink Office/);
      await shows(page, '/account/linked/', 'no longer linked');
      await signOut(page);
      await page.goto(`${site.url}/login/`);
      await signIn(page, 'bela');
      await page.waitForURL((url) => url.pathname === '/account/');
    });
  });

  it('links while signed in, opens the account, and unlinks', async () => {
    await site.perform(
      ['user', 'create', '--username', 'cleo', '--email', 'cleo@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('somebody-called-otherwise');
    await inBrowser(async (page) => {
      await page.goto(`${site.url}/login/?next=${encodeURIComponent('/account/linked/')}`);
      await signIn(page, 'cleo');
      await shows(page, '/account/linked/', 'Nothing is linked');
      await page
        .locator('main')
        .getByRole('link', { name: /Office/ })
        .click();
      await shows(page, '/account/linked/add/', 'somebody-called-otherwise@example.org');
      await press(page, /^Link/);
      await shows(page, '/account/linked/', 'The account is linked');

      await signOut(page);
      await comeFromOffice(page);
      await page.waitForURL(`${site.url}/account/`);
      expect(await page.inputValue('[name=username]')).toBe('cleo');

      await page.goto(`${site.url}/account/linked/`);
      await press(page, /^Unlink Office/);
      await shows(page, '/account/linked/', 'no longer linked');
    });
    // From now on a newcomer.
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await page.locator('main').getByText('Your account is made').waitFor();
      expect(await page.inputValue('[name=username]')).toBe('somebody-called-otherwise');
    });
  });

  it('asks the owner of an address that both sides verified to sign in, and to confirm', async () => {
    await site.perform(
      ['user', 'create', '--username', 'dora', '--email', 'dora@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('dora');
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await shows(page, '/login/', 'There is an account here with the same e-mail address');
      await signIn(page, 'dora');
      await shows(page, '/account/linked/add/', 'dora@example.org');
      await press(page, /^Link/);
      await shows(page, '/account/linked/', 'The account is linked');
    });
  });

  it('Account pre-hijacking: links nothing to an account that holds the address and has not verified it', async () => {
    await site.member('emil');
    server.claims = claims('emil', { preferred_username: 'emil-of-office' });
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await shows(page, '/account/', 'Your account is made');
      expect(await page.inputValue('[name=username]')).toBe('emil-of-office');
    });
    await inBrowser(async (page) => {
      await page.goto(`${site.url}/login/?next=${encodeURIComponent('/account/linked/')}`);
      await signIn(page, 'emil');
      await shows(page, '/account/linked/', 'Nothing is linked');
    });
  });

  it('asks for another username where it is taken, and says so of the next that is', async () => {
    await site.member('fay');
    server.claims = claims('fay', { email: 'fay@elsewhere.example' });
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await shows(page, '/accounts/social/signup/', 'This username is taken');
      await page.fill('[name=username]', 'Fay');
      await press(page, 'Create account');
      await shows(page, '/accounts/social/signup/', 'This username is taken');
      expect(await page.inputValue('[name=username]')).toBe('Fay');
      await page.fill('[name=username]', 'fay-of-office');
      await press(page, 'Create account');
      await shows(page, '/account/', 'Your account is made');
    });
  });

  it('says that the provider said no, makes nobody an account, and starts again', async () => {
    server.claims = claims('gus');
    server.intercept = (incoming, outgoing) => {
      const asked = new URL(incoming.url ?? '', server.issuer);
      if (asked.pathname !== '/auth') return false;
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      const refusal = { error: 'access_denied', state: asked.searchParams.get('state') ?? '', iss: server.issuer };
      for (const [name, value] of Object.entries(refusal)) back.searchParams.set(name, value);
      outgoing.writeHead(303, { location: back.href }).end();
      return true;
    };
    await inBrowser(async (page) => {
      await page.goto(`${site.url}/login/?next=${encodeURIComponent('/account/sessions/')}`);
      await follow(page, 'Sign in with Office');
      await shows(page, '/accounts/office/login/callback/', 'Office');
      expect(await usernames()).not.toContain('gus');
      server.intercept = null;
      await follow(page, 'Start again');
      await page.waitForURL(`${site.url}/account/sessions/`);
    });
  });

  it('says that the provider cannot be reached, and leads back to the other ways in', async () => {
    server.intercept = (incoming, outgoing) => {
      if (incoming.url !== '/token') return false;
      outgoing.writeHead(503).end();
      return true;
    };
    server.claims = claims('hal');
    await inBrowser(async (page) => {
      await comeFromOffice(page);
      await shows(page, '/accounts/office/login/callback/', 'Office');
      server.intercept = null;
      await follow(page, 'Start again');
      await page.waitForURL((url) => url.pathname === '/account/');
    });
  });
});
