/**
 * Modelled on the modules of the OpenID conformance suite's plan "FAPI 2.0 Security Profile Final" for authorization servers. One test for each module,
 * by its name; README.md lists them.
 */
import { calculateJwkThumbprint, decodeProtectedHeader, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  alice,
  assertion,
  authorize,
  BACK,
  client,
  dpopKeys,
  issuer,
  now,
  otherClient,
  otherDpopKeys,
  post,
  proof,
  push,
  redeem,
  request,
  signIn,
  site,
  token,
  userinfo,
  VERIFIER,
  without,
} from './fapi2-client.ts';
import { claimsOf } from './relying-party.ts';

describe('FAPI 2.0 Security Profile Final', () => {
  it('fapi2-security-profile-final-discovery-end-point-verification', async () => {
    const metadata = JSON.parse(await (await fetch(`${issuer}/.well-known/openid-configuration`)).text());
    expect(metadata).toMatchObject({
      issuer,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['PS256', 'ES256', 'EdDSA']),
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'PS256']),
    });
  });

  it('fapi2-security-profile-final-happy-flow', async () => {
    const pushed = await push();
    expect(Number(pushed.body['expires_in'])).toBeLessThan(600);
    const answer = await authorize(pushed);
    expect([answer.get('state'), answer.get('iss')]).toEqual(['the-state', issuer]);
    const { body } = await redeem(answer);
    expect(decodeProtectedHeader(String(body['id_token'])).alg).toBe('ES256');
    expect(claimsOf(String(body['id_token']))).toMatchObject({ iss: issuer, aud: client, nonce: 'the-nonce' });
    expect(await userinfo(String(body['access_token']))).toBe(200);
  });

  it.each(['PS256', 'ES256', 'EdDSA'] as const)(
    'fapi2-security-profile-final-happy-flow: assertions with %s',
    async (alg) => {
      expect((await push(request(), client, await assertion(client, {}, alg))).status).toBe(201);
    },
  );

  it('fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails', async () => {
    const answer = await push(request(), client, await assertion(client, {}, 'RS256'));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(answer.body['error_description']).toContain('5.4.1');
  });

  it.each([
    ['client-assertion-with-aud-as-array', () => ({ aud: [issuer] })],
    ['client-assertion-with-aud-as-token-endpoint', () => ({ aud: `${issuer}/token/` })],
    ['client-assertion-with-aud-as-par-endpoint', () => ({ aud: `${issuer}/par/` })],
    ['client-assertion-with-no-sub', () => ({ sub: undefined })],
    ['client-assertion-with-exp-in-the-past', () => ({ exp: now() - 300 })],
    ['client-assertion-with-iss-of-another', () => ({ iss: 'another' })],
    ['client-assertion-with-sub-of-another', () => ({ sub: 'another' })],
  ])('fapi2-security-profile-final-par-ensure-%s-fails', async (_module, claims) => {
    const answer = await push(request(), client, await assertion(client, claims()));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint', async () => {
    const answer = await authorize(await push());
    expect((await redeem(answer, {}, client, { proven: { client_id: client } })).status).toBe(401);
  });

  it('fapi2-security-profile-final-par-without-client-authentication', async () => {
    expect((await push(request(), client, { client_id: client })).status).toBe(401);
  });

  it('fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails', async () => {
    const seen = await alice.open(`/o/authorize/?${new URLSearchParams({ ...request(), client_id: client })}`);
    expect(seen.leftFor?.searchParams.get('error')).toBe('invalid_request');
    expect(seen.leftFor?.searchParams.get('code')).toBeNull();
  });

  it.each(['code_challenge', 'redirect_uri', 'response_type'])(
    'fapi2-security-profile-final-par-without-%s',
    async (name) => {
      expect(await push(without(request(), name))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it('fapi2-security-profile-final-par-plain-pkce-rejected', async () => {
    const plain = request({ code_challenge: VERIFIER, code_challenge_method: 'plain' });
    expect(await push(plain)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each(['token', 'code id_token'])('fapi2-security-profile-final-ensure-response-type-%s-fails', async (type) => {
    expect(await push(request({ response_type: type }))).toMatchObject({
      status: 400,
      body: { error: 'unsupported_response_type' },
    });
  });

  it('fapi2-security-profile-final-ensure-redirect-uri-is-registered', async () => {
    expect((await push(request({ redirect_uri: `${BACK}/other` }))).status).toBe(400);
  });

  it('fapi2-security-profile-final-par-attempt-reuse-request_uri', async () => {
    const pushed = await push();
    await authorize(pushed);
    await expect(authorize(pushed)).rejects.toThrow('stayed');
  });

  it('fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client', async () => {
    await expect(authorize(await push(), otherClient)).rejects.toThrow('stayed');
  });

  it('fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client', async () => {
    const answer = await authorize(await push());
    expect(await redeem(answer, {}, otherClient)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('fapi2-security-profile-final-par-ensure-pkce-code-verifier-required', async () => {
    const answer = await authorize(await push());
    const form = { grant_type: 'authorization_code', code: answer.get('code') ?? '', redirect_uri: BACK };
    expect(await token(form)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('fapi2-security-profile-final-par-incorrect-pkce-code-verifier-rejected', async () => {
    const answer = await authorize(await push());
    expect(await redeem(answer, { code_verifier: 'x'.repeat(43) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second', async () => {
    const answer = await authorize(await push());
    const first = await redeem(answer);
    expect(first.status).toBe(200);
    expect(await redeem(answer)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await userinfo(String(first.body['access_token']))).toBe(401);
  });

  it('fapi2-security-profile-final-dpop-negative-tests', async () => {
    const { access_token } = await signIn();
    const bearer = await fetch(`${issuer}/userinfo/`, { headers: { authorization: `Bearer ${access_token}` } });
    expect(bearer.status).toBe(401);
    for (const wrong of [{ ath: 'x' }, { htm: 'POST' }, { htu: issuer }, { iat: now() - 3_600 }, { jti: undefined }]) {
      expect(await userinfo(access_token, wrong)).toBe(401);
    }
    expect(await userinfo(access_token, {}, otherDpopKeys)).toBe(401);
    expect(
      (await post('/token/', { grant_type: 'authorization_code', code: 'x', ...(await assertion()) })).body,
    ).toMatchObject({
      error: 'invalid_dpop_proof',
    });
  });

  it('fapi2-security-profile-final-par-dpop-jkt-binds-the-code', async () => {
    const dpop_jkt = await calculateJwkThumbprint(await exportJWK(dpopKeys.publicKey));
    const answer = await authorize(await push(request({ dpop_jkt })));
    const other = await redeem(answer, {}, client, { pair: otherDpopKeys });
    expect(other).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails', async () => {
    const dpop_jkt = await calculateJwkThumbprint(await exportJWK(otherDpopKeys.publicKey));
    const dpop = await proof('POST', `${issuer}/par/`);
    const answer = await post('/par/', { ...request({ dpop_jkt }), ...(await assertion()) }, { dpop });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('fapi2-security-profile-final-ensure-dpop-proof-at-par-endpoint-binding-success', async () => {
    const pushedWith = async () => {
      const dpop = await proof('POST', `${issuer}/par/`);
      return authorize(await post('/par/', { ...request(), ...(await assertion()) }, { dpop }));
    };
    expect((await redeem(await pushedWith())).status).toBe(200);
    // fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
    const other = await redeem(await pushedWith(), {}, client, { pair: otherDpopKeys });
    expect(other).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('fapi2-security-profile-final-check-dpop-proof-nbf-exp', async () => {
    const claims = { nbf: now(), exp: now() + 300 };
    const { status, body } = await redeem(await authorize(await push()), {}, client, { claims });
    expect(status).toBe(200);
    expect(await userinfo(String(body['access_token']), claims)).toBe(200);
  });

  it.each([
    ['before', -10],
    ['after', 10],
  ])('fapi2-security-profile-final-ensure-dpop-proof-with-iat-10seconds-%s-succeeds', async (_when, seconds) => {
    const claims = { iat: now() + seconds };
    const { status, body } = await redeem(await authorize(await push()), {}, client, { claims });
    expect(status).toBe(200);
    expect(await userinfo(String(body['access_token']), claims)).toBe(200);
  });

  it.each(['dpop', 'DPOP'])(
    'fapi2-security-profile-final-access-token-type-header-case-sensitivity: %s',
    async (scheme) => {
      const { access_token } = await signIn();
      expect(await userinfo(access_token, {}, dpopKeys, scheme)).toBe(200);
    },
  );

  it('fapi2-security-profile-final-ensure-authorization-request-without-state-success', async () => {
    const answer = await authorize(await push(without(request(), 'state')));
    expect(answer.has('state')).toBe(false);
    expect((await redeem(answer)).status).toBe(200);
  });

  it('fapi2-security-profile-final-ensure-authorization-request-without-nonce-success', async () => {
    const { body } = await redeem(await authorize(await push(without(request(), 'nonce'))));
    expect(claimsOf(String(body['id_token']))).not.toHaveProperty('nonce');
  });

  it.each([
    ['64-char-nonce-success', 64],
    ['long-nonce', 384],
  ])('fapi2-security-profile-final-ensure-authorization-request-with-%s', async (_module, length) => {
    const nonce = 'n'.repeat(length);
    const { body } = await redeem(await authorize(await push(request({ nonce }))));
    expect(claimsOf(String(body['id_token']))['nonce']).toBe(nonce);
  });

  it('fapi2-security-profile-final-ensure-authorization-request-with-long-state', async () => {
    const state = 's'.repeat(384);
    expect((await authorize(await push(request({ state })))).get('state')).toBe(state);
  });

  it('fapi2-security-profile-final-ensure-other-scope-order-succeeds', async () => {
    const { body } = await redeem(await authorize(await push(request({ scope: 'read profile openid' }))));
    expect(body).toMatchObject({ id_token: expect.any(String) });
  });

  it('fapi2-security-profile-final-test-claims-parameter-identity-claims', async () => {
    const claims = JSON.stringify({ id_token: { given_name: { essential: true } } });
    const { body } = await redeem(await authorize(await push(request({ claims }))));
    expect(claimsOf(String(body['id_token']))).toMatchObject({ given_name: 'First' });
  });

  it('fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', async () => {
    const pushed = await push();
    const query = new URLSearchParams({ client_id: client, request_uri: String(pushed.body['request_uri']) });
    for (let times = 0; times < 2; times += 1) {
      expect(new URL((await site.person().open(`/o/authorize/?${query}`)).url).pathname).toBe('/login/');
    }
    expect((await redeem(await authorize(pushed))).status).toBe(200);
  });

  it('fapi2-security-profile-final-par-without-duplicate-parameters', async () => {
    // Nothing beside client_id and request_uri at the authorization endpoint, as `authorize` does it.
    expect((await authorize(await push())).get('code')).toBeTruthy();
  });

  it('fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param', async () => {
    const pushed = await push();
    const nested = await push(request({ request_uri: String(pushed.body['request_uri']) }));
    expect(nested).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('fapi2-security-profile-final-par-reject-invalid-http-verb', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await fetch(`${issuer}/par/`, { method })).status).toBe(405);
    }
  });

  it('fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', async () => {
    const later = { iat: now() + 8, nbf: now() + 8, exp: now() + 68 };
    expect((await push(request(), client, await assertion(client, later))).status).toBe(201);
  });

  it('fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails', async () => {
    const later = { iat: now() + 70, nbf: now() + 70, exp: now() + 130 };
    const answer = await push(request(), client, await assertion(client, later));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('fapi2-security-profile-final-refresh-token', async () => {
    const { refresh_token } = await signIn();
    const refresh = (of = client) => token({ grant_type: 'refresh_token', refresh_token }, of);
    // Security Profile §5.3.2.1: it is the same one each time, and only its own client's.
    for (let times = 0; times < 3; times += 1) {
      const answer = await refresh();
      expect(answer).toMatchObject({ status: 200, body: { refresh_token, token_type: 'DPoP' } });
      expect(await userinfo(String(answer.body['access_token']))).toBe(200);
    }
    expect(await refresh(otherClient)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const answers = await Promise.all([refresh(), refresh(), refresh()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const body = new URLSearchParams({ token: refresh_token, ...(await assertion()) });
    expect((await fetch(`${issuer}/revoke_token/`, { method: 'POST', body })).status).toBe(200);
    expect(await refresh()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('fapi2-security-profile-final-user-rejects-authentication', async () => {
    const stranger = site.person();
    const pushed = await push(request({ prompt: 'none' }));
    const query = new URLSearchParams({ client_id: client, request_uri: String(pushed.body['request_uri']) });
    const seen = await stranger.open(`/o/authorize/?${query}`);
    expect(seen.leftFor?.searchParams.get('error')).toBe('login_required');
    expect(seen.leftFor?.searchParams.get('iss')).toBe(issuer);
  });

  it.each([
    ['client_secret', ['--client-authentication', 'client_secret'], '5.3.2.1'],
    ['tokens without a key', ['--require-dpop', 'off'], '5.3.2.1'],
    ['longer codes', ['--code-lifetime', '61'], '5.3.2.1'],
    ['requests that are not pushed', ['--require-pushed-request', 'off'], '5.3.2.2'],
    ['requests without PKCE', ['--require-pkce', 'off'], '5.3.2.2'],
    ['http', ['--redirect-uri', 'http://localhost:9/callback'], '5.3.2.2'],
    ['RS256', ['--id-token-algorithm', 'RS256'], '5.4.1'],
    [
      'unsigned requests with message signing',
      ['--fapi-profile', 'message-signing', '--response-modes', 'query.jwt'],
      '5.3',
    ],
    ['unsigned answers', ['--fapi-profile', 'message-signing', '--require-signed-request', 'on'], '5.4'],
  ])('the switch refuses %s, and names the section', async (_what, change, section) => {
    await expect(site.perform(['app', 'update', client, ...change])).rejects.toThrow(section);
  });
});
