/**
 * Second factors in a real browser: the picture for the telephone, the codes that are shown once, the browser that is trusted, and the proof
 * before a change. Every page on the way is looked at with axe-core.
 */
import { URI } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darkModules } from '../packages/server/test/pages/qr-modules.ts';
import { accessibilityFaults } from './accessibility.ts';
import { openSite, PASSWORD, type Site } from './black-box/site.ts';
import { launchBrowser } from './browser.ts';

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

const sound = async (page: Page) => expect(await accessibilityFaults(page)).toEqual([]);
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function openPage(script: boolean): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: script, locale: 'en' });
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  return page;
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.goto(`${site.url}/login/`);
  await page.fill('[name=username]', username);
  await page.fill('[name=password]', PASSWORD);
  await press(page, 'Sign in');
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${site.url}/logout/`);
  await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
}

/** What the picture says: its dark modules, beside those of the address that the link holds. */
async function readPicture(page: Page): Promise<string> {
  const address = (await page.locator('a[href^="otpauth:"]').getAttribute('href')) ?? '';
  const drawn =
    (await page.getByRole('img', { name: 'QR code for the authenticator app' }).locator('path').getAttribute('d')) ??
    '';
  const dark = [...drawn.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${Number(x) - 4} ${Number(y) - 4}`);
  expect(dark).toEqual(darkModules(address));
  return address;
}

// Nothing of it needs a script; with one it is a little kinder.
describe.each([
  ['with scripts', true, 'ada'],
  ['without scripts', false, 'bea'],
] as const)('an authenticator app, %s', (_, script, username) => {
  it('is set up by the picture, asked for, spared in a trusted browser, and proved before a change', async () => {
    await site.perform(
      ['user', 'create', '--username', username, '--email', `${username}@example.org`, '--password-stdin'],
      PASSWORD,
    );
    const page = await openPage(script);
    await signIn(page, username);
    await page.goto(`${site.url}/account/security/`);
    await page.getByRole('link', { name: 'Add an authenticator app' }).click();
    const totp = URI.parse(await readPicture(page));
    if (script) await sound(page);
    // A code of a step is taken once: each comes from a later one.
    let later = -2;
    const code = () => {
      later += 1;
      return 'generate' in totp && 'period' in totp ? totp.generate({ timestamp: Date.now() + later * 30_000 }) : '';
    };
    await page.fill('[name=code]', '000000');
    await page.fill('[name=label]', 'Telephone');
    await press(page, 'Turn on');
    expect(await page.getByRole('alert').textContent()).toContain('code');
    expect(await page.inputValue('[name=label]')).toBe('Telephone');
    await page.fill('[name=code]', code());
    await press(page, 'Turn on');
    const codes = await page.locator('.codes code').allTextContents();
    expect(new Set(codes).size).toBe(10);
    if (script) await sound(page);
    await page.getByRole('link', { name: 'I have kept them' }).click();
    if (script) await sound(page);

    await signOut(page);
    await signIn(page, username);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('One more step');
    if (script) await sound(page);
    // A recovery code, as somebody writes it down, and this browser is trusted from now on.
    await page.fill('[name=code]', (codes[0] ?? '').toUpperCase().replaceAll('-', ' '));
    await page.check('[name=trust]');
    await press(page, 'Sign in');
    expect(page.url()).toBe(`${site.url}/account/`);
    await signOut(page);
    await signIn(page, username);
    expect(page.url()).toBe(`${site.url}/account/`);

    // Signed in by one of two: a change asks for both, and is then carried out.
    await page.goto(`${site.url}/account/security/`);
    await press(page, 'Make new codes');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Is it you?');
    if (script) await sound(page);
    await page.fill('[name=current_password]', PASSWORD);
    await page.fill('[name=code]', code());
    await press(page, 'It is me');
    await press(page, 'Send it now');
    const anew = await page.locator('.codes code').allTextContents();
    expect(anew.filter((one) => codes.includes(one))).toEqual([]);
    await page.context().close();
  });
});

describe('a second factor that an application requires', () => {
  it('is set up on the way there by keyboard alone, and the way goes on', async () => {
    await site.perform(
      ['user', 'create', '--username', 'cara', '--email', 'cara@example.org', '--password-stdin'],
      PASSWORD,
    );
    const app = ['app', 'create', '--name', 'Ledger', '--type', 'public', '--grant', 'authorization-code'];
    const uri = ['--redirect-uri', 'http://localhost:9/callback', '--second-factor', 'required'];
    const { client_id } = (await site.command([...app, ...uri])) as { client_id: string };
    const page = await openPage(true);
    await signIn(page, 'cara');
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const query = new URLSearchParams({
      client_id,
      redirect_uri: 'http://localhost:9/callback',
      response_type: 'code',
      scope: 'openid',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    await page.goto(`${site.url}/o/authorize/?${query}`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Set up a second step');
    await sound(page);
    const link = page.getByRole('link', { name: 'Add an authenticator app' });
    for (let stop = 0; stop < 10 && !(await link.evaluate((one) => one === document.activeElement)); stop += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/authenticator/);
    const totp = URI.parse(await readPicture(page));
    await page.fill('[name=code]', 'period' in totp ? totp.generate() : '');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'I have kept them' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Ledger');
    expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(1);
    await page.context().close();
  });
});
