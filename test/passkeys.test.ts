/**
 * Passkeys in a real browser with a virtual authenticator (WebDriver's of the WebAuthn specification, §11): made, used alone, as a
 * second step and as a proof, offered by the browser, renamed, removed, copied, replayed.
 */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, openSite, PASSWORD, register, type Site } from './black-box/site.ts';
import { launchBrowser } from './browser.ts';
import { look } from './page-look.ts';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([openSite('SQLite'), launchBrowser()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await site?.dispose();
});

/** A browser with an authenticator of its own, which answers at once while it is `ready`. */
interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
  ready(isReady: boolean): Promise<void>;
}

interface DeviceOptions {
  readonly synced?: boolean;
  /** The browser offers passkeys by itself. An authenticator that answers at once would be through before any button is pressed. */
  readonly offers?: boolean;
}

async function device(options: DeviceOptions = {}): Promise<Device> {
  const context = await browser.newContext({ locale: 'en-GB' });
  if (options.offers !== true) {
    await context.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
  }
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
      defaultBackupEligibility: options.synced === true,
      defaultBackupState: options.synced === true,
    },
  });
  const ready = async (enabled: boolean) => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  };
  return { context, page, cdp, authenticatorId, ready };
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function signUp({ page }: Device, username: string): Promise<void> {
  await page.goto(`${site.url}/signup/`);
  for (const [field, value] of Object.entries({
    username,
    email: `${username}@example.org`,
    first_name: 'First',
    last_name: 'Last',
    password: PASSWORD,
  })) {
    await page.locator(`[name=${field}]`).fill(value);
  }
  await page.locator('main button[type=submit]').click();
  await page.waitForURL(/\/account\//);
}

async function addPasskey({ page, ready }: Device, name: string): Promise<void> {
  await page.goto(`${site.url}/account/security/passkey/`);
  await page.getByLabel('Name').fill(name);
  await ready(true);
  await button(page, 'Create the passkey').click();
  await page
    .getByText(/The passkey is added|Your recovery codes/)
    .first()
    .waitFor();
  await ready(false);
}

async function signOut({ page }: Device): Promise<void> {
  await page.goto(`${site.url}/logout/`);
  await button(page, 'Sign out').click();
  await page.getByText('signed out', { exact: false }).first().waitFor();
}

async function usePasskey({ page, ready }: Device): Promise<void> {
  await ready(true);
  await button(page, 'Use a passkey').click();
  await page.waitForURL((url) => !/\/login\/$/.test(url.pathname));
  await ready(false);
}

/** Somebody with one passkey, signed out. */
async function withPasskey(username: string, options: DeviceOptions = {}): Promise<Device> {
  const made = await device(options);
  await signUp(made, username);
  await addPasskey(made, 'Telephone');
  await signOut(made);
  return made;
}

describe('ASVS 6.3.3: a passkey', () => {
  it('is made after a fresh sign-in, with recovery codes, and signs in alone for an application', async () => {
    const application = await register(await site.member('developer'), { name: 'By passkey' });
    const own = await device({ synced: true });
    await signUp(own, 'anna');
    await own.page.goto(`${site.url}/account/security/passkey/`);
    await look(own.page, 'passkey-new');
    await addPasskey(own, 'Telephone');
    expect(await own.page.locator('.codes code').count()).toBe(10);
    await own.page.goto(`${site.url}/account/security/`);
    await look(own.page, 'passkey-list');
    const row = own.page.locator('.row', { hasText: 'Telephone' });
    expect(await row.innerText()).toContain('Synced between your devices');
    await signOut(own);

    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
      acr_values: '2',
    });
    await own.page.goto(`${site.url}/o/authorize/?${query}`);
    await look(own.page, 'passkey-sign-in');
    await own.ready(true);
    await button(own.page, 'Use a passkey').click();
    await button(own.page, 'Allow').waitFor();
    await own.ready(false);
    const left = own.page.waitForRequest((request) => request.url().startsWith(CALLBACK));
    await button(own.page, 'Allow').click();
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL((await left).url()).searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      client_id: application.clientId,
      client_secret: application.clientSecret ?? '',
    });
    const answer = await fetch(`${site.url}/o/token/`, { method: 'POST', body });
    const { id_token: idToken } = (await answer.json()) as { id_token: string };
    const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
    // RFC 8176: a key in software, somebody there, and more than one factor.
    expect(claims).toMatchObject({ amr: ['swk', 'user', 'mfa'], acr: '2' });
  });

  it('is offered by the browser in the field of the username', async () => {
    const own = await withPasskey('bert', { offers: true });
    await own.page.goto(`${site.url}/login/`);
    expect(await own.page.locator('[name=username]').getAttribute('autocomplete')).toBe('username webauthn');
    await own.ready(true);
    await own.page.goto(`${site.url}/login/`);
    await own.page.waitForURL(/\/account\//);
    expect(await own.page.locator('.person-name').innerText()).toBe('First Last');
  });

  it('is the second step after the password, and spares it in a trusted browser', async () => {
    const own = await withPasskey('cleo');
    const { page } = own;
    const byPassword = async () => {
      await page.goto(`${site.url}/login/`);
      await page.locator('[name=username]').fill('cleo');
      await page.locator('[name=password]').fill(PASSWORD);
      await button(page, 'Sign in').click();
    };
    await byPassword();
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    await look(page, 'passkey-second-step');
    // Without an app a code can only be one for recovery.
    expect(await page.getByLabel('Recovery code').count()).toBe(1);
    await page.getByLabel('Do not ask in this browser for 30 days').check();
    await own.ready(true);
    await button(page, 'Use a passkey').click();
    await page.waitForURL(/\/account\//);
    await own.ready(false);
    await signOut(own);
    await byPassword();
    await page.waitForURL(/\/account\//);

    // One factor was shown: a change asks for the passkey (ASVS 7.5.1).
    await page.goto(`${site.url}/account/security/passkey/`);
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
    await look(page, 'passkey-proof');
    await own.ready(true);
    await button(page, 'Use a passkey').click();
    await page.getByRole('heading', { name: 'Add a passkey' }).waitFor();
    await own.ready(false);
  });

  it('is renamed, and opens nothing once it is removed', async () => {
    const own = await withPasskey('dora');
    const { page } = own;
    await page.goto(`${site.url}/login/`);
    await usePasskey(own);
    await page.goto(`${site.url}/account/security/`);
    await page.getByRole('link', { name: 'Change Telephone' }).click();
    await look(page, 'passkey-one');
    await page.getByLabel('Name').fill('Blue key');
    await button(page, 'Save the name').click();
    await page.getByText('The passkey has its new name.').waitFor();
    await page.getByRole('link', { name: 'Change Blue key' }).click();
    await button(page, 'Remove').click();
    await page.getByText('The passkey is removed.').waitFor();
    await signOut(own);
    await page.goto(`${site.url}/login/`);
    await own.ready(true);
    await button(page, 'Use a passkey').click();
    await page.getByText('This passkey opens no account here.').first().waitFor();
    await own.ready(false);
    // Without a factor the password is enough again.
    await page.locator('[name=username]').fill('dora');
    await page.locator('[name=password]').fill(PASSWORD);
    await button(page, 'Sign in').click();
    await page.waitForURL(/\/account\//);
    await page.goto(`${site.url}/account/log/`);
    const log = await page.locator('main').innerText();
    for (const words of ['Passkey added', 'Passkey removed', 'Blue key', 'with a passkey'])
      expect(log).toContain(words);
  });

  it('is not made twice on one device, and is refused elsewhere than at its own address', async () => {
    const own = await device();
    await signUp(own, 'emil');
    await addPasskey(own, 'Telephone');
    const { page } = own;
    await page.goto(`${site.url}/account/security/passkey/`);
    await own.ready(true);
    await button(page, 'Create the passkey').click();
    await page.getByText('already holds a passkey of your account').waitFor();
    const elsewhere = site.url.replace('localhost', '127.0.0.1');
    await page.goto(`${elsewhere}/login/`);
    await button(page, 'Use a passkey').click();
    await page.getByText('That did not work.').waitFor();
  });
});

describe('WebAuthn §6.1.1', () => {
  it('refuses a passkey whose count was passed, and tells its owner', async () => {
    const own = await withPasskey('fred');
    const { page, cdp, authenticatorId } = own;
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    const [copy] = credentials;
    if (copy === undefined) throw new Error('there is no passkey');
    for (let time = 0; time < 2; time += 1) {
      await page.goto(`${site.url}/login/`);
      await usePasskey(own);
      await signOut(own);
    }
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy.credentialId });
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...copy, signCount: 1 } });
    await page.goto(`${site.url}/login/`);
    await own.ready(true);
    await button(page, 'Use a passkey').click();
    await page.getByText('This passkey opens no account here.').first().waitFor();
    expect(site.output()).toContain('passkey_cloned');
  });
});

describe('WebAuthn §13.4.3', () => {
  it('takes an answer once', async () => {
    const own = await withPasskey('gina');
    const { page } = own;
    await page.goto(`${site.url}/login/`);
    const sent = page.waitForRequest((request) => request.url().endsWith('/login/passkey/'));
    await usePasskey(own);
    const form = new URLSearchParams((await sent).postData() ?? '');
    await signOut(own);
    const again = await own.context.request.post(`${site.url}/login/passkey/`, {
      form: Object.fromEntries(form),
      headers: { origin: site.url },
    });
    expect(await again.text()).toContain('That took too long.');
    await page.goto(`${site.url}/account/`);
    expect(page.url()).toContain('/login/');
  });
});

describe('without scripts', () => {
  it('a page says that passkeys need them, and the other ways work', async () => {
    const own = await withPasskey('hugo');
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(`${site.url}/login/`);
    expect(await page.locator('main').innerText()).toContain('Your password works without it.');
    expect(await button(page, 'Use a passkey').count()).toBe(0);
    await page.locator('[name=username]').fill('hugo');
    await page.locator('[name=password]').fill(PASSWORD);
    await button(page, 'Sign in').click();
    expect(await page.locator('main').innerText()).toContain('A code works without it.');
    await context.close();
    await own.context.close();
  });
});
