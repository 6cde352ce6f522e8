/**
 * Signing in through `oidc()` at `better-auth`'s OAuth provider: another reading of the specifications, with refresh tokens.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BetterAuthServer, startBetterAuthServer } from '../../../bench/test/better-auth-server.ts';
import { oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { Visitor } from './visitor.ts';

let app: Application;
let server: BetterAuthServer;

beforeAll(async () => {
  // Both know the other's address, so the issuer is read when the application is asked.
  let issuer = '';
  app = await startApplication(
    () => [
      {
        ...oidc({
          id: 'better',
          name: 'Better server',
          issuer: 'http://localhost:1',
          scope: ['openid', 'profile', 'email', 'offline_access'],
          // It has no usernames.
          fields: { username: 'name', email: 'email', emailVerified: 'email_verified' },
        }),
        addresses: () => ({ issuer, backChannelUrl: null }),
      },
    ],
    { session: { keepTokens: true } },
  );
  server = await startBetterAuthServer(app.redirectUri('better'));
  issuer = server.issuer;
  await enter(server.credentials.clientSecret);
});
afterAll(async () => {
  await app?.close();
  await server?.close();
});

/** The credentials at the server, as an operator enters them. */
const enter = (secret: string) =>
  app.accounts.setSocialApp({
    provider: 'better',
    name: 'Better server',
    clientId: server.credentials.clientId,
    secret,
  });

async function signIn(visitor: Visitor) {
  const sent = await visitor.request(`${app.url}/accounts/better/login/`);
  const authorization = await fetch(sent.headers.get('location') ?? '', {
    headers: { cookie: server.cookie },
    redirect: 'manual',
  });
  const back = authorization.headers.get('location') ?? (await authorization.json()).url;
  return { back: new URL(back), page: await visitor.open(back) };
}

function requestOf(visitor: Visitor): Request {
  const names = visitor.cookieNames(app.url);
  const cookie = names.map((name) => `${name}=${visitor.cookie(name)}`).join('; ');
  return new Request(app.url, { headers: { cookie } });
}

const count = (path: string) => server.requests.filter((each) => each.endsWith(path)).length;

describe("better-auth's OAuth provider", () => {
  it('signs a person in by discovery, with PKCE, and answers userinfo', async () => {
    const visitor = new Visitor();
    const { back, page } = await signIn(visitor);
    expect(back.searchParams.get('iss')).toBe(server.issuer);
    expect(page.url.pathname).toBe('/accounts/profile');
    const session = await app.accounts.session(requestOf(visitor));
    expect(session?.user).toMatchObject({ username: 'Alice Ames', email: 'alice@example.org', emailVerified: false });
    expect(session?.account).toMatchObject({ issuer: server.issuer, provider: 'better' });
    expect(count('/oauth2/token')).toBe(1);
    expect(count('/oauth2/userinfo')).toBe(1);
  });

  it('knows the person at the second sign-in', async () => {
    const first = new Visitor();
    const second = new Visitor();
    await signIn(first);
    await signIn(second);
    const ids = [];
    for (const visitor of [first, second]) ids.push((await app.accounts.session(requestOf(visitor)))?.user.id);
    expect(ids[0]).toEqual(expect.any(String));
    expect(ids[1]).toBe(ids[0]);
  });

  it('refreshes once for all who ask, and the new token is good at userinfo', async () => {
    const visitor = new Visitor();
    await signIn(visitor);
    const ask = () => app.accounts.accessToken(requestOf(visitor));
    const before = await ask();
    if (before.kind !== 'ready' || before.expiresAtMs === null) throw new Error(`no token: ${before.kind}`);
    const asked = count('/oauth2/token');
    app.clockOffsetMs = before.expiresAtMs - Date.now();
    try {
      const renewed = await Promise.all(Array.from({ length: 20 }, ask));
      expect(count('/oauth2/token')).toBe(asked + 1);
      const tokens = new Set(renewed.map((each) => (each.kind === 'ready' ? each.accessToken : each.kind)));
      expect(tokens.size).toBe(1);
      const [token = ''] = tokens;
      expect(token).not.toBe(before.accessToken);
      const userinfo = await fetch(`${server.issuer}/oauth2/userinfo`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(await userinfo.json()).toMatchObject({ email: 'alice@example.org' });
    } finally {
      app.clockOffsetMs = 0;
    }
  });

  it('refuses a wrong secret, and says so', async () => {
    await enter('another secret');
    try {
      const { page } = await signIn(new Visitor());
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(app.lastRefusal().code).toBe('client_credentials_refused');
    } finally {
      await enter(server.credentials.clientSecret);
    }
  });
});
