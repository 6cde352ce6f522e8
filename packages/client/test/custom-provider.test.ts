/**
 * Signing in through `customProvider()` at an OAuth 2 server that knows neither OpenID Connect nor `iss`.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { customProvider } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { type PlainServer, plainCredentials, startPlainServer } from './plain-oauth2-server.ts';
import { Visitor } from './visitor.ts';

let app: Application;
let server: PlainServer;

beforeAll(async () => {
  let redirectUri = '';
  server = await startPlainServer(() => redirectUri);
  app = await startApplication(() => [
    customProvider({ serverUrl: server.url, name: 'Sample server', credentials: plainCredentials }),
  ]);
  redirectUri = app.redirectUri('customprovider');
});
afterAll(async () => {
  await app.close();
  await server.close();
});
/** Every code that was exchanged, over all tests. */
const codes = new Set<string>();

beforeEach(() => {
  for (const request of server.tokenRequests) codes.add(request.get('code') ?? '');
  server.refuseWith = null;
  server.issuer = null;
  server.profileAnswer = null;
  server.tokenAnswer = null;
  server.requests.length = 0;
  server.tokenRequests.length = 0;
});

/** A person whom no other test has. */
function somebody(name: string) {
  return { id: `id-of-${name}`, username: name, first_name: 'First', last_name: 'Last', email: `${name}@example.org` };
}

const profile = () => `${app.url}/accounts/profile`;
const login = () => `${app.url}/accounts/customprovider/login/`;

describe('the whole story', () => {
  it('leads from the profile page over the server and back to the profile page', async () => {
    server.person = { id: 41, username: 'carol', first_name: 'Carol', last_name: 'Ötzi', email: 'carol@example.org' };
    const visitor = new Visitor();
    const before = await visitor.open(profile());
    expect(before.href('login')).toBe('/accounts/customprovider/login/');
    expect(before.text('username')).toBeNull();

    const after = await visitor.open(new URL(before.href('login') ?? '', app.url));
    expect(after.url.href).toBe(profile());
    expect(after.text('username')).toBe('carol');
    expect(after.text('first_name')).toBe('Carol');
    expect(after.text('last_name')).toBe('Ötzi');
    expect(after.text('email')).toBe('carol@example.org');
    expect(after.text('uid')).toBe('41');
  });

  it('goes to the server at once on GET, with and without the trailing slash', async () => {
    for (const path of ['login/', 'login']) {
      const sent = await new Visitor().request(`${app.url}/accounts/customprovider/${path}`);
      expect(sent.status).toBe(302);
      const url = new URL(sent.headers.get('location') ?? '');
      expect(`${url.origin}${url.pathname}`).toBe(`${server.url}/o/authorize/`);
      expect(url.searchParams.get('redirect_uri')).toBe(app.redirectUri('customprovider'));
      expect(url.searchParams.get('scope')).toBe('read');
      expect(url.searchParams.get('response_type')).toBe('code');
      expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    }
  });

  it('goes on under the configured name when it was opened under another name of this machine', async () => {
    server.person = somebody('dean');
    const visitor = new Visitor();
    const moved = await visitor.request(login().replace('localhost', '127.0.0.1'));
    expect(moved.headers.get('location')).toBe(login());
    expect((await visitor.open(login().replace('localhost', '127.0.0.1'))).text('username')).toBe('dean');
  });

  it('sends the credentials in the form body, as django-allauth does, and the verifier beside them', async () => {
    server.person = somebody('dora');
    await new Visitor().open(login());
    expect(server.tokenRequests).toHaveLength(1);
    const sent = server.tokenRequests[0];
    expect(sent?.get('client_id')).toBe(plainCredentials.clientId);
    expect(sent?.get('client_secret')).toBe(plainCredentials.clientSecret);
    expect(sent?.get('redirect_uri')).toBe(app.redirectUri('customprovider'));
    expect(sent?.get('code_verifier')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('knows the person again by issuer and uid, and shows what changed at the server', async () => {
    server.person = somebody('erin');
    const visitor = new Visitor();
    await visitor.open(login());
    server.person = { ...server.person, username: 'erin.new', first_name: 'Erin', last_name: 'Neu' };
    const again = await visitor.open(login());
    expect(again.text('username')).toBe('erin.new');
    expect(again.text('first_name')).toBe('Erin');
    expect(again.text('last_name')).toBe('Neu');
    expect(again.text('uid')).toBe('id-of-erin');
    expect(await app.store.findUserByUsername('erin')).toBeNull();
  });

  it('keeps an account whose uid was a JSON number when the server sends it as text', async () => {
    const visitor = new Visitor();
    server.person = { ...somebody('frank'), id: 4711 };
    await visitor.open(login());
    const user = await app.store.findUserByUsername('frank');
    server.person = { ...server.person, id: '4711' };
    expect((await visitor.open(login())).text('uid')).toBe('4711');
    expect((await app.store.findUserByUsername('frank'))?.id).toBe(user?.id);
  });

  it('keeps the username when the new one is taken, says so, and takes it over as soon as it is free', async () => {
    server.person = somebody('gina');
    const visitor = new Visitor();
    await visitor.open(login());
    const other = new Visitor();
    server.person = { ...somebody('henry'), id: 'id-of-henry' };
    await other.open(login());

    server.person = { ...somebody('gina'), username: 'henry', first_name: 'Still' };
    const kept = await visitor.open(login());
    expect(kept.text('username')).toBe('gina');
    expect(kept.text('first_name')).toBe('Still');
    expect(kept.html).toContain('that name is taken here');

    server.person = { ...somebody('henry'), username: 'henry2', id: 'id-of-henry' };
    await other.open(login());
    server.person = { ...somebody('gina'), username: 'henry' };
    expect((await visitor.open(login())).text('username')).toBe('henry');
  });

  it('comes back to where it began', async () => {
    server.person = somebody('iris');
    const visitor = new Visitor();
    const back = await visitor.open(`${login()}?next=/accounts/connections/`);
    expect(back.url.pathname).toBe('/accounts/connections/');
  });

  it('signs out on this side after asking, and tells where to sign out on the other', async () => {
    server.person = somebody('jack');
    const visitor = new Visitor();
    await visitor.open(login());
    const session = visitor.cookie('diapason_client_session') ?? '';
    const asked = await visitor.open(`${app.url}/accounts/logout/`);
    expect(asked.html).toContain('You are signed in to Test application as jack.');
    expect((await visitor.open(profile())).text('username')).toBe('jack');

    const done = await visitor.submit(asked, {});
    expect(done.html).toContain('You are signed out');
    expect(done.html).toContain(`href="${server.url}/logout/"`);
    expect((await visitor.open(profile())).text('username')).toBeNull();

    // ASVS 7.4.1: the cookie is worth nothing afterwards, wherever it was copied to.
    const thief = new Visitor();
    thief.plant(app.url, 'diapason_client_session', session);
    expect((await thief.open(profile())).text('username')).toBeNull();
  });
});

describe('RFC 6749 §10.12, state', () => {
  it('lets two tabs sign in at once without a collision', async () => {
    server.person = somebody('kate');
    const visitor = new Visitor();
    const one = await visitor.request(login());
    const two = await visitor.request(login());
    const backOne = await visitor.request(one.headers.get('location') ?? '');
    const backTwo = await visitor.request(two.headers.get('location') ?? '');
    expect((await visitor.open(backTwo.headers.get('location') ?? '')).text('username')).toBe('kate');
    expect((await visitor.open(backOne.headers.get('location') ?? '')).text('username')).toBe('kate');
  });

  it('lets ten tabs sign in at once', async () => {
    server.person = somebody('liam');
    const visitor = new Visitor();
    const started = [];
    for (let tab = 0; tab < 10; tab += 1) started.push(await visitor.request(login()));
    const pages = [];
    for (const each of started) pages.push(await visitor.open(each.headers.get('location') ?? ''));
    expect(pages.map((each) => each.text('username'))).toEqual(Array(10).fill('liam'));
  });

  it('makes one user of a person who arrives for the first time in five tabs at the same moment', async () => {
    server.person = somebody('lily');
    const visitor = new Visitor();
    const callbacks = [];
    for (let tab = 0; tab < 5; tab += 1) {
      const started = await visitor.request(login());
      callbacks.push((await visitor.request(started.headers.get('location') ?? '')).headers.get('location') ?? '');
    }
    const arrived = await Promise.all(callbacks.map((callback) => visitor.request(callback)));
    expect(arrived.map((page) => page.headers.get('location'))).toEqual(Array(5).fill('/accounts/profile'));
    const user = await app.store.findUserByUsername('lily');
    expect(await app.store.listSocialAccounts(user?.id ?? '')).toHaveLength(1);
    expect((await visitor.open(profile())).text('username')).toBe('lily');
  });

  it('keeps no more than a dozen attempts in a browser', async () => {
    const visitor = new Visitor();
    for (let tab = 0; tab < 20; tab += 1) await visitor.request(login());
    const kept = visitor.cookieNames(login()).filter((name) => name.startsWith('diapason_client_attempt_'));
    expect(kept).toHaveLength(12);
  });

  it('refuses a state that this browser did not start, before it exchanges the code', async () => {
    server.person = somebody('mona');
    const attacker = new Visitor();
    const started = await attacker.request(login());
    const back = await attacker.request(started.headers.get('location') ?? '');
    const victim = new Visitor();
    const refused = await victim.open(back.headers.get('location') ?? '');
    expect(refused.status).toBe(400);
    expect(refused.text('failure-code')).toBe('attempt_missing');
    expect(refused.href('way-on')).toBe('/accounts/customprovider/login/');
    expect(server.tokenRequests).toHaveLength(0);
    expect(app.lastRefusal()).toMatchObject({ code: 'attempt_missing', reference: refused.text('failure-reference') });
  });

  it('refuses a second use, and says where a person who is signed in can go on', async () => {
    server.person = somebody('nora');
    const visitor = new Visitor();
    const started = await visitor.request(login());
    const back = await visitor.request(started.headers.get('location') ?? '');
    const callback = back.headers.get('location') ?? '';
    await visitor.open(callback);
    const again = await visitor.open(callback);
    expect(again.text('failure-code')).toBe('attempt_missing');
    expect(again.html).toContain('href="/accounts/profile"');
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('refuses an attempt of more than an hour ago, and says so', async () => {
    const visitor = new Visitor();
    const started = await visitor.request(login());
    const back = await visitor.request(started.headers.get('location') ?? '');
    app.clockOffsetMs = 61 * 60 * 1000;
    const refused = await visitor.open(back.headers.get('location') ?? '');
    app.clockOffsetMs = 0;
    expect(refused.text('failure-code')).toBe('attempt_expired');
    expect(refused.html).toContain('more than an hour ago');
  });

  it.each([
    ['no state', '?code=abc'],
    ['two states', '?code=abc&state=AAAAAAAAAAAAAAAAAAAAAA&state=BBBBBBBBBBBBBBBBBBBBBB'],
    ['a malformed state', '?code=abc&state=%00'],
    ['nothing at all', ''],
  ])('refuses a callback with %s', async (_what, query) => {
    const refused = await new Visitor().open(`${app.redirectUri('customprovider')}${query}`);
    expect(refused.status).toBe(400);
    expect(refused.text('failure-code')).toBe('state_missing');
  });

  it('refuses an attempt cookie that was altered', async () => {
    const visitor = new Visitor();
    const started = await visitor.request(login());
    const state = new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const name = `diapason_client_attempt_${state}`;
    const value = visitor.cookie(name) ?? '';
    visitor.plant(app.url, name, `${value.slice(0, -2)}AA`, '/accounts/customprovider/login');
    const refused = await visitor.open(`${app.redirectUri('customprovider')}?code=abc&state=${state}`);
    expect(refused.text('failure-code')).toBe('attempt_missing');
  });
});

describe('RFC 9207 §2.4, iss', () => {
  it('accepts a response that names the right issuer', async () => {
    server.person = somebody('olga');
    server.issuer = `${server.url}/o`;
    expect((await new Visitor().open(login())).text('username')).toBe('olga');
  });

  it('refuses one that names another, before it exchanges the code', async () => {
    server.issuer = 'http://elsewhere.example/o';
    const refused = await new Visitor().open(login());
    expect(refused.text('failure-code')).toBe('issuer_mismatch');
    expect(server.tokenRequests).toHaveLength(0);
    expect(app.lastRefusal().detail).toContain('http://elsewhere.example/o');
  });
});

describe('RFC 6749 §4.1.2.1, errors of the authorization response', () => {
  it('tells a person who cancelled that they cancelled', async () => {
    server.refuseWith = 'access_denied';
    const page = await new Visitor().open(login());
    expect(page.status).toBe(200);
    expect(page.html).toContain('You cancelled');
    expect(page.text('failure-code')).toBe('access_denied');
    expect(page.href('way-on')).toContain('/accounts/customprovider/login/');
  });

  it('tells the developer about a scope that the server refuses', async () => {
    server.refuseWith = 'invalid_scope';
    const page = await new Visitor().open(login());
    expect(page.status).toBe(400);
    expect(page.text('failure-code')).toBe('authorization_refused');
    expect(page.html).toContain('invalid_scope');
    expect(app.lastRefusal().hint).toContain('allow the scope');
  });

  it('asks for patience when the server is busy', async () => {
    server.refuseWith = 'temporarily_unavailable';
    const page = await new Visitor().open(login());
    expect(page.status).toBe(503);
    expect(page.text('failure-code')).toBe('provider_busy');
  });

  it('shows markup in an error as text', async () => {
    server.refuseWith = '<script>alert(1)</script>';
    const page = await new Visitor().open(login());
    expect(page.html).not.toContain('<script>');
    expect(page.html).toContain('&lt;script>');
  });
});

describe('the profile address', () => {
  it.each([
    ['a refusal', { status: 403, type: 'application/json', body: '{}' }, 'profile_refused'],
    ['a challenge', { status: 401, type: 'application/json', body: '{"error":"invalid_token"}' }, 'profile_refused'],
    ['an internal error', { status: 500, type: 'text/html', body: '<h1>500</h1>' }, 'provider_unreachable'],
    ['a page', { status: 200, type: 'text/html', body: '<h1>Hello</h1>' }, 'profile_invalid'],
    ['no id', { status: 200, type: 'application/json', body: '{"username":"x"}' }, 'profile_invalid'],
    ['an empty id', { status: 200, type: 'application/json', body: '{"id":""}' }, 'profile_invalid'],
    ['a list', { status: 200, type: 'application/json', body: '[1]' }, 'profile_invalid'],
    [
      'an id beyond what a JSON number holds exactly',
      { status: 200, type: 'application/json', body: '{"id":9007199254740993}' },
      'profile_invalid',
    ],
  ])('with %s leads to a page with a way on', async (_what, answer, code) => {
    server.profileAnswer = answer;
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe(code);
    expect(page.href('way-on')).not.toBeNull();
    expect(app.lastRefusal().detail).toContain('/profile/');
  });

  it('with more than a megabyte is not read to its end', async () => {
    server.profileAnswer = { status: 200, type: 'application/json', body: `{"id":"${'x'.repeat(1024 * 1024)}"}` };
    expect((await new Visitor().open(login())).text('failure-code')).toBe('provider_unreachable');
  });

  it('gives names that are cut to what fits, without control characters', async () => {
    server.person = { ...somebody('pia'), first_name: `P\u0000${'i'.repeat(300)}`, last_name: 'L\u202e' };
    const page = await new Visitor().open(login());
    expect(page.text('first_name')).toBe(`P${'i'.repeat(253)}`);
    expect(page.text('last_name')).toBe('L');
  });
});

describe('the token endpoint', () => {
  it.each([
    ['invalid_grant', { status: 400, type: 'application/json', body: '{"error":"invalid_grant"}' }, 'code_refused'],
    [
      'unauthorized_client',
      { status: 400, type: 'application/json', body: '{"error":"unauthorized_client"}' },
      'grant_not_allowed',
    ],
    ['another error', { status: 400, type: 'application/json', body: '{"error":"invalid_request"}' }, 'token_refused'],
    ['an internal error', { status: 502, type: 'text/html', body: 'Bad gateway' }, 'provider_unreachable'],
    ['a page', { status: 200, type: 'text/html', body: '<h1>Hello</h1>' }, 'token_response_invalid'],
    ['no token', { status: 200, type: 'application/json', body: '{}' }, 'token_response_invalid'],
    ['a page that is missing', { status: 404, type: 'text/html', body: 'Not found' }, 'token_response_invalid'],
  ])('with %s leads to a page with a way on', async (_what, answer, code) => {
    server.tokenAnswer = answer;
    const page = await new Visitor().open(login());
    expect(page.text('failure-code')).toBe(code);
    expect(page.href('way-on')).not.toBeNull();
  });
});

describe('what is written down', () => {
  it('holds no code, token or secret in any log entry', async () => {
    const written = JSON.stringify(app.log);
    expect(codes.size).toBeGreaterThan(20);
    for (const code of codes) expect(written).not.toContain(code);
    expect(written).not.toContain(plainCredentials.clientSecret);
  });
});
