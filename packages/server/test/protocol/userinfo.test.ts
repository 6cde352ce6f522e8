import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
});
afterAll(() => server.close());

const tokenOf = async (scope: string, who: SignedIn = person) =>
  text(await tokensFor(server, application, who, { scope }), 'access_token');
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('OpenID Connect Core §5.3, §5.4: userinfo', () => {
  it('answers the claims that the scopes open, and no others', async () => {
    const { username, email } = await server.account(person.accountId);
    const profile = {
      preferred_username: username,
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      locale: 'fr',
      updated_at: Math.floor(server.clock() / 1_000),
    };
    const sub = person.accountId;
    expect(json(await server.userinfo(bearer(await tokenOf('openid'))))).toEqual({ sub });
    expect(json(await server.userinfo(bearer(await tokenOf('openid profile'))))).toEqual({ sub, ...profile });
    expect(json(await server.userinfo(bearer(await tokenOf('openid email'))))).toEqual({
      sub,
      email,
      email_verified: true,
    });
  });

  it('leaves out what there is not (§5.3.2)', async () => {
    const bare = await server.person({ email: null });
    expect(json(await server.userinfo(bearer(await tokenOf('openid email', bare))))).toEqual({ sub: bare.accountId });
  });

  it('takes GET, and POST with the token in header or form body (§5.3.1, RFC 6750 §2.2)', async () => {
    const token = await tokenOf('openid');
    expect((await server.userinfo(bearer(token))).status).toBe(200);
    expect((await server.userinfo({ method: 'POST', ...bearer(token) })).status).toBe(200);
    expect((await server.userinfo({ method: 'POST', form: { access_token: token } })).status).toBe(200);
    expect(await server.userinfo({ method: 'PUT', ...bearer(token) })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, POST' },
    });
  });

  it('wants the scope openid: 403 that names it', async () => {
    expect(await server.userinfo(bearer(await tokenOf('read')))).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
      headers: { 'www-authenticate': expect.stringContaining('scope="openid"') },
      clientId: application.clientId,
    });
  });

  it('is not to be stored', async () => {
    const response = await server.userinfo(bearer(await tokenOf('openid')));
    expect(response).toMatchObject({ headers: { 'cache-control': 'no-store' }, clientId: application.clientId });
  });
});

describe('RFC 6750 §2, §3: bearer tokens', () => {
  it('without a token: 401 with a bare challenge', async () => {
    expect(await server.userinfo({})).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="diapason"' },
    });
  });

  it.each(['unknown', 'a'.repeat(43), 'a'.repeat(2_000)])('an unknown token: 401 invalid_token', async (token) => {
    expect(await server.userinfo(bearer(token))).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
      headers: { 'www-authenticate': expect.stringContaining('Bearer realm="diapason", error="invalid_token"') },
    });
  });

  it('an expired one, and one of a disabled application or person', async () => {
    const expired = await tokenOf('openid');
    server.pass(3_600);
    expect((await server.userinfo(bearer(expired))).status).toBe(401);

    const leaving = await server.person();
    const ofLeaving = await tokenOf('openid', leaving);
    await server.storage.accounts.disableAccount(leaving.accountId, server.clock());
    expect((await server.userinfo(bearer(ofLeaving))).status).toBe(401);

    const closing = await server.application();
    const ofClosing = text(await tokensFor(server, closing, person), 'access_token');
    await server.storage.applications.setDisabled(closing.id, server.clock(), server.clock());
    expect((await server.userinfo(bearer(ofClosing))).status).toBe(401);
  });

  it('never in the query (RFC 9700 #15)', async () => {
    const token = await tokenOf('openid read');
    for (const answer of [
      await server.userinfo({ query: `access_token=${token}` }),
      await server.profile({ query: `access_token=${token}` }),
      await server.userinfo({ query: `access_token=${token}`, ...bearer(token) }),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('not in two places, and not by GET in a body', async () => {
    const token = await tokenOf('openid');
    const form = { access_token: token };
    expect((await server.userinfo({ method: 'POST', form, ...bearer(token) })).status).toBe(400);
    expect((await server.userinfo({ method: 'GET', form })).status).toBe(401);
    const json = { method: 'POST', form, contentType: 'application/json' };
    expect((await server.userinfo(json)).status).toBe(401);
    const twice = { method: 'POST', form: `access_token=${token}&access_token=${token}` };
    expect((await server.userinfo(twice)).status).toBe(400);
  });

  it('a refresh token is no access token (ASVS 9.2.2)', async () => {
    const refresh = text(await tokensFor(server, application, person), 'refresh_token');
    expect((await server.userinfo(bearer(refresh))).status).toBe(401);
  });

  it('any other header gets a refusal, never an exception', async () => {
    const pieces = fc.array(fc.constantFrom('Bearer', 'bearer', ' ', 'a', '=', ',', '"', 'é', '\n', '/', '~'));
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(header, async (authorization) => {
        const response = await server.userinfo({ authorization });
        expect([400, 401]).toContain(response.status);
        expect(response.headers['www-authenticate']).toMatch(/^Bearer [\x20-\x7e]+$/);
      }),
    );
  });
});

describe('/profile/', () => {
  it('answers as the Django stack did, with the e-mail address for its scope', async () => {
    const { username, email } = await server.account(person.accountId);
    const read = { id: person.accountId, username, first_name: 'Ada', last_name: 'Lovelace' };
    expect(json(await server.profile(bearer(await tokenOf('read'))))).toEqual(read);
    expect(json(await server.profile(bearer(await tokenOf('profile'))))).toEqual(read);
    expect(json(await server.profile(bearer(await tokenOf('read email'))))).toEqual({ ...read, email });
  });

  it('wants the scope read or profile', async () => {
    expect(await server.profile(bearer(await tokenOf('openid email')))).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
    });
  });

  it('gives an imported account its number, and nobody else', async () => {
    const token = await tokenOf('read');
    const withId = async (id: string, idIsNumber: boolean) => {
      const found = await server.deps.grants.findAccessToken(server.digest(token));
      if (found?.account == null) throw new Error('no account');
      const account = { ...found.account, accountId: found.account.accountId.replace(/.*/, id), idIsNumber };
      const grants = { findAccessToken: async () => Object.assign({}, found, { account }) };
      return json(
        await server.profile(bearer(token), { ...server.deps, grants: { ...server.deps.grants, ...grants } }),
      );
    };
    expect(await withId('42', true)).toMatchObject({ id: 42 });
    expect(await withId('42', false)).toMatchObject({ id: '42' });
    expect(await withId('9007199254740993', true)).toMatchObject({ id: '9007199254740993' });
  });

  it('takes GET alone', async () => {
    expect(await server.profile({ method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});
