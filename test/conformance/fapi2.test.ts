/**
 * Modelled on the modules of the OpenID conformance suite's plans "FAPI 2.0 Security Profile Final" and "FAPI 2.0 Message
 * Signing Final" for authorization servers, with private_key_jwt and DPoP.
 *
 * One test for each module, by its name. What the application does is written out here, so that it can do it wrongly.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { claimsOf } from './relying-party.ts';

const BACK = 'https://client.example/callback';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
type Form = Readonly<Record<string, string>>;
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const keys = Object.fromEntries(
  await Promise.all(
    (['PS256', 'ES256', 'EdDSA', 'RS256'] as const).map(async (alg) => [
      alg,
      await generateKeyPair(alg, { extractable: true }),
    ]),
  ),
) as Record<'PS256' | 'ES256' | 'EdDSA' | 'RS256', CryptoKeyPair>;
type Algorithm = keyof typeof keys;
const publicKeys = await Promise.all(
  Object.entries(keys).map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg })),
);
const jwks = JSON.stringify({ keys: publicKeys });
const dpopKeys = await generateKeyPair('ES256', { extractable: true });
const otherDpopKeys = await generateKeyPair('ES256', { extractable: true });

let site: Site;
let alice: Person;
let issuer: string;
let client: string;
let otherClient: string;
let signing: string;
const options = [
  ...['app', 'create', '--name', 'N', '--type', 'confidential', '--grant', 'authorization-code,refresh-token'],
  ...['--redirect-uri', BACK, '--require-pkce', '--skip-consent', '--id-token-algorithm', 'ES256'],
  ...[
    '--client-authentication',
    'private_key_jwt',
    '--jwks',
    jwks,
    '--require-dpop',
    'on',
    '--require-pushed-request',
    'on',
  ],
];
const messageSigning = [
  '--fapi-profile',
  'message-signing',
  '--require-signed-request',
  'on',
  '--response-modes',
  'query.jwt',
];
const idOf = (made: unknown) => (made as { readonly client_id: string }).client_id;
beforeAll(async () => {
  site = await openSite('SQLite');
  alice = await site.member('alice');
  issuer = `${site.url}/o`;
  client = idOf(await site.command([...options, '--fapi-profile', 'security']));
  otherClient = idOf(await site.command([...options, '--fapi-profile', 'security']));
  signing = idOf(await site.command([...options, ...messageSigning]));
});
afterAll(() => site?.dispose());

const now = () => Math.floor(Date.now() / 1_000);
const sign = (claims: object, alg: Algorithm = 'PS256', kid: string = alg) =>
  new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid }).sign(keys[alg].privateKey);
async function assertion(of = client, claims: object = {}, alg: Algorithm = 'PS256'): Promise<Form> {
  const usual = { iss: of, sub: of, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 };
  return {
    client_id: of,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await sign({ ...usual, ...claims }, alg),
  };
}
let nonce = '';
async function proof(htm: string, htu: string, claims: object = {}, pair = dpopKeys): Promise<string> {
  const jwk = await exportJWK(pair.publicKey);
  const usual = { htm, htu, iat: now(), jti: randomUUID(), ...(nonce === '' ? {} : { nonce }) };
  return new SignJWT({ ...usual, ...claims } as JWTPayload)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .sign(pair.privateKey);
}
async function post(path: string, form: Form, headers: Form = {}): Promise<Answer> {
  const response = await fetch(`${issuer}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
  nonce = response.headers.get('dpop-nonce') ?? nonce;
  return { status: response.status, body: JSON.parse(await response.text()) };
}
const request = (change: Form = {}): Form => ({
  response_type: 'code',
  redirect_uri: BACK,
  scope: 'openid profile read',
  state: 'the-state',
  nonce: 'the-nonce',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  ...change,
});
const without = (form: Form, name: string): Form =>
  Object.fromEntries(Object.entries(form).filter(([key]) => key !== name));
const push = async (form: Form = request(), of = client, proven?: Form) =>
  post('/par/', { ...form, ...(proven ?? (await assertion(of))) });
/** The answer that the browser brings to the application. */
async function authorize(pushed: Answer, of = client): Promise<URLSearchParams> {
  expect(pushed.status).toBe(201);
  const query = new URLSearchParams({ client_id: of, request_uri: String(pushed.body['request_uri']) });
  const seen = await alice.open(`/o/authorize/?${query}`);
  if (seen.leftFor === null || !seen.leftFor.href.startsWith(BACK)) throw new Error(`stayed at ${seen.url}`);
  return seen.leftFor.searchParams;
}
async function token(
  form: Form,
  of = client,
  more: { readonly pair?: CryptoKeyPair; readonly proven?: Form } = {},
): Promise<Answer> {
  const proven = more.proven ?? (await assertion(of));
  const send = async (jwt: Form) => {
    const dpop = await proof('POST', `${issuer}/token/`, {}, more.pair);
    return post('/token/', { ...form, ...jwt }, { dpop });
  };
  const first = await send(proven);
  // RFC 9449 §8: the nonce came with the answer, and the assertion is used up.
  return first.body['error'] === 'use_dpop_nonce' ? send(more.proven ?? (await assertion(of))) : first;
}
const redeem = (answer: URLSearchParams, change: Form = {}, of = client, more: Parameters<typeof token>[2] = {}) =>
  token(
    {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: BACK,
      code_verifier: VERIFIER,
      ...change,
    },
    of,
    more,
  );
const signIn = async () => {
  const answer = await redeem(await authorize(await push()));
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  return answer.body as { readonly access_token: string; readonly refresh_token: string; readonly id_token: string };
};
async function userinfo(accessToken: string, claims: object = {}, pair = dpopKeys): Promise<number> {
  const ath = createHash('sha256').update(accessToken).digest('base64url');
  const dpop = await proof('GET', `${issuer}/userinfo/`, { ath, ...claims }, pair);
  const response = await fetch(`${issuer}/userinfo/`, { headers: { authorization: `DPoP ${accessToken}`, dpop } });
  await response.text();
  return response.status;
}

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
