/**
 * Sessions with a provider behind them: many tabs and two processes at once, tokens that are refreshed, and sign-outs that the
 * provider tells of. Against Diapason itself.
 */
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../../../test/programs.ts';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { createAccounts, oidc } from '../src/index.ts';
import { openPostgresStore } from '../src/postgres.ts';
import { openSqliteStore } from '../src/sqlite.ts';
import { type Application, SECRET, startApplication } from './application.ts';
import { createAuthorizationServerStub, ISSUER, type SigningKey } from './authorization-server-stub.ts';
import { type Page, Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';

/** Where both processes keep their accounts. */
const ENGINES = {
  SQLite: async () => {
    const path = `${folder}/client.db`;
    return [openSqliteStore({ path }), openSqliteStore({ path })] as const;
  },
  PostgreSQL: async () => {
    const connectionString = await newPostgresDatabase();
    return [await openPostgresStore({ connectionString }), await openPostgresStore({ connectionString })] as const;
  },
} as const;

const ended: (() => Promise<void>)[] = [];
let folder = '';
let server: RunningServer;
/** Two processes of one application, which share a database. */
let app: Application;
let twin: Application;
let tokenRequests = 0;

const countingFetch = (url: string, init: RequestInit) => {
  if (url.includes('/token/')) tokenRequests += 1;
  return fetch(url, init);
};

beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
  server = await startServer(folder, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  for (const username of ['alice', 'bob']) {
    const user = ['user', 'create', '--username', username, '--email', `${username}@example.org`, '--password-stdin'];
    await succeed(SERVER_PROGRAM, user, server.environment, PASSWORD);
  }
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

async function signIn(visitor: Visitor, username = 'alice'): Promise<Page> {
  const page = await visitor.open(`${app.url}/accounts/diapason/login/`);
  return page.html.includes('name="password"')
    ? visitor.submit(page, { username, password: PASSWORD }, 'name="password"')
    : page;
}

function requestOf(visitor: Visitor): Request {
  const cookie = `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
  return new Request(`${app.url}/`, { headers: { cookie } });
}

describe.each(['SQLite', 'PostgreSQL'] as const)('on %s', (engine) => {
  beforeAll(async () => {
    const providers = () => [oidc({ id: 'diapason', name: 'Diapason', issuer: `${server.url}/o` })];
    const options = { session: { keepTokens: true }, fetch: countingFetch };
    const [one, two] = await ENGINES[engine]();
    app = await startApplication(providers, { ...options, store: one });
    ended.push(app.close);
    twin = await startApplication(providers, {
      ...options,
      url: app.url,
      store: two,
    });
    ended.push(twin.close);
    const created = await succeed(
      SERVER_PROGRAM,
      [
        ...'app create --name Tabs --type confidential --grant authorization-code,refresh-token --json'.split(' '),
        ...['--skip-consent', '--redirect-uri', app.redirectUri('diapason')],
        ...['--backchannel-logout-uri', `${app.url}/accounts/diapason/logout/backchannel/`],
      ],
      server.environment,
    );
    const { client_id: clientId, client_secret: secret } = JSON.parse(created);
    await app.accounts.setSocialApp({ provider: 'diapason', name: 'x', clientId, secret });
  });

  describe('ten tabs at once', () => {
    it('all sign in, the last of them too', async () => {
      const visitor = new Visitor();
      const starts = await Promise.all(
        Array.from({ length: 10 }, () => visitor.request(`${app.url}/accounts/diapason/login/`)),
      );
      const forms: Page[] = [];
      for (const start of starts) forms.push(await visitor.open(start.headers.get('location') ?? ''));
      const pages = await Promise.all(
        forms.map(async (form) => {
          let page = form;
          // The first who is through makes the server show the others' forms once more.
          for (let steps = 0; steps < 3 && page.html.includes('name="password"'); steps += 1) {
            page = await visitor.submit(page, { username: 'alice', password: PASSWORD }, 'name="password"');
          }
          return page;
        }),
      );
      expect(pages.map((page) => page.text('failure-code'))).toEqual(Array(10).fill(null));
      expect(pages.map((page) => page.text('username'))).toEqual(Array(10).fill('alice'));
      expect((await visitor.open(`${app.url}/accounts/profile`)).text('username')).toBe('alice');
    });
  });

  describe('the access token of a session', () => {
    it('is handed out as long as it is good, and refreshed once for twenty requests in each of two processes', async () => {
      const visitor = new Visitor();
      await signIn(visitor);
      const first = await app.accounts.accessToken(requestOf(visitor));
      expect(first).toMatchObject({ kind: 'ready' });
      expect(await twin.accounts.accessToken(requestOf(visitor))).toEqual(first);
      tokenRequests = 0;
      app.clockOffsetMs = twin.clockOffsetMs = 3_600_000;
      const outcomes = await Promise.all(
        [app, twin].flatMap((each) => Array.from({ length: 20 }, () => each.accounts.accessToken(requestOf(visitor)))),
      );
      app.clockOffsetMs = twin.clockOffsetMs = 0;
      const tokens = new Set(outcomes.map((each) => (each.kind === 'ready' ? each.accessToken : each.kind)));
      expect([tokens.size, tokenRequests]).toEqual([1, 1]);
      expect(tokens.has(first.kind === 'ready' ? first.accessToken : '')).toBe(false);
      const [token] = tokens;
      const profile = await fetch(`${server.url}/o/userinfo/`, { headers: { authorization: `Bearer ${token}` } });
      expect(await profile.json()).toMatchObject({ preferred_username: 'alice' });
      // Nobody is signed out.
      expect((await visitor.open(`${app.url}/accounts/profile`)).text('username')).toBe('alice');
    });

    it('is over when the provider gives no new one, and the person stays signed in here', async () => {
      const visitor = new Visitor();
      await signIn(visitor, 'bob');
      const before = await app.accounts.accessToken(requestOf(visitor));
      if (before.kind !== 'ready') throw new Error(before.kind);
      await succeed(SERVER_PROGRAM, ['user', 'disable', 'bob'], server.environment);
      app.clockOffsetMs = 3_600_000;
      expect(await app.accounts.accessToken(requestOf(visitor))).toEqual({ kind: 'ended' });
      tokenRequests = 0;
      expect(await app.accounts.accessToken(requestOf(visitor))).toEqual({ kind: 'ended' });
      expect(tokenRequests).toBe(0);
      app.clockOffsetMs = 0;
      expect(await app.accounts.session(requestOf(visitor))).not.toBe(null);
      await succeed(SERVER_PROGRAM, ['user', 'enable', 'bob'], server.environment);
    });

    it('is asked for again after a failure that may be over', async () => {
      const visitor = new Visitor();
      await signIn(visitor);
      let broken = true;
      const restarted = createAccounts({
        url: app.url,
        secret: SECRET,
        store: app.store,
        providers: [oidc({ id: 'diapason', name: 'Diapason', issuer: `${server.url}/o` })],
        session: { keepTokens: true },
        log: () => undefined,
        now: () => Date.now() + 3_600_000,
        fetch: (url, init) => (broken ? Promise.reject(new Error('down')) : fetch(url, init)),
      });
      expect(await restarted.accessToken(requestOf(visitor))).toEqual({
        kind: 'unavailable',
        code: 'provider_unreachable',
      });
      broken = false;
      expect(await restarted.accessToken(requestOf(visitor))).toMatchObject({ kind: 'ready' });
    });

    it('is none without a session, and where nothing is kept', async () => {
      expect(await app.accounts.accessToken(new Request(app.url))).toEqual({ kind: 'none' });
      const forgetful = createAccounts({
        url: app.url,
        secret: 'another secret of the tests, long enough',
        store: app.store,
        providers: [],
        log: () => undefined,
      });
      const visitor = new Visitor();
      await signIn(visitor);
      expect(await forgetful.accessToken(requestOf(visitor))).toEqual({ kind: 'none' });
    });
  });

  it('ends the session here when the person signs out at Diapason, and no other (Back-Channel Logout 1.0)', async () => {
    const [one, other] = [new Visitor(), new Visitor()];
    await signIn(one);
    await signIn(other);
    const asked = await one.open(`${server.url}/logout/`);
    await one.submit(asked, {});
    await expect.poll(() => app.accounts.session(requestOf(one)), { timeout: 15_000, interval: 100 }).toBe(null);
    expect(await app.accounts.session(requestOf(other))).not.toBe(null);
    expect(app.log.some((entry) => entry.event === 'signed_out_by_provider')).toBe(true);
  });
});

describe('Back-Channel Logout 1.0', () => {
  describe('§2.6', () => {
    const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
    let key: SigningKey;
    let stubbed: Application;

    beforeAll(async () => {
      const stub = createAuthorizationServerStub();
      stub.metadata = {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
      };
      key = await stub.key('key-1');
      const credentials = { clientId: 'client-1', clientSecret: 'secret' };
      stubbed = await startApplication(() => [oidc({ id: 'office', name: 'Work', issuer: ISSUER, credentials })], {
        fetch: stub.fetch,
      });
      ended.push(stubbed.close);
    });

    function goodLogout(): JWTPayload {
      const now = Math.floor(Date.now() / 1000);
      return {
        iss: ISSUER,
        aud: 'client-1',
        iat: now,
        exp: now + 120,
        jti: crypto.randomUUID(),
        sub: 'subject-1',
        events: { [EVENT]: {} },
      };
    }
    const sign = (claims: JWTPayload, header: Record<string, unknown> = {}, by = key) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: by.kid, typ: 'logout+jwt', ...header })
        .sign(by.privateKey);
    const send = (token: string) =>
      fetch(`${stubbed.url}/accounts/office/logout/backchannel/`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      });
    async function session(subject: string, digest: string, sid: string | null) {
      const known = await stubbed.store.findSocialAccount(ISSUER, subject);
      const nowMs = Date.now();
      const account = {
        id: `account-${subject}`,
        provider: 'office',
        issuer: ISSUER,
        subject,
        providerUsername: null,
        createdAtMs: nowMs,
        lastSignInAtMs: nowMs,
      };
      const user = { id: subject, username: subject, firstName: '', lastName: '', email: '', emailVerified: false };
      if (known === null) {
        const fresh = { ...user, passwordHash: null, isSuperuser: false, createdAtMs: nowMs };
        await stubbed.store.createUser(fresh, account);
      }
      await stubbed.store.createSession({
        tokenDigest: digest,
        userId: subject,
        socialAccountId: account.id,
        provider: 'office',
        providerSessionId: sid,
        sealedTokens: null,
        createdAtMs: nowMs,
        lastSeenAtMs: nowMs,
      });
    }
    const there = async (digest: string) => (await stubbed.store.findSession(digest)) !== null;

    it('ends every session of the person that is named, or the one session', async () => {
      await session('subject-1', 'one', 'sid-1');
      await session('subject-1', 'two', 'sid-2');
      await session('subject-2', 'three', 'sid-3');
      const { sub: _sub, ...bySession } = goodLogout();
      const answer = await send(await sign({ ...bySession, sid: 'sid-1' }));
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect([await there('one'), await there('two'), await there('three')]).toEqual([false, true, true]);
      expect((await send(await sign({ ...goodLogout(), sub: 'subject-2', sid: 'sid-2' }))).status).toBe(200);
      expect(await there('two')).toBe(true);
      expect((await send(await sign(goodLogout()))).status).toBe(200);
      expect([await there('two'), await there('three')]).toEqual([false, true]);
      expect((await send(await sign({ ...goodLogout(), sub: 'nobody' }))).status).toBe(200);
      expect(await there('three')).toBe(true);
    });

    it.each([
      ['of another issuer', { iss: 'https://evil.example' }, {}],
      ['for another application', { aud: 'client-2' }, {}],
      ['that is expired', { exp: 1 }, {}],
      ['without an expiry', { exp: undefined }, {}],
      ['that is good for years', { exp: Math.floor(Date.now() / 1000) + 25 * 60 * 60 }, {}],
      ['without iat', { iat: undefined }, {}],
      ['without jti', { jti: undefined }, {}],
      ['about nobody', { sub: undefined }, {}],
      ['without the event', { events: { other: {} } }, {}],
      ['without events', { events: undefined }, {}],
      ['with a nonce: an ID token', { nonce: 'n' }, {}],
      ['of the type of an access token', {}, { typ: 'at+jwt' }],
      ['signed with an unknown key', {}, { kid: 'key-2' }],
    ])('refuses a logout token %s', async (_what, claims, header) => {
      await session('subject-3', `kept-${_what}`, null);
      const answer = await send(await sign({ ...goodLogout(), sub: 'subject-3', ...claims } as JWTPayload, header));
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
      expect(stubbed.lastRefusal().code).toBe('logout_token_invalid');
      expect(await there(`kept-${_what}`)).toBe(true);
    });

    it('refuses a wrong signature, one that is used before, and what is no token', async () => {
      const { privateKey } = await generateKeyPair('ES256');
      expect((await send(await sign(goodLogout(), {}, { kid: 'key-1', privateKey }))).status).toBe(400);
      const once = await sign(goodLogout());
      expect([(await send(once)).status, (await send(once)).status]).toEqual([200, 400]);
      expect((await send('')).status).toBe(400);
      expect((await send('a.b.c')).status).toBe(400);
      const get = await fetch(`${stubbed.url}/accounts/office/logout/backchannel/`);
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    });
  });
});
