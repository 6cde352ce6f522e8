import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { DPOP_ALGORITHMS } from '../../src/protocol/dpop.ts';
import { dpopNonce } from '../../src/protocol/dpop-nonce.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  codeFor,
  ISSUER,
  json,
  openServer,
  type SignedIn,
  type TestServer,
  text,
  VERIFIER,
} from './server.ts';

const pair = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(pair.publicKey);
const jkt = await calculateJwkThumbprint(jwk);
const stranger = await generateKeyPair('ES256');
const strangersJwk = await exportJWK(stranger.publicKey);
const TOKEN = `${ISSUER}/token/`;
const USERINFO = `${ISSUER}/userinfo/`;

let server: TestServer;
let person: SignedIn;
let application: Application;
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  application = await server.application();
});
afterAll(() => server.close());

let serial = 0;
async function proof(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
  key: CryptoKey | Uint8Array = pair.privateKey,
): Promise<string> {
  serial += 1;
  const usual = { htm: 'POST', htu: TOKEN, iat: Math.floor(server.clock() / 1_000), jti: `proof-${serial}` };
  const protectedHeader = { typ: 'dpop+jwt', alg: 'ES256', jwk, ...header } as JWTHeaderParameters;
  return new SignJWT({ ...usual, ...claims } as JWTPayload).setProtectedHeader(protectedHeader).sign(key);
}
const ath = (token: string) => createHash('sha256').update(token).digest('base64url');
const credentials = { grant_type: 'client_credentials', scope: 'read' };
const ask = (dpop: string) => server.token(credentials, { authorization: basic(application), dpop });
async function fault(dpop: string): Promise<string> {
  const response = await ask(dpop);
  expect(response).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
  return text(response, 'error_description');
}
/** A code flow of an application, with a proof unless it is null. */
async function signedIn(of: Application, dpop: string | null, query: Readonly<Record<string, string>> = {}) {
  const code = await codeFor(server, of, person, {
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...query,
  });
  const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER };
  const client = of.type === 'public' ? { ...form, client_id: of.clientId } : form;
  const authorization = of.type === 'public' ? null : basic(of);
  return server.token(client, { authorization, ...(dpop === null ? {} : { dpop }) });
}

describe('RFC 9449 §5: a token request with a proof', () => {
  it('gets a token that is bound to the key, and says so', async () => {
    const response = await ask(await proof());
    expect(response).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const token = text(response, 'access_token');
    const state = json(await server.introspect({ token }, { authorization: basic(application) }));
    expect(state).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt } });
  });

  it('puts the key into a JWT access token (§6.1)', async () => {
    const one = await server.application({ settings: { ...DEFAULT_SETTINGS, accessTokenFormat: 'jwt' } });
    const response = await server.token(credentials, { authorization: basic(one), dpop: await proof() });
    const [, payload = ''] = text(response, 'access_token').split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ cnf: { jkt } });
  });

  it('without one gets Bearer as before', async () => {
    const response = await server.token(credentials, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(response.headers).not.toHaveProperty('dpop-nonce');
  });

  it.each(DPOP_ALGORITHMS)('takes %s', async (alg) => {
    const keys = await generateKeyPair(alg);
    expect((await ask(await proof({}, { alg, jwk: await exportJWK(keys.publicKey) }, keys.privateKey))).status).toBe(
      200,
    );
  });
});

describe('RFC 9449 §4.3: checking a proof', () => {
  it('1: there is not more than one', async () => {
    expect(await fault(`${await proof()}, ${await proof()}`)).toContain('more than one');
  });

  it('2: it is a JWT', async () => {
    for (const dpop of ['x', 'a.b.c', '..', 'a.b.c.d.e', 'x'.repeat(8_193)]) await fault(dpop);
  });

  it('3: it has all claims', async () => {
    for (const claim of ['htm', 'htu', 'iat', 'jti'])
      expect(await fault(await proof({ [claim]: undefined }))).toContain(claim);
    for (const wrong of [{ jti: '' }, { jti: 7 }, { iat: 'now' }, { htu: 7 }, { htu: 'no address' }])
      await fault(await proof(wrong));
  });

  it('4: its typ is dpop+jwt', async () => {
    for (const typ of ['JWT', undefined, 'at+jwt']) expect(await fault(await proof({}, { typ }))).toContain('typ');
  });

  it('5: its algorithm is asymmetric and known', async () => {
    const secret = new TextEncoder().encode('a secret that is long enough for it');
    expect(await fault(await proof({}, { alg: 'HS256' }, secret))).toContain('alg');
    const [, payload = ''] = (await proof()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk })).toString('base64url');
    expect(await fault(`${none}.${payload}.`)).toContain('alg');
  });

  it('6: its signature is of the key in it', async () => {
    expect(await fault(await proof({}, { jwk: strangersJwk }))).toContain('signature');
    const offCurve = { ...jwk, x: Buffer.alloc(32, 5).toString('base64url') };
    expect(await fault(await proof({}, { jwk: offCurve }))).toContain('signature');
    const rsa = await exportJWK((await generateKeyPair('RS256')).publicKey);
    expect(await fault(await proof({}, { jwk: rsa }))).toContain('signature');
  });

  it('7: the key in it is public, and there', async () => {
    expect(await fault(await proof({}, { jwk: await exportJWK(pair.privateKey) }))).toContain('jwk');
    expect(await fault(await proof({}, { jwk: undefined }))).toContain('jwk');
    expect(await fault(await proof({}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } }))).toContain('jwk');
  });

  it('8: its htm is the method', async () => {
    for (const htm of ['GET', 'post', '']) expect(await fault(await proof({ htm }))).toContain('htm');
  });

  it('9: its htu is the address, whatever the query and the slash at its end', async () => {
    for (const htu of [USERINFO, 'https://evil.example/o/token/', 'http://id.example/o/token/', `${ISSUER}/TOKEN/`]) {
      expect(await fault(await proof({ htu }))).toContain('htu');
    }
    for (const htu of [
      `${ISSUER}/token`,
      `${TOKEN}?a=b#c`,
      'HTTPS://ID.EXAMPLE:443/o/token/',
      'https://id.example/o/./token/',
    ]) {
      expect((await ask(await proof({ htu }))).status).toBe(200);
    }
  });

  it('10: its nonce, if it has one, is one of this server, of now or a moment ago', async () => {
    const response = await ask(await proof({ nonce: 'made up' }));
    expect(response).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    const nonce = response.headers['dpop-nonce'];
    expect(nonce).toBe(dpopNonce(server.clock(), server.deps.dpopNonceKey));
    expect((await ask(await proof({ nonce }))).status).toBe(200);
    server.pass(300);
    expect((await ask(await proof({ nonce }))).status).toBe(200);
    server.pass(300);
    expect((await ask(await proof({ nonce }))).body).toMatchObject({ error: 'use_dpop_nonce' });
    expect((await ask(await proof({ nonce: 7 }))).body).toMatchObject({ error: 'use_dpop_nonce' });
  });

  it('11: it was made within the last five minutes, clocks being a minute apart at most', async () => {
    const now = Math.floor(server.clock() / 1_000);
    for (const iat of [now - 301, now + 61]) expect(await fault(await proof({ iat }))).toContain('iat');
    for (const iat of [now - 299, now + 59]) expect((await ask(await proof({ iat }))).status).toBe(200);
  });

  it('counts once (§11.1), of 50 at the same time too, and is not used up by a refused request', async () => {
    const once = await proof();
    expect((await ask(once)).status).toBe(200);
    expect(await fault(once)).toContain('used before');
    const dpop = await proof();
    const refused = await server.token(credentials, { authorization: basic(application, 'wrong'), dpop });
    expect(refused.status).toBe(401);
    const responses = await Promise.all(Array.from({ length: 50 }, () => ask(dpop)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('is of its key: the same jti under another key is another proof', async () => {
    expect((await ask(await proof({ jti: 'shared' }))).status).toBe(200);
    expect((await ask(await proof({ jti: 'shared' }, { jwk: strangersJwk }, stranger.privateKey))).status).toBe(200);
  });
});

describe('RFC 9449 §5: the refresh token', () => {
  const refresh = async (of: Application, token: string, dpop: string | null) => {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    const client = of.type === 'public' ? { ...form, client_id: of.clientId } : form;
    const authorization = of.type === 'public' ? null : basic(of);
    return server.token(client, { authorization, ...(dpop === null ? {} : { dpop }) });
  };

  it('of a public client is bound to the key of the sign-in', async () => {
    const spa = await server.application({ type: 'public' });
    const token = text(await signedIn(spa, await proof()), 'refresh_token');
    expect((await refresh(spa, token, null)).body).toMatchObject({ error: 'invalid_grant' });
    const other = await proof({}, { jwk: strangersJwk }, stranger.privateKey);
    expect((await refresh(spa, token, other)).body).toMatchObject({ error: 'invalid_grant' });
    expect(await refresh(spa, token, await proof())).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it('of a confidential client takes another key, and none no more', async () => {
    const token = text(await signedIn(application, await proof()), 'refresh_token');
    expect((await refresh(application, token, null)).body).toMatchObject({ error: 'invalid_grant' });
    const other = await proof({}, { jwk: strangersJwk }, stranger.privateKey);
    expect(await refresh(application, token, other)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  it('of a sign-in without a key stays free', async () => {
    const token = text(await signedIn(application, null), 'refresh_token');
    expect(await refresh(application, token, null)).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
  });
});

describe('RFC 9449 §7: a bound token at a resource', () => {
  const bound = async () => text(await signedIn(application, await proof()), 'access_token');
  const show = (token: string, dpop: string | null, scheme = 'DPoP') =>
    server.userinfo({ authorization: `${scheme} ${token}`, ...(dpop === null ? {} : { dpop }) });
  const at = { htm: 'GET', htu: USERINFO };

  it('opens it with a proof of its key, at userinfo and at the profile', async () => {
    const token = await bound();
    expect((await show(token, await proof({ ...at, ath: ath(token) }))).status).toBe(200);
    const dpop = await proof({ htm: 'GET', htu: 'https://id.example/profile/', ath: ath(token) });
    expect((await server.profile({ authorization: `DPoP ${token}`, dpop })).status).toBe(200);
  });

  it('opens nothing as Bearer, in the header or in the body (§7.2)', async () => {
    const token = await bound();
    const response = await show(token, await proof({ ...at, ath: ath(token) }), 'Bearer');
    expect(response).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(response.headers['www-authenticate']).toMatch(/^DPoP .*algs="ES256 /);
    const inBody = await server.userinfo({ method: 'POST', form: { access_token: token } });
    expect(inBody).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it('opens nothing without a proof, or with one that is another request’s, token’s or key’s', async () => {
    const token = await bound();
    const fitting = { ...at, ath: ath(token) };
    const attempts = [
      null,
      await proof(at),
      await proof({ ...at, ath: ath('another') }),
      await proof({ ...fitting, htm: 'POST' }),
      await proof({ ...fitting, htu: TOKEN }),
      await proof(fitting, { jwk: strangersJwk }, stranger.privateKey),
    ];
    for (const dpop of attempts) {
      const response = await show(token, dpop);
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toMatch(/^DPoP /);
    }
    const used = await proof(fitting);
    expect((await show(token, used)).status).toBe(200);
    expect((await show(token, used)).status).toBe(401);
  });

  it('answers a wrong nonce with the right one (§9)', async () => {
    const token = await bound();
    const response = await show(token, await proof({ ...at, ath: ath(token), nonce: 'old' }));
    expect(response).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } });
    const nonce = response.headers['dpop-nonce'];
    expect((await show(token, await proof({ ...at, ath: ath(token), nonce }))).status).toBe(200);
  });

  it('refuses a token that is bound to no key under the scheme DPoP, and an unknown one', async () => {
    const token = text(await signedIn(application, null), 'access_token');
    expect(await show(token, await proof({ ...at, ath: ath(token) }))).toMatchObject({ status: 401 });
    expect(await show('unknown', await proof({ ...at, ath: ath('unknown') }))).toMatchObject({ status: 401 });
  });

  it('does not authorize introspection as Bearer', async () => {
    const one = await server.application({ scopes: ['introspection'] });
    const form = { grant_type: 'client_credentials' };
    const token = text(await server.token(form, { authorization: basic(one), dpop: await proof() }), 'access_token');
    expect((await server.introspect({ token }, { authorization: `Bearer ${token}` })).status).toBe(401);
  });
});

describe('RFC 9449 §10: a code that is bound to a key', () => {
  it('is redeemed with a proof of that key alone', async () => {
    const query = { dpop_jkt: jkt };
    expect(await signedIn(application, await proof(), query)).toMatchObject({
      status: 200,
      body: { token_type: 'DPoP' },
    });
    const other = await proof({}, { jwk: strangersJwk }, stranger.privateKey);
    expect((await signedIn(application, other, query)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await signedIn(application, null, query)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('refuses a dpop_jkt that is no thumbprint', async () => {
    const request = { response_type: 'code', client_id: application.clientId, dpop_jkt: 'short' };
    expect(await server.authorize(request, person.browser)).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it('comes of a pushed request with a proof too (§10.1)', async () => {
    const par = { htu: `${ISSUER}/par/` };
    const form = {
      response_type: 'code',
      redirect_uri: CALLBACK,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    };
    const authorization = basic(application);
    const bad = await server.push({ ...form, dpop_jkt: 'x'.repeat(43) }, { authorization, dpop: await proof(par) });
    expect(bad).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const wrong = await server.push(form, { authorization, dpop: await proof() });
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const pushed = await server.push(form, { authorization, dpop: await proof(par) });
    expect(pushed.status).toBe(201);
    const redeem = async (dpop: string) => {
      const again = await server.push(form, { authorization, dpop: await proof(par) });
      const code = await codeFor(server, application, person, { request_uri: text(again, 'request_uri') });
      const redeemed = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: CALLBACK };
      return server.token(redeemed, { authorization, dpop });
    };
    expect((await redeem(await proof())).status).toBe(200);
    const other = await proof({}, { jwk: strangersJwk }, stranger.privateKey);
    expect((await redeem(other)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('an application that has to use DPoP', () => {
  it('gets no token without a proof, nor with one without a nonce', async () => {
    const one = await server.application({ settings: { ...DEFAULT_SETTINGS, requireDpop: true } });
    const authorization = basic(one);
    const without = await server.token(credentials, { authorization });
    expect(without).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const first = await server.token(credentials, { authorization, dpop: await proof() });
    expect(first).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    const dpop = await proof({ nonce: first.headers['dpop-nonce'] });
    expect(await server.token(credentials, { authorization, dpop })).toMatchObject({ status: 200 });
  });
});

describe('RFC 7515 §4.1: a header whose members are no text', () => {
  it.each(['alg', 'typ', 'kid'])('refuses %s', async (name) => {
    for (const value of [0, true, null, ['ES256'], { a: 1 }]) {
      const header = { alg: 'ES256', typ: 'dpop+jwt', jwk, [name]: value };
      const [, ...rest] = (await proof()).split('.');
      await fault([Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.'));
    }
  });
});
