/**
 * Programs that register themselves, as they do it: JSON over HTTP against the running server (RFC 7591, RFC 7592), and
 * `openid-client`'s own call for it.
 */
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, openSite, type Site } from './site.ts';

type Json = Record<string, unknown>;

let site: Site;
beforeAll(async () => {
  site = await openSite('SQLite', {
    DIAPASON_REGISTRATION: 'token',
    DIAPASON_AUTHORIZATION_DETAILS: '{"calendar":{"description":{"en":"Read your calendar","fr":"Lire votre agenda"}}}',
  });
});
afterAll(() => site?.dispose());

const METADATA = { client_name: 'Robot', redirect_uris: [CALLBACK] };

async function newToken(uses = 1): Promise<string> {
  const made = (await site.command(['registration-token', 'create', '--uses', String(uses)])) as { token: string };
  return made.token;
}

async function send(address: string, method: string, token: string | null, body?: unknown) {
  const response = await fetch(new URL(address, site.url), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Json };
}

/** Registers, and gives what came back. */
async function registered(metadata: Json = METADATA): Promise<Json> {
  const answer = await send('/o/register/', 'POST', await newToken(), metadata);
  expect(answer.body).not.toHaveProperty('error');
  expect(answer.status).toBe(201);
  return answer.body;
}

const clientCredentials = (made: Json) =>
  fetch(new URL('/o/token/', site.url), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: String(made['client_id']),
      client_secret: String(made['client_secret']),
    }),
  });

const addressOf = (made: Json) => String(made['registration_client_uri']);
const tokenOf = (made: Json) => String(made['registration_access_token']);

describe('RFC 7591 §3.1', () => {
  it('registers with an initial access token, as many times as it has uses', async () => {
    const token = await newToken(2);
    for (const status of [201, 201, 401]) {
      expect((await send('/o/register/', 'POST', token, METADATA)).status).toBe(status);
    }
  });

  it('registers nothing without a token, or with one that nobody made', async () => {
    for (const token of [null, 'made-up']) {
      const { status, headers, body } = await send('/o/register/', 'POST', token, METADATA);
      expect(status).toBe(401);
      expect(body['error']).toBe('invalid_token');
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  it('takes JSON alone, and says so', async () => {
    const token = await newToken();
    const notJson = await send('/o/register/', 'POST', token, '{');
    expect(notJson).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const list = await send('/o/register/', 'POST', token, []);
    expect(list).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
  });

  it('gives types of authorization details that are declared, and no others (RFC 9396 §10)', async () => {
    const made = await registered({ ...METADATA, authorization_details_types: ['calendar'] });
    expect(made['authorization_details_types']).toEqual(['calendar']);
    const other = { ...METADATA, authorization_details_types: ['calendar', 'account'] };
    expect((await send('/o/register/', 'POST', await newToken(), other)).body).toMatchObject({
      error: 'invalid_client_metadata',
      error_description: expect.stringContaining('authorization_details_types'),
    });
  });

  it('is known to openid-client', async () => {
    const token = await newToken();
    const configuration = await client.dynamicClientRegistration(new URL('/o', site.url), METADATA, undefined, {
      initialAccessToken: token,
      execute: [client.allowInsecureRequests],
    });
    expect(configuration.clientMetadata().client_id).toMatch(/^[0-9a-f]{40}$/);
    expect(configuration.serverMetadata().registration_endpoint).toBe(`${site.url}/o/register/`);
  });
});

describe('RFC 7591 §3.2.1', () => {
  it('answers what is in force, the secret, and where to manage it', async () => {
    const made = await registered({ ...METADATA, scope: 'openid email', logo_uri: 'https://evil.example/x.png' });
    expect(made).toMatchObject({
      client_name: 'Robot',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid email',
      client_secret_expires_at: 0,
      registration_client_uri: `${site.url}/o/register/${String(made['client_id'])}/`,
    });
    expect(String(made['client_secret'])).toHaveLength(43);
    // CVE-2021-26715: not kept, not fetched, not shown.
    expect(made).not.toHaveProperty('logo_uri');
  });

  it('takes the encryption of ID tokens, with a content encryption unless one is said', async () => {
    const jwks_uri = 'https://app.example/jwks.json';
    const wanted = { ...METADATA, jwks_uri, id_token_encrypted_response_alg: 'ECDH-ES' };
    const made = await registered(wanted);
    expect(made).toMatchObject({ ...wanted, id_token_encrypted_response_enc: 'A128CBC-HS256' });
    const chosen = { ...wanted, id_token_encrypted_response_enc: 'A256GCM' };
    expect(await registered(chosen)).toMatchObject(chosen);
    expect(await registered()).not.toHaveProperty('id_token_encrypted_response_alg');
  });

  it('takes an application type, and says which one it went by where there was none', async () => {
    const redirect_uris = ['com.example.app:/cb'];
    const native = { ...METADATA, application_type: 'native', redirect_uris };
    expect(await registered(native)).toMatchObject(native);
    const unsaid = { ...METADATA, token_endpoint_auth_method: 'none', redirect_uris };
    expect(await registered(unsaid)).toMatchObject({ application_type: 'native' });
    expect(await registered()).toMatchObject({ application_type: 'web' });
  });

  it('takes a subject type (OpenID Connect Dynamic Client Registration 1.0 §2)', async () => {
    expect(await registered({ ...METADATA, subject_type: 'pairwise' })).toMatchObject({ subject_type: 'pairwise' });
    expect(await registered()).toMatchObject({ subject_type: 'public' });
  });

  it('gives a public client no secret', async () => {
    const made = await registered({ ...METADATA, token_endpoint_auth_method: 'none' });
    expect(made).not.toHaveProperty('client_secret');
  });

  it('gives a client that works at the token endpoint at once', async () => {
    const made = await registered({ grant_types: ['client_credentials'], scope: 'read' });
    expect((await clientCredentials(made)).status).toBe(200);
  });
});

describe('RFC 7591 §3.2.2', () => {
  const faults: readonly (readonly [string, Json, string, string])[] = [
    [
      'a redirect URI on plain http',
      { redirect_uris: ['http://app.example/cb'] },
      'invalid_redirect_uri',
      'redirect_uris',
    ],
    ['javascript:', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri', 'redirect_uris'],
    ['no redirect URI for a code', { redirect_uris: [] }, 'invalid_redirect_uri', 'redirect_uris'],
    ['redirect URIs as text', { redirect_uris: CALLBACK }, 'invalid_redirect_uri', 'redirect_uris'],
    ['the implicit grant', { grant_types: ['implicit'] }, 'invalid_client_metadata', 'grant_types'],
    ['response type token', { response_types: ['token'] }, 'invalid_client_metadata', 'response_types'],
    [
      'client_secret_jwt',
      { token_endpoint_auth_method: 'client_secret_jwt' },
      'invalid_client_metadata',
      'token_endpoint_auth_method',
    ],
    ['an unknown scope', { scope: 'everything' }, 'invalid_client_metadata', 'scope'],
    ['a scope that opens others’ tokens', { scope: 'introspection' }, 'invalid_client_metadata', 'scope'],
    [
      'RSA1_5',
      { id_token_encrypted_response_alg: 'RSA1_5' },
      'invalid_client_metadata',
      'id_token_encrypted_response_alg',
    ],
    [
      'an encryption without a key',
      { id_token_encrypted_response_alg: 'RSA-OAEP-256' },
      'invalid_client_metadata',
      'id_token_encrypted_response_alg',
    ],
    [
      'a content encryption alone',
      { id_token_encrypted_response_enc: 'A256GCM' },
      'invalid_client_metadata',
      'id_token_encrypted_response_enc',
    ],
    ['another application type', { application_type: 'auto' }, 'invalid_client_metadata', 'application_type'],
    [
      'a scheme of its own for the web',
      { application_type: 'web', token_endpoint_auth_method: 'none', redirect_uris: ['com.example.app:/cb'] },
      'invalid_redirect_uri',
      'redirect_uris',
    ],
    ['another subject type', { subject_type: 'secret' }, 'invalid_client_metadata', 'subject_type'],
    [
      'pairwise subjects of two hosts',
      { subject_type: 'pairwise', redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] },
      'invalid_client_metadata',
      'sector_identifier_uri',
    ],
    ['HS256', { id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata', 'id_token_signed_response_alg'],
    ['keys beside their address', { jwks: {}, jwks_uri: 'https://a.example/k' }, 'invalid_client_metadata', 'jwks'],
    ['keys at http of elsewhere', { jwks_uri: 'http://169.254.169.254/k' }, 'invalid_client_metadata', 'jwks_uri'],
    ['a name with a turn in it', { client_name: 'a\u202eb' }, 'invalid_client_metadata', 'client_name'],
    ['a software statement', { software_statement: 'a.b.c' }, 'unapproved_software_statement', 'software_statement'],
    [
      'a logout address of elsewhere',
      { frontchannel_logout_uri: 'https://else.example/' },
      'invalid_client_metadata',
      'frontchannel_logout_uri',
    ],
  ];
  it.each(faults)(
    'refuses %s, naming the member, and costs no use of the token',
    async (_what, wrong, error, member) => {
      const token = await newToken();
      const { status, body } = await send('/o/register/', 'POST', token, { ...METADATA, ...wrong });
      expect(status).toBe(400);
      expect(body['error']).toBe(error);
      expect(body['error_description']).toContain(member);
      expect((await send('/o/register/', 'POST', token, METADATA)).status).toBe(201);
    },
  );
});

describe('RFC 7592 §2', () => {
  it('reads the registration with its token, and with no other', async () => {
    const [mine, theirs] = [await registered(), await registered()];
    const read = await send(addressOf(mine), 'GET', tokenOf(mine));
    expect(read.status).toBe(200);
    expect(read.body).toMatchObject({ client_id: mine['client_id'], client_name: 'Robot' });
    expect(read.body).not.toHaveProperty('client_secret');
    for (const token of [null, 'made-up', tokenOf(theirs), String(mine['client_secret'])]) {
      expect((await send(addressOf(mine), 'GET', token)).status).toBe(401);
    }
    // §3: a client that does not exist is not told apart.
    expect((await send('/o/register/nobody/', 'GET', tokenOf(mine))).status).toBe(401);
  });

  it('replaces all of the metadata, and the token: the former one opens nothing any more', async () => {
    const made = await registered({ ...METADATA, post_logout_redirect_uris: [`${CALLBACK}/bye`] });
    const wanted = { client_id: made['client_id'], client_name: 'Robot 2', redirect_uris: [`${CALLBACK}/2`] };
    const changed = await send(addressOf(made), 'PUT', tokenOf(made), wanted);
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      client_name: 'Robot 2',
      redirect_uris: [`${CALLBACK}/2`],
      post_logout_redirect_uris: [],
    });
    expect(tokenOf(changed.body)).not.toBe(tokenOf(made));
    expect((await send(addressOf(made), 'GET', tokenOf(made))).status).toBe(401);
    expect((await send(addressOf(made), 'GET', tokenOf(changed.body))).status).toBe(200);
  });

  it('brings no resources, and leaves those that the operator gave it (RFC 8707)', async () => {
    const resources = ['https://api.example/'];
    const made = await registered({ ...METADATA, resources });
    const shown = () => site.command(['app', 'show', String(made['client_id'])]);
    expect(await shown()).toMatchObject({ resources: [] });
    await site.perform(['app', 'update', String(made['client_id']), '--resources', 'https://api.example/']);
    const update = { ...METADATA, client_id: made['client_id'], resources: ['https://other.example/'] };
    expect((await send(addressOf(made), 'PUT', tokenOf(made), update)).status).toBe(200);
    expect(await shown()).toMatchObject({ resources });
  });

  it('takes proof by a certificate where certificates arrive, and resets nothing of it (RFC 8705 §2.1.2, §3.4)', async () => {
    const method = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'app.example' };
    const off = await send('/o/register/', 'POST', await newToken(), { ...METADATA, ...method });
    expect([off.status, off.body['error']]).toEqual([400, 'invalid_client_metadata']);

    const other = await openSite('SQLite', {
      DIAPASON_REGISTRATION: 'token',
      DIAPASON_MTLS_HEADER: 'x-client-cert',
      DIAPASON_TRUSTED_PROXIES: '127.0.0.1',
    });
    const { token } = (await other.command(['registration-token', 'create', '--uses', '3'])) as { token: string };
    const at = (address: string, verb: string, bearer: string, body: Json) =>
      fetch(new URL(address, other.url), {
        method: verb,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify(body),
      });
    const wanted = { ...METADATA, ...method, tls_client_certificate_bound_access_tokens: true };
    const made = (await (await at('/o/register/', 'POST', token, wanted)).json()) as Json;
    expect(made).toMatchObject(wanted);
    expect(made).not.toHaveProperty('client_secret');
    // Two names, or none, are no name.
    for (const names of [{ tls_client_auth_san_ip: '192.0.2.1' }, { tls_client_auth_san_dns: null }]) {
      expect((await at('/o/register/', 'POST', token, { ...wanted, ...names })).status).toBe(400);
    }
    const changed = { ...METADATA, ...method, client_name: 'Other', client_id: made['client_id'] };
    const answer = await at(addressOf(made), 'PUT', tokenOf(made), changed);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ...wanted, client_name: 'Other' });
    await other.dispose();
  });

  it('takes the client’s own secret repeated, as RFC 7592 wants it, and changes nothing by that', async () => {
    const made = await registered({
      ...METADATA,
      scope: 'read',
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    const own = { client_id: made['client_id'], client_secret: made['client_secret'], redirect_uris: [] };
    const wanted = { ...own, scope: 'read', grant_types: ['client_credentials'] };
    const changed = await send(addressOf(made), 'PUT', tokenOf(made), wanted);
    expect(changed.status).toBe(200);
    expect((await clientCredentials(made)).status).toBe(200);
  });

  it('answers the way of sending a secret that was registered, and takes another', async () => {
    const made = await registered({ ...METADATA, token_endpoint_auth_method: 'client_secret_post' });
    expect(made['token_endpoint_auth_method']).toBe('client_secret_post');
    const read = await send(addressOf(made), 'GET', tokenOf(made));
    expect(read.body['token_endpoint_auth_method']).toBe('client_secret_post');
    const changed = await send(addressOf(made), 'PUT', tokenOf(made), { ...METADATA, client_id: made['client_id'] });
    expect(changed.body['token_endpoint_auth_method']).toBe('client_secret_basic');
  });

  it('makes one of 20 updates that come at once with one token, and that one whole', async () => {
    const made = await registered();
    const updates = Array.from({ length: 20 }, (_, index) => ({
      client_id: made['client_id'],
      client_name: `Robot ${index}`,
      redirect_uris: [`${CALLBACK}/${index}`],
    }));
    const answers = await Promise.all(updates.map((body) => send(addressOf(made), 'PUT', tokenOf(made), body)));
    const won = answers.filter(({ status }) => status === 200);
    expect([won.length, answers.filter(({ status }) => status === 401).length]).toEqual([1, 19]);
    const [winner] = won;
    const read = await send(addressOf(made), 'GET', tokenOf(winner?.body ?? {}));
    expect(read.body['client_name']).toBe(winner?.body['client_name']);
    expect(read.body['redirect_uris']).toEqual(winner?.body['redirect_uris']);
  });

  it('refuses an update of another client_id, of what the server gives, or of the kind of proof', async () => {
    const made = await registered();
    const own = { ...METADATA, client_id: made['client_id'] };
    const wrong: readonly Json[] = [
      METADATA,
      { ...own, client_id: 'another' },
      { ...own, registration_access_token: tokenOf(made) },
      { ...own, client_secret: 'chosen' },
      { ...own, token_endpoint_auth_method: 'none' },
      { ...own, scope: 'introspection' },
    ];
    for (const metadata of wrong) {
      expect((await send(addressOf(made), 'PUT', tokenOf(made), metadata)).status).toBe(400);
    }
    expect((await send(addressOf(made), 'PUT', tokenOf(made), own)).status).toBe(200);
  });

  it('ends the registration, and the token with it', async () => {
    const made = await registered();
    expect((await send(addressOf(made), 'DELETE', tokenOf(made))).status).toBe(204);
    expect((await send(addressOf(made), 'GET', tokenOf(made))).status).toBe(401);
  });
});

describe('DIAPASON_REGISTRATION=off', () => {
  it('has no such address, and advertises none', async () => {
    const closed = await openSite('SQLite');
    try {
      const at = (path: string) =>
        fetch(new URL(path, closed.url), { method: path.includes('known') ? 'GET' : 'POST' });
      expect((await at('/o/register/')).status).toBe(404);
      const metadata = (await (await at('/o/.well-known/openid-configuration')).json()) as Json;
      expect(metadata).not.toHaveProperty('registration_endpoint');
    } finally {
      await closed.dispose();
    }
  });
});
