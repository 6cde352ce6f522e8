/**
 * A further plain OAuth 2 server of other people, `@jmondi/oauth2-server`, which insists on PKCE with S256 and rotates refresh tokens: web
 * sign-in by its addresses, programs for themselves, and an API that introspects.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AuthorizationServer,
  generateRandomToken,
  type OAuthAuthCode,
  type OAuthClient,
  type OAuthScope,
  type OAuthToken,
} from '@jmondi/oauth2-server';
import { handleVanillaError, requestFromVanilla } from '@jmondi/oauth2-server/vanilla';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientCredentials } from '../src/command-line.ts';
import { oauth2 } from '../src/index.ts';
import { createResourceServer } from '../src/resource-server.ts';
import { type Application, startApplication } from './application.ts';
import { type Listening, listenOnFreePort } from './listening.ts';
import { Visitor } from './visitor.ts';

// Letters alone: this server does not decode what RFC 6749 §2.3.1 has a client encode.
const credentials = { clientId: 'web', clientSecret: 'theSecretOfTheWebApplication' };
const PERSON = { id: 7, username: 'judith', first_name: 'Judith', last_name: 'Moreau', email: 'judith@example.org' };
const READ: OAuthScope = { name: 'read' };

/** Its repositories in memory, and its routes. */
async function startServer(redirectUri: () => string): Promise<Listening & { readonly grants: string[] }> {
  const codes = new Map<string, OAuthAuthCode & { used?: boolean }>();
  const tokens = new Set<OAuthToken>();
  const client = (id: string): OAuthClient => ({
    id,
    name: id,
    secret: credentials.clientSecret,
    redirectUris: [redirectUri()],
    allowedGrants: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopes: [READ],
  });
  const find = (fits: (token: OAuthToken) => boolean) => {
    const found = [...tokens].find(fits);
    if (found === undefined) throw new Error('no such token');
    return found;
  };
  const findCode = (code: string) => {
    const found = codes.get(code);
    if (found === undefined) throw new Error('no such code');
    return found;
  };
  const grantsServer = new AuthorizationServer(
    {
      getByIdentifier: async (id) => client(id),
      isClientValid: async (_grant, _client, secret) => secret === credentials.clientSecret,
    },
    {
      issueToken: async (forClient, scopes, user) => ({
        accessToken: generateRandomToken(),
        accessTokenExpiresAt: new Date(Date.now() + 3_600_000),
        client: forClient,
        scopes,
        ...(user ? { user } : {}),
      }),
      issueRefreshToken: async (token) => {
        token.refreshToken = generateRandomToken();
        token.refreshTokenExpiresAt = new Date(Date.now() + 86_400_000);
        return token;
      },
      persist: async (token) => void tokens.add(token),
      revoke: async (token) => void tokens.delete(token),
      isRefreshTokenRevoked: async (token) => !tokens.has(token),
      getByRefreshToken: async (refresh) => find((each) => each.refreshToken === refresh),
      getByAccessToken: async (access) => find((each) => each.accessToken === access),
    },
    { getAllByIdentifiers: async () => [READ], finalize: async (scopes) => scopes },
    'a key of the tests, which is long enough',
    { useOpaqueAuthorizationCodes: true, useOpaqueRefreshTokens: true },
  );
  grantsServer.enableGrantTypes('client_credentials', 'refresh_token', {
    grant: 'authorization_code',
    authCodeRepository: {
      getByIdentifier: async (code) => findCode(code),
      issueAuthCode: (forClient, user, scopes) => ({
        code: randomUUID(),
        expiresAt: new Date(Date.now() + 60_000),
        client: forClient,
        scopes,
        user: user ?? null,
      }),
      persist: async (code) => void codes.set(code.code, code),
      isRevoked: async (code) => findCode(code).used === true,
      revoke: async (code) => {
        findCode(code).used = true;
      },
    },
    userRepository: { getUserByCredentials: async () => ({ ...PERSON }) },
  });

  const grants: string[] = [];
  const answer = async (request: Request) => {
    const { pathname } = new URL(request.url);
    const asked = await requestFromVanilla(request);
    switch (pathname) {
      case '/.well-known/oauth-authorization-server':
        return {
          status: 200,
          headers: {},
          body: {
            issuer: listening.url,
            authorization_endpoint: `${listening.url}/authorize`,
            token_endpoint: `${listening.url}/token`,
            introspection_endpoint: `${listening.url}/introspect`,
            response_types_supported: ['code'],
          },
        };
      case '/authorize': {
        const wanted = await grantsServer.validateAuthorizationRequest(asked);
        wanted.user = { ...PERSON };
        wanted.isAuthorizationApproved = true;
        return grantsServer.completeAuthorizationRequest(wanted);
      }
      case '/token':
        grants.push(String(asked.body['grant_type']));
        return grantsServer.respondToAccessTokenRequest(asked);
      case '/introspect':
        return grantsServer.introspect(asked);
      case '/profile': {
        const sent = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
        const known = await grantsServer.introspect({
          ...asked,
          body: { token: sent },
          headers: { authorization: `Basic ${btoa(`${credentials.clientId}:${credentials.clientSecret}`)}` },
        });
        return known.body['active'] === true
          ? { status: 200, headers: {}, body: PERSON }
          : { status: 401, headers: {}, body: {} };
      }
      default:
        return { status: 404, headers: {}, body: {} };
    }
  };
  const listening = await listenOnFreePort(
    createServer(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const body = incoming.method === 'POST' ? { body: await text(incoming) } : {};
      const headers = Object.entries(incoming.headers).filter(([, value]) => typeof value === 'string') as [
        string,
        string,
      ][];
      const request = new Request(new URL(incoming.url ?? '/', listening.url), {
        method: incoming.method ?? 'GET',
        headers,
        ...body,
      });
      const answered = await answer(request).catch((error: unknown) => handleVanillaError(error));
      outgoing.writeHead(answered.status, {
        'content-type': 'application/json',
        ...(answered.headers as Record<string, string>),
      });
      outgoing.end(JSON.stringify(answered.body));
    }),
  );
  return { ...listening, grants };
}

const ended: (() => Promise<void>)[] = [];
let app: Application;
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  server = await startServer(() => app.redirectUri('judge'));
  ended.push(server.close);
  const provider = (clientSecret: string, id: string) =>
    oauth2({
      id,
      name: 'Judge',
      issuer: server.url,
      authorizationUrl: `${server.url}/authorize`,
      tokenUrl: `${server.url}/token`,
      profileUrl: `${server.url}/profile`,
      scope: ['read'],
      credentials: { clientId: credentials.clientId, clientSecret },
      clientAuthentication: 'client_secret_basic',
    });
  app = await startApplication(() => [provider(credentials.clientSecret, 'judge')], { session: { keepTokens: true } });
  ended.push(app.close);
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

it('signs a person in with PKCE and client_secret_basic, and knows them the second time', async () => {
  for (const visitor of [new Visitor(), new Visitor()]) {
    const page = await visitor.open(`${app.url}/accounts/judge/login/`);
    expect([page.text('failure-code'), page.text('username'), page.text('uid')]).toEqual([null, 'judith', '7']);
  }
  expect(app.log.filter(({ event }) => event === 'user_created').length).toBe(1);
});

it('refreshes once for twenty at a time, three times over', async () => {
  const visitor = new Visitor();
  await visitor.open(`${app.url}/accounts/judge/login/`);
  const cookie = `diapason_client_session=${visitor.cookie('diapason_client_session')}`;
  const request = () => new Request(`${app.url}/`, { headers: { cookie } });
  for (const hours of [1, 2, 3]) {
    server.grants.length = 0;
    app.clockOffsetMs = hours * 3_600_000;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => app.accounts.accessToken(request())));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(20).fill('ready'));
    expect(server.grants).toEqual(['refresh_token']);
  }
  app.clockOffsetMs = 0;
});

it('gives a program a token, which an API introspects', async () => {
  const program = { issuer: server.url, clientId: 'job', clientSecret: credentials.clientSecret, scope: 'read' };
  const token = await clientCredentials(program).accessToken();
  const api = createResourceServer({
    resource: 'https://api.example.org',
    issuer: server.url,
    introspection: { clientId: 'web', clientSecret: credentials.clientSecret },
  });
  const ask = async (sent: string, scope: string) => {
    const request = new Request('https://api.example.org/things', { headers: { authorization: `Bearer ${sent}` } });
    // Its tokens have no audience.
    const found = await api.requireToken(request, { scope, audience: null });
    return found instanceof Response ? found.status : 200;
  };
  expect(await ask(token, 'read')).toBe(200);
  expect(await ask(token, 'write')).toBe(403);
  expect(await ask('made-up', 'read')).toBe(401);
  await expect(clientCredentials({ ...program, clientSecret: 'wrong' }).accessToken()).rejects.toMatchObject({
    code: 'client_refused',
  });
});
