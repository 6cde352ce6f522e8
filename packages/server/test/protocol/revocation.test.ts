import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import {
  basic,
  CALLBACK,
  CHALLENGE,
  json,
  openServer,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
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

const EMPTY = { status: 200, body: null };
const by = (caller: Application) => ({ authorization: basic(caller) });
const works = async (token: string) => (await server.profile({ authorization: `Bearer ${token}` })).status === 200;
const refreshes = async (token: string) =>
  (await server.token({ grant_type: 'refresh_token', refresh_token: token }, by(application))).status === 200;

describe('RFC 7009 §2.1: revoking', () => {
  it.each(['access_token', 'refresh_token'])('the %s of a grant ends both (D22)', async (name) => {
    const tokens = await tokensFor(server, application, person);
    expect(await server.revoke({ token: text(tokens, name) }, by(application))).toMatchObject(EMPTY);
    expect(await works(text(tokens, 'access_token'))).toBe(false);
    expect(await refreshes(text(tokens, 'refresh_token'))).toBe(false);
  });

  it('with a wrong token_type_hint works as well', async () => {
    const tokens = await tokensFor(server, application, person);
    const form = { token: text(tokens, 'access_token'), token_type_hint: 'refresh_token' };
    await server.revoke(form, by(application));
    expect(await works(text(tokens, 'access_token'))).toBe(false);
  });

  it('one grant leaves the others of the same person alone (D20)', async () => {
    const one = await tokensFor(server, application, person);
    const two = await tokensFor(server, application, person);
    await server.revoke({ token: text(one, 'access_token') }, by(application));
    expect(await works(text(two, 'access_token'))).toBe(true);
  });

  it('a former refresh token ends its family too', async () => {
    const first = text(await tokensFor(server, application, person), 'refresh_token');
    const second = await server.token({ grant_type: 'refresh_token', refresh_token: first }, by(application));
    await server.revoke({ token: first }, by(application));
    expect(await works(text(second, 'access_token'))).toBe(false);
  });

  it('a token of client credentials', async () => {
    const grant = { grant_type: 'client_credentials', scope: 'read' };
    const token = text(await server.token(grant, by(application)), 'access_token');
    await server.revoke({ token }, by(application));
    expect(json(await server.introspect({ token }, by(application)))).toEqual({ active: false });
  });

  it('twice, or an unknown token, answers the same empty 200 (§2.2)', async () => {
    const token = text(await tokensFor(server, application, person), 'access_token');
    const form = { token };
    expect(await server.revoke(form, by(application))).toMatchObject(EMPTY);
    expect(await server.revoke(form, by(application))).toMatchObject(EMPTY);
    expect(await server.revoke({ token: 'unknown' }, by(application))).toMatchObject(EMPTY);
  });

  it('another\u2019s token answers so too, and does nothing (DOT#727)', async () => {
    const stranger = await server.application();
    const tokens = await tokensFor(server, application, person);
    for (const name of ['access_token', 'refresh_token']) {
      expect(await server.revoke({ token: text(tokens, name) }, by(stranger))).toMatchObject(EMPTY);
    }
    expect(await works(text(tokens, 'access_token'))).toBe(true);
    expect(await refreshes(text(tokens, 'refresh_token'))).toBe(true);
  });

  it('a public application\u2019s own with its client_id', async () => {
    const spa = await server.application({ type: 'public', scopes: ['read'] });
    await server.storage.consents.allow(person.accountId, spa.id, spa.scopes, server.clock());
    const request = { response_type: 'code', client_id: spa.clientId, redirect_uri: CALLBACK };
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const outcome = await server.authorize({ ...request, ...pkce }, person.browser);
    if (outcome.kind !== 'redirect') throw new Error(outcome.kind);
    const code = new URL(outcome.location).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, client_id: spa.clientId, redirect_uri: CALLBACK };
    const token = text(await server.token({ ...form, code_verifier: VERIFIER }), 'access_token');
    expect(await works(token)).toBe(true);
    expect(await server.revoke({ token, client_id: spa.clientId })).toMatchObject(EMPTY);
    expect(await works(token)).toBe(false);
  });
});

describe('RFC 7009 §2.1, §2.2.1: refusals', () => {
  it('a client that does not prove itself (ASVS 10.4.10)', async () => {
    const token = text(await tokensFor(server, application, person), 'access_token');
    expect(await server.revoke({ token, client_id: application.clientId })).toMatchObject({ status: 401 });
    expect(await server.revoke({ token })).toMatchObject({ status: 401 });
    expect(await works(token)).toBe(true);
  });

  it('a request without a token, and another method', async () => {
    expect(await server.revoke('', by(application))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await server.revoke('', { method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });

  it('a storage that fails is an error, never a 200 (fosite GHSA-7mqr-2v3q-v2wm)', async () => {
    const tokens = await tokensFor(server, application, person);
    const lost = async () => {
      throw new Error('the database is gone');
    };
    for (const method of ['findRefreshToken', 'revokeFamily', 'revokeAccessToken']) {
      const deps = { ...server.deps, grants: { ...server.storage.grants, [method]: lost } };
      const name = method === 'revokeFamily' ? 'refresh_token' : 'access_token';
      await expect(server.revoke({ token: text(tokens, name) }, by(application), deps)).rejects.toThrow('gone');
    }
    expect(await works(text(tokens, 'access_token'))).toBe(true);
  });
});
