/** `arctic`'s generic client, as it comes from the registry: code flow with PKCE, refresh, revocation. */
import { CodeChallengeMethod, generateCodeVerifier, generateState, OAuth2Client, OAuth2RequestError } from 'arctic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { throughSignIn } from './application.ts';

describe.each(ENGINES)('arctic, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
  });
  afterAll(() => site?.dispose());

  async function signIn(client: OAuth2Client) {
    const verifier = generateCodeVerifier();
    const state = generateState();
    const address = client.createAuthorizationURLWithPKCE(
      `${site.url}/o/authorize/`,
      state,
      CodeChallengeMethod.S256,
      verifier,
      ['openid', 'read'],
    );
    const back = await throughSignIn(alice, address);
    expect(back.searchParams.get('state')).toBe(state);
    return client.validateAuthorizationCode(`${site.url}/o/token/`, back.searchParams.get('code') ?? '', verifier);
  }

  it.each(['confidential', 'public'] as const)('signs in as a %s client, refreshes and revokes', async (type) => {
    const { clientId, clientSecret } = await register(alice, { client_type: type });
    const client = new OAuth2Client(clientId, clientSecret, CALLBACK);
    const tokens = await signIn(client);
    expect(tokens.tokenType()).toBe('Bearer');
    expect(tokens.accessTokenExpiresInSeconds()).toBe(3_600);
    expect(tokens.scopes()).toEqual(['openid', 'read']);
    expect(tokens.idToken().split('.')).toHaveLength(3);
    const renewed = await client.refreshAccessToken(`${site.url}/o/token/`, tokens.refreshToken(), ['read']);
    expect(renewed.scopes()).toEqual(['read']);
    await client.revokeToken(`${site.url}/o/revoke_token/`, renewed.refreshToken());
    await expect(client.refreshAccessToken(`${site.url}/o/token/`, renewed.refreshToken(), [])).rejects.toThrow(
      OAuth2RequestError,
    );
  });
});
