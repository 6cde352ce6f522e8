/**
 * What code in a browser calls: who is signed in, the application's own routes, and an API behind it that is called with the
 * session's token. On the wire, with an API that writes down what reached it.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../../../test/programs.ts';
import { type AccountsOptions, API_REFUSALS, createAccounts, oidc } from '../src/index.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { type Application, SECRET, startApplication } from './application.ts';
import { listenOnFreePort } from './listening.ts';
import { Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';

interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ended: (() => Promise<void>)[] = [];
let server: RunningServer;
let app: Application;
let apiUrl = '';
let arrived: Arrived[] = [];
/** What the API answers next. */
let answer: { status: number; headers: Record<string, string>; body: string };

beforeAll(async () => {
  const { path, dispose } = await temporaryFolder();
  ended.push(dispose);
  server = await startServer(path, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  const user = ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'];
  await succeed(SERVER_PROGRAM, user, server.environment, PASSWORD);
  const api = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    arrived.push({ method, url, headers, body: await text(request) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const listening = await listenOnFreePort(api);
  ended.push(listening.close);
  apiUrl = listening.url;
  app = await startApplication(() => [oidc({ id: 'diapason', name: 'Diapason', issuer: `${server.url}/o` })], {
    session: { keepTokens: true },
    forward: {
      '/api': { to: `${apiUrl}/root/` },
      '/api/things': { to: `${apiUrl}/v1/things`, headers: ['Link', 'X-Tenant'] },
      '/api/gone': { to: 'http://localhost:9' },
    },
  });
  ended.push(app.close);
  const created = await succeed(
    SERVER_PROGRAM,
    [
      ...'app create --name Page --type confidential --grant authorization-code,refresh-token --json'.split(' '),
      ...['--skip-consent', '--redirect-uri', app.redirectUri('diapason')],
    ],
    server.environment,
  );
  const { client_id: clientId, client_secret: secret } = JSON.parse(created);
  await app.accounts.setSocialApp({ provider: 'diapason', name: 'x', clientId, secret });
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

async function signedIn(): Promise<string> {
  const visitor = new Visitor();
  const form = await visitor.open(`${app.url}/accounts/diapason/login/`);
  await visitor.submit(form, { username: 'alice', password: PASSWORD }, 'name="password"');
  return `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
}

/** As code of the application's own page sends it, unless the headers say otherwise. */
function ask(path: string, init: RequestInit & { cookie?: string } = {}): Promise<Response> {
  const { cookie, headers, ...rest } = init;
  return fetch(`${app.url}${path}`, {
    redirect: 'manual',
    ...rest,
    headers: {
      'sec-fetch-site': 'same-origin',
      origin: app.url,
      ...(cookie === undefined ? {} : { cookie }),
      ...(headers as Record<string, string>),
    },
  });
}

const FOREIGN: [string, Record<string, string>][] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['another origin of this site', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:1' }],
  ['another origin, in a browser that says no more', { 'sec-fetch-site': '', origin: 'http://localhost:1' }],
  ['a page without an origin', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['an origin that begins like ours', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost.evil.example' }],
];

describe('/accounts/session/', () => {
  it('says who is signed in as JSON, and nothing of what the provider issued', async () => {
    const cookie = await signedIn();
    const response = await ask('/accounts/session/', { cookie });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(body).sort()).toEqual(['provider', 'signedInAtMs', 'user']);
    expect(body).toMatchObject({ provider: 'diapason', user: { username: 'alice', email: 'alice@example.org' } });
    expect(Object.keys(body['user'] as object).sort()).toEqual(
      ['email', 'emailVerified', 'firstName', 'id', 'lastName', 'username'].sort(),
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  it('answers 401 and where to sign in, never a redirect, to whoever is not signed in', async () => {
    for (const cookie of [undefined, 'diapason_client_session=nonsense', `diapason_client_session=${'a'.repeat(43)}`]) {
      const response = await ask('/accounts/session', cookie === undefined ? {} : { cookie });
      expect([response.status, await response.json()]).toEqual([
        401,
        { error: 'signed_out', login: '/accounts/login/' },
      ]);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  it('ends the session by DELETE, once and again, and not for another origin', async () => {
    const cookie = await signedIn();
    for (const [, headers] of FOREIGN) {
      const refused = await ask('/accounts/session/', { method: 'DELETE', cookie, headers });
      expect([refused.status, await refused.json()]).toEqual([403, { error: 'cross_site' }]);
    }
    expect((await ask('/accounts/session/', { cookie })).status).toBe(200);
    const done = await ask('/accounts/session/', { method: 'DELETE', cookie });
    expect([done.status, await done.text()]).toEqual([204, '']);
    expect(done.headers.getSetCookie()).toContainEqual(expect.stringMatching(/^diapason_client_session=;.*Max-Age=0/));
    expect((await ask('/accounts/session/', { cookie })).status).toBe(401);
    expect((await ask('/accounts/session/', { method: 'DELETE', cookie })).status).toBe(204);
    const posted = await ask('/accounts/session/', { method: 'POST', cookie });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
  });

  it('opens nothing to other origins: no CORS header, to a preflight either', async () => {
    const cookie = await signedIn();
    for (const method of ['GET', 'OPTIONS', 'DELETE']) {
      for (const path of ['/accounts/session/', '/api/things']) {
        const headers = {
          origin: 'https://evil.example',
          'sec-fetch-site': 'cross-site',
          'access-control-request-method': 'DELETE',
        };
        answer = { status: 200, headers: { 'access-control-allow-origin': '*' }, body: '[]' };
        const response = await ask(path, { method, cookie, headers });
        expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
  });
});

describe('the application’s own routes', () => {
  const at = (method: string, headers: Record<string, string>) =>
    new Request(`${app.url}/api-own`, { method, headers });

  it.each(FOREIGN)('are not changed by %s', async (_who, headers) => {
    const cookie = await signedIn();
    const plain = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      for (const found of [
        await app.accounts.requireApiSession(at(method, { cookie, ...plain })),
        app.accounts.refuseCrossSite(at(method, { cookie, ...plain })),
      ]) {
        if (!(found instanceof Response)) throw new Error(`${method} came through`);
        expect([found.status, await found.json()]).toEqual([403, { error: 'cross_site' }]);
      }
    }
    expect(app.lastRefusal()).toMatchObject({ code: 'cross_site', hint: expect.stringContaining(app.url) });
    expect(await app.accounts.requireApiSession(at('GET', { cookie, ...plain }))).toMatchObject({
      user: { username: 'alice' },
    });
  });

  it('are not changed by a request that says nothing of where it comes from', async () => {
    const cookie = await signedIn();
    const found = await app.accounts.requireApiSession(at('POST', { cookie }));
    expect(found instanceof Response && found.status).toBe(403);
  });

  it('take what the application’s own page sends, with either header', async () => {
    const cookie = await signedIn();
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: app.url }]) {
      expect(await app.accounts.requireApiSession(at('POST', { cookie, ...headers }))).toMatchObject({
        user: { username: 'alice' },
      });
      expect(app.accounts.refuseCrossSite(at('POST', headers))).toBe(null);
    }
  });
});

describe('forwarding to an API', () => {
  it('sends the token of the session along, and no cookie, credential or address of the browser', async () => {
    const cookie = await signedIn();
    arrived = [];
    answer = { status: 201, headers: { 'content-type': 'application/json', etag: '"1"' }, body: '{"made":true}' };
    const response = await ask('/api/things/7?page=2&q=%C3%A9', {
      method: 'PUT',
      cookie,
      body: '{"n":12345678901234567890}',
      headers: {
        'content-type': 'application/json',
        'if-match': '"0"',
        'x-tenant': 'one',
        authorization: 'Bearer planted',
        'x-forwarded-user': 'admin',
        x_forwarded_user: 'admin',
        'x-other': 'never asked for',
        referer: `${app.url}/secret`,
        dpop: 'planted',
      },
    });
    expect([response.status, await response.json(), response.headers.get('etag')]).toEqual([
      201,
      { made: true },
      '"1"',
    ]);
    const [one] = arrived;
    expect(one).toMatchObject({
      method: 'PUT',
      url: '/v1/things/7?page=2&q=%C3%A9',
      body: '{"n":12345678901234567890}',
    });
    const token = await app.accounts.accessToken(new Request(app.url, { headers: { cookie } }));
    expect(one?.headers['authorization']).toBe(`Bearer ${token.kind === 'ready' ? token.accessToken : ''}`);
    expect(one?.headers).toMatchObject({ 'if-match': '"0"', 'x-tenant': 'one', 'content-type': 'application/json' });
    for (const name of ['cookie', 'origin', 'referer', 'x-forwarded-user', 'x_forwarded_user', 'x-other', 'dpop']) {
      expect(one?.headers[name]).toBe(undefined);
    }
  });

  it('lets nothing of the answer through that sets a cookie, opens it to others, or makes it a page', async () => {
    const cookie = await signedIn();
    answer = {
      status: 200,
      headers: {
        'content-type': 'text/html',
        'set-cookie': 'diapason_client_session=planted',
        'access-control-allow-origin': '*',
        'clear-site-data': '"*"',
        'cache-control': 'public, max-age=600',
        'x-powered-by': 'api',
        link: '<b>; rel=next',
        refresh: '0;url=https://evil.example',
      },
      body: '<script>alert(1)</script>',
    };
    const response = await ask('/api/things', { cookie });
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      link: '<b>; rel=next',
    });
    for (const name of ['set-cookie', 'access-control-allow-origin', 'clear-site-data', 'x-powered-by', 'refresh']) {
      expect(headers[name]).toBe(undefined);
    }
  });

  it('follows no redirect, and names its own path where something was made', async () => {
    const cookie = await signedIn();
    answer = { status: 302, headers: { location: 'https://evil.example/' }, body: '' };
    const redirected = await ask('/api/things', { cookie });
    expect([redirected.status, await redirected.json()]).toEqual([502, { error: 'api_redirects' }]);
    for (const [location, here] of [
      ['/v1/things/9?a=b', '/api/things/9?a=b'],
      [`${apiUrl}/v1/things/9`, '/api/things/9'],
      ['/v1/thingsandmore', null],
      ['https://evil.example/v1/things/9', null],
    ] as const) {
      answer = { status: 201, headers: { location }, body: '{}' };
      const made = await ask('/api/things', { method: 'POST', cookie, body: '{}' });
      expect([location, made.headers.get('location')]).toEqual([location, here]);
    }
  });

  it('goes to the longest path that fits, and never out of it', async () => {
    const cookie = await signedIn();
    answer = { status: 200, headers: {}, body: '' };
    const reached = async (path: string) => {
      arrived = [];
      const { status } = await ask(path, { cookie });
      return arrived[0]?.url ?? status;
    };
    expect(await reached('/api/things')).toBe('/v1/things');
    expect(await reached('/api/things/')).toBe('/v1/things/');
    expect(await reached('/api/thingsandmore')).toBe('/root/thingsandmore');
    expect(await reached('/api')).toBe('/root/');
    expect(await reached('/api/things/a%2Fb')).toBe('/v1/things/a%2Fb');
    for (const path of ['..%2fadmin', 'a/..%2f..%2fadmin', '..%5cadmin', '%252e%252e%252fadmin', '%00', '%zz', '%e9']) {
      expect([path, await reached(`/api/things/${path}`)]).toEqual([path, 400]);
    }
    // `fetch` and `URL` take these away before anybody is asked.
    expect(await reached('/api/things/%2e%2e/admin')).toBe('/root/admin');
  });

  it.each(FOREIGN)('is not made to write by %s', async (_who, headers) => {
    const cookie = await signedIn();
    arrived = [];
    answer = { status: 200, headers: {}, body: '' };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const plain = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
      const request = new Request(`${app.url}/api/things`, { method, headers: { cookie, ...plain } });
      expect((await app.accounts.handle(request))?.status).toBe(403);
    }
    expect(arrived).toEqual([]);
  });

  it('tells code what it can do about it, each with its own code', async () => {
    const cookie = await signedIn();
    const asked = async (path: string, init: RequestInit & { cookie?: string } = { cookie }) => {
      const response = await ask(path, init);
      return [response.status, await response.json()];
    };
    const login = '/accounts/login/';
    expect(await asked('/api/things', {})).toEqual([401, { error: 'signed_out', login }]);
    answer = { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: 'no' };
    expect(await asked('/api/things')).toEqual([401, { error: 'access_token_refused', login }]);
    expect(await asked('/api/gone')).toEqual([502, { error: 'api_unreachable' }]);
    expect(app.lastRefusal().detail).toContain('http://localhost:9');
    expect(await asked('/api/things', { method: 'PROPFIND', cookie })).toEqual([405, { error: 'method_not_allowed' }]);
    answer = { status: 403, headers: { 'content-type': 'application/json' }, body: '{"error":"insufficient_scope"}' };
    expect(await asked('/api/things')).toEqual([403, { error: 'insufficient_scope' }]);
    // Whatever the log says, it holds no token.
    const token = await app.accounts.accessToken(new Request(app.url, { headers: { cookie } }));
    expect(JSON.stringify(app.log)).not.toContain(token.kind === 'ready' ? token.accessToken : 'x');
    expect(Object.values(API_REFUSALS).every((status) => status >= 400)).toBe(true);
  });

  it('refreshes an expired token once for twenty requests, and says so when there is no new one', async () => {
    const cookie = await signedIn();
    answer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
    arrived = [];
    app.clockOffsetMs = 3_600_000;
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await ask('/api/things', { cookie })).status),
    );
    expect(statuses).toEqual(Array(20).fill(200));
    expect(new Set(arrived.map(({ headers }) => headers['authorization'])).size).toBe(1);
    await succeed(SERVER_PROGRAM, ['user', 'disable', 'alice'], server.environment);
    app.clockOffsetMs = 7_200_000;
    const over = await ask('/api/things', { cookie });
    expect([over.status, await over.json()]).toEqual([401, { error: 'access_token_ended', login: '/accounts/login/' }]);
    app.clockOffsetMs = 0;
    await succeed(SERVER_PROGRAM, ['user', 'enable', 'alice'], server.environment);
  });

  it('takes bodies that are large or of unknown length as they come', async () => {
    const cookie = await signedIn();
    answer = { status: 200, headers: {}, body: '' };
    arrived = [];
    const body = new ReadableStream({
      start: (controller) => {
        for (let sent = 0; sent < 40; sent += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(16_384)));
        controller.close();
      },
    });
    expect((await ask('/api/things', { method: 'POST', cookie, body, duplex: 'half' } as RequestInit)).status).toBe(
      200,
    );
    expect(arrived[0]?.body.length).toBe(40 * 16_384);
  });
});

describe('createAccounts({ forward })', () => {
  const create =
    (forward: AccountsOptions['forward'], keepTokens = true) =>
    () =>
      createAccounts({
        url: 'https://app.example.org',
        secret: SECRET,
        store: openSqliteStore({ path: ':memory:' }),
        providers: [],
        session: { keepTokens },
        ...(forward === undefined ? {} : { forward }),
      });

  it.each([
    ['without tokens', { '/api': { to: 'https://api.example.org' } }, /keepTokens/, false],
    ['for no path', { api: { to: 'https://api.example.org' } }, /path below the root/, true],
    ['for everything', { '/': { to: 'https://api.example.org' } }, /path below the root/, true],
    ['for the library’s own paths', { '/accounts/x': { to: 'https://api.example.org' } }, /overlaps/, true],
    ['around the library’s own paths', { '/admin': { to: 'https://api.example.org' } }, /overlaps/, true],
    ['to no address', { '/api': { to: '/v1' } }, /address of an API/, true],
    ['to an address with a query', { '/api': { to: 'https://api.example.org/?a' } }, /address of an API/, true],
    ['in the clear', { '/api': { to: 'http://api.example.org/' } }, /https alone/, true],
    ['with cookies', { '/api': { to: 'https://api.example.org/', headers: ['Cookie'] } }, /"cookie"/, true],
    ['with CORS', { '/api': { to: 'https://a.example/', headers: ['Access-Control-Allow-Origin'] } }, /not forw/, true],
  ] as const)('is refused %s', (_what, forward, message, keepTokens) => {
    expect(create(forward, keepTokens)).toThrow(message);
  });

  it('is taken with https, and left out', () => {
    expect(create({ '/api/things/': { to: 'https://api.example.org/v1' } })().paths.forward).toEqual(['/api/things']);
    expect(create(undefined)().paths.forward).toEqual([]);
  });
});
