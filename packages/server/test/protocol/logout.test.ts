import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

const BYE = 'https://app.example/bye';
let server: TestServer;
let application: Application;
let person: SignedIn;
let hint: string;
beforeAll(async () => {
  server = await openServer();
  application = await server.application({ postLogoutRedirectUris: [BYE] });
  person = await server.person();
  hint = text(await tokensFor(server, application, person), 'id_token');
});
afterAll(() => server.close());

const back = { post_logout_redirect_uri: BYE, state: 'a b' };

describe('OpenID Connect RP-Initiated Logout 1.0 §2', () => {
  it('ends at once with the ID token of this very session, and goes back with state', async () => {
    expect(await server.logout({ id_token_hint: hint, ...back }, person.session)).toMatchObject({
      kind: 'end',
      application: { clientId: application.clientId },
      location: `${BYE}?state=a%20b`,
      formActionSource: 'https://app.example',
    });
  });

  it('asks the person without a hint (ASVS 10.6.2)', async () => {
    expect(await server.logout('', person.session)).toMatchObject({ kind: 'ask', application: null, parameters: [] });
    expect(await server.logout({ client_id: application.clientId }, person.session)).toMatchObject({ kind: 'ask' });
  });

  it('asks with the hint of another session of the same person: it is no lasting licence (D20)', async () => {
    const later = await server.signIn(person.accountId);
    expect(await server.logout({ id_token_hint: hint }, later.session)).toMatchObject({ kind: 'ask' });
  });

  it('asks with the hint of another person', async () => {
    const other = await server.person();
    expect(await server.logout({ id_token_hint: hint }, other.session)).toMatchObject({ kind: 'ask' });
  });

  it('carries the request through the question, and goes back after it', async () => {
    const asked = await server.logout({ client_id: application.clientId, ...back }, person.session);
    if (asked.kind !== 'ask') throw new Error(asked.kind);
    expect(asked).toMatchObject({ formActionSource: 'https://app.example' });
    const form = Object.fromEntries(asked.parameters);
    const options = { method: 'POST', confirmed: true };
    expect(await server.logout(form, person.session, options)).toMatchObject({
      kind: 'end',
      location: `${BYE}?state=a%20b`,
    });
  });

  it('ends without a question where nobody is signed in (DOT#1287: idempotent)', async () => {
    expect(await server.logout('', null)).toMatchObject({ kind: 'end', location: null });
    const hinted = { id_token_hint: hint, post_logout_redirect_uri: BYE };
    expect(await server.logout(hinted, null)).toMatchObject({ kind: 'end', location: BYE });
  });

  it('takes a hint long after its exp, as it is a hint', async () => {
    server.pass(7_200);
    expect(await server.logout({ id_token_hint: hint }, person.session)).toMatchObject({ kind: 'end' });
  });
});

describe('OpenID Connect RP-Initiated Logout 1.0 §3, RFC 9700 #2: nobody is sent to what is not registered', () => {
  it.each([
    ['another address', 'https://evil.example/'],
    ['a trailing slash more', `${BYE}/`],
    ['a query more', `${BYE}?x=1`],
    ['the redirect URI of sign-in', 'https://app.example/callback'],
  ])('%s', async (_, uri) => {
    const form = { id_token_hint: hint, post_logout_redirect_uri: uri };
    for (const session of [person.session, null]) {
      expect(await server.logout(form, session)).toMatchObject({ kind: 'error_page', status: 400 });
      expect(await server.logout(form, session, { method: 'POST', confirmed: true })).toMatchObject({
        kind: 'error_page',
      });
    }
  });

  it.each([
    ['an address and no application', { post_logout_redirect_uri: BYE }],
    ['an unknown application', { client_id: 'nobody' }],
    ['a hint that is none of ours', { id_token_hint: 'a.b.c', post_logout_redirect_uri: BYE }],
  ])('%s', async (_, form) => {
    expect(await server.logout(form, person.session)).toMatchObject({ kind: 'error_page', status: 400 });
  });

  it('a client_id that is not the hint\u2019s', async () => {
    const other = await server.application({ postLogoutRedirectUris: [BYE] });
    const form = { id_token_hint: hint, client_id: other.clientId, post_logout_redirect_uri: BYE };
    expect(await server.logout(form, person.session)).toMatchObject({ kind: 'error_page' });
  });

  it('a repeated parameter, another method, another body', async () => {
    expect(await server.logout('state=a&state=b', person.session)).toMatchObject({ kind: 'error_page' });
    expect(await server.logout('', person.session, { method: 'PUT' })).toMatchObject({
      kind: 'error_page',
      status: 405,
    });
  });

  it('a tampered hint', async () => {
    const [header, , signature] = hint.split('.');
    const payload = Buffer.from(JSON.stringify({ sub: person.accountId, sid: person.session.sessionId }));
    const forged = `${header}.${payload.toString('base64url')}.${signature}`;
    expect(await server.logout({ id_token_hint: forged }, person.session)).toMatchObject({ kind: 'error_page' });
  });
});
