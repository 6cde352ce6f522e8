import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, json, openServer, SECRET, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('RFC 6749 §3.2: the token endpoint', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('answers %s with 405 and Allow', async (method) => {
    const response = await server.token('', { method });
    expect(response).toMatchObject({ status: 405, headers: { allow: 'POST' }, body: { error: 'invalid_request' } });
  });

  it('says of a JSON body that a form body is wanted (D45)', async () => {
    const response = await server.token('{"grant_type":"client_credentials"}', { contentType: 'application/json' });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(json(response)['error_description']).toMatch(/JSON.*form body.*application\/x-www-form-urlencoded/);
  });

  it.each([null, 'text/plain', 'multipart/form-data; boundary=x', 'application/jwt'])(
    'refuses the content type %s',
    async (contentType) => {
      const response = await server.token('grant_type=client_credentials', { contentType });
      expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it('takes a charset beside the content type, in any case', async () => {
    const application = await server.application();
    const contentType = 'Application/X-WWW-Form-Urlencoded; charset=UTF-8';
    const options = { authorization: basic(application), contentType };
    expect((await server.token({ grant_type: 'client_credentials' }, options)).status).toBe(200);
  });

  it('refuses credentials in the query (RFC 6749 §2.3.1, RFC 9700 #15)', async () => {
    const application = await server.application();
    const query = `client_id=${application.clientId}&client_secret=${SECRET}`;
    const response = await server.token({ grant_type: 'client_credentials' }, { query });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(json(response)['error_description']).toContain('query');
  });

  it('refuses the parameters of a grant in the query, and passes over what is not the protocol\u2019s', async () => {
    const application = await server.application();
    const authorization = basic(application);
    const refused = await server.token('', { authorization, query: 'grant_type=client_credentials' });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const taken = await server.token({ grant_type: 'client_credentials' }, { authorization, query: 'trace=1' });
    expect(taken.status).toBe(200);
  });

  it.each([
    ['a repeated parameter', 'grant_type=client_credentials&grant_type=client_credentials', 'more than once'],
    ['an over-long value', `grant_type=${'a'.repeat(5_000)}`, 'too long'],
    ['a control character', 'grant_type=client_credentials%00', 'control character'],
    ['malformed encoding', 'grant_type=%zz', 'form-encoded'],
  ])('refuses %s with its own text', async (_, body, words) => {
    const application = await server.application();
    const response = await server.token(body, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(json(response)['error_description']).toContain(words);
  });

  it('refuses a request without grant_type', async () => {
    const application = await server.application();
    const response = await server.token({ scope: 'read' }, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each([
    ['password', 'authorization_code with PKCE'],
    ['implicit', 'authorization_code with PKCE'],
    ['urn:ietf:params:oauth:grant-type:saml2-bearer', 'client_credentials for the application itself'],
  ])('answers unsupported_grant_type to %s and names what to use (RFC 9700 #9, #10)', async (type, instead) => {
    const application = await server.application();
    const form = { grant_type: type, username: 'alice', password: 'x' };
    const response = await server.token(form, { authorization: basic(application) });
    expect(response).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    expect(json(response)['error_description']).toContain(instead);
  });

  it.each([
    ['authorization_code', 'client-credentials'],
    ['refresh_token', 'authorization-code'],
    ['client_credentials', 'authorization-code'],
  ] as const)('answers unauthorized_client to %s of an application without it (ASVS 10.4.4)', async (type, other) => {
    const application = await server.application({ grants: [other] });
    const response = await server.token({ grant_type: type }, { authorization: basic(application) });
    expect(response).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
      clientId: application.clientId,
    });
  });
});

describe('RFC 6749 §5.1, §5.2: the answer', () => {
  it('is not to be stored, a success and a refusal alike', async () => {
    const application = await server.application();
    const authorization = basic(application);
    for (const type of ['client_credentials', 'password']) {
      const response = await server.token({ grant_type: type }, { authorization });
      expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    }
  });

  it('names the application that it is for, so that its origins may read it (CORS)', async () => {
    const application = await server.application();
    const response = await server.token({ grant_type: 'client_credentials' }, { authorization: basic(application) });
    expect(response.clientId).toBe(application.clientId);
  });
});
