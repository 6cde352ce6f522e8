/** `simple-oauth2`, as it comes from the registry: code flow (PKCE by its extra parameters), refresh, revocation, client credentials. */
import { createHash, randomBytes } from 'node:crypto';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { throughSignIn } from './application.ts';

describe.each(ENGINES)('simple-oauth2, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
  });
  afterAll(() => site?.dispose());

  const optionsFor = <Paths extends object>(
    id: string,
    secret: string | null,
    authorizationMethod: 'header' | 'body',
    path: Paths,
  ) => ({
    client: { id, secret: secret ?? '' },
    auth: {
      tokenHost: site.url,
      tokenPath: '/o/token/',
      ...path,
    },
    options: { authorizationMethod },
    // Its default, `strict`, takes the empty answer to a revocation (RFC 7009 §2.2) for one that is not JSON.
    http: { json: true } as const,
  });

  it.each(['header', 'body'] as const)('signs in with the secret in the %s, refreshes and revokes', async (method) => {
    const { clientId, clientSecret } = await register(alice);
    const client = new AuthorizationCode(
      optionsFor(clientId, clientSecret, method, { authorizePath: '/o/authorize/', revokePath: '/o/revoke_token/' }),
    );
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const request = {
      redirect_uri: CALLBACK,
      scope: ['openid', 'read'],
      state: 'the-state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    const back = await throughSignIn(alice, new URL(client.authorizeURL(request)));
    const answer = {
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      scope: request.scope,
      code_verifier: verifier,
    };
    const token = await client.getToken(answer);
    expect(token.token).toMatchObject({ token_type: 'Bearer', scope: 'openid read', expires_in: 3_600 });
    expect(token.expired()).toBe(false);
    const renewed = await token.refresh();
    expect(renewed.token['refresh_token']).not.toBe(token.token['refresh_token']);
    await renewed.revokeAll();
    await expect(renewed.refresh()).rejects.toMatchObject({
      output: { statusCode: 400 },
      data: { payload: { error: 'invalid_grant' } },
    });
  });

  it('gets a token of client credentials', async () => {
    const { clientId, clientSecret } = await register(alice, { grants: ['client-credentials'], redirect_uris: '' });
    const client = new ClientCredentials(optionsFor(clientId, clientSecret, 'header', {}));
    const token = await client.getToken({ scope: 'read' });
    expect(token.token).toMatchObject({ token_type: 'Bearer', scope: 'read' });
    expect(token.token['refresh_token']).toBeUndefined();
  });
});
