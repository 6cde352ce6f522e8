import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { readClaimsParameter } from '../../src/protocol/claims-parameter.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import {
  basic,
  json,
  openServer,
  pendingOf,
  redirected,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
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

const tokens = (claims: unknown, scope = 'openid') =>
  tokensFor(server, application, person, { scope, claims: JSON.stringify(claims) });
const ask = (claims: string, change: Readonly<Record<string, string>> = {}, by = application, as = person) =>
  server.authorize({ response_type: 'code', client_id: by.clientId, scope: 'openid', claims, ...change }, as.browser);
const errorOf = async (claims: string, change: Readonly<Record<string, string>> = {}) =>
  redirected(await ask(claims, change)).get('error');

describe('OpenID Connect Core §5.5: claims asked for by name', () => {
  it('come from userinfo without their scope', async () => {
    const token = text(await tokens({ userinfo: { email: null, given_name: { essential: true } } }), 'access_token');
    const claims = json(await server.userinfo({ authorization: `Bearer ${token}` }));
    expect(claims).toEqual({ sub: person.accountId, email: expect.any(String), given_name: 'Ada' });
  });

  it('stand in the ID token, there alone, and again after a refresh', async () => {
    const response = await tokens({ id_token: { email: null, email_verified: null } });
    expect(decodeJwt(text(response, 'id_token'))).toMatchObject({ email: expect.any(String), email_verified: true });
    const authorization = `Bearer ${text(response, 'access_token')}`;
    expect(json(await server.userinfo({ authorization }))).toEqual({ sub: person.accountId });
    const form = { grant_type: 'refresh_token', refresh_token: text(response, 'refresh_token') };
    const refreshed = await server.token(form, { authorization: basic(application) });
    expect(decodeJwt(text(refreshed, 'id_token'))).toMatchObject({ email: expect.any(String) });
  });

  it('cannot stand in for claims of the ID token itself', async () => {
    const response = await tokens({ id_token: { iss: null, aud: null, sub: null, nonce: null, sid: null } });
    expect(decodeJwt(text(response, 'id_token'))).toMatchObject({ sub: person.accountId, aud: application.clientId });
  });

  it('are left out where they do not exist, or belong to a scope that the application does not have (§5.5.1)', async () => {
    const token = text(
      await tokens({ userinfo: { phone_number: { essential: true }, constructor: null } }),
      'access_token',
    );
    expect(json(await server.userinfo({ authorization: `Bearer ${token}` }))).toEqual({ sub: person.accountId });
    const narrow = await server.application({ scopes: ['openid'] });
    const response = await tokensFor(server, narrow, person, { claims: '{"userinfo":{"email":null}}' });
    const authorization = `Bearer ${text(response, 'access_token')}`;
    expect(json(await server.userinfo({ authorization }))).toEqual({ sub: person.accountId });
  });

  it('are asked for at consent as their scope is, once', async () => {
    const asking = await server.application();
    const someone = await server.person();
    const request = () => ask('{"id_token":{"email":null}}', {}, asking, someone);
    const consent = await request();
    expect(consent).toMatchObject({ kind: 'consent', scope: ['openid', 'email'], newScope: ['openid', 'email'] });
    const pending = presentedSecret<'pending'>(pendingOf(consent));
    const answer = { pending, decision: 'allow', accountId: someone.accountId } as const;
    const code = redirected(await server.decide(answer, someone.browser)).get('code') ?? '';
    const form = { grant_type: 'authorization_code', code };
    const issued = await server.token(form, { authorization: basic(asking) });
    expect(json(issued)['scope']).toBe('openid');
    expect((await request()).kind).toBe('redirect');
  });

  it.each([
    ['text that is no JSON', 'x'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a member that is no object', '{"userinfo":"email"}'],
    ['a claim that is no object', '{"userinfo":{"email":true}}'],
    ['essential that is no truth value', '{"id_token":{"email":{"essential":"yes"}}}'],
    ['values that are no list', '{"id_token":{"acr":{"values":"1"}}}'],
  ])('are refused as %s', async (_, claims) => {
    expect(await errorOf(claims)).toBe('invalid_request');
  });

  it('may be more than is known here (§5.5: other members are ignored)', async () => {
    expect(await errorOf('{"verified_claims":[],"userinfo":null}')).toBeNull();
  });
});

describe('OpenID Connect Core §5.5.1: sub with a value', () => {
  it.each([
    ['a number', { id_token: { sub: { value: 1 } } }],
    ['an object', { id_token: { sub: { values: [{}] } } }],
    ['two people', { id_token: { sub: { values: ['one', 'other'] } } }],
    ['one here and another there', { id_token: { sub: { value: 'one' } }, userinfo: { sub: { value: 'other' } } }],
  ])('that is %s is nobody, and so never somebody else', (_what, claims) => {
    expect(readClaimsParameter(JSON.stringify(claims), ['openid'], new Map())).toMatchObject({
      code: 'invalid_request',
    });
  });

  it('that is the same in both places is one person', () => {
    const claims = { id_token: { sub: { value: 'one' } }, userinfo: { sub: { value: 'one' } } };
    expect(readClaimsParameter(JSON.stringify(claims), ['openid'], new Map())).toMatchObject({ sub: 'one' });
  });

  it('is answered for that person', async () => {
    const claims = JSON.stringify({ id_token: { sub: { value: person.accountId } } });
    expect(await errorOf(claims, { prompt: 'none' })).toBeNull();
  });

  it('asks another person to sign in, or fails where nobody may be asked', async () => {
    const other = await server.person();
    const claims = JSON.stringify({ id_token: { sub: { value: other.accountId } } });
    expect(await errorOf(claims, { prompt: 'none' })).toBe('login_required');
    expect(await ask(claims)).toMatchObject({ kind: 'login', reason: 'other_account' });
  });

  it('is refused beside an id_token_hint about another', async () => {
    const hint = text(await tokens({}), 'id_token');
    const claims = JSON.stringify({ id_token: { sub: { value: 'another' } } });
    expect(await errorOf(claims, { id_token_hint: hint })).toBe('invalid_request');
  });
});

describe('OpenID Connect Core §2, §5.5.1.1: acr', () => {
  it('is in every ID token, as is auth_time', async () => {
    const claims = decodeJwt(text(await tokens({ id_token: { auth_time: { essential: true } } }), 'id_token'));
    expect(claims).toMatchObject({ acr: '1', auth_time: expect.any(Number) });
  });

  it('that is essential and cannot be had ends in an error', async () => {
    for (const acr of [
      { essential: true, value: '3' },
      { essential: true, values: ['4', '3'] },
    ]) {
      expect(await errorOf(JSON.stringify({ id_token: { acr } }))).toBe('unmet_authentication_requirements');
    }
  });

  it('that is essential and can be had, or voluntary, does not', async () => {
    for (const acr of [{ essential: true, values: ['3', '1'] }, { values: ['3'] }, { essential: true }, null]) {
      expect(await errorOf(JSON.stringify({ id_token: { acr } }))).toBeNull();
    }
    expect(await errorOf('{}', { acr_values: '3 1' })).toBeNull();
  });
});
