import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { CLIENT_ASSERTION_ALGORITHMS, CLIENT_ASSERTION_TYPE } from '../../src/protocol/client-assertion.ts';
import type { JsonWebKeySet } from '../../src/protocol/json-web-key-set.ts';
import { basic, ISSUER, json, openServer, SECRET, type TestServer, text } from './server.ts';

const keys = await generateKeyPair('ES256');
const jwksOf = async (key: CryptoKey, members: object = {}): Promise<JsonWebKeySet> => ({
  keys: [{ ...(await exportJWK(key)), ...members }],
});

let server: TestServer;
let application: Application;
beforeAll(async () => {
  server = await openServer();
  application = await withKeys({ jwks: await jwksOf(keys.publicKey) });
});
afterAll(() => server.close());

const withKeys = (settings: Partial<Application['settings']>) =>
  server.application({ settings: { ...DEFAULT_SETTINGS, clientAuthentication: 'private_key_jwt', ...settings } });

let serial = 0;
async function assertion(
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
  key: CryptoKey | Uint8Array = keys.privateKey,
  of: Application = application,
): Promise<string> {
  serial += 1;
  const now = Math.floor(server.clock() / 1_000);
  const usual = { iss: of.clientId, sub: of.clientId, aud: ISSUER, jti: `jti-${serial}`, iat: now, exp: now + 60 };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}
const proof = (jwt: string) => ({ client_assertion_type: CLIENT_ASSERTION_TYPE, client_assertion: jwt });
const ask = (jwt: string, more: Readonly<Record<string, string>> = {}) =>
  server.token({ grant_type: 'client_credentials', scope: 'read', ...proof(jwt), ...more });
async function refusal(jwt: string): Promise<string> {
  const response = await ask(jwt);
  expect(response).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  return text(response, 'error_description');
}

describe('OpenID Connect Core §9: private_key_jwt', () => {
  it('proves a client at the token endpoint, with and without client_id', async () => {
    expect((await ask(await assertion())).status).toBe(200);
    expect((await ask(await assertion(), { client_id: application.clientId })).status).toBe(200);
  });

  it('proves it at introspection, revocation and the pushed-request endpoint', async () => {
    const token = text(await ask(await assertion()), 'access_token');
    expect(json(await server.introspect({ token, ...proof(await assertion()) }))).toMatchObject({ active: true });
    expect((await server.revoke({ token, ...proof(await assertion()) })).status).toBe(200);
    expect(json(await server.introspect({ token, ...proof(await assertion()) }))).toEqual({ active: false });
    const pushed = { response_type: 'code', redirect_uri: application.redirectUris[0] ?? '' };
    expect((await server.push({ ...pushed, ...proof(await assertion()) })).status).toBe(201);
  });

  it.each(CLIENT_ASSERTION_ALGORITHMS)('takes %s', async (alg) => {
    const pair = await generateKeyPair(alg);
    const one = await withKeys({ jwks: await jwksOf(pair.publicKey) });
    expect((await ask(await assertion({}, { alg }, pair.privateKey, one))).status).toBe(200);
  });

  it('does not let the application in by a secret any more, and another not by an assertion', async () => {
    const form = { grant_type: 'client_credentials', scope: 'read' };
    expect((await server.token(form, { authorization: basic(application) })).status).toBe(401);
    const body = { ...form, client_id: application.clientId };
    expect((await server.token({ ...body, client_secret: SECRET })).status).toBe(401);
    expect((await server.token(body)).status).toBe(401);
    const bySecret = await server.application({
      settings: { ...DEFAULT_SETTINGS, jwks: await jwksOf(keys.publicKey) },
    });
    await refusal(await assertion({}, {}, keys.privateKey, bySecret));
    const publicOne = await server.application({ type: 'public' });
    await refusal(await assertion({}, {}, keys.privateKey, publicOne));
  });

  it('refuses two methods at once', async () => {
    const form = { grant_type: 'client_credentials', ...proof(await assertion()) };
    for (const response of [
      await server.token(form, { authorization: basic(application) }),
      await server.token({ ...form, client_id: application.clientId, client_secret: SECRET }),
    ]) {
      expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });
});

describe('RFC 7521 §4.2: the parameters', () => {
  it('refuses an assertion of another type or of none, and a client_id that is not its sub', async () => {
    const form = { grant_type: 'client_credentials', client_assertion: await assertion() };
    expect((await server.token(form)).status).toBe(401);
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';
    expect((await server.token({ ...form, client_assertion_type: saml })).status).toBe(401);
    expect((await ask(await assertion(), { client_id: 'another' })).status).toBe(401);
  });
});

describe('RFC 7523 §3: what an assertion says', () => {
  it.each([
    ['iss', { iss: 'another' }],
    ['iss missing', { iss: undefined }],
    ['exp missing', { exp: undefined }],
    ['aud missing', { aud: undefined }],
    ['jti missing', { jti: undefined }],
    ['jti empty', { jti: '' }],
  ])('refuses a wrong %s', async (_, claims) => {
    expect(await refusal(await assertion(claims as JWTPayload))).toContain('client_assertion');
  });

  it('refuses a missing sub and an unknown one', async () => {
    await refusal(await assertion({ sub: undefined } as unknown as JWTPayload));
    await refusal(await assertion({ sub: 'nobody', iss: 'nobody' }));
  });

  it('takes the issuer, and the address of the token or pushed-request endpoint, alone or as a list of one', async () => {
    for (const aud of [ISSUER, [ISSUER], `${ISSUER}/token/`, `${ISSUER}/token`, `${ISSUER}/par/`]) {
      expect((await ask(await assertion({ aud }))).status).toBe(200);
    }
  });

  it('refuses another audience, and this one among others (draft-ietf-oauth-rfc7523bis)', async () => {
    for (const aud of [
      'https://other.example',
      [ISSUER, 'https://other.example'],
      [],
      `${ISSUER}/`,
      'https://id.example',
    ]) {
      expect(await refusal(await assertion({ aud }))).toContain('aud');
    }
  });

  it('refuses one that has expired, is not valid yet, was made in the future, or is good for more than ten minutes', async () => {
    const now = Math.floor(server.clock() / 1_000);
    expect(await refusal(await assertion({ exp: now - 31 }))).toContain('expired');
    await refusal(await assertion({ nbf: now + 31 }));
    expect(await refusal(await assertion({ iat: now + 31 }))).toContain('iat');
    expect(await refusal(await assertion({ exp: now + 631 }))).toContain('ten minutes');
    expect((await ask(await assertion({ exp: now + 600, nbf: now - 5 }))).status).toBe(200);
  });

  it('counts once (OpenID Connect Core §9: jti); the same jti of another application is another one', async () => {
    const jwt = await assertion({ jti: 'once' });
    expect((await ask(jwt)).status).toBe(200);
    expect(await refusal(jwt)).toContain('used before');
    expect(await refusal(await assertion({ jti: 'once' }))).toContain('used before');
    const other = await withKeys({ jwks: await jwksOf(keys.publicKey) });
    expect((await ask(await assertion({ jti: 'once' }, {}, keys.privateKey, other))).status).toBe(200);
  });

  it('counts once of 50 at the same time (GHSA-3p3g-vpw6-4w66)', async () => {
    const jwt = await assertion();
    const responses = await Promise.all(Array.from({ length: 50 }, () => ask(jwt)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('is not used up by a forgery', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    await refusal(await assertion({ jti: 'mine' }, {}, privateKey));
    expect((await ask(await assertion({ jti: 'mine' }))).status).toBe(200);
  });
});

describe('RFC 8725 §3: algorithms and keys', () => {
  it('refuses alg none', async () => {
    const [, payload = ''] = (await assertion()).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await refusal(`${header}.${payload}.`)).toContain('none');
  });

  it('refuses client_secret_jwt and says why, and HS256 with the public key as the secret', async () => {
    expect(await refusal(await assertion({}, { alg: 'HS256' }, new TextEncoder().encode(SECRET.repeat(2))))).toContain(
      'client_secret_jwt is not supported',
    );
    const publicKey = new TextEncoder().encode(JSON.stringify(await jwksOf(keys.publicKey)));
    await refusal(await assertion({}, { alg: 'HS256' }, publicKey));
  });

  it('refuses other algorithms, other types, and what is no JWT', async () => {
    const { privateKey } = await generateKeyPair('ES384');
    expect(await refusal(await assertion({}, { alg: 'ES384' }, privateKey))).toContain('alg');
    expect(await refusal(await assertion({}, { typ: 'dpop+jwt' }))).toContain('typ');
    expect((await ask(await assertion({}, { typ: 'client-authentication+jwt' }))).status).toBe(200);
    for (const jwt of ['x', 'a.b.c', 'a.b.c.d.e', '..']) await refusal(jwt);
  });

  it('does not look at a key that the header brings or points to (ASVS 9.1.3)', async () => {
    const stranger = await generateKeyPair('ES256');
    const jwk = await exportJWK(stranger.publicKey);
    for (const header of [{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/x' }]) {
      await refusal(await assertion({}, header, stranger.privateKey));
    }
  });

  it('tries each key without a kid, and only the one with the kid that is said', async () => {
    const other = await generateKeyPair('ES256');
    const [first] = (await jwksOf(other.publicKey, { kid: 'other' })).keys;
    const [second] = (await jwksOf(keys.publicKey, { kid: 'mine' })).keys;
    const one = await withKeys({ jwks: { keys: [first ?? {}, second ?? {}] } });
    expect((await ask(await assertion({}, {}, keys.privateKey, one))).status).toBe(200);
    expect((await ask(await assertion({}, { kid: 'mine' }, keys.privateKey, one))).status).toBe(200);
    await refusal(await assertion({}, { kid: 'other' }, keys.privateKey, one));
  });
});

describe('keys at an address', () => {
  it('are read from there; an application without any keys, and an address that does not answer, open nothing', async () => {
    const jwksUri = 'https://app.example/jwks.json';
    const one = await withKeys({ jwksUri });
    await refusal(await assertion({}, {}, keys.privateKey, one));
    server.keySetsAt.set(jwksUri, { outcome: 'read', jwks: await jwksOf(keys.publicKey) });
    expect((await ask(await assertion({}, {}, keys.privateKey, one))).status).toBe(200);
    await refusal(await assertion({}, {}, keys.privateKey, await withKeys({})));
  });
});

describe('RFC 7515 §4.1: a header whose members are no text', () => {
  it.each(['alg', 'typ', 'kid'])('refuses %s', async (name) => {
    for (const value of [0, true, null, ['ES256'], { a: 1 }]) {
      const [, ...rest] = (await assertion()).split('.');
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', [name]: value })).toString('base64url');
      expect(await refusal([header, ...rest].join('.'))).toContain('signed JWT');
    }
  });
});
