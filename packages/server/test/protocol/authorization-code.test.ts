import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  codeFor,
  json,
  openServer,
  type SignedIn,
  type TestServer,
  text,
  VERIFIER,
} from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
});
afterAll(() => server.close());

const redeem = (code: string, form: Readonly<Record<string, string>> = {}, by: Application = application) =>
  server.token({ grant_type: 'authorization_code', code, ...form }, { authorization: basic(by) });
const works = async (accessToken: string) =>
  (await server.userinfo({ authorization: `Bearer ${accessToken}` })).status === 200;

describe('RFC 6749 §4.1.3, §4.1.4: a code', () => {
  it('brings the tokens of RFC 6749 §5.1', async () => {
    const response = await redeem(await codeFor(server, application, person, { scope: 'read' }));
    expect(response.status).toBe(200);
    expect(json(response)).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read',
      refresh_token: expect.stringMatching(/^[A-Za-z0-9_-]{64}$/),
    });
  });

  it('brings all scopes of the application where none was asked for, and an ID token with openid', async () => {
    const response = await redeem(await codeFor(server, application, person));
    expect(json(response)).toMatchObject({ scope: 'openid profile email read', id_token: expect.any(String) });
  });

  it('brings no refresh token to an application without that grant', async () => {
    const without = await server.application({ grants: ['authorization-code'] });
    const response = await redeem(await codeFor(server, without, person), {}, without);
    expect(json(response)).not.toHaveProperty('refresh_token');
    expect(await works(text(response, 'access_token'))).toBe(true);
  });

  it('is refused when it is missing or unknown', async () => {
    expect(await redeem('')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await redeem('unknown')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('lives as long as the application says, 60 s unless it does (ASVS 10.4.3)', async () => {
    const inTime = await codeFor(server, application, person);
    server.pass(59);
    expect((await redeem(inTime)).status).toBe(200);
    const late = await codeFor(server, application, person);
    server.pass(60);
    expect((await redeem(late)).body).toMatchObject({
      error: 'invalid_grant',
      error_description: expect.stringMatching(/expired/),
    });
  });
});

describe('RFC 6749 §4.1.2, RFC 9700 #11, ASVS 10.4.2: a code is used once', () => {
  it('and its replay ends everything that was issued on it', async () => {
    const code = await codeFor(server, application, person);
    const first = await redeem(code);
    expect(await works(text(first, 'access_token'))).toBe(true);
    const replay = await redeem(code);
    expect(replay).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(json(replay)['error_description']).toContain('used before');
    expect(await works(text(first, 'access_token'))).toBe(false);
    const form = { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') };
    expect(await server.token(form, { authorization: basic(application) })).toMatchObject({ status: 400 });
  });

  it('and its replay after its end, or without its verifier, does so too', async () => {
    const code = await codeFor(server, application, person, PKCE);
    const first = await redeem(code, { code_verifier: VERIFIER });
    server.pass(3_000);
    expect(await works(text(first, 'access_token'))).toBe(true);
    expect(await redeem(code)).toMatchObject({ body: { error: 'invalid_grant' } });
    expect(await works(text(first, 'access_token'))).toBe(false);
  });

  it('though 20 requests come at once: at most one gets tokens (GHSA-392p-2q2v-4372, CVE-2026-1035)', async () => {
    const code = await codeFor(server, application, person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers) if (status !== 200) expect(body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('RFC 6749 §4.1.3, RFC 9700 #11: a code is bound to its client', () => {
  it('so another\u2019s is refused and stays good for its own (CVE-2026-16089)', async () => {
    const thief = await server.application();
    const code = await codeFor(server, application, person);
    expect(await redeem(code, {}, thief)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await redeem(code)).status).toBe(200);
    expect(await redeem(code, {}, thief)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('and to its session: ended, it brings nothing (CVE-2026-16089)', async () => {
    const leaving = await server.person();
    const code = await codeFor(server, application, leaving);
    await server.storage.sessions.endSession(leaving.session.sessionId);
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('and to a person who may still sign in', async () => {
    const disabled = await server.person();
    const code = await codeFor(server, application, disabled);
    await server.storage.accounts.disableAccount(disabled.accountId, server.clock());
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('and to its kind: a refresh token is no code, nor a code a token (CVE-2026-4282, CVE-2026-4325)', async () => {
    const code = await codeFor(server, application, person);
    const form = { grant_type: 'refresh_token', refresh_token: code };
    expect(await server.token(form, { authorization: basic(application) })).toMatchObject({ status: 400 });
    expect(await works(code)).toBe(false);
    const tokens = await redeem(code);
    expect(await redeem(text(tokens, 'refresh_token'))).toMatchObject({ body: { error: 'invalid_grant' } });
    expect(await redeem(text(tokens, 'access_token'))).toMatchObject({ body: { error: 'invalid_grant' } });
  });
});

describe('RFC 6749 §4.1.3: redirect_uri', () => {
  it('must be repeated where it was sent (CVE-2025-4143: checked at both steps)', async () => {
    const code = await codeFor(server, application, person, { redirect_uri: CALLBACK });
    expect((await redeem(code, { redirect_uri: CALLBACK })).status).toBe(200);
    const forgotten = await codeFor(server, application, person, { redirect_uri: CALLBACK });
    expect(await redeem(forgotten)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('of another text is refused, and the code is burnt', async () => {
    const code = await codeFor(server, application, person, { redirect_uri: CALLBACK });
    const wrong = await redeem(code, { redirect_uri: `${CALLBACK}/` });
    expect(wrong).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringMatching(/redirect_uri/) },
    });
    expect(await redeem(code, { redirect_uri: CALLBACK })).toMatchObject({ body: { error: 'invalid_grant' } });
  });

  it('need not be sent where it was not, and must be the registered one where it is', async () => {
    expect((await redeem(await codeFor(server, application, person), { redirect_uri: CALLBACK })).status).toBe(200);
    const wrong = await redeem(await codeFor(server, application, person), { redirect_uri: 'https://evil.example/' });
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('keeps the port of a loopback address (RFC 8252 §7.3)', async () => {
    const native = await server.application({
      type: 'public',
      redirectUris: ['http://127.0.0.1/cb'],
      scopes: ['read'],
    });
    const asked = { redirect_uri: 'http://127.0.0.1:51004/cb', ...PKCE };
    const request = { response_type: 'code', client_id: native.clientId, ...asked };
    const consent = await server.authorize(request, person.browser);
    if (consent.kind !== 'consent') throw new Error(consent.kind);
    const { pending, account } = consent;
    const answer = { pending, decision: 'allow', accountId: account.accountId } as const;
    const redirect = await server.decide(answer, person.browser);
    if (redirect.kind !== 'redirect') throw new Error(redirect.kind);
    expect(redirect.location).toMatch(/^http:\/\/127\.0\.0\.1:51004\/cb\?code=/);
    const code = new URL(redirect.location).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, client_id: native.clientId, code_verifier: VERIFIER };
    expect((await server.token({ ...form, redirect_uri: asked.redirect_uri })).status).toBe(200);
  });
});

const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };

describe('RFC 7636 §4.6: the verifier at the token endpoint', () => {
  it('is required where a challenge was sent, and a missing one burns the code (CVE-2023-48228)', async () => {
    const code = await codeFor(server, application, person, PKCE);
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ body: { error: 'invalid_grant' } });
  });

  it('opens the code when it is the right one', async () => {
    const code = await codeFor(server, application, person, PKCE);
    expect((await redeem(code, { code_verifier: VERIFIER })).status).toBe(200);
  });

  it('burns the code when it is a wrong one', async () => {
    const code = await codeFor(server, application, person, PKCE);
    const wrong = await redeem(code, { code_verifier: VERIFIER.toUpperCase() });
    expect(wrong).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringMatching(/code_verifier/) },
    });
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ body: { error: 'invalid_grant' } });
  });

  it('is refused where no challenge was sent (RFC 9700 #5)', async () => {
    const code = await codeFor(server, application, person);
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ body: { error: 'invalid_grant' } });
  });
});

describe('storage', () => {
  it('keeps neither code nor token as text (RFC 9700 #25)', async () => {
    const code = await codeFor(server, application, person);
    const tokens = await redeem(code);
    const file = await server.databaseText();
    for (const secret of [code, text(tokens, 'access_token'), text(tokens, 'refresh_token')]) {
      expect(file).not.toContain(secret);
    }
    expect(file).toContain(application.clientId);
  });
});
