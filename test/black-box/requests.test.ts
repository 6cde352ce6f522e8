/**
 * Ways in which a request may come and an answer may leave, at the running server: forms from other sites, pushed requests,
 * and the page that posts an answer, in a browser too.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { formOf, type Person, wordsOf } from '../person.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const CROSS_SITE = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'http://app.example',
  'sec-fetch-site': 'cross-site',
};

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    application = await register(alice);
  });
  afterAll(() => site?.dispose());

  const request = (change: Readonly<Record<string, string>> = {}, by = application) =>
    new URLSearchParams({
      response_type: 'code',
      client_id: by.clientId,
      redirect_uri: CALLBACK,
      state: 's',
      ...change,
    });
  const authorize = (change: Readonly<Record<string, string>> = {}, by = application) =>
    `/o/authorize/?${request(change, by)}`;
  const basic = () =>
    `Basic ${Buffer.from(`${application.clientId}:${application.clientSecret ?? ''}`).toString('base64')}`;

  describe('OAuth 2.0 Form Post Response Mode 1.0 §2', () => {
    it('is a page that can post to the application and nowhere else, with a button where no script runs', async () => {
      await alice.allow(await alice.open(authorize()));
      const page = await alice.open(authorize({ response_mode: 'form_post' }));
      expect(page.status).toBe(200);
      const form = formOf(page, { field: 'code' });
      expect(form.action).toBe(CALLBACK);
      expect([...form.fields.keys()]).toEqual(['code', 'state', 'iss']);
      expect(form.buttons.map(({ text }) => text)).toEqual(['Return to the application']);
      const response = await alice.send(authorize({ response_mode: 'form_post' }));
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain(`form-action ${new URL(CALLBACK).origin};`);
      expect(policy).toContain("script-src 'self';");
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).not.toContain('csrf');
    });
  });

  describe('OpenID Connect Core §3.1.2.1: a request that comes as a form from another site', () => {
    it('is brought to a GET, where the browser has its cookies, and gets no new ones meanwhile', async () => {
      const stranger = site.person(CROSS_SITE);
      const response = await stranger.send('/o/authorize/', { method: 'POST', body: request() });
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe(authorize());
      expect(response.headers.get('set-cookie')).toBeNull();
    });

    it('is left pending where it is too long for an address, and found again with the cookies', async () => {
      const stranger = site.person(CROSS_SITE);
      const long = {
        claims: '{}',
        state: 's'.repeat(4_000),
        nonce: 'n'.repeat(500),
        login_hint: '@'.repeat(300),
        display: 'd'.repeat(1_500),
      };
      const response = await stranger.send('/o/authorize/', { method: 'POST', body: request(long) });
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/o\/authorize\/[\w-]{43}\/$/);
    });

    it('that the browser sends with its cookies is answered at once', async () => {
      await alice.allow(await alice.open(authorize({ prompt: 'consent' })));
      const response = await alice.send('/o/authorize/', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: request(),
      });
      expect(response.headers.get('location')).toContain(`${CALLBACK}?code=`);
    });
  });

  describe('RFC 9126', () => {
    const push = (headers: Readonly<Record<string, string>> = {}, method = 'POST') =>
      fetch(new URL('/o/par/', site.listening), {
        method,
        headers: { authorization: basic(), ...headers },
        ...(method === 'POST' ? { body: request() } : {}),
      });

    it('§2.2: gives a handle, with which the person is asked and answered once', async () => {
      const response = await push();
      expect(response.status).toBe(201);
      const { request_uri } = (await response.json()) as { request_uri: string };
      const query = new URLSearchParams({ client_id: application.clientId, request_uri });
      const bob = await site.member('bob');
      const arrived = await bob.allow(await bob.open(`/o/authorize/?${query}`));
      expect(arrived.searchParams.get('code')).not.toBeNull();
      const again = await bob.open(`/o/authorize/?${query}`);
      expect([again.status, again.leftFor]).toEqual([400, null]);
      expect(wordsOf(again)).not.toBe('');
    });

    it('takes POST alone, and has no CORS (RFC 9700 #21)', async () => {
      expect((await push({}, 'GET')).status).toBe(405);
      const response = await push({ origin: 'http://app.example' });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    });
  });
});

describe('OAuth 2.0 Form Post Response Mode 1.0 §2, in a browser', () => {
  let site: Site;
  let browser: Browser;
  let received: URLSearchParams[];
  const callback = createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (part) => {
      body += part;
    });
    incoming.on('end', () => {
      received.push(new URLSearchParams(body));
      answer.setHeader('content-type', 'text/html');
      answer.end('<title>arrived</title>');
    });
  });
  beforeAll(async () => {
    received = [];
    site = await openSite('SQLite');
    browser = await launchBrowser();
    await new Promise<void>((resolve) => callback.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser?.close();
    await site?.dispose();
    callback.close();
  });

  it.each([true, false])('posts the answer after sign-in and consent, with scripts: %s', async (javaScriptEnabled) => {
    const member = await site.member(`carol${Number(javaScriptEnabled)}`);
    const { port } = callback.address() as AddressInfo;
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const { clientId } = await register(member, { redirect_uris: redirectUri });
    const context = await browser.newContext({ javaScriptEnabled, locale: 'en' });
    const tab = await context.newPage();
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      response_mode: 'form_post',
      state: 's',
    });
    await tab.goto(`${site.url}/o/authorize/?${query}`);
    await tab.fill('input[name=username]', `carol${Number(javaScriptEnabled)}`);
    await tab.fill('input[name=password]', PASSWORD);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await tab.getByRole('button', { name: 'Allow', exact: true }).click();
    if (!javaScriptEnabled) await tab.getByRole('button', { name: 'Return to the application' }).click();
    await tab.waitForURL(redirectUri);
    expect(await tab.title()).toBe('arrived');
    expect([...(received.at(-1)?.keys() ?? [])]).toEqual(['code', 'state', 'iss']);
    await context.close();
  });
});
