import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, json, openServer, type TestServer, text } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const form = { grant_type: 'client_credentials' };

describe('RFC 6749 §4.4: client credentials', () => {
  it('brings an access token, and no refresh token (§4.4.3)', async () => {
    const application = await server.application();
    const response = await server.token({ ...form, scope: 'read' }, { authorization: basic(application) });
    expect(json(response)).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read',
    });
  });

  it('is refused to a public application', async () => {
    const application = await server.application({ type: 'public' });
    const response = await server.token({ ...form, client_id: application.clientId });
    expect(response).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
  });

  it('leaves what is about a person out of "all scopes"', async () => {
    const application = await server.application({
      scopes: ['openid', 'profile', 'email', 'offline_access', 'read', 'introspection', 'invoices'],
    });
    const response = await server.token(form, { authorization: basic(application) });
    expect(json(response)).toMatchObject({ scope: 'read introspection invoices' });
  });

  it.each(['openid', 'read profile', 'email', 'offline_access'])('refuses %s by name', async (scope) => {
    const application = await server.application({ scopes: ['openid', 'profile', 'email', 'offline_access', 'read'] });
    const response = await server.token({ ...form, scope }, { authorization: basic(application) });
    expect(response).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope', error_description: expect.stringMatching(/person/) },
    });
  });

  it('refuses an application that has nothing else', async () => {
    const application = await server.application({ scopes: ['openid', 'profile'] });
    const response = await server.token(form, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('refuses a scope that is not assigned (ASVS 10.4.11)', async () => {
    const application = await server.application();
    const response = await server.token({ ...form, scope: 'write' }, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('never speaks for a person: userinfo and profile answer 403, and there is no sub (RFC 9700 #23)', async () => {
    const application = await server.application();
    const authorization = basic(application);
    const token = text(await server.token(form, { authorization }), 'access_token');
    for (const response of [
      await server.userinfo({ authorization: `Bearer ${token}` }),
      await server.profile({ authorization: `Bearer ${token}` }),
    ]) {
      expect(response).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    }
    const state = json(await server.introspect({ token }, { authorization }));
    expect(state).toMatchObject({ active: true, client_id: application.clientId });
    expect(state).not.toHaveProperty('sub');
    expect(state).not.toHaveProperty('username');
  });
});
