import { type CryptoKey, compactDecrypt, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApplicationSettings,
  CONTENT_ENCRYPTIONS,
  DEFAULT_SETTINGS,
  ENCRYPTION_ALGORITHMS,
} from '../../src/protocol/application-settings.ts';
import type { EndpointResponse } from '../../src/protocol/endpoint.ts';
import { basic, codeFor, json, openServer, redirected, type SignedIn, type TestServer, text } from './server.ts';

type Jwk = Readonly<Record<string, unknown>>;

let server: TestServer;
let person: SignedIn;
const privateKeys = new Map<string, CryptoKey>();
const publicKeys: Jwk[] = [];
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  for (const [kid, algorithm] of [
    ['rsa', 'RSA-OAEP-256'],
    ['ec', 'ECDH-ES'],
  ] as const) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    privateKeys.set(kid, privateKey);
    publicKeys.push({ ...(await exportJWK(publicKey)), kid, use: 'enc' });
  }
});
afterAll(() => server.close());

const JWKS_URI = 'https://app.example/jwks.json';
const keySet = (...keys: readonly Jwk[]) => ({ keys });
const encrypting = (settings: Partial<ApplicationSettings> = {}) =>
  server.application({
    settings: {
      ...DEFAULT_SETTINGS,
      idTokenEncryptionAlgorithm: 'RSA-OAEP-256',
      jwks: keySet(...publicKeys),
      ...settings,
    },
  });

type App = Awaited<ReturnType<typeof encrypting>>;

const redeem = (application: App, code: string) =>
  server.token({ grant_type: 'authorization_code', code }, { authorization: basic(application) });
const issued = async (application: App) => redeem(application, await codeFor(server, application, person));

/** What the application reads: the header, and the JWS inside. */
async function opened(response: EndpointResponse) {
  const jwe = text(response, 'id_token');
  const header = decodeProtectedHeader(jwe);
  const key = privateKeys.get(String(header.kid));
  if (key === undefined) throw new Error('it is encrypted to another key');
  const jws = new TextDecoder().decode((await compactDecrypt(jwe, key)).plaintext);
  return { header, jws };
}

describe('OpenID Connect Core §10.2, RFC 7519 §5.2: an encrypted ID token', () => {
  const pairs = ENCRYPTION_ALGORITHMS.flatMap((alg) => CONTENT_ENCRYPTIONS.map((enc) => [alg, enc] as const));

  it.each(pairs)('is signed, then encrypted with %s and %s', async (alg, enc) => {
    const application = await encrypting({ idTokenEncryptionAlgorithm: alg, idTokenContentEncryption: enc });
    const { header, jws } = await opened(await issued(application));
    expect(header).toMatchObject({ alg, enc, cty: 'JWT', kid: alg === 'RSA-OAEP-256' ? 'rsa' : 'ec' });
    // ASVS 9.1.1: what is inside has our signature.
    expect(await server.signer.verifyOwn(jws)).toMatchObject({ sub: person.accountId, aud: application.clientId });
  });

  it('stays encrypted after a refresh, and for a device', async () => {
    const application = await encrypting();
    const first = await issued(application);
    const again = await server.token(
      { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') },
      { authorization: basic(application) },
    );
    expect(decodeJwt((await opened(again)).jws)).toMatchObject({ sub: person.accountId });
    const started = await server.deviceAuthorization({ scope: 'openid' }, { authorization: basic(application) });
    await server.decideDevice(text(started, 'user_code'), true, person.session);
    const device = await server.token(
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: text(started, 'device_code') },
      { authorization: basic(application) },
    );
    expect(decodeJwt((await opened(device)).jws)).toMatchObject({ sub: person.accountId });
  });

  it('is encrypted to a key at the jwks_uri', async () => {
    server.keySetsAt.set(JWKS_URI, { outcome: 'read', jwks: keySet(...publicKeys) });
    const application = await encrypting({ jwks: null, jwksUri: JWKS_URI });
    expect((await opened(await issued(application))).header.kid).toBe('rsa');
  });
});

describe('RFC 7517 §4.2: which key', () => {
  const refusal = async (settings: Partial<ApplicationSettings>) => {
    const application = await encrypting(settings);
    const code = await codeFor(server, application, person);
    const response = await redeem(application, code);
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(json(response)['error_description']).toContain('use enc');
    return { application, code };
  };
  const [rsa, ec] = [() => publicKeys[0] ?? {}, () => publicKeys[1] ?? {}];

  it('is never one for signatures, of another kind, or of another algorithm', async () => {
    await refusal({ jwks: keySet({ ...rsa(), use: 'sig' }) });
    await refusal({ jwks: keySet(Object.fromEntries(Object.entries(rsa()).filter(([name]) => name !== 'use'))) });
    await refusal({ jwks: keySet(ec()) });
    await refusal({ jwks: keySet({ ...rsa(), alg: 'RSA-OAEP' }) });
    await refusal({ idTokenEncryptionAlgorithm: 'ECDH-ES', jwks: keySet(rsa()) });
  });

  it('has to be a key at all: a point that is on no curve is refused, and no failure of ours', async () => {
    await refusal({ idTokenEncryptionAlgorithm: 'ECDH-ES', jwks: keySet({ ...ec(), x: ec()['y'] }) });
  });

  it('costs no code where it is missing: once it is there, the same code is redeemed', async () => {
    server.keySetsAt.delete(JWKS_URI);
    const { application, code } = await refusal({ jwks: null, jwksUri: JWKS_URI });
    server.keySetsAt.set(JWKS_URI, { outcome: 'read', jwks: keySet(rsa()) });
    expect((await redeem(application, code)).status).toBe(200);
  });
});

describe('OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2: an encrypted ID token as a hint', () => {
  it('is refused and said to be decrypted first; what is inside is taken', async () => {
    const application = await encrypting();
    const response = await issued(application);
    const encrypted = { id_token_hint: text(response, 'id_token') };
    const signed = { id_token_hint: (await opened(response)).jws };
    const request = { response_type: 'code', client_id: application.clientId, prompt: 'none' };
    const refused = redirected(await server.authorize({ ...request, ...encrypted }, person.browser));
    expect(refused.get('error')).toBe('invalid_request');
    expect(refused.get('error_description')).toContain('decrypt it');
    expect(redirected(await server.authorize({ ...request, ...signed }, person.browser)).get('code')).not.toBeNull();
    expect(await server.logout(encrypted, person.session)).toMatchObject({
      kind: 'error_page',
      error: { hint: expect.stringContaining('decrypt it') },
    });
    expect((await server.logout(signed, person.session)).kind).toBe('end');
  });
});
