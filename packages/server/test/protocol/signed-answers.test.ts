import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { EndpointResponse } from '../../src/protocol/endpoint.ts';
import { acceptsJwt } from '../../src/protocol/introspection-jwt.ts';
import { basic, ISSUER, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
});
afterAll(() => server.close());

/** Verifies as a relying party would, by the published keys. */
async function claimsOf({ body }: EndpointResponse, options: { readonly typ: string; readonly audience: string }) {
  if (typeof body !== 'string') throw new Error('the answer is no JWT');
  const { keys } = await server.signer.publicKeySet();
  const jwks = createLocalJWKSet({ keys: keys.map((key) => ({ kty: String(key['kty']), ...key })) });
  return (await jwtVerify(body, jwks, { issuer: ISSUER, currentDate: new Date(server.clock()), ...options })).payload;
}

describe('OpenID Connect Core §5.3.2: userinfo', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'is a JWT signed with %s where the application says so',
    async (algorithm) => {
      const settings = { ...DEFAULT_SETTINGS, userinfoSigningAlgorithm: algorithm };
      const application = await server.application({ settings });
      const token = text(await tokensFor(server, application, person, { scope: 'openid email' }), 'access_token');
      const response = await server.userinfo({ authorization: `Bearer ${token}` });
      expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/jwt' } });
      expect(decodeProtectedHeader(String(response.body))).toMatchObject({ alg: algorithm });
      const claims = await claimsOf(response, { typ: 'userinfo+jwt', audience: application.clientId });
      expect(claims).toMatchObject({ sub: person.accountId, email_verified: true });
      // ASVS 9.2.2: it is no ID token.
      expect(await server.signer.verifyOwn(String(response.body))).toBeNull();
    },
  );

  it('is JSON otherwise, and its refusals are JSON always', async () => {
    const plain = await server.application();
    const token = text(await tokensFor(server, plain, person), 'access_token');
    expect(json(await server.userinfo({ authorization: `Bearer ${token}` }))).toMatchObject({ sub: person.accountId });
    const settings = { ...DEFAULT_SETTINGS, userinfoSigningAlgorithm: 'ES256' } as const;
    const signed = await server.application({ settings });
    const narrow = text(await tokensFor(server, signed, person, { scope: 'read' }), 'access_token');
    expect(json(await server.userinfo({ authorization: `Bearer ${narrow}` }))).toMatchObject({
      error: 'insufficient_scope',
    });
  });
});

describe('RFC 9701: introspection', () => {
  const accept = 'application/token-introspection+jwt';

  it('is a JWT for whoever asks for one (§4, §5), with the state of the token inside', async () => {
    const application = await server.application();
    const authorization = basic(application);
    const token = text(await tokensFor(server, application, person, { scope: 'openid' }), 'access_token');
    const response = await server.introspect({ token }, { authorization, accept });
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': accept, 'cache-control': 'no-store' } });
    const claims = await claimsOf(response, { typ: 'token-introspection+jwt', audience: application.clientId });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: application.clientId,
      iat: Math.floor(server.clock() / 1_000),
      token_introspection: json(await server.introspect({ token }, { authorization })),
    });
  });

  it('says of an unknown token that it is not active, and nothing else', async () => {
    const application = await server.application();
    const response = await server.introspect({ token: 'unknown' }, { authorization: basic(application), accept });
    const claims = await claimsOf(response, { typ: 'token-introspection+jwt', audience: application.clientId });
    expect(claims['token_introspection']).toEqual({ active: false });
  });

  it('is JSON for everybody else, and refusals are JSON always', async () => {
    const application = await server.application();
    const authorization = basic(application);
    for (const other of ['application/json', '*/*', 'application/*']) {
      expect(json(await server.introspect({ token: 'x' }, { authorization, accept: other }))).toEqual({
        active: false,
      });
    }
    expect(json(await server.introspect({}, { authorization, accept }))).toMatchObject({ error: 'invalid_request' });
    expect(json(await server.introspect({ token: 'x' }, { accept }))).toMatchObject({ error: 'invalid_client' });
  });

  it('is asked for by name, in any case and among others, with a weight above zero', () => {
    for (const value of [accept, `text/html, ${accept};q=0.5`, accept.toUpperCase()])
      expect(acceptsJwt(value)).toBe(true);
    for (const value of [null, '', `${accept};q=0`, `${accept};q=0.000`, 'application/jwt']) {
      expect(acceptsJwt(value)).toBe(false);
    }
  });
});
