/**
 * Modelled on the modules of the OpenID conformance suite's plans "basic" and "form post" for providers.
 *
 * One test for each module, by its name; the second plan is the first with answers as forms.
 */
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK, PASSWORD } from '../black-box/site.ts';
import { wordsOf } from '../person.ts';
import { claimsOf, openRelyingParty, type RelyingParty } from './relying-party.ts';

describe.each([
  ['basic', 'default'],
  ['form post', 'form_post'],
] as const)('the plan "%s"', (_plan, mode) => {
  let party: RelyingParty;
  beforeAll(async () => {
    party = await openRelyingParty(mode);
  });
  afterAll(() => party?.site.dispose());

  it('oidcc-server', async () => {
    const answer = await party.answer();
    expect(answer.get('state')).toBe('the-state');
    expect(answer.get('iss')).toBe(party.issuer);
    const { status, body } = await party.redeem(answer.get('code') ?? '');
    expect([status, body['token_type'], body['scope']]).toEqual([200, 'Bearer', 'openid']);
    const claims = claimsOf(String(body['id_token']));
    expect(claims).toMatchObject({ iss: party.issuer, aud: party.first.clientId, nonce: 'the-nonce' });
    expect(String(claims['sub']).length).toBeLessThanOrEqual(255);
    expect(Number(claims['exp'])).toBeGreaterThan(Number(claims['iat']));
  });

  it('oidcc-idtoken-signature', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const issuer = new URL(party.issuer);
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const { body } = await party.redeem((await party.answer()).get('code') ?? '');
    const response = Response.json(body);
    const client = { client_id: party.first.clientId };
    await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: 'the-nonce' });
    await oauth.validateApplicationLevelSignature(server, response, insecure);
  });

  it('oidcc-response-type-missing', async () => {
    expect((await party.answer({ response_type: null })).get('error')).toBe('invalid_request');
  });

  it('oidcc-userinfo-get', async () => {
    const { access_token, id_token } = await party.tokens();
    const { status, body } = await party.userinfo(access_token);
    expect([status, body['sub']]).toEqual([200, claimsOf(id_token)['sub']]);
  });

  it('oidcc-userinfo-post-header', async () => {
    const { access_token } = await party.tokens();
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await party.userinfo(access_token, { method: 'POST', headers })).status).toBe(200);
  });

  it('oidcc-userinfo-post-body', async () => {
    const { access_token } = await party.tokens();
    const body = new URLSearchParams({ access_token });
    expect((await party.userinfo(access_token, { method: 'POST', headers: {}, body })).status).toBe(200);
  });

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    expect(claimsOf((await party.tokens({ nonce: null })).id_token)).not.toHaveProperty('nonce');
  });

  it('oidcc-scope-profile', async () => {
    const { access_token } = await party.tokens({ scope: 'openid profile' });
    const { body } = await party.userinfo(access_token);
    expect(body).toMatchObject({
      name: 'First Last',
      given_name: 'First',
      family_name: 'Last',
      preferred_username: 'alice',
    });
    expect(body).not.toHaveProperty('email');
  });

  it('oidcc-scope-email', async () => {
    const { access_token } = await party.tokens({ scope: 'openid email' });
    const { body } = await party.userinfo(access_token);
    expect(body).toMatchObject({ email: 'alice@example.org', email_verified: false });
    expect(body).not.toHaveProperty('name');
  });

  it.each(['address', 'phone'])('oidcc-scope-%s: neither advertised nor given', async (scope) => {
    expect(party.metadata['scopes_supported']).not.toContain(scope);
    expect((await party.answer({ scope: `openid ${scope}` })).get('error')).toBe('invalid_scope');
  });

  it('oidcc-scope-all', async () => {
    const { access_token } = await party.tokens({ scope: 'openid profile email' });
    expect((await party.userinfo(access_token)).body).toMatchObject({ name: 'First Last', email: 'alice@example.org' });
  });

  it('oidcc-ensure-other-scope-order-succeeds', async () => {
    const { access_token, id_token } = await party.tokens({ scope: 'email openid' });
    expect(id_token).toBeTruthy();
    expect((await party.userinfo(access_token)).body).toHaveProperty('email');
  });

  it.each(['page', 'popup'])('oidcc-display-%s', async (display) => {
    expect((await party.tokens({ display })).id_token).toBeTruthy();
  });

  it('oidcc-prompt-login', async () => {
    const person = await party.signedIn();
    const before = claimsOf((await party.tokens({}, person)).id_token);
    const signIn = await person.open(party.addressOf({ prompt: 'login' }));
    expect(new URL(signIn.url).pathname).toBe('/login/');
    const seen = await party.allowed(person, await person.signIn('alice', PASSWORD, signIn));
    const { body } = await party.redeem(party.arrived(seen).get('code') ?? '');
    const after = claimsOf(String(body['id_token']));
    expect(after['sub']).toBe(before['sub']);
    expect(Number(after['auth_time'])).toBeGreaterThanOrEqual(Number(before['auth_time']));
  });

  it('oidcc-prompt-none-not-logged-in', async () => {
    expect((await party.answer({ prompt: 'none' }, party.site.person())).get('error')).toBe('login_required');
  });

  it('oidcc-prompt-none-logged-in', async () => {
    const before = claimsOf((await party.tokens()).id_token);
    const after = claimsOf((await party.tokens({ prompt: 'none' })).id_token);
    expect([after['sub'], after['auth_time']]).toEqual([before['sub'], before['auth_time']]);
  });

  it('oidcc-max-age-1', async () => {
    const person = await party.signedIn();
    await party.tokens({}, person);
    await new Promise((later) => setTimeout(later, 2_100));
    const signIn = await person.open(party.addressOf({ max_age: '1' }));
    expect(new URL(signIn.url).pathname).toBe('/login/');
    const seen = await party.allowed(person, await person.signIn('alice', PASSWORD, signIn));
    const { body } = await party.redeem(party.arrived(seen).get('code') ?? '');
    expect(claimsOf(String(body['id_token']))['auth_time']).toEqual(expect.any(Number));
  });

  it('oidcc-max-age-10000', async () => {
    const before = claimsOf((await party.tokens()).id_token);
    const after = claimsOf((await party.tokens({ max_age: '10000' })).id_token);
    expect([after['sub'], after['auth_time']]).toEqual([before['sub'], before['auth_time']]);
  });

  it('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
    expect((await party.tokens({ extra: 'foobar' })).id_token).toBeTruthy();
  });

  it('oidcc-id-token-hint', async () => {
    const before = await party.tokens();
    const after = await party.tokens({ prompt: 'none', id_token_hint: before.id_token });
    expect(claimsOf(after.id_token)['sub']).toBe(claimsOf(before.id_token)['sub']);
  });

  it('oidcc-login-hint', async () => {
    const signIn = await party.site.person().open(party.addressOf({ login_hint: 'alice@example.org' }));
    expect(signIn.document.querySelector('input[name=username]')?.getAttribute('value')).toBe('alice@example.org');
  });

  it('oidcc-ui-locales', async () => {
    const signIn = await party.site.person().open(party.addressOf({ ui_locales: 'fr en' }));
    expect(signIn.document.querySelector('html')?.getAttribute('lang')).toBe('fr');
    expect(wordsOf(signIn)).not.toBe('');
  });

  it('oidcc-claims-locales', async () => {
    expect((await party.tokens({ claims_locales: 'se' })).id_token).toBeTruthy();
  });

  it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
    expect((await party.tokens({ acr_values: '1 2' })).id_token).toBeTruthy();
  });

  it('oidcc-codereuse', async () => {
    const code = (await party.answer()).get('code') ?? '';
    const { body } = await party.redeem(code);
    expect(await party.redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    // RFC 6749 §4.1.2: what was issued on the code is revoked.
    expect((await party.userinfo(String(body['access_token']))).status).toBe(401);
  });

  it('oidcc-ensure-registered-redirect-uri', async () => {
    const seen = await party.alice.open(party.addressOf({ redirect_uri: `${CALLBACK}/unregistered` }));
    expect([seen.status, seen.leftFor]).toEqual([400, null]);
  });

  it('oidcc-ensure-post-request-succeeds', async () => {
    const address = new URL(party.addressOf());
    const headers = { origin: 'http://localhost:9', 'sec-fetch-site': 'cross-site' };
    const answer = await party.site
      .person()
      .send('/o/authorize/', { method: 'POST', headers, body: address.searchParams });
    // The browser brings its cookies to where it is led.
    const location = answer.headers.get('location') ?? '';
    const seen = await party.allowed(party.alice, await party.alice.open(location));
    expect(party.arrived(seen).get('code')).toBeTruthy();
  });

  it('oidcc-server-client-secret-post', async () => {
    const code = (await party.answer()).get('code') ?? '';
    const { clientId, clientSecret } = party.first;
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    const body = new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret ?? '' });
    const response = await fetch(`${party.issuer}/token/`, { method: 'POST', body });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
    expect(party.metadata['request_uri_parameter_supported']).toBe(false);
    const answer = await party.answer({ request_uri: 'https://app.example/request.jwt' });
    expect([answer.get('error'), answer.get('state')]).toEqual(['request_uri_not_supported', 'the-state']);
  });

  it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const request = `${part({ alg: 'none' })}.${part({ client_id: party.first.clientId, state: 'another' })}.`;
    const answer = await party.answer({ request });
    expect(['invalid_request_object', 'request_not_supported']).toContain(answer.get('error'));
    expect(answer.has('code')).toBe(false);
  });

  it('oidcc-claims-essential', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { access_token } = await party.tokens({ claims });
    const { status, body } = await party.userinfo(access_token);
    expect([status, 'name' in body]).toEqual([200, party.metadata['claims_parameter_supported'] === true]);
  });

  it('oidcc-refresh-token', async () => {
    const tokens = await party.tokens();
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const { status, body } = await party.token(refresh);
    expect(status).toBe(200);
    const [before, after] = [claimsOf(tokens.id_token), claimsOf(String(body['id_token']))];
    expect([after['iss'], after['sub'], after['aud'], after['auth_time']]).toEqual([
      before['iss'],
      before['sub'],
      before['aud'],
      before['auth_time'],
    ]);
    const theirs = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
    expect(await party.token(theirs, party.second)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const answer = await party.answer({
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { status } = await party.redeem(answer.get('code') ?? '', { code_verifier: verifier });
    expect(status).toBe(200);
  });
});
