import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { accessTokenAudience } from '../../src/protocol/jwt-access-token.ts';
import { basic, ISSUER, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let person: SignedIn;
let application: Application;
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  application = await server.application({ settings: { ...DEFAULT_SETTINGS, accessTokenFormat: 'jwt' } });
});
afterAll(() => server.close());

/** Verifies as a resource server would, by the published keys. */
async function verified(token: string) {
  const { keys } = await server.signer.publicKeySet();
  const jwks = createLocalJWKSet({ keys: keys.map((key) => ({ kty: String(key['kty']), ...key })) });
  const currentDate = new Date(server.clock());
  return (await jwtVerify(token, jwks, { issuer: ISSUER, typ: 'at+jwt', currentDate })).payload;
}
const clientCredentials = () =>
  server.token({ grant_type: 'client_credentials', scope: 'read' }, { authorization: basic(application) });

describe('RFC 9068 §2: a JWT access token', () => {
  it('has the type at+jwt, and says who, for whom, for what and since when', async () => {
    const token = text(await tokensFor(server, application, person, { scope: 'openid read' }), 'access_token');
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const issuedAt = Math.floor(server.clock() / 1_000);
    expect(await verified(token)).toEqual({
      iss: ISSUER,
      sub: person.accountId,
      aud: ISSUER,
      client_id: application.clientId,
      iat: issuedAt,
      exp: issuedAt + 3_600,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      scope: 'openid read',
      auth_time: Math.floor(person.session.authTimeMs / 1_000),
      acr: '1',
      amr: ['pwd'],
    });
  });

  it('never has the jti of another, and after a refresh keeps the time of the sign-in (§2.2.1)', async () => {
    const first = await tokensFor(server, application, person, { scope: 'read' });
    server.pass(60);
    const second = await server.token(
      { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') },
      { authorization: basic(application) },
    );
    const [before, after] = [await verified(text(first, 'access_token')), await verified(text(second, 'access_token'))];
    expect(after['jti']).not.toBe(before['jti']);
    expect(after['auth_time']).toBe(before['auth_time']);
  });

  it('is of the application itself where no person stands behind it', async () => {
    const claims = await verified(text(await clientCredentials(), 'access_token'));
    expect(claims).toMatchObject({ sub: application.clientId, client_id: application.clientId, scope: 'read' });
    expect(claims).not.toHaveProperty('auth_time');
  });

  it('is not what an application gets that does not ask for it', async () => {
    const plain = await server.application();
    expect(text(await tokensFor(server, plain, person), 'access_token')).toMatch(/^[\w-]{43}$/);
  });
});

describe('RFC 9068 §3: the audience', () => {
  it('is the resources that were asked for, the issuer where none was', () => {
    expect(accessTokenAudience(null, ISSUER)).toBe(ISSUER);
    expect(accessTokenAudience({ resources: [] }, ISSUER)).toBe(ISSUER);
    expect(accessTokenAudience({ resources: ['https://api.example/'] }, ISSUER)).toBe('https://api.example/');
    const two = ['https://api.example/', 'https://other.example/'];
    expect(accessTokenAudience({ resources: two }, ISSUER)).toEqual(two);
  });
});

describe('a JWT access token at this server', () => {
  it('opens userinfo and is introspected with its own audience, until it is revoked', async () => {
    const token = text(await tokensFor(server, application, person, { scope: 'openid' }), 'access_token');
    const authorization = basic(application);
    expect(await server.userinfo({ authorization: `Bearer ${token}` })).toMatchObject({ status: 200 });
    expect(json(await server.introspect({ token }, { authorization }))).toMatchObject({ active: true, aud: ISSUER });
    await server.revoke({ token }, { authorization });
    expect(json(await server.introspect({ token }, { authorization }))).toEqual({ active: false });
    expect(await server.userinfo({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401 });
  });

  it('is refused when a character of it is changed', async () => {
    const token = text(await clientCredentials(), 'access_token');
    const changed = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    expect(json(await server.introspect({ token: changed }, { authorization: basic(application) }))).toEqual({
      active: false,
    });
  });

  it('is never taken for an ID token (ASVS 9.2.2)', async () => {
    const tokens = await tokensFor(server, application, person, { scope: 'openid' });
    const hint = (name: string) => ({
      response_type: 'code',
      client_id: application.clientId,
      id_token_hint: text(tokens, name),
    });
    const refused = await server.authorize(hint('access_token'), person.browser);
    expect(refused).toMatchObject({ kind: 'redirect', error: { code: 'invalid_request' } });
    const taken = await server.authorize(hint('id_token'), person.browser);
    expect(taken).toMatchObject({ kind: 'redirect', error: null });
    expect(await server.signer.verifyOwn(text(tokens, 'access_token'))).toBeNull();
    expect(await server.signer.verifyOwn(text(tokens, 'access_token'), 'at+jwt')).toMatchObject({ iss: ISSUER });
  });
});
