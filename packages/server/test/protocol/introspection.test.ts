import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { basic, ISSUER, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let other: Application;
let watcher: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  other = await server.application();
  watcher = await server.application({ scopes: ['read', 'introspection'] });
  person = await server.person();
});
afterAll(() => server.close());

const INACTIVE = { status: 200, body: { active: false } };
const by = (caller: Application) => ({ authorization: basic(caller) });

describe('RFC 7662 §2.2: what is told', () => {
  it('of an access token', async () => {
    const token = text(await tokensFor(server, application, person, { scope: 'read email' }), 'access_token');
    const issued = Math.floor(server.clock() / 1_000);
    const { username } = await server.account(person.accountId);
    expect(json(await server.introspect({ token }, by(application)))).toEqual({
      active: true,
      scope: 'read email',
      client_id: application.clientId,
      username,
      sub: person.accountId,
      token_type: 'Bearer',
      exp: issued + 3_600,
      iat: issued,
      iss: ISSUER,
      aud: application.clientId,
    });
  });

  it('of a refresh token, with the end of its family', async () => {
    const token = text(await tokensFor(server, application, person), 'refresh_token');
    const state = json(await server.introspect({ token, token_type_hint: 'access_token' }, by(application)));
    expect(state).toMatchObject({ active: true, client_id: application.clientId, sub: person.accountId });
    expect(state['exp']).toBe(Math.floor(server.clock() / 1_000) + 30 * 86_400);
    expect(state).not.toHaveProperty('token_type');
  });

  it('is not to be stored', async () => {
    const { headers } = await server.introspect({ token: 'x' }, by(application));
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
  });
});

describe('RFC 7662 §2.2, §4: what is not', () => {
  it('of an unknown token', async () => {
    expect(json(await server.introspect({ token: 'unknown' }, by(application)))).toEqual({ active: false });
  });

  it('of another application\u2019s, unless one holds the scope introspection', async () => {
    const tokens = await tokensFor(server, application, person);
    for (const name of ['access_token', 'refresh_token']) {
      const token = text(tokens, name);
      expect(await server.introspect({ token }, by(other))).toMatchObject(INACTIVE);
      expect(await server.introspect({ token }, by(watcher))).toMatchObject({ body: { active: true } });
    }
  });

  it('of an expired one', async () => {
    const token = text(await tokensFor(server, application, person), 'access_token');
    server.pass(3_599);
    expect(await server.introspect({ token }, by(application))).toMatchObject({ body: { active: true } });
    server.pass(1);
    expect(await server.introspect({ token }, by(application))).toMatchObject(INACTIVE);
  });

  it('of a revoked one, and of one whose person is disabled', async () => {
    const revoked = text(await tokensFor(server, application, person), 'access_token');
    await server.revoke({ token: revoked }, by(application));
    expect(await server.introspect({ token: revoked }, by(application))).toMatchObject(INACTIVE);
    const leaving = await server.person();
    const tokens = await tokensFor(server, application, leaving);
    await server.storage.accounts.disableAccount(leaving.accountId, server.clock());
    for (const name of ['access_token', 'refresh_token']) {
      expect(await server.introspect({ token: text(tokens, name) }, by(application))).toMatchObject(INACTIVE);
    }
  });

  it('of any of a disabled application', async () => {
    const closing = await server.application();
    const tokens = await tokensFor(server, closing, person);
    await server.storage.applications.setDisabled(closing.id, server.clock(), server.clock());
    server.pass(2);
    for (const name of ['access_token', 'refresh_token']) {
      expect(json(await server.introspect({ token: text(tokens, name) }, by(watcher)))).toEqual({ active: false });
    }
  });

  it('of a refresh token that was replaced', async () => {
    const token = text(await tokensFor(server, application, person), 'refresh_token');
    await server.token({ grant_type: 'refresh_token', refresh_token: token }, by(application));
    expect(await server.introspect({ token }, by(application))).toMatchObject(INACTIVE);
  });
});

describe('RFC 7662 §2.1: who may ask', () => {
  it.each([
    ['nobody', null, { token: 'x' }],
    ['a wrong secret', 'Basic bm9ib2R5Ong=', { token: 'x' }],
    ['an unknown bearer token', 'Bearer unknown', { token: 'x' }],
  ])('not %s: 401', async (_, authorization, form) => {
    const response = await server.introspect(form, { authorization });
    expect(response.status).toBe(401);
    expect(response.headers).toHaveProperty('www-authenticate');
  });

  it('not a public client: its client_id proves nothing', async () => {
    const spa = await server.application({ type: 'public' });
    const response = await server.introspect({ token: 'x', client_id: spa.clientId });
    expect(response).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('a bearer token of scope introspection, and no other', async () => {
    const token = text(await tokensFor(server, application, person), 'access_token');
    const grant = { grant_type: 'client_credentials' };
    const all = text(await server.token({ ...grant, scope: 'introspection' }, by(watcher)), 'access_token');
    const little = text(await server.token({ ...grant, scope: 'read' }, by(watcher)), 'access_token');
    expect(await server.introspect({ token }, { authorization: `Bearer ${all}` })).toMatchObject({
      body: { active: true, client_id: application.clientId },
    });
    expect(await server.introspect({ token }, { authorization: `Bearer ${little}` })).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
      headers: { 'www-authenticate': expect.stringMatching(/scope="introspection"/) },
    });
  });

  it('only by POST: GET gets 405 with Allow', async () => {
    expect(await server.introspect('', { method: 'GET', query: 'token=x' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
  });

  it('with a token in the request', async () => {
    expect(await server.introspect('', by(application))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });
});
