/**
 * What happens when the server is not there, not the right one, or does not know this application: the person is told plainly,
 * the developer precisely.
 */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { customProvider, oauth2, oidc } from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { listenOnFreePort } from './listening.ts';
import { startOpenIdServer } from './openid-server.ts';
import { plainCredentials, startPlainServer } from './plain-oauth2-server.ts';
import { Visitor } from './visitor.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
function closing<T extends { close(): Promise<void> }>(each: T): T {
  open.push(each);
  return each;
}

/** An address at which nothing listens. */
async function deadAddress(): Promise<string> {
  const gone = await listenOnFreePort(createServer());
  await gone.close();
  return gone.url;
}

const login = (app: Application, provider = 'customprovider') => `${app.url}/accounts/${provider}/login/`;

describe('a wrong secret', () => {
  it('is told to the person without blame, and to the developer with what to do', async () => {
    let redirectUri = '';
    const server = closing(await startPlainServer(() => redirectUri));
    const secret = 'not the secret of this client';
    const app = closing(
      await startApplication(() => [
        customProvider({
          serverUrl: server.url,
          credentials: { clientId: plainCredentials.clientId, clientSecret: secret },
        }),
      ]),
    );
    redirectUri = app.redirectUri('customprovider');
    const page = await new Visitor().open(login(app));
    expect(page.status).toBe(502);
    expect(page.text('failure-code')).toBe('client_credentials_refused');
    expect(page.html).toContain('Nothing is wrong with your account');
    expect(page.html).not.toContain(secret);
    expect(app.lastRefusal()).toMatchObject({
      level: 'error',
      provider: 'customprovider',
      reference: page.text('failure-reference'),
    });
    expect(app.lastRefusal().hint).toContain('client_id or secret');
    expect(JSON.stringify(app.log)).not.toContain(secret);
  });

  it('is recognised by OpenID Connect providers too', async () => {
    let app: Application | null = null;
    const server = closing(
      await startOpenIdServer(() => [
        { client_id: 'rp', client_secret: 'the right secret', redirect_uris: ['http://localhost:1/callback'] },
      ]),
    );
    app = closing(
      await startApplication(() => [
        oidc({
          id: 'openid',
          name: 'Open',
          issuer: server.issuer,
          credentials: { clientId: 'rp', clientSecret: 'wrong' },
        }),
      ]),
    );
    const visitor = new Visitor();
    const sent = await visitor.request(login(app, 'openid'));
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state');
    const query = new URLSearchParams({ code: 'a-code', state: state ?? '', iss: server.issuer });
    const page = await visitor.open(`${app.redirectUri('openid')}?${query}`);
    expect(page.text('failure-code')).toBe('client_credentials_refused');
  });
});

describe('a server that does not answer', () => {
  it('leads to a page that says so, in the language of the browser', async () => {
    const address = await deadAddress();
    const app = closing(
      await startApplication(() => [customProvider({ serverUrl: address, credentials: plainCredentials })]),
    );
    const visitor = new Visitor('fr-CH, fr;q=0.9, en;q=0.8');
    const sent = await visitor.request(login(app));
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state');
    const page = await visitor.open(`${app.redirectUri('customprovider')}?code=a&state=${state}`);
    expect(page.status).toBe(502);
    expect(page.text('failure-code')).toBe('provider_unreachable');
    expect(page.html).toContain('<html lang="fr">');
    expect(page.html).toContain('Le service de connexion ne répond pas');
    expect(app.lastRefusal().detail).toContain('ECONNREFUSED');
    expect(app.lastRefusal().hint).toContain('back-channel address');
  });

  it('is asked again by the next person, once it is back', async () => {
    const port = Number(new URL(await deadAddress()).port);
    const app = closing(
      await startApplication(() => [
        oidc({
          id: 'openid',
          name: 'Open',
          issuer: `http://localhost:${port}`,
          credentials: { clientId: 'rp', clientSecret: 'secret' },
        }),
      ]),
    );
    const down = await new Visitor().open(login(app, 'openid'));
    expect(down.text('failure-code')).toBe('provider_unreachable');
    const metadata = {
      issuer: `http://localhost:${port}`,
      authorization_endpoint: `http://localhost:${port}/auth`,
      token_endpoint: `http://localhost:${port}/token`,
    };
    const back = createServer((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(metadata));
    });
    closing(await listenOnFreePort(back, port));
    const up = await new Visitor().request(login(app, 'openid'));
    expect(up.headers.get('location')).toContain('/auth?');
  });
});

describe('OpenID Connect Discovery §4.3', () => {
  it('refuses metadata of another issuer', async () => {
    const impostor = closing(
      await listenOnFreePort(
        createServer((_incoming, outgoing) => {
          outgoing.writeHead(200, { 'content-type': 'application/json' });
          outgoing.end(
            JSON.stringify({ issuer: 'https://accounts.example.org', token_endpoint: 'https://x.example/token' }),
          );
        }),
      ),
    );
    const app = closing(
      await startApplication(() => [
        oidc({ id: 'openid', name: 'Open', issuer: impostor.url, credentials: { clientId: 'rp', clientSecret: 's' } }),
      ]),
    );
    const page = await new Visitor().open(login(app, 'openid'));
    expect(page.text('failure-code')).toBe('discovery_invalid');
  });

  it('refuses a server that is none', async () => {
    const other = closing(
      await listenOnFreePort(createServer((_incoming, outgoing) => outgoing.end('<h1>Hello</h1>'))),
    );
    const app = closing(
      await startApplication(() => [
        oidc({ id: 'openid', name: 'Open', issuer: other.url, credentials: { clientId: 'rp', clientSecret: 's' } }),
      ]),
    );
    const page = await new Visitor().open(login(app, 'openid'));
    expect(page.text('failure-code')).toBe('discovery_invalid');
    expect(app.lastRefusal().hint).toContain('base URL');
  });
});

describe('addresses of the browser and of the back channel (D7)', () => {
  it('are kept apart by customProvider: the issuer is the public one', async () => {
    let redirectUri = '';
    const server = closing(await startPlainServer(() => redirectUri));
    // The browser knows the server as 127.0.0.1, this application as localhost.
    const publicUrl = server.url.replace('localhost', '127.0.0.1');
    const app = closing(
      await startApplication(() => [
        customProvider({ serverUrl: publicUrl, backChannelUrl: server.url, credentials: plainCredentials }),
      ]),
    );
    redirectUri = app.redirectUri('customprovider');
    server.issuer = `${publicUrl}/o`;
    const visitor = new Visitor();
    const sent = await visitor.request(login(app));
    expect(sent.headers.get('location')).toMatch(new RegExp(`^${publicUrl}/o/authorize/`));
    const page = await visitor.open(sent.headers.get('location') ?? '');
    expect(page.text('username')).toBe('bob');
    const user = await app.store.findUserByUsername('bob');
    const [account] = await app.store.listSocialAccounts(user?.id ?? '');
    expect(account).toMatchObject({ issuer: `${publicUrl}/o`, subject: '7' });
  });

  it('are kept apart by oidc: discovery, token, keys and userinfo by the back channel, the rest by the browser', async () => {
    let redirectUri = 'http://localhost:1/';
    const credentials = { clientId: 'rp', clientSecret: 'a secret of the tests' };
    const app = closing(
      await startApplication(() => [
        {
          ...oidc({ id: 'openid', name: 'Open', issuer: 'http://localhost:1', credentials }),
          addresses: () => addresses,
        },
      ]),
    );
    redirectUri = app.redirectUri('openid');
    const server = closing(
      await startOpenIdServer(
        () => [{ client_id: 'rp', client_secret: credentials.clientSecret, redirect_uris: [redirectUri] }],
        { issuer: (url) => url.replace('localhost', '127.0.0.1') },
      ),
    );
    const addresses = { issuer: server.issuer, backChannelUrl: server.url };
    const page = await new Visitor().open(login(app, 'openid'));
    expect(page.text('username')).toBe('olivia');

    const back = new URL(server.url).host;
    const front = new URL(server.issuer).host;
    const at = (host: string) =>
      server.requests.filter((each) => each.startsWith(`${host} `)).map((each) => each.split(' ')[2]);
    expect(at(back)).toEqual(['/.well-known/openid-configuration', '/token', '/jwks', '/me']);
    expect(at(front).every((path) => /^\/(auth|interaction)/.test(path ?? ''))).toBe(true);
  });

  it('are not used without TLS beyond this machine, unless the developer says so', () => {
    const insecure = { serverUrl: 'http://accounts.example.org', credentials: plainCredentials };
    expect(() => customProvider(insecure)).toThrow(/allowInsecure/);
    expect(customProvider({ ...insecure, allowInsecure: true }).defaultServerUrl).toBe('http://accounts.example.org');
    const urls = {
      authorizationUrl: 'https://a.example/',
      tokenUrl: 'http://a.example/',
      profileUrl: 'https://a.example/',
    };
    expect(() => oauth2({ id: 'x', name: 'X', issuer: 'a', ...urls })).toThrow(/x\.tokenUrl/);
    expect(() => oidc({ id: 'x', name: 'X', issuer: 'ftp://a.example' })).toThrow(/x\.issuer/);
  });
});

describe('an application without credentials', () => {
  it('says so, and tells the developer where to enter them', async () => {
    const app = closing(await startApplication(() => [customProvider({ serverUrl: 'http://localhost:9977' })]));
    const page = await new Visitor().open(login(app));
    expect(page.status).toBe(503);
    expect(page.text('failure-code')).toBe('provider_not_configured');
    expect(app.lastRefusal().hint).toContain('/admin/socialaccount/socialapp/add/');
  });

  it('does not know providers that are not in its code', async () => {
    const app = closing(await startApplication(() => []));
    const page = await new Visitor().open(login(app, 'nobody'));
    expect(page.status).toBe(404);
    expect(page.text('failure-code')).toBe('provider_unknown');
  });
});

describe('a lost database', () => {
  it('is a page with status 500 and a line in the log, never an exception', async () => {
    const app = await startApplication(() => []);
    await app.store.close();
    const page = await new Visitor().open(`${app.url}/accounts/login/`);
    expect(page.status).toBe(200);
    const visitor = new Visitor();
    visitor.plant(app.url, 'diapason_client_session', 'A'.repeat(43));
    const lost = await visitor.open(`${app.url}/accounts/profile`);
    expect(lost.status).toBe(500);
    expect(lost.html).not.toContain('sqlite');
    expect(app.lastRefusal()).toMatchObject({ code: 'unexpected', level: 'error' });
    await app.close();
  });
});
