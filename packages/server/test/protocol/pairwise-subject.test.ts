import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { signLogoutToken } from '../../src/protocol/backchannel-logout.ts';
import { frontchannelLogoutUrl } from '../../src/protocol/frontchannel-logout.ts';
import { sectorOf, subjectOf } from '../../src/protocol/pairwise-subject.ts';
import {
  basic,
  CALLBACK,
  json,
  openServer,
  redirected,
  type SignedIn,
  type TestServer,
  text,
  tokensFor,
} from './server.ts';

let server: TestServer;
let alice: SignedIn;
let bob: SignedIn;
beforeAll(async () => {
  server = await openServer();
  alice = await server.person({ id: '4711' });
  bob = await server.person();
});
afterAll(() => server.close());

const pairwise = (settings: Partial<ApplicationSettings> = {}, overrides: Partial<Application> = {}) =>
  server.application({
    settings: { ...DEFAULT_SETTINGS, subjectType: 'pairwise', ...settings },
    ...overrides,
  });
const at = (uri: string) => ({ redirectUris: [uri] });
const subOf = async (application: Application, person: SignedIn) =>
  decodeJwt(text(await tokensFor(server, application, person), 'id_token'))['sub'];
const asked = (application: Application, query: Record<string, string>, person: SignedIn) =>
  server.authorize(
    { response_type: 'code', client_id: application.clientId, scope: 'openid', prompt: 'none', ...query },
    person.browser,
  );
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('OpenID Connect Core §8.1: pairwise identifiers', () => {
  it('are the same each time, of one person, at one sector, and of nobody and nowhere else', async () => {
    const one = await pairwise();
    const sub = await subOf(one, alice);
    expect(sub).toMatch(/^[\w-]{43}$/);
    expect(await subOf(one, await server.signIn(alice.accountId))).toBe(sub);
    expect(await subOf(one, bob)).not.toBe(sub);
    expect(await subOf(await pairwise({}, at('https://app.example/other')), alice)).toBe(sub);
    expect(await subOf(await pairwise({}, at('https://other.example/callback')), alice)).not.toBe(sub);
    expect(await subOf(await server.application(), alice)).toBe(alice.accountId);
  });

  it('go by the host of the sector identifier URI, wherever the redirect URIs lead', async () => {
    const sectorIdentifierUri = 'https://app.example/uris.json';
    const moved = await pairwise({ sectorIdentifierUri }, at('https://moved.example/callback'));
    expect(await subOf(moved, alice)).toBe(await subOf(await pairwise(), alice));
  });

  it.each([
    ['http://localhost:3000/callback'],
    ['http://127.0.0.1/callback'],
    ['http://[::1]/callback'],
    ['com.example.app:/callback'],
  ])('are of one application alone at %s, which others may have too', async (uri) => {
    const [one, other] = [await pairwise({}, at(uri)), await pairwise({}, at(uri))];
    expect(sectorOf(one)).toBe(`client:${one.clientId}`);
    expect(subjectOf('a', one, server.deps.pairwiseKey)).not.toBe(subjectOf('a', other, server.deps.pairwiseKey));
  });

  it('cannot be found without the key', () => {
    const application = { ...DEFAULT_SETTINGS, subjectType: 'pairwise' } as const;
    const owner = { clientId: alice.accountId as never, redirectUris: [CALLBACK], settings: application };
    const keys = [server.deps.pairwiseKey, Buffer.alloc(32, 5) as typeof server.deps.pairwiseKey];
    const [one, other] = keys.map((key) => subjectOf('a', owner, key));
    expect(one).not.toBe(other);
  });
});

describe('OpenID Connect Core §8: wherever the subject leaves, it is the pairwise one', () => {
  it('in ID token, JWT access token, userinfo and /profile/, which has no number then', async () => {
    const application = await pairwise({ accessTokenFormat: 'jwt' });
    const issued = await tokensFor(server, application, alice);
    const token = text(issued, 'access_token');
    const sub = subjectOf(alice.accountId, application, server.deps.pairwiseKey);
    expect(decodeJwt(text(issued, 'id_token'))).toMatchObject({ sub });
    expect(decodeJwt(token)).toMatchObject({ sub });
    expect(json(await server.userinfo(bearer(token)))).toMatchObject({ sub });
    expect(json(await server.profile(bearer(token)))).toMatchObject({ id: sub });
    for (const jwt of [token, text(issued, 'id_token')]) {
      expect(JSON.stringify(decodeJwt(jwt))).not.toContain(alice.accountId);
      expect(JSON.stringify(decodeJwt(jwt))).not.toContain(alice.session.sessionId);
    }
  });

  it('in signed userinfo, and where the parameter claims asks for sub', async () => {
    const application = await pairwise({ userinfoSigningAlgorithm: 'ES256' });
    const claims = JSON.stringify({ userinfo: { sub: null }, id_token: { sub: null } });
    const issued = await tokensFor(server, application, alice, { scope: 'openid', claims });
    const sub = subjectOf(alice.accountId, application, server.deps.pairwiseKey);
    expect(decodeJwt(text(issued, 'id_token'))).toMatchObject({ sub });
    const userinfo = await server.userinfo(bearer(text(issued, 'access_token')));
    expect(decodeJwt(String(userinfo.body))).toMatchObject({ sub });
  });

  it('in introspection, of access and refresh token, for whoever looks; and there is no username', async () => {
    const application = await pairwise();
    const all = await server.application({ scopes: ['introspection'] });
    const issued = await tokensFor(server, application, alice);
    const sub = subjectOf(alice.accountId, application, server.deps.pairwiseKey);
    for (const by of [application, all]) {
      for (const name of ['access_token', 'refresh_token']) {
        const state = json(await server.introspect({ token: text(issued, name) }, { authorization: basic(by) }));
        expect(state).toMatchObject({ active: true, sub });
        expect(state).not.toHaveProperty('username');
      }
    }
  });

  it('after a refresh (§12.2), also when the setting is changed meanwhile, with the sid of the sign-in', async () => {
    const application = await pairwise();
    const first = await tokensFor(server, application, alice);
    await server.storage.applications.updateApplication({
      ...application,
      settings: { ...application.settings, subjectType: 'public' },
    });
    server.pass(2);
    const again = await server.token(
      { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') },
      { authorization: basic(application) },
    );
    const [before, after] = [first, again].map((response) => decodeJwt(text(response, 'id_token')));
    expect(after).toMatchObject({ sub: before?.['sub'], sid: before?.['sid'] });
    expect(await subOf(application, alice)).toBe(alice.accountId);
  });

  it('in the tokens of a device', async () => {
    const application = await pairwise();
    const started = await server.deviceAuthorization({ scope: 'openid' }, { authorization: basic(application) });
    await server.decideDevice(text(started, 'user_code'), true, alice.session);
    const issued = await server.token(
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: text(started, 'device_code') },
      { authorization: basic(application) },
    );
    const sub = subjectOf(alice.accountId, application, server.deps.pairwiseKey);
    expect(decodeJwt(text(issued, 'id_token'))).toMatchObject({ sub });
    expect(json(await server.userinfo(bearer(text(issued, 'access_token'))))).toMatchObject({ sub });
  });

  it('in logout tokens and in frames, with a sid that is of this application alone', async () => {
    const application = await pairwise({
      frontchannelLogoutUri: 'https://app.example/bye',
      frontchannelLogoutSessionRequired: true,
    });
    const other = await pairwise({}, at('https://other.example/callback'));
    const idToken = decodeJwt(text(await tokensFor(server, application, alice), 'id_token'));
    const { sessionId } = alice.session;
    const logoutToken = decodeJwt(await signLogoutToken({ ...alice, sessionId }, application, server.deps));
    expect(logoutToken).toMatchObject({ sub: idToken['sub'], sid: idToken['sid'] });
    const frame = new URL(String(frontchannelLogoutUrl(application, sessionId, server.deps)));
    expect(frame.searchParams.get('sid')).toBe(idToken['sid']);
    const elsewhere = decodeJwt(text(await tokensFor(server, other, alice), 'id_token'));
    expect(elsewhere['sid']).not.toBe(idToken['sid']);
  });

  it('of an exchanged token as the exchanging application knows the person, and whoever acts (RFC 8693 §4.1)', async () => {
    const front = await server.application({ scopes: ['openid', 'read'] });
    const exchanging = { tokenExchange: 'impersonation-and-delegation', accessTokenFormat: 'jwt' } as const;
    const service = await pairwise(
      { ...exchanging, tokenExchangeSubjectClients: [front.clientId] },
      at('https://service.example/callback'),
    );
    const actor = await tokensFor(server, service, bob, { scope: 'read' });
    const exchanged = await server.token(
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: text(await tokensFor(server, front, alice), 'access_token'),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        actor_token: text(actor, 'access_token'),
        actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
      { authorization: basic(service) },
    );
    const key = server.deps.pairwiseKey;
    expect(decodeJwt(text(exchanged, 'access_token'))).toMatchObject({
      sub: subjectOf(alice.accountId, service, key),
      act: { sub: subjectOf(bob.accountId, service, key), client_id: service.clientId },
    });
  });
});

describe('OpenID Connect Core §3.1.2.1, §5.5.1: a pairwise sub as a hint', () => {
  it('is taken at authorization, of the person themselves alone', async () => {
    const application = await pairwise();
    const hint = { id_token_hint: text(await tokensFor(server, application, alice), 'id_token') };
    expect(redirected(await asked(application, hint, alice)).get('code')).not.toBeNull();
    await tokensFor(server, application, bob);
    expect(redirected(await asked(application, hint, bob)).get('error')).toBe('login_required');
    const claims = JSON.stringify({ id_token: { sub: { value: decodeJwt(hint.id_token_hint)['sub'] } } });
    expect(redirected(await asked(application, { claims }, alice)).get('code')).not.toBeNull();
  });

  it('is no way to ask whether somebody is the person whom another application knows', async () => {
    const [application, other] = [await pairwise(), await server.application()];
    await tokensFor(server, application, alice);
    const theirs = { id_token_hint: text(await tokensFor(server, other, alice), 'id_token') };
    const byId = { claims: JSON.stringify({ id_token: { sub: { value: alice.accountId } } }) };
    for (const query of [theirs, byId]) {
      expect(redirected(await asked(application, query, alice)).get('error')).toBe('login_required');
    }
  });

  it('counts by the former name where the application was public then', async () => {
    const application = await server.application();
    const hint = { id_token_hint: text(await tokensFor(server, application, alice), 'id_token') };
    const settings = { ...application.settings, subjectType: 'pairwise' } as const;
    await server.storage.applications.updateApplication({ ...application, settings });
    server.pass(2);
    expect(redirected(await asked(application, hint, alice)).get('code')).not.toBeNull();
    expect((await server.logout(hint, alice.session)).kind).toBe('end');
  });

  it('spares the question at logout for its own session, and for no other (ASVS 10.6.2)', async () => {
    const application = await pairwise();
    const hint = { id_token_hint: text(await tokensFor(server, application, alice), 'id_token') };
    expect((await server.logout(hint, alice.session)).kind).toBe('end');
    expect((await server.logout(hint, (await server.signIn(alice.accountId)).session)).kind).toBe('ask');
    expect((await server.logout(hint, bob.session)).kind).toBe('ask');
  });
});
