import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import type { AuthorizationOutcome } from '../../src/protocol/authorization-outcome.ts';
import { CALLBACK, CHALLENGE, ISSUER, openServer, redirected, type SignedIn, type TestServer } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
  await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
});
afterAll(() => server.close());

const ask = (change: Readonly<Record<string, string>> = {}, by: Application = application) =>
  server.authorize(
    { response_type: 'code', client_id: by.clientId, redirect_uri: CALLBACK, state: 's', ...change },
    person.browser,
  );
const raw = (query: string) => server.authorize(query, person.browser);
const errorOf = (outcome: AuthorizationOutcome) => {
  const query = redirected(outcome);
  expect(query.get('code')).toBeNull();
  return query.get('error');
};
const page = (reason: string) => ({ kind: 'error_page', status: 400, reason });

describe('RFC 6749 §4.1.2.1, RFC 9700 #3: before client and redirect URI are proven, an error is a page', () => {
  it.each([
    ['no client_id', 'response_type=code', 'unknown_application'],
    ['an unknown client_id', 'client_id=nobody&redirect_uri=https://evil.example/', 'unknown_application'],
    ['a client_id that none can be', 'client_id=%C3%A9&response_type=code', 'unknown_application'],
    ['prompt=none with an unknown client (DOT#1719)', 'client_id=nobody&prompt=none', 'unknown_application'],
    ['a bad response_type with an unknown client', 'client_id=nobody&response_type=token', 'unknown_application'],
  ])('%s', async (_, query, reason) => {
    expect(await raw(query)).toMatchObject({ ...page(reason), application: null });
  });

  it.each([
    ['an unregistered redirect URI', { redirect_uri: 'https://evil.example/' }],
    ['one with prompt=none (DOT#1719)', { redirect_uri: 'https://evil.example/', prompt: 'none' }],
    ['one with a bad response_type (CVE-2026-41479)', { redirect_uri: 'https://evil.example/', response_type: 'x' }],
    ['one with a bad scope', { redirect_uri: 'https://evil.example/', scope: 'nonsense' }],
    ['one with a trailing slash more (D4)', { redirect_uri: `${CALLBACK}/` }],
    ['one with a query more', { redirect_uri: `${CALLBACK}?next=1` }],
    ['one with userinfo (CVE-2026-28512)', { redirect_uri: 'https://app.example@evil.example/callback' }],
    ['one with a path trick (CVE-2026-3872)', { redirect_uri: `${CALLBACK}/..;/x` }],
  ])('%s', async (_, change) => {
    expect(await ask(change)).toMatchObject(page('redirect_uri_mismatch'));
  });

  it('tells the log what was asked and what is registered, and the requester neither (D3)', async () => {
    const outcome = await ask({ redirect_uri: 'https://evil.example/' });
    if (outcome.kind !== 'error_page') throw new Error(outcome.kind);
    expect(outcome.error.detail).toContain('https://evil.example/');
    expect(outcome.error.detail).toContain(CALLBACK);
    expect(outcome.error.hint).not.toContain('example');
  });

  it('a repeated client_id or redirect_uri (CVE-2026-9689)', async () => {
    const id = `client_id=${application.clientId}`;
    const uri = `redirect_uri=${encodeURIComponent(CALLBACK)}`;
    for (const query of [`${id}&${id}&${uri}`, `${id}&${uri}&${uri}`, `${id}&client_id=x&${uri}`]) {
      expect(await raw(`${query}&response_type=code`)).toMatchObject(page('malformed_request'));
    }
  });

  it('a disabled application', async () => {
    const disabled = await server.application({ disabledAtMs: server.clock() });
    expect(await ask({}, disabled)).toMatchObject(page('application_disabled'));
  });

  it('no redirect URI where several are registered', async () => {
    const several = await server.application({ redirectUris: [CALLBACK, 'https://app.example/other'] });
    expect(await ask({ redirect_uri: '' }, several)).toMatchObject(page('redirect_uri_missing'));
  });

  it('a registered redirect URI of a forbidden scheme, if an import should bring one (better-auth#9838)', async () => {
    const imported = await server.application({ redirectUris: ['javascript:alert(1)'] });
    expect(await ask({ redirect_uri: 'javascript:alert(1)' }, imported)).toMatchObject(page('redirect_uri_mismatch'));
  });

  it('another method, and a POST of another type', async () => {
    const base = { query: '', contentType: null, body: '' };
    expect(await server.authorizeHttp({ ...base, method: 'PUT' })).toMatchObject({
      kind: 'error_page',
      status: 405,
      reason: 'method_not_allowed',
    });
    const posted = { ...base, method: 'POST', contentType: 'application/json', body: '{}' };
    expect(await server.authorizeHttp(posted)).toMatchObject(page('malformed_request'));
  });
});

describe('RFC 6749 §4.1.2.1: once both are proven, an error goes to the application', () => {
  it.each([
    ['response_type=token', { response_type: 'token' }, 'unsupported_response_type'],
    ['response_type=code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['no response_type', { response_type: '' }, 'invalid_request'],
    ['a response_mode that does not exist', { response_mode: 'web_message' }, 'invalid_request'],
    ['an unknown scope', { scope: 'nonsense' }, 'invalid_scope'],
    ['a scope that is not assigned (ASVS 10.4.11)', { scope: 'write' }, 'invalid_scope'],
    ['an unknown prompt', { prompt: 'maybe' }, 'invalid_request'],
    ['prompt=none beside another', { prompt: 'none login' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: '-1' }, 'invalid_request'],
    ['a request object that is none (RFC 9101 §7)', { request: 'x' }, 'invalid_request_object'],
    ['a request_uri (§6.2)', { request_uri: 'https://x.example/' }, 'request_uri_not_supported'],
    ['registration (§7.2.1)', { registration: '{}' }, 'registration_not_supported'],
    ['PKCE plain', { code_challenge: CHALLENGE, code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge: CHALLENGE }, 'invalid_request'],
    ['an id_token_hint that is none of ours', { id_token_hint: 'a.b.c' }, 'invalid_request'],
    ['a nonce of 513 characters', { nonce: 'n'.repeat(513) }, 'invalid_request'],
    ['a control character', { login_hint: 'a\nb' }, 'invalid_request'],
  ])('%s', async (_, change, error) => {
    const outcome = await ask(change);
    expect(errorOf(outcome)).toBe(error);
    expect(redirected(outcome).get('state')).toBe('s');
    expect(redirected(outcome).get('iss')).toBe(ISSUER);
    expect(redirected(outcome).get('error_description')).toMatch(/^[\x20-\x7e]+$/);
    if (outcome.kind === 'redirect') expect(outcome.location).not.toContain('#');
  });

  it('a repeated parameter, whose state is then not returned either if it is the one', async () => {
    const query = `response_type=code&client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}`;
    const scope = await raw(`${query}&state=s&scope=read&scope=write`);
    expect(errorOf(scope)).toBe('invalid_request');
    expect(redirected(scope).get('state')).toBe('s');
    const state = await raw(`${query}&state=s&state=t`);
    expect(errorOf(state)).toBe('invalid_request');
    expect(redirected(state).has('state')).toBe(false);
  });

  it('names what to use instead of the implicit grant (RFC 9700 #9)', async () => {
    const description = redirected(await ask({ response_type: 'token' })).get('error_description');
    expect(description).toContain('code, with PKCE');
  });

  it('an application without the grant', async () => {
    const machine = await server.application({ grants: ['client-credentials'] });
    expect(errorOf(await ask({}, machine))).toBe('unauthorized_client');
  });

  it('no PKCE, of a public application or one that requires it (RFC 9700 #5)', async () => {
    const spa = await server.application({ type: 'public' });
    const strict = await server.application({ requirePkce: true });
    for (const by of [spa, strict]) {
      const outcome = await ask({}, by);
      expect(errorOf(outcome)).toBe('invalid_request');
      expect(redirected(outcome).get('error_description')).toContain('S256');
    }
  });
});

describe('RFC 6749 §4.1.2, RFC 9207: the answer', () => {
  it('returns state exactly as it was sent', async () => {
    const states = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text));
    await fc.assert(
      fc.asyncProperty(states, async (state) => {
        expect(redirected(await ask({ state })).get('state')).toBe(state);
        expect(redirected(await ask({ state, scope: 'nonsense' })).get('state')).toBe(state);
      }),
      { numRuns: 30 },
    );
  });

  it('has no state where none was sent', async () => {
    const outcome = await ask({ state: '' });
    expect(redirected(outcome).has('state')).toBe(false);
  });

  it('has a code of 256 bits and iss (RFC 9700 #8)', async () => {
    const query = redirected(await ask());
    expect(query.get('code')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(query.get('iss')).toBe(ISSUER);
  });

  it('keeps a query that is registered with the redirect URI (§3.1.2)', async () => {
    const redirectUri = 'https://app.example/cb?tenant=a%2Fb';
    const other = await server.application({ redirectUris: [redirectUri], skipConsent: true });
    const outcome = await ask({ redirect_uri: redirectUri }, other);
    if (outcome.kind !== 'redirect') throw new Error(outcome.kind);
    expect(outcome.location).toMatch(/^https:\/\/app\.example\/cb\?tenant=a%2Fb&code=/);
  });

  it('says which source form-action must name', async () => {
    expect(await ask()).toMatchObject({ kind: 'redirect', formActionSource: 'https://app.example', error: null });
  });

  it('leads nowhere but to what is registered, and is no exception, whatever the query', async () => {
    const names = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'prompt', 'max_age', 'nonce', 'x'];
    const values = fc.oneof(
      fc.constantFrom(application.clientId, CALLBACK, 'code', 'none', 'openid', '0', '', 'https://evil.example/'),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const pair = fc
      .tuple(fc.constantFrom(...names), values)
      .map(([name, value]) => `${name}=${value.isWellFormed() ? encodeURIComponent(value) : '%ED%A0%80'}`);
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { maxLength: 10 }), async (pairs) => {
        const outcome = await raw(pairs.join('&'));
        if (outcome.kind === 'redirect') expect(outcome.location.startsWith(`${CALLBACK}?`)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('OpenID Connect Core §3.1.2.1: parameters', () => {
  it('takes a POST like a GET', async () => {
    const body = new URLSearchParams({ response_type: 'code', client_id: application.clientId, state: 'p' }).toString();
    const contentType = 'application/x-www-form-urlencoded';
    const posted = { method: 'POST', query: '', contentType, body };
    expect(redirected(await server.authorizeHttp(posted, person.browser)).get('state')).toBe('p');
    const doubled = { ...posted, query: 'state=q' };
    expect(errorOf(await server.authorizeHttp(doubled, person.browser))).toBe('invalid_request');
  });

  it('passes login_hint, ui_locales and prompt=create on to the sign-in page', async () => {
    const outcome = await ask({ prompt: 'create', login_hint: 'ada@people.example', ui_locales: 'fr-CA fr <b> en' });
    expect(outcome).toMatchObject({
      kind: 'login',
      reason: 'prompt',
      signUp: true,
      loginHint: 'ada@people.example',
      uiLocales: ['fr-CA', 'fr', 'en'],
    });
  });

  it('accepts acr_values, display, claims and what it does not know (§3.1.2.1: MUST ignore)', async () => {
    const outcome = await ask({ acr_values: 'urn:x', display: 'page', claims: '{}' });
    expect(redirected(outcome).get('code')).not.toBeNull();
  });

  it('asks for consent with approval_prompt=force, and not with auto', async () => {
    expect(redirected(await ask({ approval_prompt: 'auto' })).get('code')).not.toBeNull();
    expect(await ask({ approval_prompt: 'force' })).toMatchObject({ kind: 'consent', newScope: [] });
  });
});

describe('OpenID Connect Core §3.1.2.1: redirect_uri is REQUIRED', () => {
  const strictly = async (overrides: Partial<Application> = {}) => {
    const made = await server.application({ skipConsent: true, ...overrides });
    await server.storage.applications.updateApplication({ ...made, settings: DEFAULT_SETTINGS });
    return made;
  };
  const bare = (application: Application, query: Readonly<Record<string, string>> = {}) =>
    server.authorize({ response_type: 'code', client_id: application.clientId, ...query }, person.browser);

  it.each([
    ['with scope openid', { scope: 'read openid' }],
    ['without a scope, which stands for all of them', {}],
  ])('refuses a request without it, %s, on a page', async (_what, query) => {
    const outcome = await bare(await strictly(), query);
    expect(outcome).toMatchObject({ kind: 'error_page', status: 400, reason: 'redirect_uri_missing' });
  });

  it('takes one that asks for no ID token, at the only address (RFC 6749 §3.1.2.3)', async () => {
    expect(redirected(await bare(await strictly(), { scope: 'read' })).get('code')).not.toBeNull();
    const plain = await strictly({ scopes: ['read'] });
    expect(redirected(await bare(plain)).get('code')).not.toBeNull();
  });

  it('takes one of an application that has the old way still, and notes when it was needed', async () => {
    const moved = await server.application({ skipConsent: true });
    const noted = async () => (await server.storage.applications.findApplication(moved.id))?.lastWithoutRedirectUriAtMs;
    await bare(moved, { scope: 'openid', redirect_uri: CALLBACK });
    await bare(moved, { scope: 'read' });
    expect(await noted()).toBeNull();
    expect(redirected(await bare(moved, { scope: 'openid' })).get('code')).not.toBeNull();
    expect(await noted()).toBe(server.clock());
  });
});

describe('RFC 9700 #5: evidence for turning PKCE on', () => {
  it('is a note of when a code was last asked for without a challenge', async () => {
    const watched = await server.application({ skipConsent: true });
    await ask({ code_challenge: CHALLENGE, code_challenge_method: 'S256' }, watched);
    expect((await server.storage.applications.findApplication(watched.id))?.lastWithoutPkceAtMs).toBeNull();
    await ask({}, watched);
    expect((await server.storage.applications.findApplication(watched.id))?.lastWithoutPkceAtMs).toBe(server.clock());
  });
});
