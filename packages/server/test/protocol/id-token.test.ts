import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointResponse } from '../../src/protocol/endpoint.ts';
import { basic, ISSUER, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
});
afterAll(() => server.close());

/** Verifies as a relying party would, by the published keys. */
async function claimsOf(response: EndpointResponse, audience: string) {
  const { keys } = await server.signer.publicKeySet();
  const jwks = createLocalJWKSet({ keys: keys.map((key) => ({ kty: String(key['kty']), ...key })) });
  const currentDate = new Date(server.clock());
  return (await jwtVerify(text(response, 'id_token'), jwks, { issuer: ISSUER, audience, currentDate })).payload;
}

describe('OpenID Connect Core §2, §3.1.3.6: the ID token', () => {
  it.each([
    ['RS256', 'sha256'],
    ['ES256', 'sha256'],
    ['EdDSA', 'sha512'],
  ] as const)('is signed with %s where the application says so (ASVS 10.5.1 to 10.5.4)', async (algorithm, hash) => {
    const application = await server.application({ idTokenAlgorithm: algorithm });
    server.pass(5);
    const response = await tokensFor(server, application, person, { nonce: 'n-0S6_WzA2Mj' });
    const issued = Math.floor(server.clock() / 1_000);
    const half = createHash(hash).update(text(response, 'access_token')).digest();
    expect(decodeProtectedHeader(text(response, 'id_token'))).toMatchObject({ alg: algorithm, typ: 'JWT' });
    expect(await claimsOf(response, application.clientId)).toEqual({
      iss: ISSUER,
      sub: person.accountId,
      aud: application.clientId,
      iat: issued,
      exp: issued + 3_600,
      auth_time: Math.floor(person.session.authTimeMs / 1_000),
      nonce: 'n-0S6_WzA2Mj',
      acr: '1',
      amr: ['pwd'],
      at_hash: half.subarray(0, half.length / 2).toString('base64url'),
      sid: person.session.sessionId,
    });
  });

  it('has no nonce where none was sent, and holds no claims of scopes (D28: it stays small)', async () => {
    const application = await server.application();
    const claims = await claimsOf(await tokensFor(server, application, person), application.clientId);
    for (const name of ['nonce', 'email', 'name', 'preferred_username']) expect(claims).not.toHaveProperty(name);
  });

  it('comes with the scope openid alone', async () => {
    const application = await server.application();
    const response = await tokensFor(server, application, person, { scope: 'profile read' });
    expect(response.body).not.toHaveProperty('id_token');
  });

  it('comes again with a refresh: same iss, sub, aud, auth_time, a new iat, no nonce (§12.2)', async () => {
    const application = await server.application();
    const first = await tokensFor(server, application, person, { nonce: 'n' });
    server.pass(60);
    const form = { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') };
    const second = await server.token(form, { authorization: basic(application) });
    const claims = await claimsOf(second, application.clientId);
    expect(claims).toMatchObject({
      sub: person.accountId,
      auth_time: Math.floor(person.session.authTimeMs / 1_000),
      iat: Math.floor(server.clock() / 1_000),
      sid: person.session.sessionId,
    });
    expect(claims).not.toHaveProperty('nonce');
  });
});
