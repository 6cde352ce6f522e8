/**
 * Each feature of `oidc-provider` that the library uses beside sign-in itself (`openid-connect.test.ts`) and DPoP (`dpop.test.ts`): how a
 * client proves itself, refresh with rotation, back-channel logout, the device flow, programs for themselves, revocation,
 * introspection and JWT access tokens.
 */
import { join } from 'node:path';
import type { ClientMetadata } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/programs.ts';
import { clientCredentials, deviceLogin, ProgramError, signedIn, tokenFile } from '../src/command-line.ts';
import { oidc } from '../src/index.ts';
import { createResourceServer } from '../src/resource-server.ts';
import { type Application, startApplication } from './application.ts';
import { type OpenIdServer, startOpenIdServer } from './openid-server.ts';
import { Visitor } from './visitor.ts';

const credentials = { clientId: 'relying-party', clientSecret: 'a secret of more than thirty-two characters' };
const RESOURCES = { opaque: 'https://api.example.org/opaque', jwt: 'https://api.example.org/jwt' } as const;

const ended: (() => Promise<void>)[] = [];
let app: Application;
let server: OpenIdServer;
let folder = '';
let tokenRequests: string[] = [];

beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
  let issuer = '';
  app = await startApplication(
    () => [
      {
        ...oidc({ id: 'openid', name: 'Open server', issuer: 'http://localhost:1', credentials }),
        addresses: () => ({ issuer, backChannelUrl: null }),
      },
    ],
    { session: { keepTokens: true } },
  );
  ended.push(app.close);
  const clients = (): ClientMetadata[] => [
    {
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [app.redirectUri('openid')],
      post_logout_redirect_uris: [`${app.url}/accounts/logout/`],
      backchannel_logout_uri: `${app.url}/accounts/openid/logout/backchannel/`,
      backchannel_logout_session_required: true,
    },
    {
      client_id: 'device',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: 'job',
      client_secret: credentials.clientSecret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ];
  server = await startOpenIdServer(clients, {
    configuration: {
      features: {
        backchannelLogout: { enabled: true },
        clientCredentials: { enabled: true },
        deviceFlow: { enabled: true },
        introspection: { enabled: true },
        revocation: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, resource) => ({
            scope: 'read',
            audience: resource,
            accessTokenFormat: resource === RESOURCES.jwt ? 'jwt' : 'opaque',
          }),
        },
      },
      issueRefreshToken: () => true,
      rotateRefreshToken: () => true,
    },
  });
  ended.push(server.close);
  issuer = server.issuer;
  server.intercept = (incoming) => {
    if (incoming.url === '/token') tokenRequests.push(incoming.headers.authorization?.split(' ')[0] ?? 'none');
    return false;
  };
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

function requestOf(visitor: Visitor): Request {
  const cookie = `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
  return new Request(`${app.url}/`, { headers: { cookie } });
}

async function signIn(visitor: Visitor) {
  const page = await visitor.open(`${app.url}/accounts/openid/login/`);
  expect(page.text('username')).toBe('olivia');
}

it('proves itself as the server’s metadata says: client_secret_basic', async () => {
  tokenRequests = [];
  await signIn(new Visitor());
  expect(tokenRequests).toEqual(['Basic']);
});

it('and by client_secret_post, where the server has that alone', async () => {
  let issuer = '';
  const other = await startApplication(() => [
    {
      ...oidc({ id: 'openid', name: 'Open server', issuer: 'http://localhost:1', credentials }),
      addresses: () => ({ issuer, backChannelUrl: null }),
    },
  ]);
  ended.push(other.close);
  const posting = await startOpenIdServer(
    () => [
      {
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [other.redirectUri('openid')],
      },
    ],
    { configuration: { clientAuthMethods: ['client_secret_post', 'none'] } },
  );
  ended.push(posting.close);
  issuer = posting.issuer;
  const page = await new Visitor().open(`${other.url}/accounts/openid/login/`);
  expect([page.text('failure-code'), page.text('username')]).toEqual([null, 'olivia']);
});

it('refreshes once for twenty at a time, though the server rotates and ends the family at a replay', async () => {
  const visitor = new Visitor();
  await signIn(visitor);
  for (const hours of [1, 2, 3]) {
    tokenRequests = [];
    app.clockOffsetMs = hours * 600_000;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => app.accounts.accessToken(requestOf(visitor))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(20).fill('ready'));
    expect(new Set(outcomes.map((each) => (each.kind === 'ready' ? each.accessToken : ''))).size).toBe(1);
    expect(tokenRequests).toEqual(['Basic']);
  }
  app.clockOffsetMs = 0;
});

it('ends the session here when the person signs out at the server (Back-Channel Logout), and nobody else’s', async () => {
  const [visitor, other] = [new Visitor(), new Visitor()];
  await signIn(visitor);
  await signIn(other);
  const asked = await visitor.open(`${server.url}/session/end`);
  // The server's own form, which it leaves to the application to show.
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.html)?.[1] ?? '';
  await visitor.open(`${server.url}/session/end/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
  });
  expect(await app.accounts.session(requestOf(visitor))).toBe(null);
  expect((await app.accounts.session(requestOf(other)))?.user.username).toBe('olivia');
});

it('signs a program in by the device flow, keeps its tokens fresh, and revokes them', async () => {
  const program = { issuer: server.issuer, clientId: 'device' };
  const store = tokenFile(join(folder, 'device', 'tokens.json'));
  await store.write(
    await deviceLogin({
      ...program,
      scope: 'openid',
      show: async ({ verificationUri, userCode }) => {
        const visitor = new Visitor();
        const form = await visitor.open(verificationUri);
        const question = await visitor.submit(form, { user_code: userCode });
        await visitor.submit(question, { confirm: 'yes' });
      },
    }),
  );
  const first = await store.read();
  const renewed = await signedIn({ ...program, store, now: () => Date.now() + 600_000 }).accessToken();
  expect(renewed).not.toBe(first?.accessToken);
  const account = signedIn({ ...program, store });
  expect((await account.fetch(`${server.url}/me`)).status).toBe(200);
  await account.signOut();
  const revoked = await fetch(`${server.url}/me`, { headers: { authorization: `Bearer ${renewed}` } });
  expect(revoked.status).toBe(401);
});

describe.each([
  ['opaque tokens, by introspection', 'opaque'],
  ['JWT access tokens, by the server’s keys', 'jwt'],
] as const)('an API behind it: %s', (_what, format) => {
  const resource = RESOURCES[format];
  const source = (more: { scope?: string; clientSecret?: string } = {}) =>
    clientCredentials({
      issuer: server.issuer,
      clientId: 'job',
      clientSecret: credentials.clientSecret,
      scope: 'read',
      resource,
      ...more,
    });
  const api = () =>
    createResourceServer({
      resource,
      issuer: server.issuer,
      ...(format === 'opaque'
        ? { introspection: { clientId: 'job', clientSecret: credentials.clientSecret, cacheMs: 0 } }
        : {}),
    });
  const ask = async (token: string, demand = {}) => {
    const request = new Request(`${resource}/things`, { headers: { authorization: `Bearer ${token}` } });
    const found = await api().requireToken(request, demand);
    return found instanceof Response ? found.status : found;
  };

  it('lets the token in that is meant for it, with its scope, and no other', async () => {
    const token = await source().accessToken();
    expect(await ask(token, { scope: 'read' })).toMatchObject({ clientId: 'job', audience: [resource] });
    expect(await ask(token, { scope: 'write' })).toBe(403);
    const elsewhere = clientCredentials({
      issuer: server.issuer,
      clientId: 'job',
      clientSecret: credentials.clientSecret,
      scope: 'read',
      resource: format === 'jwt' ? RESOURCES.opaque : RESOURCES.jwt,
    });
    expect(await ask(await elsewhere.accessToken())).toBe(401);
    expect(await ask('made-up')).toBe(401);
  });

  it('says when the secret is wrong', async () => {
    const error = await source({ clientSecret: 'wrong' })
      .accessToken()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProgramError);
    expect(error).toMatchObject({ code: 'client_refused' });
  });
});
