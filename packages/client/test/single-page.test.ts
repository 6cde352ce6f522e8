/**
 * The example of a single-page application, as its own process and in a browser: what a person does, and what a page of another
 * origin tries, on another port of the same host (the same site to a browser) and on another host.
 */
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/browser.ts';
import {
  freePort,
  type Running,
  SERVER_PROGRAM,
  start,
  startServer,
  succeed,
  temporaryFolder,
} from '../../../test/programs.ts';
import { createAccounts, oidc } from '../src/index.ts';
import { secretFromFile } from '../src/node.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { listenOnFreePort } from './listening.ts';

const PASSWORD = 'demo-password-9977';
const EXAMPLE = fileURLToPath(new URL('../../../examples/single-page', import.meta.url));

/** What a foreign page's script sends; its cookies go along where the browser lets them. */
interface Attempted {
  readonly method?: string;
  readonly mode?: 'no-cors';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const ended: (() => Promise<void>)[] = [];
let server: Running;
let app: Running;
let context: BrowserContext;
let page: Page;
let database = '';
let credentials: { clientId: string; clientSecret: string };
/** Everything that the application and the server sent to the browser. */
const received: string[] = [];

beforeAll(async () => {
  const { path, dispose } = await temporaryFolder();
  ended.push(dispose);
  const started = await startServer(path, { DIAPASON_LOG_LEVEL: 'warn' });
  server = started;
  ended.push(server.stop);
  const user = ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'];
  await succeed(SERVER_PROGRAM, user, started.environment, PASSWORD);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const created = await succeed(
    SERVER_PROGRAM,
    [
      ...'app create --name Notes --type confidential --grant authorization-code,refresh-token --json'.split(' '),
      ...['--redirect-uri', `${url}/accounts/diapason/login/callback/`],
    ],
    started.environment,
  );
  const { client_id: clientId, client_secret: clientSecret } = JSON.parse(created);
  credentials = { clientId, clientSecret };
  database = `${path}/single-page.db`;
  const environment = {
    APP_URL: url,
    SERVER_URL: `${server.url}/o`,
    API_URL: `${server.url}/profile/`,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    DATABASE: database,
  };
  app = await start([process.execPath, 'dist/main.js'], url, environment, { cwd: EXAMPLE });
  ended.push(app.stop);
  const browser: Browser = await launchBrowser({ webSecurity: true });
  ended.push(() => browser.close());
  context = await browser.newContext({ locale: 'en' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('response', async (response) => {
    received.push(JSON.stringify(await response.allHeaders()), await response.text().catch(() => ''));
  });
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

async function signIn(): Promise<void> {
  await page.goto(app.url);
  await page.locator('#signed-in:not([hidden]), #signed-out:not([hidden])').first().waitFor();
  if (await page.locator('#signed-in').isVisible()) return;
  await page.click('#login');
  const password = page.locator('input[name=password]');
  await password.or(page.locator('#signed-in:not([hidden])')).first().waitFor();
  if (await password.isVisible()) {
    await page.fill('input[name=username]', 'alice');
    await password.fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const allow = page.getByRole('button', { name: 'Allow', exact: true });
    await allow.or(page.locator('#signed-in:not([hidden])')).first().waitFor();
    if (await allow.isVisible()) await allow.click();
  }
  await page.waitForSelector('#signed-in:not([hidden])');
}

/** The token that the application holds for whoever has this cookie. */
async function heldToken(): Promise<string> {
  const [cookie] = (await context.cookies(app.url)).filter(({ name }) => name === 'diapason_client_session');
  const accounts = createAccounts({
    url: app.url,
    secret: secretFromFile(`${database}.secret`),
    store: openSqliteStore({ path: database }),
    providers: [oidc({ id: 'diapason', name: 'Diapason', issuer: `${server.url}/o`, credentials })],
    session: { keepTokens: true },
  });
  const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
  const outcome = await accounts.accessToken(new Request(app.url, { headers }));
  await accounts.close();
  if (outcome.kind !== 'ready') throw new Error(outcome.kind);
  return outcome.accessToken;
}

const notes = () => page.locator('#notes li').allTextContents();

describe('a person', () => {
  it('is a stranger at first, signs in, and is known to the page and to the API behind', async () => {
    await page.goto(app.url);
    await page.waitForSelector('#signed-out:not([hidden])');
    await signIn();
    expect([await page.textContent('#who'), await page.textContent('#remote')]).toEqual(['alice', 'alice']);
  });

  it('writes a note, which is there after a reload, and votes', async () => {
    await page.fill('input[name=text]', 'a <b>first</b> note');
    await page.getByRole('button', { name: 'Add' }).click();
    await expect.poll(notes).toEqual(['a <b>first</b> note']);
    await page.reload();
    await page.waitForSelector('#signed-in:not([hidden])');
    expect(await notes()).toEqual(['a <b>first</b> note']);
    await page.click('#vote');
    await expect.poll(() => page.textContent('#votes')).toBe('1');
  });

  it('has no token in the browser: in no answer, no storage, and no cookie that a script can read', async () => {
    const token = await heldToken();
    expect(token.length).toBeGreaterThan(20);
    expect(received.length).toBeGreaterThan(10);
    expect(received.filter((text) => text.includes(token))).toEqual([]);
    expect(received.filter((text) => /access_token"|refresh_token"|id_token"/.test(text))).toEqual([]);
    const readable = await page.evaluate(() => [
      document.cookie,
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
    ]);
    expect(readable).toEqual(['', '{}', '{}']);
    const [session] = (await context.cookies(app.url)).filter(({ name }) => name === 'diapason_client_session');
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  });

  it('signs out by code, and is signed out in every tab at the next request', async () => {
    const other = await context.newPage();
    await other.goto(app.url);
    await other.waitForSelector('#signed-in:not([hidden])');
    await page.click('#logout');
    await page.waitForSelector('#signed-out:not([hidden])');
    await other.reload();
    await other.waitForSelector('#signed-out:not([hidden])');
    await other.close();
    expect((await context.cookies(app.url)).some(({ name }) => name === 'diapason_client_session')).toBe(false);
  });
});

describe.each(['localhost', '127.0.0.1'])('a page of another origin, on %s', (host) => {
  let attacker: Page;
  let foreign = '';

  beforeAll(async () => {
    await signIn();
    const other: Server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>evil</title><iframe name="hidden"></iframe>');
    });
    const listening = await listenOnFreePort(other);
    ended.push(listening.close);
    foreign = listening.url.replace('localhost', host);
    attacker = await context.newPage();
    await attacker.goto(foreign);
  });

  /** What the foreign page gets to see: the status, `opaque`, or that the browser kept it away. */
  const tries = (path: string, init: Attempted) =>
    attacker.evaluate(
      async (tried) => {
        try {
          const response = await fetch(tried.url, tried.init);
          return `${response.type} ${response.status} ${await response.text()}`;
        } catch {
          return 'kept away';
        }
      },
      { url: `${app.url}${path}`, init: { credentials: 'include', ...init } as const },
    );

  const READ = ['/accounts/session/', '/api/notes', '/api/profile', '/accounts/profile'];

  it.each(READ)('cannot read %s', async (path) => {
    expect(await tries(path, {})).toBe('kept away');
    // Without CORS the answer is opaque, or kept from a foreign page altogether (Cross-Origin-Resource-Policy).
    expect(await tries(path, { mode: 'no-cors' })).toMatch(/^(kept away|opaque 0 )$/);
  });

  it('cannot write: by fetch in any guise, nor by a form', async () => {
    const before = await page.evaluate(async () => [
      await (await fetch('/api/notes')).json(),
      await (await fetch('/api/votes')).json(),
    ]);
    const json = { 'content-type': 'application/json' };
    const body = '{"text":"planted"}';
    for (const path of ['/api/notes', '/api/votes', '/api/profile']) {
      await tries(path, { method: 'POST', headers: json, body });
      // What needs no preflight: a body that a server might take for JSON all the same.
      await tries(path, { method: 'POST', mode: 'no-cors', body });
      const url = `${app.url}${path}`;
      const answered = attacker.waitForResponse(
        (response) => response.url() === url && response.request().method() === 'POST',
      );
      await attacker.evaluate((action) => {
        const form = document.createElement('form');
        Object.assign(form, { action, method: 'post', target: 'hidden', enctype: 'text/plain' });
        const field = document.createElement('input');
        Object.assign(field, { name: '{"text":"planted","x":"', value: '"}' });
        form.append(field);
        document.body.append(form);
        form.submit();
      }, url);
      const response = await answered;
      expect([path, response.status()]).toEqual([path, 403]);
    }
    await tries('/accounts/session/', { method: 'DELETE' });
    const after = await page.evaluate(async () => [
      await (await fetch('/api/notes')).json(),
      await (await fetch('/api/votes')).json(),
    ]);
    expect(after).toEqual(before);
    await page.reload();
    await page.waitForSelector('#signed-in:not([hidden])');
    expect(await page.textContent('#who')).toBe('alice');
  });
});
