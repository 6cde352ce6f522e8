/**
 * Modelled on the modules of the OpenID conformance suite's plan "FAPI 2.0 Message Signing Final" for authorization servers. One test for each module,
 * by its name; README.md lists them.
 */
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  assertion,
  authorize,
  client,
  issuer,
  now,
  push,
  redeem,
  request,
  sign,
  signing,
} from './fapi2-client.ts';
import { claimsOf } from './relying-party.ts';

describe('FAPI 2.0 Message Signing Final', () => {
  const claims = (change: object = {}) => ({
    ...request({ response_mode: 'jwt' }),
    client_id: signing,
    iss: signing,
    aud: issuer,
    nbf: now(),
    exp: now() + 300,
    ...change,
  });
  const pushSigned = async (change: object = {}, alg: Algorithm = 'PS256') =>
    push({ request: await sign(claims(change), alg) }, signing);

  it('fapi2-message-signing-final-happy-flow', async () => {
    const answer = await authorize(await pushSigned(), signing);
    expect([...answer.keys()]).toEqual(['response']);
    const response = claimsOf(answer.get('response') ?? '');
    expect(response).toMatchObject({ iss: issuer, aud: signing, state: 'the-state' });
    expect(decodeProtectedHeader(answer.get('response') ?? '').alg).toBe('ES256');
    const { body } = await redeem(new URLSearchParams({ code: String(response['code']) }), {}, signing);
    const form = new URLSearchParams({ token: String(body['access_token']), ...(await assertion(signing)) });
    const headers = { accept: 'application/token-introspection+jwt' };
    const state = await (await fetch(`${issuer}/introspect/`, { method: 'POST', headers, body: form })).text();
    expect(decodeProtectedHeader(state).alg).toBe('ES256');
    expect(claimsOf(state)).toMatchObject({ aud: signing, token_introspection: { active: true, cnf: {} } });
  });

  it('fapi2-message-signing-final-ensure-server-accepts-request-object-with-multiple-aud', async () => {
    expect((await pushSigned({ aud: [issuer, 'https://other.example/o'] })).status).toBe(201);
  });

  it('fapi2-message-signing-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', async () => {
    expect((await pushSigned({ nbf: now() + 8 })).status).toBe(201);
  });

  it.each(['state', 'nonce'])(
    'fapi2-message-signing-final-ensure-different-%s-inside-and-outside-request-object',
    async (name) => {
      const pushed = await push({ request: await sign(claims()), [name]: 'outside' }, signing);
      const response = claimsOf((await authorize(pushed, signing)).get('response') ?? '');
      const { body } = await redeem(new URLSearchParams({ code: String(response['code']) }), {}, signing);
      const seen = { state: response['state'], nonce: claimsOf(String(body['id_token']))['nonce'] };
      expect(seen).toEqual({ state: 'the-state', nonce: 'the-nonce' });
    },
  );

  it('fapi2-message-signing-final-state-only-outside-request-object-not-used', async () => {
    const pushed = await push({ request: await sign(claims({ state: undefined })), state: 'outside' }, signing);
    expect(claimsOf((await authorize(pushed, signing)).get('response') ?? '')).not.toHaveProperty('state');
  });

  it('fapi2-message-signing-final-ensure-request-object-signature-algorithm-is-not-none', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const answer = await push({ request: `${part({ alg: 'none' })}.${part(claims())}.` }, signing);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request_object' } });
  });

  it('fapi2-message-signing-final-ensure-request-object-with-invalid-signature-fails', async () => {
    const [header, , signature] = (await sign(claims())).split('.');
    const [, other] = (await sign(claims({ state: 'changed' }))).split('.');
    const answer = await push({ request: [header, other, signature].join('.') }, signing);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request_object' } });
  });

  it('fapi2-message-signing-final-ensure-matching-key-in-authorization-request', async () => {
    const answer = await push({ request: await sign(claims(), 'PS256', 'ES256') }, signing);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request_object' } });
  });

  it('fapi2-message-signing-final-ensure-unsigned-request-at-par-fails', async () => {
    expect(await push(request({ response_mode: 'jwt' }), signing)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  it('fapi2-message-signing-final-ensure-request-object-signature-algorithm-is-not-RS256', async () => {
    const answer = await pushSigned({}, 'RS256');
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request_object' } });
  });

  it.each([
    ['without-exp', () => ({ exp: undefined })],
    ['without-nbf', () => ({ nbf: undefined })],
    ['without-aud', () => ({ aud: undefined })],
    ['with-exp-over-60-minutes-after-nbf', () => ({ nbf: now() - 600, exp: now() + 3_300 })],
    ['with-nbf-over-60-minutes-ago', () => ({ nbf: now() - 4_000 })],
    ['with-bad-aud', () => ({ aud: 'https://other.example/o' })],
    ['without-redirect-uri', () => ({ redirect_uri: undefined })],
    ['with-request_uri-inside', () => ({ request_uri: 'urn:ietf:params:oauth:request_uri:x' })],
    ['with-expired-exp', () => ({ exp: now() - 300 })],
    ['with-another-client', () => ({ client_id: client })],
  ])('fapi2-message-signing-final-ensure-request-object-%s-fails', async (_module, change) => {
    expect((await pushSigned(change())).status).toBe(400);
  });

  it('fapi2-message-signing-final-ensure-unsigned-answer-is-not-given', async () => {
    expect(await pushSigned({ response_mode: 'query' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });
});
