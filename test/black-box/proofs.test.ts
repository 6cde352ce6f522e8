/**
 * Applications that prove themselves and their tokens by keys, as `openid-client` does it: private_key_jwt with keys by value
 * and at an address, DPoP with the server's nonces, signed userinfo and introspection.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person, Values } from '../person.ts';
import { CALLBACK, ENGINES, openSite, register, type Site } from './site.ts';

const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
const jwks = JSON.stringify({ keys: [{ ...(await crypto.subtle.exportKey('jwk', keys.publicKey)), kid: 'one' }] });
const SCOPE = 'openid profile email read';

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let developer: Person;
  let alice: Person;
  let keyServer: Server;
  let jwksUri: string;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
    alice = await site.member('alice');
    keyServer = createServer((_, response) => response.setHeader('content-type', 'application/json').end(jwks));
    await new Promise<void>((listening) => keyServer.listen(0, '127.0.0.1', listening));
    jwksUri = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(async () => {
    keyServer.close();
    await site?.dispose();
  });

  async function configured(values: Values, metadata: Partial<client.ClientMetadata> = {}) {
    const application = await register(developer, { client_authentication: 'private_key_jwt', ...values });
    expect(application.clientSecret).toBeNull();
    const method = client.PrivateKeyJwt({ key: keys.privateKey, kid: 'one' });
    return client.discovery(new URL('/o', site.url), application.clientId, metadata, method, {
      execute: [client.allowInsecureRequests],
    });
  }

  async function signIn(configuration: client.Configuration, DPoP: client.DPoPHandle) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const address = client.buildAuthorizationUrl(configuration, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
    });
    const seen = await alice.open(address.href);
    const back = seen.leftFor ?? (await alice.allow(seen));
    return client.authorizationCodeGrant(configuration, back, { pkceCodeVerifier }, {}, { DPoP });
  }

  it('openid-client signs in with private_key_jwt and DPoP, keys by value, and reads signed userinfo', async () => {
    const values = { jwks, require_dpop: 'on', userinfo_signing_algorithm: 'ES256', access_token_format: 'jwt' };
    const configuration = await configured(values, { userinfo_signed_response_alg: 'ES256' });
    const DPoP = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'));
    const tokens = await signIn(configuration, DPoP);
    expect(tokens.token_type).toBe('dpop');
    const subject = tokens.claims()?.sub ?? '';
    const person = await client.fetchUserInfo(configuration, tokens.access_token, subject, { DPoP });
    expect(person).toMatchObject({ preferred_username: 'alice', aud: configuration.clientMetadata().client_id });
    const profile = new URL('/profile/', site.url);
    const read = await client.fetchProtectedResource(
      configuration,
      tokens.access_token,
      profile,
      'GET',
      undefined,
      undefined,
      { DPoP },
    );
    expect(await read.json()).toMatchObject({ username: 'alice' });
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '', {}, { DPoP });
    expect(refreshed.token_type).toBe('dpop');
    // Stolen, it opens nothing.
    const stolen = await fetch(profile, { headers: { authorization: `Bearer ${refreshed.access_token}` } });
    expect(stolen.status).toBe(401);
  });

  it('openid-client finds its keys at an address, and has introspection signed', async () => {
    const configuration = await configured({ jwks_uri: jwksUri }, { introspection_signed_response_alg: 'RS256' });
    const DPoP = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'));
    const tokens = await signIn(configuration, DPoP);
    const state = await client.tokenIntrospection(configuration, tokens.access_token);
    expect(state).toMatchObject({ active: true, token_type: 'DPoP', username: 'alice' });
    expect(state.cnf).toEqual({ jkt: await DPoP.calculateThumbprint() });
    await client.tokenRevocation(configuration, tokens.access_token);
    expect(await client.tokenIntrospection(configuration, tokens.access_token)).toEqual({ active: false });
  });
});
