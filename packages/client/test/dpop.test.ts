/**
 * DPoP on the client's side (RFC 9449), and step-up (RFC 9470): web sessions and programs against Diapason on both engines and against
 * `oidc-provider`, and what becomes of a server that ignores proofs.
 */
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openSite, type Site } from '../../../test/black-box/site.ts';
import { temporaryFolder } from '../../../test/programs.ts';
import {
  clientCredentials,
  type DevicePrompt,
  deviceLogin,
  loopbackLogin,
  ProgramError,
  signedIn,
  tokenFile,
} from '../src/command-line.ts';
import { diapason, oauth2, oidc } from '../src/index.ts';
import { requireNodeToken } from '../src/node.ts';
import { newDpopKey } from '../src/protocol/dpop-key.ts';
import { createTokenFetch } from '../src/protocol/token-fetch.ts';
import { createResourceServer, type ResourceServer, type TokenDemand } from '../src/resource-server.ts';
import { type Application, startApplication } from './application.ts';
import { type Listening, listenOnFreePort } from './listening.ts';
import { type OpenIdServer, startOpenIdServer } from './openid-server.ts';
import { type Page, Visitor } from './visitor.ts';

const PASSWORD = 'le vent dans les cordes';

const ended: (() => Promise<void>)[] = [];
let folder = '';
beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

function requestOf(app: Application, visitor: Visitor): Request {
  const cookie = `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
  return new Request(`${app.url}/`, { headers: { cookie } });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProgramError) return error.code;
  throw new Error('it did not fail as expected', { cause: error });
}

/** Signs in at the server and agrees, as far as it asks. */
async function agree(visitor: Visitor, page: Page): Promise<Page> {
  let current = page;
  for (let steps = 0; steps < 4; steps += 1) {
    if (current.html.includes('name="password"')) {
      current = await visitor.submit(current, { username: 'alice', password: PASSWORD }, 'name="password"');
    } else if (current.html.includes('name="allow"')) {
      current = await visitor.submit(current, { allow: 'Authorize' }, 'name="allow"');
    } else return current;
  }
  return current;
}

/** An API whose tokens the test says how to check. */
async function openApi(): Promise<
  Listening & { at: { server: ResourceServer; demand: TokenDemand } | null; calls: number }
> {
  const api = { at: null as { server: ResourceServer; demand: TokenDemand } | null, calls: 0 };
  const http = createServer(async (incoming, outgoing) => {
    api.calls += 1;
    if (api.at === null) throw new Error('the test says how tokens are checked');
    const token = await requireNodeToken(api.at.server, incoming, outgoing, api.at.demand);
    if (token !== null) outgoing.end(JSON.stringify({ subject: token.subject }));
  });
  const listening = await listenOnFreePort(http);
  ended.push(listening.close);
  return Object.assign(api, listening);
}

describe.each(ENGINES)('Diapason on %s', (engine) => {
  let site: Site;
  let app: Application;
  let issuer = '';
  let api: Awaited<ReturnType<typeof openApi>>;
  let program: { readonly issuer: string; readonly clientId: string; readonly dpop: true };
  let fileCount = 0;
  const newFile = () => {
    fileCount += 1;
    return tokenFile(join(folder, `${engine}-${fileCount}`, 'tokens.json'));
  };

  beforeAll(async () => {
    site = await openSite(engine);
    ended.push(site.dispose);
    issuer = `${site.url}/o`;
    await site.perform(
      ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'],
      PASSWORD,
    );
    api = await openApi();
    app = await startApplication(
      () => [
        diapason({ serverUrl: site.url, dpop: true }),
        oauth2({
          id: 'plain',
          name: 'Plain',
          issuer,
          authorizationUrl: `${issuer}/authorize/`,
          tokenUrl: `${issuer}/token/`,
          profileUrl: `${site.url}/profile/`,
          scope: ['read'],
          dpop: true,
        }),
      ],
      { session: { keepTokens: true } },
    );
    ended.push(app.close);
    const created = (await site.command([
      ...'app create --name Web --type confidential --grant authorization-code,refresh-token --skip-consent'.split(' '),
      ...[
        '--require-dpop',
        'on',
        '--redirect-uri',
        app.redirectUri('diapason'),
        '--redirect-uri',
        app.redirectUri('plain'),
      ],
    ])) as { client_id: string; client_secret: string };
    for (const provider of ['diapason', 'plain']) {
      const credentials = { clientId: created.client_id, secret: created.client_secret };
      expect(await app.accounts.setSocialApp({ provider, name: 'x', ...credentials })).toEqual({ kind: 'saved' });
    }
    const native = (await site.command([
      ...'app create --name Program --type public --grant authorization-code,device-code,refresh-token'.split(' '),
      ...['--access-token-format', 'jwt', '--resources', api.url, '--redirect-uri', 'http://127.0.0.1/callback'],
    ])) as { client_id: string };
    program = { issuer, clientId: native.client_id, dpop: true };
  });

  it.each(['diapason', 'plain'])(
    'binds the tokens of a web session (%s), and calls an API with a proof',
    async (provider) => {
      const visitor = new Visitor();
      const start = await visitor.request(`${app.url}/accounts/${provider}/login/`);
      const asked = new URL(start.headers.get('location') ?? '');
      // RFC 9449 §10
      expect(asked.searchParams.get('dpop_jkt')).toMatch(/^[A-Za-z0-9_-]{43}$/);
      const page = await agree(visitor, await visitor.open(asked));
      expect(page.text('username')).toBe('alice');
      const outcome = await app.accounts.accessToken(requestOf(app, visitor));
      if (outcome.kind !== 'ready') throw new Error(outcome.kind);
      expect(outcome.tokenType).toBe('DPoP');
      // In anybody else's hand it is worth nothing.
      const stolen = await fetch(`${site.url}/profile/`, {
        headers: { authorization: `Bearer ${outcome.accessToken}` },
      });
      expect(stolen.status).toBe(401);
      const called = async () => {
        const answered = await app.accounts.fetch(requestOf(app, visitor), `${site.url}/profile/`);
        return answered.kind === 'answered' ? answered.response.json() : answered;
      };
      expect(await called()).toMatchObject({ username: 'alice' });
      app.clockOffsetMs = 3_600_000;
      const renewed = await app.accounts.accessToken(requestOf(app, visitor));
      app.clockOffsetMs = 0;
      expect(renewed).toMatchObject({ kind: 'ready', tokenType: 'DPoP' });
      expect(renewed).not.toMatchObject({ accessToken: outcome.accessToken });
      expect(await called()).toMatchObject({ username: 'alice' });
    },
  );

  it('keeps a key for each sign-in, sealed in the cookie and in the store', async () => {
    const keys = new Set<string | null>();
    for (const visitor of [new Visitor(), new Visitor()]) {
      const start = await visitor.request(`${app.url}/accounts/diapason/login/`);
      keys.add(new URL(start.headers.get('location') ?? '').searchParams.get('dpop_jkt'));
      for (const cookie of start.headers.getSetCookie()) expect(cookie).not.toMatch(/"d"|P-256/);
    }
    expect(keys.size).toBe(2);
  });

  it('sends no token over http beyond this machine, and answers who is nobody', async () => {
    await expect(app.accounts.fetch(new Request(app.url), 'http://api.example.org/')).rejects.toThrow(
      /over https alone/,
    );
    expect(await app.accounts.fetch(new Request(app.url), `${site.url}/profile/`)).toEqual({ kind: 'none' });
  });

  const openBrowser = (url: string) => {
    const visitor = new Visitor();
    void visitor.open(url).then((page) => agree(visitor, page));
  };
  const show = async ({ verificationUri, userCode }: DevicePrompt) => {
    const visitor = new Visitor();
    const page = await agree(visitor, await visitor.open(verificationUri));
    await agree(visitor, await visitor.submit(page, { user_code: userCode }, 'name="user_code"'));
  };

  it.each([
    ['loopbackLogin()', () => loopbackLogin({ ...program, scope: 'openid read', openBrowser })],
    ['deviceLogin()', () => deviceLogin({ ...program, scope: 'openid read', show })],
  ])('binds the tokens of %s, and keeps the key with them', async (_what, login) => {
    const file = newFile();
    await file.write(await login());
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(await readFile(file.path, 'utf8')) as { accessToken: string; refreshToken: string };
    expect(kept).toMatchObject({ dpopKey: { kty: 'EC', crv: 'P-256' } });
    const account = signedIn({ ...program, store: file });
    expect(await (await account.fetch(`${site.url}/profile/`)).json()).toMatchObject({ username: 'alice' });
    // RFC 9449 §5: the refresh token of a public client is worth nothing without the key either.
    const thief = await openid.discovery(new URL(issuer), program.clientId, undefined, openid.None(), {
      execute: [openid.allowInsecureRequests],
    });
    await expect(openid.refreshTokenGrant(thief, kept.refreshToken)).rejects.toThrow();
    const late = signedIn({ ...program, store: file, now: () => Date.now() + 3_600_000 });
    const renewed = await late.accessToken();
    expect(renewed).not.toBe(kept.accessToken);
    expect(decodeJwt(renewed)).toMatchObject({ cnf: decodeJwt(kept.accessToken)['cnf'] });
    expect((await account.fetch(`${site.url}/profile/`)).status).toBe(200);
  });

  it('gives an API its proofs, with the nonce that it asks for, once for each', async () => {
    api.at = {
      server: createResourceServer({
        resource: api.url,
        issuer,
        dpop: { required: true, nonceSecret: 'a secret of the tests, which is long enough' },
      }),
      demand: { scope: 'read' },
    };
    const file = newFile();
    await file.write(await loopbackLogin({ ...program, scope: 'openid read', resource: api.url, openBrowser }));
    const account = signedIn({ ...program, store: file });
    api.calls = 0;
    for (const init of [{}, { method: 'post', body: 'x' }, { method: 'PATCH', body: 'x' }]) {
      expect((await account.fetch(`${api.url}/things?page=2#x`, init)).status).toBe(200);
    }
    // The first asks for a nonce; the others know it.
    expect(api.calls).toBe(4);
  });

  it('is asked by an API for a stronger or more recent sign-in (RFC 9470), which Diapason’s tokens tell', async () => {
    const server = createResourceServer({ resource: api.url, issuer });
    const file = newFile();
    await file.write(await loopbackLogin({ ...program, scope: 'openid read', resource: api.url, openBrowser }));
    const call = async (demand: TokenDemand) => {
      api.at = { server, demand };
      const answer = await signedIn({ ...program, store: file }).fetch(api.url);
      return `${answer.status} ${answer.headers.get('www-authenticate') ?? ''}`;
    };
    expect(await call({ acr: ['1', '2'], maxAgeMs: 300_000 })).toBe('200 ');
    expect(await call({ acr: '2' })).toMatch(/^401 .*error="insufficient_user_authentication".*acr_values="2"/);
    expect(await call({ maxAgeMs: 0 })).toMatch(/^401 .*error="insufficient_user_authentication".*max_age="0"/);
  });

  it('binds the tokens of clientCredentials(), and holds an application to it', async () => {
    const created = (await site.command(
      `app create --name Job --type confidential --grant client-credentials --scope read --require-dpop on --access-token-format jwt --resources ${api.url}`.split(
        ' ',
      ),
    )) as { client_id: string; client_secret: string };
    api.at = { server: createResourceServer({ resource: api.url, issuer }), demand: { scope: 'read' } };
    const options = {
      issuer,
      clientId: created.client_id,
      clientSecret: created.client_secret,
      scope: 'read',
      resource: api.url,
    };
    const source = clientCredentials({ ...options, dpop: true });
    expect((await source.fetch(api.url)).status).toBe(200);
    const bare = await fetch(api.url, { headers: { authorization: `Bearer ${await source.accessToken()}` } });
    expect(bare.status).toBe(401);
    expect(await codeOf(clientCredentials(options).accessToken())).toBe('refused');
  });
});

describe.each([
  ['without nonces', false],
  ['which asks for nonces', true],
])('oidc-provider, %s', (_what, requireNonce) => {
  let app: Application;
  let server: OpenIdServer;
  const credentials = { clientId: 'relying-party', clientSecret: 'a secret of more than thirty-two characters' };
  /** The proofs that arrived at the token endpoint. */
  const proofs: string[] = [];

  beforeAll(async () => {
    let issuer = '';
    const provider = (dpop: boolean, id: string) => ({
      ...oidc({ id, name: 'Open server', issuer: 'http://localhost:1', credentials, dpop }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    });
    app = await startApplication(() => [provider(true, 'openid'), provider(false, 'bare')], {
      session: { keepTokens: true },
    });
    ended.push(app.close);
    const clients = () => [
      {
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [app.redirectUri('openid'), app.redirectUri('bare')],
        dpop_bound_access_tokens: true,
      },
      {
        client_id: 'program',
        application_type: 'native' as const,
        token_endpoint_auth_method: 'none' as const,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['http://127.0.0.1/callback'],
        dpop_bound_access_tokens: true,
      },
    ];
    server = await startOpenIdServer(clients, {
      configuration: {
        features: {
          dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => requireNonce },
        },
        issueRefreshToken: () => true,
        rotateRefreshToken: () => true,
      },
    });
    ended.push(server.close);
    issuer = server.issuer;
    server.intercept = (incoming) => {
      const proof = incoming.headers['dpop'];
      if (incoming.url === '/token' && typeof proof === 'string') proofs.push(proof);
      return false;
    };
  });

  it('signs in, calls userinfo, and refreshes with the same key', async () => {
    proofs.length = 0;
    const visitor = new Visitor();
    const page = await visitor.open(`${app.url}/accounts/openid/login/`);
    expect(page.text('failure-code')).toBe(null);
    expect(page.text('username')).toBe('olivia');
    const first = await app.accounts.accessToken(requestOf(app, visitor));
    expect(first).toMatchObject({ kind: 'ready', tokenType: 'DPoP' });
    app.clockOffsetMs = 600_000;
    const renewed = await app.accounts.accessToken(requestOf(app, visitor));
    app.clockOffsetMs = 0;
    expect(renewed).toMatchObject({ kind: 'ready', tokenType: 'DPoP' });
    expect(renewed).not.toEqual(first);
    const answered = await app.accounts.fetch(requestOf(app, visitor), `${server.url}/me`);
    if (answered.kind !== 'answered') throw new Error(answered.kind);
    expect(await answered.response.json()).toMatchObject({ sub: 'subject-1' });
    const keys = new Set(proofs.map((proof) => JSON.stringify(decodeProtectedHeader(proof).jwk)));
    expect(keys.size).toBe(1);
    expect(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size).toBe(proofs.length);
  });

  it('signs a program in', async () => {
    const program = { issuer: server.issuer, clientId: 'program', dpop: true };
    const openBrowser = (url: string) => void new Visitor().open(url);
    const file = tokenFile(join(folder, `oidc-provider-${requireNonce}`, 'tokens.json'));
    await file.write(await loopbackLogin({ ...program, scope: 'openid', openBrowser }));
    const late = signedIn({ ...program, store: file, now: () => Date.now() + 570_001 });
    const token = await late.accessToken();
    expect(token).not.toBe('');
    expect((await signedIn({ ...program, store: file }).fetch(`${server.url}/me`)).status).toBe(200);
  });

  it('says at the person’s and at the developer’s side that it asks for proofs where none are sent', async () => {
    const page = await new Visitor().open(`${app.url}/accounts/bare/login/`);
    expect(page.text('failure-code')).toBe('code_refused');
    expect(app.lastRefusal().hint).toMatch(/dpop: true/);
  });
});

describe('a server that knows nothing of proofs', () => {
  it('is refused before anybody is sent there, where its metadata offers none', async () => {
    let issuer = '';
    const app = await startApplication(() => [
      {
        ...oidc({
          id: 'openid',
          name: 'Open',
          issuer: 'http://localhost:1',
          credentials: { clientId: 'x' },
          dpop: true,
        }),
        addresses: () => ({ issuer, backChannelUrl: null }),
      },
    ]);
    ended.push(app.close);
    const server = await startOpenIdServer(() => [], { configuration: { features: { dPoP: { enabled: false } } } });
    ended.push(server.close);
    issuer = server.issuer;
    const page = await new Visitor('fr').open(`${app.url}/accounts/openid/login/`);
    expect([page.status, page.text('failure-code')]).toEqual([502, 'dpop_not_offered']);
    const program = { issuer: server.issuer, clientId: 'x', dpop: true };
    expect(await codeOf(loopbackLogin({ ...program, openBrowser: () => undefined }))).toBe('server_unsuitable');
    expect(await codeOf(clientCredentials({ ...program, clientSecret: 'x' }).accessToken())).toBe('server_unsuitable');
  });

  it('and so are its bearer tokens, at sign-in and at a refresh', async () => {
    let type = 'Bearer';
    const http = createServer((incoming, outgoing) => {
      const tokens = { access_token: 'token', token_type: type, expires_in: 60, refresh_token: 'refresh' };
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify(incoming.url === '/token' ? tokens : { id: 1, username: 'olivia' }));
    });
    const listening = await listenOnFreePort(http);
    ended.push(listening.close);
    const plain = () => [
      oauth2({
        id: 'plain',
        name: 'Plain',
        issuer: listening.url,
        authorizationUrl: `${listening.url}/authorize`,
        tokenUrl: `${listening.url}/token`,
        profileUrl: `${listening.url}/profile`,
        credentials: { clientId: 'x', clientSecret: 'y' },
        dpop: true,
      }),
    ];
    const app = await startApplication(plain, { session: { keepTokens: true } });
    ended.push(app.close);
    const visitor = new Visitor();
    const signIn = async () => {
      const start = await visitor.request(`${app.url}/accounts/plain/login/`);
      const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
      return visitor.open(`${app.redirectUri('plain')}?code=x&state=${state}`);
    };
    const page = await signIn();
    expect([page.status, page.text('failure-code')]).toEqual([502, 'token_not_bound']);
    expect(visitor.cookie('diapason_client_session')).toBe(undefined);
    type = 'DPoP';
    expect((await signIn()).text('username')).toBe('olivia');
    type = 'Bearer';
    app.clockOffsetMs = 60_000;
    const refreshed = await app.accounts.accessToken(requestOf(app, visitor));
    expect(refreshed).toEqual({ kind: 'unavailable', code: 'token_not_bound' });
  });
});

describe('a request with a proof', () => {
  const credential = { token: 'token', dpopKey: newDpopKey() };
  it('is repeated once for a nonce, not for ever, and never along a redirect', async () => {
    const sent: RequestInit[] = [];
    const send = createTokenFetch({
      now: Date.now,
      fetch: async (_url, init) => {
        sent.push(init);
        const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': `nonce-${sent.length}` };
        return new Response('', { status: 401, headers });
      },
    });
    const url = new URL('https://api.example.org/things');
    expect((await send(url, {}, credential)).status).toBe(401);
    expect(sent.length).toBe(2);
    const stream = { method: 'POST', body: new ReadableStream() };
    await send(url, stream, credential);
    expect(sent.length).toBe(3);
    expect(sent.every(({ redirect }) => redirect === 'manual')).toBe(true);
  });

  it('does not ask an API again that gives no new nonce, nor with a bearer token', async () => {
    let sent = 0;
    const send = createTokenFetch({
      now: Date.now,
      fetch: async () => {
        sent += 1;
        return new Response('', { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } });
      },
    });
    await send(new URL('https://api.example.org/'), {}, credential);
    await send(new URL('https://api.example.org/'), {}, { token: 'token', dpopKey: null });
    expect(sent).toBe(2);
  });

  it('keeps no nonce that is longer than any, and has one proof in the place of the caller’s own', async () => {
    const seen: Headers[] = [];
    const send = createTokenFetch({
      now: Date.now,
      fetch: async (_url, init) => {
        seen.push(new Headers(init.headers));
        return new Response('', { headers: { 'dpop-nonce': 'n'.repeat(2_000) } });
      },
    });
    const init = { headers: { dpop: 'mine', authorization: 'mine' } };
    await send(new URL('https://api.example.org/'), init, credential);
    await send(new URL('https://api.example.org/'), init, credential);
    for (const headers of seen) {
      expect(headers.get('authorization')).toBe('DPoP token');
      expect(decodeJwt(headers.get('dpop') ?? '')).not.toHaveProperty('nonce');
    }
    await send(new URL('https://api.example.org/'), init, { token: 'token', dpopKey: null });
    expect(seen.at(-1)?.get('dpop')).toBe(null);
  });
});
