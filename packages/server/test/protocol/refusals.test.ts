/** What this server does not do, whatever it is asked: each refusal says what to use instead (RFC 9700, OAuth 2.1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { basic, CALLBACK, json, openServer, redirected, type TestServer, VERIFIER } from './server.ts';

let server: TestServer;
let application: Application;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
});
afterAll(() => server.close());

const ask = (query: Readonly<Record<string, string>>) =>
  server.authorize({ client_id: application.clientId, redirect_uri: CALLBACK, ...query });

describe('RFC 9700 §2.1.2: no implicit grant, no hybrid flow', () => {
  it.each([
    'token',
    'id_token',
    'id_token token',
    'code token',
    'code id_token',
    'code id_token token',
    'none',
    'CODE',
  ])('refuses response_type=%s, and names code with PKCE', async (responseType) => {
    const answer = redirected(await ask({ response_type: responseType, nonce: 'n', state: 's' }));
    expect(answer.get('error')).toBe('unsupported_response_type');
    expect(answer.get('error_description')).toMatch(/code, with PKCE/);
    expect(answer.get('state')).toBe('s');
    for (const name of ['access_token', 'id_token', 'code']) expect(answer.has(name)).toBe(false);
  });

  it('refuses a second response_type beside the first', async () => {
    const query = `client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}`;
    const answer = redirected(await server.authorize(`${query}&response_type=code&response_type=token`));
    expect(answer.get('error')).toBe('invalid_request');
  });
});

describe('RFC 9700 §2.4 and the grants that are not there', () => {
  it.each([
    ['password', /authorization_code with PKCE/],
    ['implicit', /authorization_code with PKCE/],
    ['token', /authorization_code with PKCE/],
    ['urn:ietf:params:oauth:grant-type:jwt-bearer', /client_credentials.*token exchange/],
    ['urn:ietf:params:oauth:grant-type:saml2-bearer', /client_credentials.*token exchange/],
    ['urn:openid:params:grant-type:ciba', /authorization_code, refresh_token, client_credentials/],
    ['AUTHORIZATION_CODE', /authorization_code, refresh_token, client_credentials/],
  ])('refuses grant_type=%s, and names what to use', async (type, instead) => {
    const form = { grant_type: type, username: 'alice', password: 'a password', assertion: 'e30.e30.', scope: 'read' };
    const response = await server.token(form, { authorization: basic(application) });
    expect(response.status).toBe(400);
    expect(json(response)).toEqual({
      error: 'unsupported_grant_type',
      error_description: expect.stringMatching(instead),
    });
  });

  it('advertises none of them to the one who asks', async () => {
    const response = await server.token({ grant_type: 'x' }, { authorization: basic(application) });
    const { error_description: hint } = json(response);
    expect(hint).toMatch(/device_code/);
    expect(hint).not.toMatch(/password|implicit|bearer/);
  });
});

describe('RFC 7636 §4.3, RFC 9700 §2.1.1: no PKCE plain', () => {
  it.each([{ code_challenge_method: 'plain' }, {}, { code_challenge_method: 's256' }])(
    'refuses a challenge with %j, and names S256',
    async (method) => {
      const answer = redirected(await ask({ response_type: 'code', code_challenge: VERIFIER, ...method }));
      expect(answer.get('error')).toBe('invalid_request');
      expect(answer.get('error_description')).toMatch(/S256/);
    },
  );

  it('refuses a public application without a challenge, and names S256', async () => {
    const open = await server.application({ type: 'public' });
    const answer = redirected(
      await server.authorize({ client_id: open.clientId, redirect_uri: CALLBACK, response_type: 'code' }),
    );
    expect(answer.get('error')).toBe('invalid_request');
    expect(answer.get('error_description')).toMatch(/S256/);
  });
});
