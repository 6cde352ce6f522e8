import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { consentQuestion } from '../../src/protocol/consent-question.ts';
import { shownResources } from '../../src/protocol/resource-indicators.ts';
import {
  basic,
  codeFor,
  json,
  openServer,
  redirected,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
} from './server.ts';

const API = 'https://api.example/';
const FILES = 'urn:example:files';

let server: TestServer;
let person: SignedIn;
let application: Application;
let api: Application;
beforeAll(async () => {
  server = await openServer();
  person = await server.person();
  application = await server.application({ settings: { ...DEFAULT_SETTINGS, resources: [API, FILES] } });
  api = await server.application({ settings: { ...DEFAULT_SETTINGS, resourceIdentifiers: [API] } });
  await server.storage.consents.allow(person.accountId, application.id, application.scopes, server.clock());
});
afterAll(() => server.close());

const both = `resource=${encodeURIComponent(API)}&resource=${encodeURIComponent(FILES)}`;
const codeForBoth = async (by = application) => {
  const query = `response_type=code&client_id=${by.clientId}&${both}`;
  return redirected(await server.authorize(query, person.browser)).get('code') ?? '';
};
const redeem = (code: string, change: Readonly<Record<string, string>> = {}, by = application) =>
  server.token({ grant_type: 'authorization_code', code, ...change }, { authorization: basic(by) });
const introspected = async (token: string, by = application) =>
  json(await server.introspect({ token }, { authorization: basic(by) }));
const audienceOf = async (token: string) => (await introspected(token))['aud'];

describe('RFC 8707 §2.1: resource in the authorization request', () => {
  it.each([
    ['a relative reference', '/api'],
    ['a fragment', `${API}#part`],
    ['a character that no URI has', 'https://api.example/a b'],
    ['one that the application may not ask for', 'https://other.example/'],
    ['one that differs by a slash', 'https://api.example'],
  ])('refuses %s', async (_, resource) => {
    const request = { response_type: 'code', client_id: application.clientId, resource };
    expect(redirected(await server.authorize(request, person.browser)).get('error')).toBe('invalid_target');
    const pushed = await server.push({ response_type: 'code', resource }, { authorization: basic(application) });
    expect([pushed.status, json(pushed)['error']]).toEqual([400, 'invalid_target']);
  });

  it('gives tokens for all that were named, in their order, each once', async () => {
    const tokens = await redeem(await codeForBoth());
    expect(await audienceOf(text(tokens, 'access_token'))).toEqual([API, FILES]);
    const twice = await tokensFor(server, application, person, { resource: API });
    expect(await audienceOf(text(twice, 'access_token'))).toBe(API);
  });

  it('takes them pushed too', async () => {
    const form = `response_type=code&${both}`;
    const pushed = text(await server.push(form, { authorization: basic(application) }), 'request_uri');
    const request = { client_id: application.clientId, request_uri: pushed };
    const code = redirected(await server.authorize(request, person.browser)).get('code') ?? '';
    expect(await audienceOf(text(await redeem(code), 'access_token'))).toEqual([API, FILES]);
  });
});

describe('RFC 8707 §3: where the access can be used is a part of what people are asked', () => {
  it('on the page, and in the question that its answer counts for', async () => {
    const stranger = await server.person();
    const request = { response_type: 'code', client_id: application.clientId };
    const asked = await server.authorize({ ...request, resource: API }, stranger.browser);
    expect(asked).toMatchObject({ kind: 'consent', resources: [API] });
    expect(await server.authorize(request, stranger.browser)).toMatchObject({ kind: 'consent', resources: [] });
    const question = { application, redirectUri: '', consentScope: [], details: [], context: { resources: [API] } };
    expect(consentQuestion(question)).not.toBe(consentQuestion({ ...question, context: null }));
    expect(consentQuestion(question)).not.toBe(consentQuestion({ ...question, context: { resources: [FILES] } }));
  });

  it('by their hosts, each once, and by the whole URI where there is none', () => {
    const uris = [API, 'https://api.example/other', 'https://files.example:8443/', 'urn:example:archive'];
    expect(shownResources(uris)).toEqual(['api.example', 'files.example:8443', 'urn:example:archive']);
  });
});

describe('RFC 8707 §2.2: resource in the token request', () => {
  it('narrows what the code is for', async () => {
    const tokens = await redeem(await codeForBoth(), { resource: FILES });
    expect(await audienceOf(text(tokens, 'access_token'))).toBe(FILES);
  });

  it('refuses one that the sign-in was not for, and leaves the code good', async () => {
    const code = await codeFor(server, application, person, { resource: API });
    const wrong = await redeem(code, { resource: FILES });
    expect([wrong.status, json(wrong)['error']]).toEqual([400, 'invalid_target']);
    expect((await redeem(code, { resource: API })).status).toBe(200);
  });

  it('may be the first to name one', async () => {
    const tokens = await redeem(await codeFor(server, application, person), { resource: API });
    expect(await audienceOf(text(tokens, 'access_token'))).toBe(API);
  });

  it('narrows one refresh, and not the next', async () => {
    let tokens = await redeem(await codeForBoth(), { resource: API });
    const refresh = async (change: Readonly<Record<string, string>> = {}) => {
      const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token'), ...change };
      return server.token(form, { authorization: basic(application) });
    };
    tokens = await refresh({ resource: FILES });
    expect(await audienceOf(text(tokens, 'access_token'))).toBe(FILES);
    tokens = await refresh();
    expect(await audienceOf(text(tokens, 'access_token'))).toEqual([API, FILES]);
    const wrong = await refresh({ resource: 'https://other.example/' });
    expect(json(wrong)['error']).toBe('invalid_target');
    expect((await refresh()).status).toBe(200);
  });

  it('leaves out at a refresh what the application may no longer ask for', async () => {
    const settings = { ...DEFAULT_SETTINGS, resources: [API, FILES] };
    const changing = await server.application({ settings });
    await server.storage.consents.allow(person.accountId, changing.id, changing.scopes, server.clock());
    const tokens = await redeem(await codeForBoth(changing), {}, changing);
    await server.storage.applications.updateApplication({ ...changing, settings: { ...settings, resources: [FILES] } });
    const form = { grant_type: 'refresh_token', refresh_token: text(tokens, 'refresh_token') };
    const refreshed = await server.token(form, { authorization: basic(changing) });
    expect((await introspected(text(refreshed, 'access_token'), changing))['aud']).toBe(FILES);
  });

  it('is taken with client credentials, and refused there as elsewhere', async () => {
    const ask = (resource: string) =>
      server.token({ grant_type: 'client_credentials', resource }, { authorization: basic(application) });
    expect(await audienceOf(text(await ask(API), 'access_token'))).toBe(API);
    expect(json(await ask('https://other.example/'))['error']).toBe('invalid_target');
  });
});

describe('RFC 7662 §2.2, RFC 9068 §3: who a token is for', () => {
  it('is its own application where no resource was named', async () => {
    const tokens = await tokensFor(server, application, person);
    expect(await audienceOf(text(tokens, 'access_token'))).toBe(application.clientId);
  });

  it('is in the aud of a JWT access token', async () => {
    const settings = { ...application.settings, accessTokenFormat: 'jwt' } as const;
    const jwt = await server.application({ settings });
    await server.storage.consents.allow(person.accountId, jwt.id, jwt.scopes, server.clock());
    const token = text(await redeem(await codeForBoth(jwt), {}, jwt), 'access_token');
    expect(decodeJwt(token).aud).toEqual([API, FILES]);
    expect((await introspected(token, jwt))['aud']).toEqual([API, FILES]);
  });
});

describe('RFC 7662 §4: the application that is a resource sees the tokens for it', () => {
  it('and no others', async () => {
    const forApi = text(await tokensFor(server, application, person, { resource: API }), 'access_token');
    expect(await introspected(forApi, api)).toMatchObject({ active: true, client_id: application.clientId, aud: API });
    const forFiles = text(await tokensFor(server, application, person, { resource: FILES }), 'access_token');
    const forNone = text(await tokensFor(server, application, person), 'access_token');
    for (const token of [forFiles, forNone]) expect(await introspected(token, api)).toEqual({ active: false });
  });

  it('but not the refresh tokens', async () => {
    const tokens = await tokensFor(server, application, person, { resource: API });
    expect(await introspected(text(tokens, 'refresh_token'), api)).toEqual({ active: false });
  });

  it('while whoever may only ask for a resource sees none of its tokens', async () => {
    const asker = await server.application({ settings: { ...DEFAULT_SETTINGS, resources: [API] } });
    const forApi = text(await tokensFor(server, application, person, { resource: API }), 'access_token');
    expect(await introspected(forApi, asker)).toEqual({ active: false });
  });
});

describe('RFC 9700 §2.3, ASVS 9.2.3, 10.3.1: this server as a resource', () => {
  it('refuses tokens that are for other resources', async () => {
    const token = text(await tokensFor(server, application, person, { resource: API }), 'access_token');
    for (const answer of [
      await server.userinfo({ authorization: `Bearer ${token}` }),
      await server.profile({ authorization: `Bearer ${token}` }),
    ]) {
      expect([answer.status, json(answer)['error']]).toEqual([401, 'invalid_token']);
    }
  });

  it('takes tokens without resources, and those that name its issuer among theirs', async () => {
    const { issuer } = server.deps;
    const naming = await server.application({ settings: { ...DEFAULT_SETTINGS, resources: [API, issuer] } });
    await server.storage.consents.allow(person.accountId, naming.id, naming.scopes, server.clock());
    const query = `response_type=code&client_id=${naming.clientId}&resource=${encodeURIComponent(API)}&resource=${encodeURIComponent(issuer)}`;
    const code = redirected(await server.authorize(query, person.browser)).get('code') ?? '';
    const tokens = [await redeem(code, {}, naming), await tokensFor(server, application, person)];
    for (const token of tokens.map((response) => text(response, 'access_token'))) {
      expect((await server.userinfo({ authorization: `Bearer ${token}` })).status).toBe(200);
    }
  });
});
