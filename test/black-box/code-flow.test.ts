/**
 * The protocol as its strictest clients see it: `openid-client` and `oauth4webapi`, as they come from the registry, against
 * the running server on both engines. They check `iss`, `state`, `nonce`, `at_hash`, signatures and every media type
 * themselves; a person signs in and allows on the pages in between.
 */
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, leftFor, type Person, type Seen, type Values, wordsOf } from '../person.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const SCOPE = 'openid profile email read';
const LOGGED_OUT = 'http://localhost:9/bye';

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let developer: Person;
  let alice: Person;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
    alice = await site.member('alice');
  });
  afterAll(() => site?.dispose());

  const issuer = () => new URL('/o', site.url);

  /** An application, and `openid-client` configured for it by discovery alone. */
  async function openidClient(values: Values, authentication: 'basic' | 'post' | 'none' = 'basic') {
    const application = await register(developer, { post_logout_redirect_uris: LOGGED_OUT, ...values });
    const secret = application.clientSecret ?? '';
    const method = {
      basic: () => client.ClientSecretBasic(secret),
      post: () => client.ClientSecretPost(secret),
      none: () => client.None(),
    }[authentication]();
    const configuration = await client.discovery(issuer(), application.clientId, undefined, method, {
      execute: [client.allowInsecureRequests],
    });
    return { application, configuration };
  }

  /** From the application's link to the address that the server leads back to. */
  async function visit(person: Person, address: URL): Promise<URL> {
    const seen = await person.open(address.href);
    return seen.leftFor ?? person.allow(seen);
  }

  /** The whole flow with every check that there is. */
  async function signInWith(configuration: client.Configuration, person: Person) {
    const [codeVerifier, state, nonce] = [
      client.randomPKCECodeVerifier(),
      client.randomState(),
      client.randomNonce(),
    ] as const;
    const address = client.buildAuthorizationUrl(configuration, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const back = await visit(person, address);
    return client.authorizationCodeGrant(configuration, back, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
  }

  describe.each([
    ['a public client', { client_type: 'public' }, 'none'],
    ['a confidential client with client_secret_basic', {}, 'basic'],
    ['a confidential client with client_secret_post', {}, 'post'],
  ] as const)('openid-client as %s', (_what, values, authentication) => {
    let configuration: client.Configuration;
    let tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
    beforeAll(async () => {
      ({ configuration } = await openidClient(values, authentication));
      tokens = await signInWith(configuration, alice);
    });

    it('completes the code flow with PKCE (RFC 7636)', () => {
      expect(tokens.token_type).toBe('bearer');
      expect(tokens.scope?.split(' ').sort()).toEqual(SCOPE.split(' ').sort());
      expect(tokens.expires_in).toBe(3_600);
      expect(tokens.claims()).toMatchObject({
        iss: issuer().href,
        sub: expect.any(String),
        auth_time: expect.any(Number),
      });
    });

    it('reads userinfo, of the same subject (OpenID Connect Core §5.3)', async () => {
      const sub = tokens.claims()?.sub ?? '';
      const info = await client.fetchUserInfo(configuration, tokens.access_token, sub);
      expect(info).toMatchObject({
        sub,
        preferred_username: 'alice',
        given_name: 'First',
        family_name: 'Last',
        email: 'alice@example.org',
        email_verified: false,
      });
    });

    it('reads /profile/ as the Django provider does', async () => {
      const answer = await fetch(`${site.url}/profile/`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(await answer.json()).toMatchObject({ id: tokens.claims()?.sub, username: 'alice', first_name: 'First' });
    });

    it('refreshes, and gets another refresh token (RFC 9700 #13)', async () => {
      const before = tokens.refresh_token ?? '';
      tokens = await client.refreshTokenGrant(configuration, before);
      expect(tokens.refresh_token).not.toBe(before);
      expect(
        (await client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck)).sub,
      ).toBeTruthy();
    });

    it('revokes, and the token is dead at once (RFC 7009)', async () => {
      await client.tokenRevocation(configuration, tokens.access_token);
      await expect(
        client.fetchUserInfo(configuration, tokens.access_token, client.skipSubjectCheck),
      ).rejects.toMatchObject({ status: 401 });
      await client.tokenRevocation(configuration, tokens.refresh_token ?? '');
      await expect(client.refreshTokenGrant(configuration, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    });
  });

  it('openid-client introspects its own token, and after revocation it is inactive (RFC 7662 §2.2)', async () => {
    const { application, configuration } = await openidClient({});
    const tokens = await signInWith(configuration, alice);
    expect(await client.tokenIntrospection(configuration, tokens.access_token)).toMatchObject({
      active: true,
      client_id: application.clientId,
      username: 'alice',
      sub: tokens.claims()?.sub,
      scope: expect.stringContaining('read'),
    });
    expect(await client.tokenIntrospection(configuration, tokens.refresh_token ?? '')).toMatchObject({ active: true });
    await client.tokenRevocation(configuration, tokens.refresh_token ?? '');
    expect(await client.tokenIntrospection(configuration, tokens.access_token)).toEqual({ active: false });
    const other = await openidClient({ name: 'Another' });
    const theirs = await signInWith(other.configuration, alice);
    expect(await client.tokenIntrospection(configuration, theirs.access_token)).toEqual({ active: false });
  });

  it.each(['basic', 'post'] as const)(
    'openid-client gets a client credentials token by client_secret_%s (RFC 6749 §4.4)',
    async (authentication) => {
      const { configuration } = await openidClient(
        { grants: ['client-credentials'], redirect_uris: '' },
        authentication,
      );
      const tokens = await client.clientCredentialsGrant(configuration, { scope: 'read' });
      expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'read' });
      expect(tokens.refresh_token).toBeUndefined();
      expect(await client.tokenIntrospection(configuration, tokens.access_token)).toMatchObject({ active: true });
    },
  );

  it.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'openid-client accepts an ID token signed with %s',
    async (algorithm) => {
      const { application } = await openidClient({ id_token_algorithm: algorithm });
      const configuration = await client.discovery(
        issuer(),
        application.clientId,
        { id_token_signed_response_alg: algorithm },
        client.ClientSecretBasic(application.clientSecret ?? ''),
        { execute: [client.allowInsecureRequests] },
      );
      // OpenID Connect Core §3.1.3.6: signature by the published keys, not only the TLS channel.
      client.enableNonRepudiationChecks(configuration);
      const tokens = await signInWith(configuration, alice);
      const header = JSON.parse(Buffer.from(tokens.id_token?.split('.')[0] ?? '', 'base64url').toString());
      expect(header).toMatchObject({ alg: algorithm, kid: expect.any(String) });
    },
  );

  it('openid-client signs out by RP-initiated logout, and the session is over', async () => {
    const { configuration } = await openidClient({});
    const person = site.person();
    await person.signIn('alice', PASSWORD);
    const tokens = await signInWith(configuration, person);
    const address = client.buildEndSessionUrl(configuration, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: LOGGED_OUT,
      state: 'the-state',
    });
    const seen = await person.open(address.href);
    // ASVS 10.6.2: with a hint for this very session the person need not be asked; a page that asks is as good.
    const end = seen.leftFor ?? leftFor(await person.submit(formOf(seen, { button: 'Sign out' }), {}, 'Sign out'));
    expect(end.href).toBe(`${LOGGED_OUT}?state=the-state`);
    expect((await person.open('/account/')).url).toContain('/login/');
  });

  describe('oauth4webapi', () => {
    let application: RegisteredApplication;
    let as: oauth.AuthorizationServer;
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    beforeAll(async () => {
      application = await register(developer);
      as = await oauth.processDiscoveryResponse(issuer(), await oauth.discoveryRequest(issuer(), insecure));
    });

    it('reads the same metadata by RFC 8414', async () => {
      const response = await oauth.discoveryRequest(issuer(), { ...insecure, algorithm: 'oauth2' });
      expect(await oauth.processDiscoveryResponse(issuer(), response)).toEqual(as);
      expect(as).toMatchObject({
        authorization_response_iss_parameter_supported: true,
        code_challenge_methods_supported: ['S256'],
        grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'client_credentials']),
      });
    });

    it('completes the code flow with every check, at_hash included', async () => {
      const verifier = oauth.generateRandomCodeVerifier();
      const nonce = oauth.generateRandomNonce();
      const state = oauth.generateRandomState();
      const me: oauth.Client = { client_id: application.clientId };
      const authentication = oauth.ClientSecretBasic(application.clientSecret ?? '');
      const address = new URL(as.authorization_endpoint ?? '');
      address.search = new URLSearchParams({
        client_id: me.client_id,
        redirect_uri: CALLBACK,
        response_type: 'code',
        scope: SCOPE,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        nonce,
        state,
        // OpenID Connect Core §3.1.2.1: the ID token then has to carry auth_time.
        max_age: '3600',
      }).toString();
      const parameters = oauth.validateAuthResponse(as, me, await visit(alice, address), state);
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        me,
        authentication,
        parameters,
        CALLBACK,
        verifier,
        insecure,
      );
      expect(response.headers.get('cache-control')).toBe('no-store');
      const tokens = await oauth.processAuthorizationCodeResponse(as, me, response, {
        expectedNonce: nonce,
        maxAge: 3_600,
        requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(as, response, insecure);
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      const half = new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from(tokens.access_token))).slice(0, 16);
      expect(claims?.['at_hash']).toBe(Buffer.from(half).toString('base64url'));

      const info = await oauth.userInfoRequest(as, me, tokens.access_token, insecure);
      expect(await oauth.processUserInfoResponse(as, me, claims?.sub ?? '', info)).toMatchObject({
        name: 'First Last',
      });
      const renewed = await oauth.processRefreshTokenResponse(
        as,
        me,
        await oauth.refreshTokenGrantRequest(as, me, authentication, tokens.refresh_token ?? '', insecure),
      );
      const introspection = await oauth.introspectionRequest(as, me, authentication, renewed.access_token, insecure);
      expect(await oauth.processIntrospectionResponse(as, me, introspection)).toMatchObject({ active: true });
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, me, authentication, renewed.refresh_token ?? '', insecure),
      );
      const after = await oauth.introspectionRequest(as, me, authentication, renewed.access_token, insecure);
      expect(await oauth.processIntrospectionResponse(as, me, after)).toEqual({ active: false });
    });
  });

  describe('the path of a person', () => {
    const authorizeAddress = (application: RegisteredApplication, more: Readonly<Record<string, string>> = {}) =>
      `/o/authorize/?${new URLSearchParams({
        client_id: application.clientId,
        redirect_uri: CALLBACK,
        response_type: 'code',
        scope: 'read',
        state: 'twelve-chars',
        ...more,
      })}`;

    it('leads from the application through sign-in and consent back; the second time it asks nothing', async () => {
      const application = await register(developer, { name: 'Notes & Queries <b>' });
      const person = site.person();
      const signIn = await person.open(authorizeAddress(application));
      expect(wordsOf(signIn)).toContain('Notes & Queries <b>');
      expect(signIn.text).not.toContain('<b>');
      const consent: Seen = await person.signIn('alice', PASSWORD, signIn);
      const back = await person.allow(consent);
      expect([back.searchParams.get('state'), back.searchParams.get('iss')]).toEqual(['twelve-chars', issuer().href]);
      expect(leftFor(await person.open(authorizeAddress(application))).searchParams.has('code')).toBe(true);
    });

    it('leads through sign-up', async () => {
      const application = await register(developer);
      const person = site.person();
      const signUp = await person.open(authorizeAddress(application, { prompt: 'create' }));
      const consent = await person.signUp({ username: `newcomer-${engine}`, password: PASSWORD }, signUp);
      expect((await person.allow(consent)).searchParams.has('code')).toBe(true);
    });

    it('tells the application when it was not allowed (RFC 6749 §4.1.2.1)', async () => {
      const application = await register(developer);
      const consent = await alice.open(authorizeAddress(application));
      const back = await alice.allow(consent, 'Cancel');
      expect(Object.fromEntries(back.searchParams)).toMatchObject({
        error: 'access_denied',
        state: 'twelve-chars',
        iss: issuer().href,
      });
      expect(back.searchParams.has('code')).toBe(false);
    });

    it('takes a confidential client without PKCE, unless its application requires it (django-allauth)', async () => {
      const application = await register(developer);
      const back = await alice.allow(await alice.open(authorizeAddress(application)));
      const answer = await fetch(`${site.url}/o/token/`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: CALLBACK,
          client_id: application.clientId,
          client_secret: application.clientSecret ?? '',
        }),
      });
      expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'read', expires_in: 3_600 });
      const strict = await register(developer, { require_pkce: 'on' });
      const refused = leftFor(await alice.open(authorizeAddress(strict)));
      expect(refused.searchParams.get('error')).toBe('invalid_request');
    });
  });
});
