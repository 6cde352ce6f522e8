/**
 * Attempts to get a code for what a person did not allow, with real browsers: two clones of one browser, two people in one, an
 * application that changes while its question is read, and requests that say one thing in two ways.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { leftFor, type Person, wordsOf } from '../person.ts';
import { CALLBACK, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const TYPES = {
  payment: {
    description: { en: 'Pay {amount} EUR to {to}', fr: 'Payer {amount} EUR à {to}' },
    fields: { amount: { type: 'decimal', minimum: '0.01', maximum: '1000', narrowing: 'lower' }, to: {} },
  },
};
const pay = (amount: string, to = 'Lyon') => JSON.stringify([{ type: 'payment', amount, to }]);

let site: Site;
let browser: Browser;
let developer: Person;
beforeAll(async () => {
  site = await openSite('SQLite', { DIAPASON_AUTHORIZATION_DETAILS: JSON.stringify(TYPES) });
  browser = await launchBrowser();
  developer = await site.member('developer');
  for (const name of ['alice', 'bob']) await site.member(name);
});
afterAll(async () => {
  await browser?.close();
  await site?.dispose();
});

const newApplication = () =>
  register(developer, { scopes: ['openid', 'read'], authorization_details_types: ['payment'] });
const addressOf = ({ clientId }: RegisteredApplication, more: Readonly<Record<string, string>> = {}) => {
  const query = { response_type: 'code', client_id: clientId, redirect_uri: CALLBACK, state: 's', ...more };
  return `${site.url}/o/authorize/?${new URLSearchParams(query)}`;
};

/** A browser in which somebody signed in, and its storage for a clone of it. */
async function signedIn(username: string): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en' });
  const tab = await context.newPage();
  await tab.goto(`${site.url}/login/`);
  await signIn(tab, username);
  await tab.close();
  return context;
}
async function signIn(tab: Page, username: string): Promise<void> {
  await tab.fill('input[name=username]', username);
  await tab.fill('input[name=password]', PASSWORD);
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
  await tab.waitForLoadState();
}
async function signOut(tab: Page): Promise<void> {
  await tab.goto(`${site.url}/logout/`);
  await tab.getByRole('button', { name: 'Sign out', exact: true }).click();
  await tab.waitForLoadState();
}
/** Presses Allow; what the server leads to outside of itself (where nobody listens), or null. */
async function allow(tab: Page): Promise<URL | null> {
  const left = tab
    .waitForRequest((request) => request.url().startsWith(CALLBACK), { timeout: 1_500 })
    .then((request) => new URL(request.url()))
    .catch(() => null);
  await tab.getByRole('button', { name: 'Allow', exact: true }).click();
  return left;
}

describe('two clones of one browser', () => {
  it('get one code for one question, however often it is answered', async () => {
    const application = await newApplication();
    const original = await signedIn('alice');
    const clone = await browser.newContext({ locale: 'en', storageState: await original.storageState() });
    const [one, other] = [await original.newPage(), await clone.newPage()];
    await one.goto(addressOf(application));
    await other.goto(one.url());
    const question = await one.content();
    const path = /action="(\/o\/authorize\/[\w-]+\/)"/.exec(question)?.[1] ?? '';
    await other.goto(`${site.url}${path}`);
    const left = await Promise.all([allow(one), allow(other)]);
    expect(left.filter((url) => url?.searchParams.has('code') === true)).toHaveLength(1);
    await Promise.all([original.close(), clone.close()]);
  });

  it('get none once the session was ended in the other', async () => {
    const application = await newApplication();
    const original = await signedIn('alice');
    const clone = await browser.newContext({ locale: 'en', storageState: await original.storageState() });
    const [one, other] = [await original.newPage(), await clone.newPage()];
    await one.goto(addressOf(application));
    await signOut(other);
    expect(await allow(one)).toBeNull();
    expect(new URL(one.url()).pathname).toBe('/login/');
    await Promise.all([original.close(), clone.close()]);
  });

  it('do not let a stranger’s browser go on with a request that waits (CVE-2022-39222)', async () => {
    const application = await newApplication();
    const [attacker, victim] = [await signedIn('bob'), await signedIn('alice')];
    const [theirs, hers] = [await attacker.newPage(), await victim.newPage()];
    await theirs.goto(addressOf(application));
    const path = /action="(\/o\/authorize\/[\w-]+\/)"/.exec(await theirs.content())?.[1] ?? '';
    await hers.goto(`${site.url}${path}`);
    expect(await hers.getByRole('button', { name: 'Allow' }).count()).toBe(0);
    await Promise.all([attacker.close(), victim.close()]);
  });
});

describe('two people in one browser', () => {
  it('a question that one was shown is asked anew of the other', async () => {
    const application = await newApplication();
    const context = await signedIn('alice');
    const [first, second] = [await context.newPage(), await context.newPage()];
    await first.goto(addressOf(application, { authorization_details: pay('10') }));
    await signOut(second);
    await second.goto(`${site.url}/login/`);
    await signIn(second, 'bob');
    expect(await allow(first)).toBeNull();
    expect(await first.locator('main').innerText()).toMatch(/Signed in as bob/);
    const code = (await allow(first))?.searchParams.get('code');
    expect(code).toBeTruthy();
    await context.close();
  });
});

describe('an application that changes while its question is read', () => {
  it('gets nothing that was not shown', async () => {
    const application = await newApplication();
    const context = await signedIn('alice');
    const tab = await context.newPage();
    await tab.goto(addressOf(application));
    await site.perform(['app', 'update', application.clientId, '--scope', 'openid,read,email,write']);
    // What the server knows of an application is a second old at most.
    await tab.waitForTimeout(1_200);
    expect(await allow(tab)).toBeNull();
    expect(await tab.locator('main').innerText()).toContain('alice@example.org');
    expect((await allow(tab))?.searchParams.get('code')).toBeTruthy();
    await context.close();
  });
});

describe('what was not asked is not had', () => {
  it('in silence: prompt=none with more than was allowed, in any combination', async () => {
    const application = await newApplication();
    const alice = site.person();
    await alice.signIn('alice', PASSWORD);
    await alice.allow(await alice.open(addressOf(application, { scope: 'openid', authorization_details: pay('10') })));
    const silent = async (more: Readonly<Record<string, string>>) => {
      const seen = await alice.open(addressOf(application, { prompt: 'none', ...more }));
      const { searchParams } = leftFor(seen);
      return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : null);
    };
    expect(await silent({ scope: 'openid' })).toBe('code');
    expect(await silent({ authorization_details: pay('9.99') })).toBe('code');
    expect(await silent({ scope: 'openid', authorization_details: pay('10') })).toBe('code');
    for (const more of [
      { scope: 'openid read' },
      { authorization_details: pay('10.01') },
      { authorization_details: pay('10', 'Mallory') },
      { scope: 'openid', authorization_details: pay('10.01'), max_age: '99999' },
      { scope: 'openid read', authorization_details: pay('10') },
      { authorization_details: JSON.stringify([...JSON.parse(pay('1')), ...JSON.parse(pay('1'))]) },
    ]) {
      expect([more, await silent(more)]).toEqual([more, 'consent_required']);
    }
    expect(await silent({ scope: 'openid', max_age: '0' })).toBe('login_required');
    expect(await silent({ scope: 'openid', resource: 'https://payroll.example/' })).toBe('invalid_target');
    expect(await silent({ scope: 'openid', authorization_details: pay('10'), claims: '{"userinfo":[]}' })).toBe(
      'invalid_request',
    );
  });

  it('by saying it twice: of repeated parameters none counts, and beside a pushed request nothing does', async () => {
    const application = await newApplication();
    const alice = site.person();
    await alice.signIn('alice', PASSWORD);
    const twice = `${addressOf(application, { authorization_details: pay('1') })}&authorization_details=${encodeURIComponent(pay('999'))}`;
    expect(leftFor(await alice.open(twice)).searchParams.get('error')).toBe('invalid_request');
    const basic = Buffer.from(`${application.clientId}:${application.clientSecret ?? ''}`).toString('base64');
    const pushed = await fetch(new URL('/o/par/', site.url), {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ response_type: 'code', redirect_uri: CALLBACK, authorization_details: pay('1') }),
    });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const query = { client_id: application.clientId, request_uri, authorization_details: pay('999'), scope: 'read' };
    const page = await alice.open(`/o/authorize/?${new URLSearchParams(query)}`);
    expect(wordsOf(page)).toContain('Pay 1 EUR to Lyon');
    expect(wordsOf(page)).not.toContain('999');
    expect(wordsOf(page)).not.toContain('It will be able to');
    expect((await alice.allow(page)).searchParams.get('code')).toBeTruthy();
  });
});
