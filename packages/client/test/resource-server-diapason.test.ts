/**
 * An API behind tokens of Diapason itself: opaque ones by introspection, JWTs by its keys, and both bound by DPoP.
 */
import { createServer } from 'node:http';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../../../test/programs.ts';
import { requireNodeToken } from '../src/node.ts';
import { createResourceServer, type ResourceServer } from '../src/resource-server.ts';
import { type Listening, listenOnFreePort } from './listening.ts';

const ended: (() => Promise<void>)[] = [];
let server: RunningServer;
let api: Listening;
let resourceServers: { readonly introspection: ResourceServer; readonly jwt: ResourceServer };

async function register(options: string): Promise<{ client_id: string; client_secret: string }> {
  return JSON.parse(
    await succeed(SERVER_PROGRAM, ['app', 'create', ...options.split(' '), '--json'], server.environment),
  );
}

async function caller(options: string): Promise<openid.Configuration> {
  const { client_id, client_secret } = await register(
    `--type confidential --grant client-credentials --scope read --resources ${api.url} ${options}`,
  );
  return openid.discovery(new URL(`${server.url}/o`), client_id, undefined, openid.ClientSecretBasic(client_secret), {
    execute: [openid.allowInsecureRequests],
  });
}

beforeAll(async () => {
  const folder = await temporaryFolder();
  ended.push(folder.dispose);
  server = await startServer(folder.path, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  const http = createServer(async (incoming, outgoing) => {
    const chosen = incoming.url?.startsWith('/jwt') ? resourceServers.jwt : resourceServers.introspection;
    const token = await requireNodeToken(chosen, incoming, outgoing, { scope: 'read' });
    if (token !== null) outgoing.end(JSON.stringify({ clientId: token.clientId }));
  });
  api = await listenOnFreePort(http);
  ended.push(api.close);
  const own = await register(
    `--name API --type confidential --grant client-credentials --resource-identifiers ${api.url}`,
  );
  const common = {
    resource: api.url,
    issuer: `${server.url}/o`,
    backChannelUrl: `${server.url.replace('localhost', '127.0.0.1')}/o`,
  };
  resourceServers = {
    introspection: createResourceServer({
      ...common,
      introspection: { clientId: own.client_id, clientSecret: own.client_secret, cacheMs: 0 },
    }),
    jwt: createResourceServer(common),
  };
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

describe.each([
  ['opaque tokens, by introspection', 'opaque', '/opaque'],
  ['JWTs, by the keys of the server', 'jwt', '/jwt'],
])('%s', (_what, format, path) => {
  const call = (configuration: openid.Configuration, token: string, dpop?: openid.DPoPHandle) =>
    openid.fetchProtectedResource(
      configuration,
      token,
      new URL(path, api.url),
      'GET',
      null,
      new Headers(),
      dpop === undefined ? {} : { DPoP: dpop },
    );

  it('lets a program in, and no token for somebody else', async () => {
    const configuration = await caller(`--name Bearer --access-token-format ${format}`);
    const { access_token } = await openid.clientCredentialsGrant(configuration, { scope: 'read', resource: api.url });
    expect((await call(configuration, access_token)).status).toBe(200);
    const unbound = await openid.clientCredentialsGrant(configuration, { scope: 'read' });
    await expect(call(configuration, unbound.access_token)).rejects.toThrow();
  });

  it('lets in a token that is bound to a key, with the key alone', async () => {
    const configuration = await caller(`--name Bound --access-token-format ${format} --require-dpop on`);
    const dpop = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair());
    const parameters = { scope: 'read', resource: api.url };
    const { access_token } = await openid.clientCredentialsGrant(configuration, parameters, { DPoP: dpop });
    expect((await call(configuration, access_token, dpop)).status).toBe(200);
    const other = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair());
    await expect(call(configuration, access_token, other)).rejects.toThrow();
    const bare = await fetch(new URL(path, api.url), { headers: { authorization: `Bearer ${access_token}` } });
    expect([bare.status, await bare.json()]).toMatchObject([401, { error: 'invalid_token' }]);
  });
});

it('refuses an opaque token as soon as it is revoked, where nothing is remembered', async () => {
  const configuration = await caller('--name Revoked');
  const { access_token } = await openid.clientCredentialsGrant(configuration, { scope: 'read', resource: api.url });
  const headers = { authorization: `Bearer ${access_token}` };
  expect((await fetch(api.url, { headers })).status).toBe(200);
  await openid.tokenRevocation(configuration, access_token);
  expect((await fetch(api.url, { headers })).status).toBe(401);
});
