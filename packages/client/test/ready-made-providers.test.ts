/**
 * The ready-made providers, each against answers as the service's documentation has them.
 */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  apple,
  auth0,
  diapason,
  github,
  gitlab,
  google,
  keycloak,
  keycloakRoles,
  microsoft,
  type Provider,
} from '../src/index.ts';
import { type Application, startApplication } from './application.ts';
import { issuerAnswers, type ProviderStub, providerStub, type StubIssuer } from './provider-stub.ts';
import { type Page, Visitor } from './visitor.ts';

const credentials = { clientId: 'client-7', clientSecret: 'a secret' };
const appleKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const applePem = appleKey.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const TENANT = '11111111-2222-3333-4444-555555555555';

let app: Application;
let stub: ProviderStub;
let nonce = '';

beforeAll(async () => {
  stub = providerStub();
  const providers: readonly Provider[] = [
    google({ credentials }),
    google({ id: 'office', credentials, hostedDomains: ['example.org'], offline: true }),
    github({ credentials }),
    github({ id: 'forge', credentials, serverUrl: 'https://github.example.org/' }),
    gitlab({ credentials, serverUrl: 'https://gitlab.example.org' }),
    microsoft({ credentials }),
    microsoft({ id: 'staff', credentials, tenants: [TENANT] }),
    apple({ credentials: { ...credentials, clientSecret: applePem }, teamId: 'TEAM567890', keyId: 'KEY4567890' }),
    apple({ id: 'apple-entered', teamId: 'TEAM567890', keyId: 'KEY4567890' }),
    keycloak({ credentials, realmUrl: 'https://keycloak.example.org/realms/staff/', roles: ['staff', 'wiki:editor'] }),
    auth0({ credentials, domain: 'example.eu.auth0.com' }),
    diapason({ credentials, serverUrl: 'https://accounts.example.org/', backChannelUrl: 'https://inside.example.org' }),
  ];
  app = await startApplication(() => providers, { fetch: (url, init) => stub.fetch(url, init) });
});
afterAll(() => app.close());
beforeEach(() => {
  stub.answers = {};
  stub.requests.length = 0;
});

/** The authorization request that a sign-in makes. */
async function start(visitor: Visitor, provider: string): Promise<URL> {
  const sent = await visitor.request(`${app.url}/accounts/${provider}/login/`);
  const url = new URL(sent.headers.get('location') ?? '');
  nonce = url.searchParams.get('nonce') ?? '';
  return url;
}

/** A whole sign-in, whose page it ends on. */
async function signIn(provider: string, visitor = new Visitor()): Promise<Page> {
  const asked = await start(visitor, provider);
  const response = new URLSearchParams({ code: 'a code', state: asked.searchParams.get('state') ?? '' });
  return visitor.open(`${app.redirectUri(provider)}?${response}`);
}

function serve(issuer: StubIssuer): void {
  stub.answers = issuerAnswers(issuer, credentials.clientId, () => nonce);
}

describe('google()', () => {
  const issuer = (claims: Readonly<Record<string, unknown>>): StubIssuer => ({
    issuer: 'https://accounts.google.com',
    authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    jwks: 'https://www.googleapis.com/oauth2/v3/certs',
    userinfo: 'https://openidconnect.googleapis.com/v1/userinfo',
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'] },
    claims: () => ({ iss: 'https://accounts.google.com', given_name: 'Gina', family_name: 'Green', ...claims }),
  });

  it('signs in, and believes a verified Gmail address', async () => {
    serve(issuer({ sub: '1', email: 'gina@gmail.com', email_verified: true }));
    const page = await signIn('google');
    expect([page.text('username'), page.text('first_name'), page.text('uid')]).toEqual(['gina', 'Gina', '1']);
    expect((await app.store.findUserByUsername('gina'))?.emailVerified).toBe(true);
  });

  it('believes the address of a Workspace organisation, and none that Google does not hand out', async () => {
    serve(issuer({ sub: '2', email: 'gil@example.org', email_verified: true, hd: 'example.org' }));
    await signIn('google');
    expect((await app.store.findUserByUsername('gil'))?.emailVerified).toBe(true);
    serve(issuer({ sub: '3', email: 'gus@example.net', email_verified: true }));
    await signIn('google');
    expect((await app.store.findUserByUsername('gus'))?.emailVerified).toBe(false);
    serve(issuer({ sub: '4', email: 'gwen@gmail.com', email_verified: false }));
    await signIn('google');
    expect((await app.store.findUserByUsername('gwen'))?.emailVerified).toBe(false);
  });

  it('asks for a refresh token by access_type and prompt, and for the domain by hd', async () => {
    serve(issuer({ sub: '5' }));
    const asked = (await start(new Visitor(), 'office')).searchParams;
    expect([asked.get('access_type'), asked.get('prompt'), asked.get('hd')]).toEqual([
      'offline',
      'consent',
      'example.org',
    ]);
    expect(asked.get('scope')).toBe('openid profile email');
  });

  it('takes nobody of another domain, whatever the browser was asked with', async () => {
    serve(issuer({ sub: '6', email: 'gab@gmail.com', email_verified: true }));
    const page = await signIn('office');
    expect([page.status, page.text('failure-code')]).toEqual([403, 'account_not_accepted']);
    expect(app.lastRefusal().detail).toContain('hd is missing, expected example.org');
    serve(issuer({ sub: '7', email: 'gael@example.org', email_verified: true, hd: 'EXAMPLE.org' }));
    expect((await signIn('office')).text('username')).toBe('gael');
  });
});

describe('github()', () => {
  const answers = (api: string, server: string, more: ProviderStub['answers'] = {}) => ({
    [`POST ${server}/login/oauth/access_token`]: () =>
      Response.json({ access_token: 'gho_1', token_type: 'bearer', scope: 'read:user,user:email' }),
    [`GET ${api}/user`]: () =>
      Response.json({ id: 583231, login: 'octo', name: 'Octo Cat Third', email: 'public@example.org' }),
    [`GET ${api}/user/emails`]: () =>
      Response.json([
        { email: 'old@example.org', primary: false, verified: true, visibility: null },
        { email: 'octo@example.org', primary: true, verified: true, visibility: 'private' },
      ]),
    ...more,
  });

  it('signs in by the numeric id, with the primary address and its flag', async () => {
    stub.answers = answers('https://api.github.com', 'https://github.com');
    const page = await signIn('github');
    expect(page.text('uid')).toBe('583231');
    const fields = ['username', 'first_name', 'last_name', 'email'].map((id) => page.text(id));
    expect(fields).toEqual(['octo', 'Octo', 'Cat Third', 'octo@example.org']);
    expect((await app.store.findUserByUsername('octo'))?.emailVerified).toBe(true);
  });

  it('asks for JSON at the token endpoint, and for its own media type at the interface', async () => {
    stub.answers = answers('https://api.github.com', 'https://github.com');
    await signIn('github');
    expect(stub.lastTo('https://github.com/login/oauth/access_token').headers.get('accept')).toBe('application/json');
    const asked = stub.lastTo('https://api.github.com/user').headers;
    expect(asked.get('accept')).toBe('application/vnd.github+json');
    expect(asked.get('user-agent')).not.toBeNull();
    expect(asked.get('authorization')).toBe('Bearer gho_1');
  });

  it('does not believe an address whose owner has not proved it', async () => {
    stub.answers = answers('https://api.github.com', 'https://github.com', {
      'GET https://api.github.com/user': () => Response.json({ id: 2, login: 'unproved', name: null }),
      'GET https://api.github.com/user/emails': () =>
        Response.json([{ email: 'unproved@example.org', primary: true, verified: false }]),
    });
    const page = await signIn('github');
    expect(page.text('email')).toBe('unproved@example.org');
    expect((await app.store.findUserByUsername('unproved'))?.emailVerified).toBe(false);
  });

  it('does without the addresses where the scope was not given: the public one counts as unproved', async () => {
    stub.answers = answers('https://api.github.com', 'https://github.com', {
      'GET https://api.github.com/user': () => Response.json({ id: 3, login: 'scopeless', email: 'shown@example.org' }),
      'GET https://api.github.com/user/emails': () => Response.json({ message: 'Not Found' }, { status: 404 }),
    });
    expect((await signIn('github')).text('email')).toBe('shown@example.org');
    expect((await app.store.findUserByUsername('scopeless'))?.emailVerified).toBe(false);
  });

  it('says that GitHub is out of order when the addresses are', async () => {
    stub.answers = answers('https://api.github.com', 'https://github.com', {
      'GET https://api.github.com/user/emails': () => Response.json({}, { status: 502 }),
    });
    expect((await signIn('github')).text('failure-code')).toBe('provider_unreachable');
  });

  it.each([
    ['bad_verification_code', 'code_refused'],
    ['incorrect_client_credentials', 'client_credentials_refused'],
    ['redirect_uri_mismatch', 'code_refused'],
    ['unverified_user_email', 'token_refused'],
    ['something_new', 'token_refused'],
  ])('RFC 6749 §5.2: reads the error %s though it comes with status 200', async (error, code) => {
    stub.answers = answers('https://api.github.com', 'https://github.com', {
      'POST https://github.com/login/oauth/access_token': () =>
        Response.json({ error, error_description: 'in words', error_uri: 'https://docs.github.com/' }),
    });
    expect((await signIn('github')).text('failure-code')).toBe(code);
  });

  it('speaks to an Enterprise Server at its own addresses', async () => {
    stub.answers = answers('https://github.example.org/api/v3', 'https://github.example.org', {
      'GET https://github.example.org/api/v3/user': () => Response.json({ id: 1, login: 'enterprise' }),
    });
    const asked = await start(new Visitor(), 'forge');
    expect(`${asked.origin}${asked.pathname}`).toBe('https://github.example.org/login/oauth/authorize');
    // Its administrator may have entered the address: it leads to nobody's account.
    expect((await signIn('forge')).text('username')).toBe('enterprise');
    expect((await app.store.findUserByUsername('enterprise'))?.emailVerified).toBe(false);
  });
});

describe('gitlab()', () => {
  it('signs in at one’s own GitLab, with the claims that userinfo alone has', async () => {
    const iss = 'https://gitlab.example.org';
    serve({
      issuer: iss,
      authorization: `${iss}/oauth/authorize`,
      token: `${iss}/oauth/token`,
      jwks: `${iss}/oauth/discovery/keys`,
      userinfo: `${iss}/oauth/userinfo`,
      claims: () => ({ iss, sub: '42', groups_direct: ['team'] }),
      userinfoClaims: () => ({
        sub: '42',
        name: 'Lara Lab',
        nickname: 'lara',
        preferred_username: 'lara',
        email: 'lara@example.org',
        email_verified: true,
      }),
    });
    const page = await signIn('gitlab');
    const fields = ['uid', 'username', 'first_name', 'last_name', 'email'].map((id) => page.text(id));
    expect(fields).toEqual(['42', 'lara', 'Lara', 'Lab', 'lara@example.org']);
    // An administrator of that GitLab may have entered it: not believed unless the developer says so.
    expect((await app.store.findUserByUsername('lara'))?.emailVerified).toBe(false);
  });
});

describe('microsoft()', () => {
  const issuer = (claims: Readonly<Record<string, unknown>>): StubIssuer => ({
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    at: 'https://login.microsoftonline.com/common/v2.0',
    authorization: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    jwks: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    userinfo: 'https://graph.microsoft.com/oidc/userinfo',
    metadata: {
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    },
    claims: () => ({
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      tid: TENANT,
      sub: 'pairwise',
      oid: 'object-1',
      name: 'Mia Soft',
      preferred_username: 'mia@contoso.example',
      email: 'victim@example.org',
      ...claims,
    }),
  });

  it('takes the issuer of the person’s tenant, and knows them by oid', async () => {
    serve(issuer({}));
    const page = await signIn('microsoft');
    expect([page.text('username'), page.text('uid')]).toEqual(['mia', 'object-1']);
    const account = await app.store.findSocialAccount(`https://login.microsoftonline.com/${TENANT}/v2.0`, 'object-1');
    expect(account).not.toBeNull();
    expect(stub.requests.some(({ url }) => url.includes('graph.microsoft.com'))).toBe(false);
    expect(stub.lastTo('https://login.microsoftonline.com/common/oauth2/v2.0/token').form.get('client_secret')).toBe(
      'a secret',
    );
  });

  it('nOAuth: never believes an address, though the token calls it verified', async () => {
    serve(issuer({ oid: 'object-2', preferred_username: 'noa@contoso.example', email_verified: true, xms_edov: true }));
    await signIn('microsoft');
    expect((await app.store.findUserByUsername('noa'))?.emailVerified).toBe(false);
  });

  it('refuses an issuer that is not that of the tid', async () => {
    serve(issuer({ tid: '99999999-2222-3333-4444-555555555555' }));
    expect((await signIn('microsoft')).text('failure-code')).toBe('id_token_issuer_wrong');
  });

  it('refuses a token without oid', async () => {
    serve(issuer({ oid: undefined }));
    expect((await signIn('microsoft')).text('failure-code')).toBe('profile_invalid');
  });

  it('takes the people of the named tenants alone', async () => {
    serve(issuer({ oid: 'object-3', preferred_username: 'max@contoso.example' }));
    expect((await signIn('staff')).text('username')).toBe('max');
    const tid = '9188040d-6c67-4c5b-b112-36a304b66dad';
    serve(issuer({ oid: 'object-4', tid, iss: `https://login.microsoftonline.com/${tid}/v2.0` }));
    expect((await signIn('staff')).text('failure-code')).toBe('account_not_accepted');
  });

  it('refuses a tenant that is no part of a URL', () => {
    expect(() => microsoft({ tenant: 'a/b' })).toThrow('microsoft.tenant is "a/b"');
  });
});

describe('apple()', () => {
  const issuer = (claims: Readonly<Record<string, unknown>>): StubIssuer => ({
    issuer: 'https://appleid.apple.com',
    authorization: 'https://appleid.apple.com/auth/authorize',
    token: 'https://appleid.apple.com/auth/token',
    jwks: 'https://appleid.apple.com/auth/keys',
    metadata: {
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
    },
    claims: () => ({ iss: 'https://appleid.apple.com', ...claims }),
  });

  /** Apple's page sends the browser back with a form, which comes without cookies. */
  async function formPost(visitor: Visitor, provider: string, more: Readonly<Record<string, string>>): Promise<Page> {
    const asked = await start(visitor, provider);
    const fields = { code: 'a code', state: asked.searchParams.get('state') ?? '', ...more };
    const received = await new Visitor().request(app.redirectUri(provider), {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://appleid.apple.com',
        'sec-fetch-site': 'cross-site',
      },
    });
    expect(received.status).toBe(303);
    const location = received.headers.get('location') ?? '';
    expect(location).not.toContain('a+code');
    return visitor.open(location);
  }
  const user = JSON.stringify({ name: { firstName: 'Anna', lastName: 'Pple' }, email: 'victim@example.org' });

  it('asks for the answer as a form, and takes the name that comes with the first one', async () => {
    serve(issuer({ sub: '001.a', email: 'anna@example.org', email_verified: 'true' }));
    const asked = (await start(new Visitor(), 'apple')).searchParams;
    expect([asked.get('response_mode'), asked.get('scope')]).toEqual(['form_post', 'openid name email']);
    const page = await formPost(new Visitor(), 'apple', { user });
    const fields = ['uid', 'username', 'first_name', 'last_name', 'email'].map((id) => page.text(id));
    expect(fields).toEqual(['001.a', 'anna', 'Anna', 'Pple', 'anna@example.org']);
    // `email_verified` is text; the address beside the token is the browser's word and not taken.
    expect((await app.store.findUserByUsername('anna'))?.emailVerified).toBe(true);
  });

  it('keeps the name at the next sign-in, which brings none', async () => {
    serve(issuer({ sub: '001.a', email: 'anna@example.org', email_verified: 'true' }));
    const page = await formPost(new Visitor(), 'apple', {});
    expect([page.text('first_name'), page.text('last_name')]).toEqual(['Anna', 'Pple']);
  });

  it('makes the client secret of the private key: ES256, for two hours', async () => {
    serve(issuer({ sub: '001.a' }));
    await formPost(new Visitor(), 'apple', {});
    const secret = stub.lastTo('https://appleid.apple.com/auth/token').form.get('client_secret') ?? '';
    const [head = '', payload = '', signature = ''] = secret.split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    expect(decode(head)).toEqual({ alg: 'ES256', kid: 'KEY4567890' });
    const { iat, exp, ...rest } = decode(payload);
    expect(rest).toEqual({ iss: 'TEAM567890', aud: 'https://appleid.apple.com', sub: 'client-7' });
    expect(Number(exp) - Number(iat)).toBe(7200);
    const key = {
      key: createPublicKey(appleKey.publicKey.export({ format: 'pem', type: 'spki' })),
      dsaEncoding: 'ieee-p1363',
    } as const;
    expect(verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('makes a new one before the old one ends', async () => {
    serve(issuer({ sub: '001.a' }));
    const secretNow = async () => {
      await formPost(new Visitor(), 'apple', {});
      return stub.lastTo('https://appleid.apple.com/auth/token').form.get('client_secret');
    };
    const first = await secretNow();
    app.clockOffsetMs = 61 * 60_000;
    try {
      expect(await secretNow()).not.toBe(first);
    } finally {
      app.clockOffsetMs = 0;
    }
  });

  it('takes a key that a form entered in one line, and says when it is none', async () => {
    serve(issuer({ sub: '001.b', email: 'x@privaterelay.appleid.com', email_verified: true }));
    const entered = { provider: 'apple-entered', name: 'Apple', clientId: 'client-7' };
    await app.accounts.setSocialApp({ ...entered, secret: applePem.replaceAll('\n', ' ') });
    const page = await formPost(new Visitor(), 'apple-entered', { user });
    // A relay address is no username: the person chooses one.
    expect(page.url.pathname).toBe('/accounts/social/signup/');
    expect(await app.accounts.setSocialApp({ ...entered, secret: 'no key' })).toMatchObject({
      kind: 'refused',
      problems: { secret: expect.stringContaining('AuthKey_') },
    });
  });

  it('RFC 6749 §10.12: a form with a foreign state signs nobody in', async () => {
    serve(issuer({ sub: '001.a' }));
    const page = await formPost(new Visitor(), 'apple', { state: 'A'.repeat(22) });
    expect(page.text('failure-code')).toBe('attempt_missing');
  });

  it('a sealed answer is not taken at another provider, nor later', async () => {
    serve(issuer({ sub: '001.a' }));
    const visitor = new Visitor();
    const asked = await start(visitor, 'apple');
    const body = new URLSearchParams({ code: 'a code', state: asked.searchParams.get('state') ?? '' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const received = await visitor.request(app.redirectUri('apple'), { method: 'POST', body, headers });
    const location = received.headers.get('location') ?? '';
    const elsewhere = await visitor.open(location.replace('/apple/', '/apple-entered/'));
    expect(elsewhere.text('failure-code')).toBe('state_missing');
    app.clockOffsetMs = 3 * 60_000;
    try {
      expect((await visitor.open(location)).text('failure-code')).toBe('state_missing');
    } finally {
      app.clockOffsetMs = 0;
    }
  });

  it('says what is wrong with what the developer entered', () => {
    expect(() => apple({ teamId: 'team', keyId: 'KEY4567890' })).toThrow('apple.teamId is "team"');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
    const wrong = { clientId: 'a', clientSecret: rsa.toString() };
    expect(() => apple({ teamId: 'TEAM567890', keyId: 'KEY4567890', credentials: wrong })).toThrow('curve P-256');
  });

  it('no other callback takes a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' };
    const refused = await new Visitor().request(app.redirectUri('google'), { method: 'POST', body: 'code=1', headers });
    expect(refused.status).toBe(405);
  });
});

describe('keycloak()', () => {
  const iss = 'https://keycloak.example.org/realms/staff';
  const endpoint = `${iss}/protocol/openid-connect`;
  const issuer = (claims: Readonly<Record<string, unknown>>): StubIssuer => ({
    issuer: iss,
    authorization: `${endpoint}/auth`,
    token: `${endpoint}/token`,
    jwks: `${endpoint}/certs`,
    userinfo: `${endpoint}/userinfo`,
    claims: () => ({
      iss,
      sub: 'uuid-1',
      preferred_username: 'kim',
      email: 'kim@example.org',
      email_verified: true,
      ...claims,
    }),
  });

  it('signs in whoever has one of the roles', async () => {
    serve(issuer({ realm_access: { roles: ['offline_access', 'staff'] } }));
    expect((await signIn('keycloak')).text('username')).toBe('kim');
    serve(issuer({ resource_access: { wiki: { roles: ['editor'] } } }));
    expect((await signIn('keycloak')).text('username')).toBe('kim');
  });

  it('refuses whoever has none, and says so to the developer when no roles come at all', async () => {
    serve(issuer({ realm_access: { roles: ['guest'] } }));
    expect((await signIn('keycloak')).text('failure-code')).toBe('account_not_accepted');
    serve(issuer({}));
    expect((await signIn('keycloak')).text('failure-code')).toBe('account_not_accepted');
    expect(app.lastRefusal().detail).toContain('add them to the ID token');
  });

  it('reads roles, and nothing where they are malformed', () => {
    const profile = { realm_access: { roles: ['a', 1] }, resource_access: { wiki: { roles: ['b'] }, odd: null } };
    expect(keycloakRoles(profile)).toEqual(['a', 'wiki:b']);
    expect(keycloakRoles({ realm_access: 'a' })).toEqual([]);
  });

  it('refuses an address without a realm', () => {
    expect(() => keycloak({ realmUrl: 'https://keycloak.example.org' })).toThrow('ends in /realms/<name>');
  });
});

describe('auth0()', () => {
  it('signs in under the issuer with its slash', async () => {
    const iss = 'https://example.eu.auth0.com/';
    serve({
      issuer: iss,
      authorization: `${iss}authorize`,
      token: `${iss}oauth/token`,
      jwks: `${iss}.well-known/jwks.json`,
      userinfo: `${iss}userinfo`,
      metadata: {
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      },
      claims: () => ({ iss, sub: 'auth0|1', nickname: 'otto', email: 'otto@example.org', email_verified: true }),
    });
    const page = await signIn('auth0');
    expect([page.text('username'), page.text('uid')]).toEqual(['otto', 'auth0|1']);
    expect(await app.store.findSocialAccount(iss, 'auth0|1')).not.toBeNull();
  });

  it.each(['https://example.eu.auth0.com/', 'example.eu.auth0.com/'])('understands the domain %s', (domain) => {
    const overrides = { serverUrl: null, backChannelUrl: null };
    expect(auth0({ domain }).addresses(overrides).issuer).toBe('https://example.eu.auth0.com/');
  });
});

describe('diapason()', () => {
  it('signs in, with the back channel at its own address', async () => {
    const iss = 'https://accounts.example.org/o';
    const inside = (path: string) => `https://inside.example.org${path}`;
    serve({
      issuer: iss,
      at: inside('/o'),
      authorization: `${iss}/authorize/`,
      token: `${iss}/token/`,
      jwks: `${iss}/.well-known/jwks.json`,
      userinfo: `${iss}/userinfo/`,
      metadata: { authorization_response_iss_parameter_supported: true },
      claims: () => ({ iss, sub: 'd1', preferred_username: 'dia', given_name: 'Dia' }),
    });
    stub.answers = Object.fromEntries(
      Object.entries(stub.answers).map(([at, answer]) => [
        at.replace('https://accounts.example.org', 'https://inside.example.org'),
        answer,
      ]),
    );
    const visitor = new Visitor();
    const asked = await start(visitor, 'diapason');
    expect(`${asked.origin}${asked.pathname}`).toBe(`${iss}/authorize/`);
    const response = new URLSearchParams({ code: 'c', state: asked.searchParams.get('state') ?? '', iss });
    const page = await visitor.open(`${app.redirectUri('diapason')}?${response}`);
    expect([page.text('username'), page.text('uid')]).toEqual(['dia', 'd1']);
  });
});
