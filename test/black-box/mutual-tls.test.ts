/**
 * Certificates of clients at the running server (RFC 8705): in a real TLS handshake at a port of its own, and in the headers
 * of a proxy, which are believed from the operator's addresses alone.
 */
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateOf, type Identity } from '../../packages/server/test/certificates.ts';
import { freePort, run, SERVER_PROGRAM, temporaryFolder } from '../programs.ts';
import { openSite, type Site } from './site.ts';

const authority = await certificateOf({ subject: 'CN=Authority', isAuthority: true });
const names = [{ type: 'dns', value: 'localhost' } as const];
const own = await certificateOf({ subject: 'CN=localhost', names, issuer: authority });
const issued = await certificateOf({ subject: 'O=Example, CN=client', issuer: authority });
const selfSigned = await certificateOf({ subject: 'O=Example, CN=client' });

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Call {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly identity?: Identity;
}
/** As `fetch`, with a certificate: the platform's own takes none. */
async function call(address: string, { form, headers = {}, identity }: Call = {}): Promise<Answer> {
  const url = new URL(address);
  const options = {
    method: form === undefined ? 'GET' : 'POST',
    headers: { ...headers } as Record<string, string>,
    agent: false,
  };
  if (form !== undefined) options.headers['content-type'] = 'application/x-www-form-urlencoded';
  const shown = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  const sent =
    url.protocol === 'https:'
      ? requestSecure(url, { ...options, ...shown, ca: authority.certificate })
      : requestPlain(url, options);
  const response = await new Promise<IncomingMessage>((answered, failed) => {
    sent.once('response', answered).once('error', failed);
    sent.end(form === undefined ? '' : new URLSearchParams(form).toString());
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

const pem = ({ certificate }: Identity) => ({ 'x-client-cert': encodeURIComponent(certificate) });
const settingsOf = (folder: string) => ({
  DIAPASON_MTLS_HEADER: 'x-client-cert',
  DIAPASON_MTLS_CA: join(folder, 'ca.pem'),
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ca.pem'), authority.certificate);
  await writeFile(join(folder.path, 'own.pem'), own.certificate);
  await writeFile(join(folder.path, 'own.key'), own.key, { mode: 0o600 });
});
afterAll(() => folder.dispose());

async function application(site: Site, options: readonly string[]): Promise<string> {
  const fixed = [
    'app',
    'create',
    '--name',
    'N',
    '--type',
    'confidential',
    '--grant',
    'client-credentials,authorization-code',
  ];
  const made = await site.command([...fixed, '--redirect-uri', 'http://localhost:9/callback', ...options]);
  expect(made).toMatchObject({ client_secret: null });
  return String((made as { readonly client_id: string }).client_id);
}
const byName = ['--client-authentication', 'tls_client_auth', '--tls-client-auth-subject-dn', 'CN=client,O=Example'];
const bound = ['--tls-client-certificate-bound-access-tokens', 'on'];
const form = (client_id: string) => ({ grant_type: 'client_credentials', scope: 'read', client_id });

describe('RFC 8705 at a port of its own', () => {
  let site: Site;
  let secure: string;
  beforeAll(async () => {
    const port = await freePort();
    secure = `https://localhost:${port}`;
    site = await openSite('SQLite', {
      ...settingsOf(folder.path),
      DIAPASON_TRUSTED_PROXIES: '127.0.0.1, ::1',
      DIAPASON_MTLS_PORT: String(port),
      DIAPASON_MTLS_CERTIFICATE: join(folder.path, 'own.pem'),
      DIAPASON_MTLS_KEY: join(folder.path, 'own.key'),
    });
  });
  afterAll(() => site?.dispose());

  it('serves an application of the FAPI 2.0 Security Profile from its pushed request to its refreshed token, without DPoP', async () => {
    const back = 'https://client.example/callback';
    const made = await site.command([
      ...['app', 'create', '--name', 'N', '--type', 'confidential', '--grant', 'authorization-code,refresh-token'],
      ...['--redirect-uri', back, '--require-pkce', '--skip-consent', '--id-token-algorithm', 'ES256'],
      ...['--require-pushed-request', 'on', '--fapi-profile', 'security', ...byName, ...bound],
    ]);
    const { client_id } = made as { readonly client_id: string };
    const to = (path: string, form: Readonly<Record<string, string>>, identity?: Identity) =>
      call(`${secure}/o${path}`, { form: { client_id, ...form }, ...(identity === undefined ? {} : { identity }) });
    const request = {
      response_type: 'code',
      redirect_uri: back,
      scope: 'read openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    };
    for (const wrong of [undefined, selfSigned]) {
      expect(await to('/par/', request, wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    const pushed = await to('/par/', request, issued);
    expect(pushed.status).toBe(201);
    const person = await site.member('fapi');
    const query = new URLSearchParams({ client_id, request_uri: String(pushed.body['request_uri']) });
    const code = (await person.open(`/o/authorize/?${query}`)).leftFor?.searchParams.get('code') ?? '';
    const redeem = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: back,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    };
    expect((await to('/token/', redeem)).status).toBe(401);
    const tokens = await to('/token/', redeem, issued);
    expect(tokens).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    const headers = { authorization: `Bearer ${String(tokens.body['access_token'])}` };
    expect((await call(`${secure}/o/userinfo/`, { headers, identity: issued })).status).toBe(200);
    for (const wrong of [{}, { identity: selfSigned }]) {
      expect((await call(`${secure}/o/userinfo/`, { headers, ...wrong })).status).toBe(401);
    }
    const refresh = { grant_type: 'refresh_token', refresh_token: String(tokens.body['refresh_token']) };
    expect((await to('/token/', refresh)).status).toBe(401);
    expect((await to('/token/', refresh, issued)).status).toBe(200);
  });

  it('is in metadata (§5), and serves what the usual port serves', async () => {
    const address = '/o/.well-known/openid-configuration';
    const { body } = await call(`${secure}${address}`);
    expect(body).toMatchObject({
      issuer: `${site.url}/o`,
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: { token_endpoint: `${secure}/o/token/` },
    });
    expect((await call(`${site.url}${address}`)).body).toEqual(body);
    const aliases = Object.entries(body['mtls_endpoint_aliases'] as Readonly<Record<string, string>>);
    expect(aliases.length).toBeGreaterThan(5);
    for (const [name, alias] of aliases) {
      // Nobody asks for nothing: what is there says so.
      const { status } = await call(alias, name === 'userinfo_endpoint' ? {} : { form: { client_id: 'nobody' } });
      expect([name, status]).toEqual([name, 401]);
    }
  });

  it('tls_client_auth: the handshake proves the application, and binds its token', async () => {
    const client = await application(site, [...byName, ...bound]);
    const { status, body } = await call(`${secure}/o/token/`, { form: form(client), identity: issued });
    expect([status, body['token_type']]).toEqual([200, 'Bearer']);
    const look = { token: String(body['access_token']), client_id: client };
    const state = await call(`${secure}/o/introspect/`, { form: look, identity: issued });
    expect(state.body).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) } });
    // Nobody's, another's of the same name, and the usual port.
    expect((await call(`${secure}/o/token/`, { form: form(client) })).status).toBe(401);
    expect((await call(`${secure}/o/token/`, { form: form(client), identity: selfSigned })).status).toBe(401);
    expect((await call(`${site.url}/o/token/`, { form: form(client) })).status).toBe(401);
    // §3: the resource asks for the same certificate.
    const headers = { authorization: `Bearer ${String(body['access_token'])}` };
    expect((await call(`${secure}/profile/`, { headers })).body).toMatchObject({ error: 'invalid_token' });
    const known = await call(`${secure}/profile/`, { headers, identity: issued });
    // A token of the application by itself: the certificate was right, there is only no person.
    expect(known.body).toMatchObject({ error: 'insufficient_scope' });
  });

  it('self_signed_tls_client_auth: the certificate among its keys, that of the authority not', async () => {
    const jwks = JSON.stringify({ keys: [selfSigned.jwk] });
    const client = await application(site, ['--client-authentication', 'self_signed_tls_client_auth', '--jwks', jwks]);
    expect((await call(`${secure}/o/token/`, { form: form(client), identity: selfSigned })).status).toBe(200);
    expect((await call(`${secure}/o/token/`, { form: form(client), identity: issued })).status).toBe(401);
  });

  it('believes no header there, and on the usual port that of a trusted proxy', async () => {
    const client = await application(site, byName);
    const headers = pem(issued);
    expect((await call(`${secure}/o/token/`, { form: form(client), headers })).status).toBe(401);
    expect((await call(`${site.url}/o/token/`, { form: form(client), headers })).status).toBe(200);
  });

  it('takes nothing else for a certificate in that header', async () => {
    const client = await application(site, byName);
    for (const value of ['x', '%', encodeURIComponent(`${issued.certificate}${issued.certificate}`), ':AA==:']) {
      const headers = { 'x-client-cert': value };
      expect((await call(`${site.url}/o/token/`, { form: form(client), headers })).status).toBe(401);
    }
  });
});

describe('RFC 9440 §4: a header of a proxy', () => {
  const site = (settings: Readonly<Record<string, string>>) =>
    openSite('SQLite', { ...settingsOf(folder.path), ...settings });

  it('from an address that is not a trusted one is as if it were not there', async () => {
    const one = await site({ DIAPASON_TRUSTED_PROXIES: '192.0.2.1' });
    try {
      const client = await application(one, byName);
      const forged = { ...pem(issued), 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' };
      expect((await call(`${one.url}/o/token/`, { form: form(client), headers: forged })).status).toBe(401);
    } finally {
      await one.dispose();
    }
  });

  it('named client-cert has the form of RFC 9440 §2.2 alone', async () => {
    const one = await site({ DIAPASON_TRUSTED_PROXIES: '127.0.0.1, ::1', DIAPASON_MTLS_HEADER: 'Client-Cert' });
    try {
      const client = await application(one, byName);
      const value = `:${issued.x509.raw.toString('base64')}:`;
      const ask = (headers: Readonly<Record<string, string>>) =>
        call(`${one.url}/o/token/`, { form: form(client), headers });
      expect((await ask({ 'client-cert': value })).status).toBe(200);
      expect((await ask({ 'client-cert': `${value}, ${value}` })).status).toBe(401);
      expect((await ask({ 'client-cert': encodeURIComponent(issued.certificate) })).status).toBe(401);
      // The other name means nothing here.
      expect((await ask(pem(issued))).status).toBe(401);
    } finally {
      await one.dispose();
    }
  });

  it.each([
    ['a count of proxies', { DIAPASON_TRUSTED_PROXIES: '1' }, 'DIAPASON_MTLS_HEADER needs'],
    ['a port without a certificate', { DIAPASON_MTLS_PORT: '9978' }, 'DIAPASON_MTLS_CERTIFICATE is not set'],
    [
      'a file that is not there',
      { DIAPASON_MTLS_CA: '/nowhere.pem' },
      'DIAPASON_MTLS_CA names a file that cannot be read',
    ],
  ])('is refused at the start with %s', async (_what, settings, said) => {
    const environment = {
      ...settingsOf(folder.path),
      DIAPASON_TRUSTED_PROXIES: '192.0.2.1',
      DIAPASON_DATABASE: join(folder.path, 'd.db'),
      ...settings,
    };
    const { status, stderr } = await run(SERVER_PROGRAM, ['serve'], environment);
    expect([status, stderr]).toEqual([expect.any(Number), expect.stringContaining(said)]);
    expect(status).not.toBe(0);
  });
});
