/**
 * The example application of each framework, as its own process over HTTP: one path that all of them have to go, in a browser
 * and on the wire.
 */
import { spawnSync } from 'node:child_process';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
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
import { Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const NEXT = fileURLToPath(new URL('../../../node_modules/next/dist/bin/next', import.meta.url));
const FRAMEWORKS = ['express', 'fastify', 'hono', 'node', 'next'] as const;
/** Next compiles itself first: a minute on a busy machine. */
const NEXT_BUILD_TIMEOUT_MS = 400_000;

const ended: (() => Promise<void>)[] = [];
const ports = new Map<string, number>();
let folder = '';
let server: Running & { readonly environment: Readonly<Record<string, string>> };
let credentials: { client_id: string; client_secret: string };
/** A program that calls the examples' APIs. */
let caller: { client_id: string; client_secret: string };
let browser: Browser;

beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
  server = await startServer(folder, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  await succeed(
    SERVER_PROGRAM,
    ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'],
    server.environment,
    PASSWORD,
  );
  const uris: string[] = [];
  for (const framework of FRAMEWORKS) {
    const port = await freePort();
    ports.set(framework, port);
    uris.push('--redirect-uri', `http://localhost:${port}/accounts/diapason/login/callback/`);
    uris.push('--post-logout-redirect-uri', `http://localhost:${port}/accounts/logout/`);
  }
  credentials = JSON.parse(
    await succeed(
      SERVER_PROGRAM,
      [...'app create --name Examples --type confidential --grant authorization-code --json'.split(' '), ...uris],
      server.environment,
    ),
  );
  const resources = FRAMEWORKS.flatMap((each) => ['--resources', `http://localhost:${ports.get(each)}`]);
  caller = JSON.parse(
    await succeed(
      SERVER_PROGRAM,
      [
        ...'app create --name Caller --type confidential --grant client-credentials --scope read write --json'.split(
          ' ',
        ),
        ...['--access-token-format', 'jwt', ...resources],
      ],
      server.environment,
    ),
  );
  browser = await launchBrowser();
  ended.push(() => browser.close());
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

describe.each(FRAMEWORKS)('the example of %s', (framework) => {
  let app: Running;
  let page: Page;

  beforeAll(async () => {
    app = await startExample(framework);
    ended.push(app.stop);
    const context = await browser.newContext({ locale: 'en' });
    ended.push(() => context.close());
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
  }, NEXT_BUILD_TIMEOUT_MS);

  it('knows nobody at first, and a signed-in person by name', async () => {
    await page.goto(app.url);
    expect(await page.textContent('#who')).toBe('stranger');
    await page.click('#login');
    await page.fill('input[name=username]', 'alice');
    await page.fill('input[name=password]', PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const allow = page.getByRole('button', { name: 'Allow', exact: true });
    // One application for all examples: it is asked for once.
    if (await allow.isVisible()) await allow.click();
    await page.waitForURL(`${app.url}/`);
    expect(await page.textContent('#who')).toBe('alice');
  });

  it('lets a signed-in person see what is for members', async () => {
    await page.goto(`${app.url}/members`);
    expect(await page.textContent('body')).toContain('{"username":"alice"}');
  });

  it('answers code of its own pages: who is signed in, its own routes, and the API behind with the session’s token', async () => {
    const answered = await page.evaluate(async () => {
      const ask = async (path: string, method: string) => {
        const init = {
          method,
          headers: { 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{}' } : {}),
        };
        const response = await fetch(path, init);
        return [response.status, await response.json()];
      };
      return [
        await ask('/accounts/session/', 'GET'),
        await ask('/api/me', 'GET'),
        await ask('/api/me', 'POST'),
        await ask('/api/votes', 'POST'),
        await ask('/api/profile', 'GET'),
      ];
    });
    expect(answered).toMatchObject([
      [200, { user: { username: 'alice' }, provider: 'diapason' }],
      [200, { username: 'alice' }],
      [200, { username: 'alice' }],
      [200, { counted: true }],
      [200, { username: 'alice' }],
    ]);
  });

  it('signs out by its form, here and at the server when asked', async () => {
    await page.goto(app.url);
    await page.click('#logout');
    await page.check('input[name=everywhere]');
    await page.locator('main form button[type=submit]').first().click();
    // By way of the server, and back to the page that says so.
    await page.waitForSelector('main a[href="/accounts/login/"]');
    await page.goto(app.url);
    expect(await page.textContent('#who')).toBe('stranger');
    await page.click('#login');
    await page.waitForSelector('input[name=password]');
  });

  it('answers whoever is signed out, or comes from elsewhere, in JSON where code asks', async () => {
    const ask = async (path: string, method: string, headers: Record<string, string> = {}) => {
      const init = { method, headers: { 'content-type': 'application/json', ...headers }, redirect: 'manual' as const };
      const response = await fetch(app.url + path, method === 'POST' ? { ...init, body: '{}' } : init);
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      return [response.status, await response.json()];
    };
    const signedOut = [401, { error: 'signed_out', login: '/accounts/login/' }];
    const crossSite = [403, { error: 'cross_site' }];
    expect(await ask('/accounts/session/', 'GET')).toEqual(signedOut);
    expect(await ask('/api/me', 'GET')).toEqual(signedOut);
    expect(await ask('/api/profile', 'GET')).toEqual(signedOut);
    expect(await ask('/api/me', 'POST', { origin: app.url })).toEqual(signedOut);
    expect(await ask('/api/votes', 'POST', { origin: app.url })).toEqual([200, { counted: true }]);
    for (const headers of [{}, { origin: 'http://localhost:1' }, { 'sec-fetch-site': 'same-site' }]) {
      expect(await ask('/api/me', 'POST', headers)).toEqual(crossSite);
      expect(await ask('/api/votes', 'POST', headers)).toEqual(crossSite);
      expect(await ask('/api/profile', 'POST', headers)).toEqual(crossSite);
      expect(await ask('/accounts/session/', 'DELETE', headers)).toEqual(crossSite);
    }
  });

  it('sends whoever is signed out to the sign-in page, with the way back', async () => {
    const response = await fetch(`${app.url}/members?page=2`, { redirect: 'manual' });
    expect([302, 307]).toContain(response.status);
    const location = new URL(response.headers.get('location') ?? '', app.url);
    expect(location.pathname).toBe('/accounts/login/');
    expect(location.searchParams.get('next')).toMatch(/^\/members/);
  });

  it('answers with and without the trailing slash, HEAD without a body, and 404 for what nobody knows', async () => {
    for (const path of ['/accounts/login/', '/accounts/login']) {
      const got = await fetch(app.url + path, { redirect: 'manual' });
      expect(got.status).toBe(200);
      expect(got.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    const head = await fetch(`${app.url}/accounts/login/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await fetch(`${app.url}/accounts/nothing/here`)).status).toBe(404);
    expect((await fetch(`${app.url}/admin/nothing/here`)).status).toBe(404);
    expect((await fetch(`${app.url}/nothing/here`)).status).toBe(404);
  });

  it('sets several cookies of one response one by one', async () => {
    const visitor = new Visitor();
    const start = await visitor.request(`${app.url}/accounts/diapason/login/`);
    expect(start.status).toBe(302);
    const signIn = await visitor.open(start.headers.get('location') ?? '');
    const back = await visitor.submitOnly(signIn, { username: 'alice', password: PASSWORD }, 'name="password"');
    const callback = await untilCallback(visitor, back, app.url);
    // The session begins and the attempt ends.
    const cookies = callback.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThanOrEqual(2);
    expect(cookies.some((each) => each.startsWith('diapason_client_session='))).toBe(true);
    expect(cookies.some((each) => /^diapason_client_attempt_[^;]*;.*Max-Age=0/.test(each))).toBe(true);
    const home = await visitor.open(`${app.url}/`);
    expect(home.text('who')).toBe('alice');
    // Code signs out without a form.
    const ownPage = { method: 'DELETE', headers: { origin: app.url, 'sec-fetch-site': 'same-origin' } };
    expect((await visitor.request(`${app.url}/accounts/session/`, ownPage)).status).toBe(204);
    expect((await visitor.open(`${app.url}/`)).text('who')).toBe('stranger');
  });

  it('reads forms though a body parser may have read them before, and refuses a field that comes twice', async () => {
    const visitor = new Visitor();
    const form = await visitor.open(`${app.url}/accounts/login/`);
    const refused = await visitor.submit(form, { username: 'nobody', password: 'wrong password' }, 'name="password"');
    expect(refused.html).toContain('value="nobody"');
    const twice = await fetch(`${app.url}/accounts/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'username=a&username=b',
    });
    expect([twice.status, await twice.text()]).toEqual([400, expect.stringContaining('form_repeated_field')]);
    const json = await fetch(`${app.url}/accounts/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(json.status).toBe(415);
  });

  it('leaves the body of every other request to the application, and streams through', async () => {
    const pieces = 64;
    const piece = 'x'.repeat(16 * 1024);
    const body = new ReadableStream({
      start: (controller) => {
        for (let sent = 0; sent < pieces; sent += 1) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    const init = { method: 'POST', body, headers: { 'content-type': 'text/plain' }, duplex: 'half' };
    const response = await fetch(`${app.url}/echo`, init as RequestInit);
    expect((await response.text()).length).toBe(pieces * piece.length);
  });

  it('lets a program in by its access token, and tells every other what is missing', async () => {
    const whoami = (authorization?: string) =>
      fetch(`${app.url}/api/whoami`, authorization === undefined ? {} : { headers: { authorization } });
    const answer = await whoami(`Bearer ${await tokenFor(app.url, 'read')}`);
    expect([answer.status, await answer.json()]).toEqual([200, { clientId: caller.client_id }]);
    const none = await whoami();
    expect(none.status).toBe(401);
    const metadataUrl = /resource_metadata="([^"]+)"/.exec(none.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(metadataUrl).toBe(`${app.url}/.well-known/oauth-protected-resource`);
    const metadata = await fetch(metadataUrl);
    expect(await metadata.json()).toMatchObject({ resource: app.url, authorization_servers: [`${server.url}/o`] });
    const weak = await whoami(`Bearer ${await tokenFor(app.url, 'write')}`);
    expect([weak.status, await weak.json()]).toMatchObject([403, { error: 'insufficient_scope' }]);
    const garbled = await whoami('Bearer nonsense');
    expect([garbled.status, await garbled.json()]).toMatchObject([401, { error: 'invalid_token' }]);
    expect((await fetch(`${app.url}/api/whoami`, { method: 'HEAD' })).status).toBe(401);
  });

  it('is not led astray by what a request says about its host, behind a proxy or not', async () => {
    const headers = await startUnder(app.url, {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.7',
    });
    const location = new URL(headers.location ?? '');
    expect(location.origin).toBe(server.url);
    expect(location.searchParams.get('redirect_uri')).toBe(`${app.url}/accounts/diapason/login/callback/`);
  });
});

async function tokenFor(resource: string, scope: string): Promise<string> {
  const response = await fetch(`${server.url}/o/token/`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${caller.client_id}:${caller.client_secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
  return answer.access_token;
}

async function startExample(framework: (typeof FRAMEWORKS)[number]): Promise<Running> {
  const port = String(ports.get(framework));
  const url = `http://localhost:${port}`;
  const environment = {
    APP_URL: url,
    SERVER_URL: `${server.url}/o`,
    CLIENT_ID: credentials.client_id,
    CLIENT_SECRET: credentials.client_secret,
    DATABASE: `${folder}/${framework}.db`,
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const cwd = `${EXAMPLES}${framework}`;
  if (framework !== 'next') return start([process.execPath, 'dist/main.js'], url, environment, { cwd });
  const production = { ...process.env, ...environment, NODE_ENV: 'production' as const };
  const built = spawnSync(process.execPath, [NEXT, 'build'], { cwd, env: production, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
  const command = [process.execPath, NEXT, 'start', '-p', port, '-H', '127.0.0.1'] as const;
  return start([...command], url, { ...environment, NODE_ENV: 'production' }, { cwd });
}

/** Follows redirects and the consent page until the application's callback answered. */
async function untilCallback(visitor: Visitor, from: Awaited<ReturnType<Visitor['request']>>, appUrl: string) {
  let current = from;
  for (let hops = 0; hops < 8; hops += 1) {
    if (current.url.href.startsWith(`${appUrl}/accounts/diapason/login/callback`)) return current;
    const location = current.headers.get('location');
    current =
      location === null
        ? await visitor.submitOnly(current, { allow: 'Authorize' }, 'name="allow"')
        : await visitor.request(new URL(location, current.url));
  }
  throw new Error(`no way back from ${current.url}`);
}

/** `fetch` does not let anybody choose `Host`. */
function startUnder(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}/accounts/diapason/login/`, { headers }, (response) => {
      text(response).then(() => resolve(response.headers), reject);
    });
    sent.on('error', reject).end();
  });
}
