import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { basic, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

let server: TestServer;
let front: Application;
let alice: SignedIn;
beforeAll(async () => {
  server = await openServer();
  front = await server.application({ scopes: ['openid', 'read', 'write'] });
  alice = await server.person();
});
afterAll(() => server.close());

/** A service with this policy; unless said it may do both, with tokens of the front application. */
const service = (settings: Partial<ApplicationSettings> = {}, overrides: Partial<Application> = {}) =>
  server.application({
    scopes: ['read', 'write', 'invoices'],
    settings: {
      ...DEFAULT_SETTINGS,
      tokenExchange: 'impersonation-and-delegation',
      tokenExchangeSubjectClients: [front.clientId],
      ...settings,
    },
    ...overrides,
  });

/** Tokens of Alice at the front application. */
const fronts = () => tokensFor(server, front, alice, { scope: 'openid read write' });

const exchange = (by: Application, subject: string, form: Record<string, string> | string = {}) => {
  const fields = { grant_type: GRANT, subject_token: subject, subject_token_type: ACCESS_TOKEN };
  const further = typeof form === 'string' ? `&${form}` : `&${new URLSearchParams(form)}`;
  return server.token(new URLSearchParams(fields).toString() + further, { authorization: basic(by) });
};

async function actorToken(of: Application): Promise<string> {
  const response = await server.token(
    { grant_type: 'client_credentials', scope: 'read' },
    { authorization: basic(of) },
  );
  return text(response, 'access_token');
}

const introspected = async (by: Application, token: string) =>
  json(await server.introspect({ token }, { authorization: basic(by) }));

describe('RFC 8693 §2.2.1: what an exchange brings', () => {
  it('is an access token of the service, about the same person, with its type and no refresh token', async () => {
    const by = await service();
    const response = await exchange(by, text(await fronts(), 'access_token'));
    expect(response.headers['cache-control']).toBe('no-store');
    expect(json(response)).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read write',
    });
    expect(await introspected(by, text(response, 'access_token'))).toMatchObject({
      active: true,
      client_id: by.clientId,
      sub: alice.accountId,
      aud: by.clientId,
    });
  });

  it('is a JWT where the application has that format, and may then be asked for as one (§3)', async () => {
    const by = await service({ accessTokenFormat: 'jwt' });
    const response = await exchange(by, text(await fronts(), 'access_token'), { requested_token_type: JWT });
    expect(json(response)).toMatchObject({ issued_token_type: JWT });
    expect(decodeJwt(text(response, 'access_token'))).toMatchObject({ sub: alice.accountId, client_id: by.clientId });
    const opaque = await exchange(await service(), text(await fronts(), 'access_token'), { requested_token_type: JWT });
    expect(opaque).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('never lives longer than the subject token', async () => {
    const subject = text(await fronts(), 'access_token');
    server.pass(3_000);
    expect(json(await exchange(await service(), subject))).toMatchObject({ expires_in: 600 });
    const short = await service({}, { accessTokenLifetimeSeconds: 60 });
    expect(json(await exchange(short, subject))).toMatchObject({ expires_in: 60 });
  });

  it('gives fewer scopes or the same, never more (ASVS 10.4.11)', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    expect(json(await exchange(by, subject, { scope: 'read' }))).toMatchObject({ scope: 'read' });
    // "invoices" the subject token does not have, "openid" the service is not assigned.
    for (const scope of ['invoices', 'openid', 'read invoices']) {
      expect(await exchange(by, subject, { scope })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    }
    // What was narrowed once stays so.
    const narrowed = text(await exchange(by, subject, { scope: 'read' }), 'access_token');
    const self = await service({ tokenExchangeSubjectClients: [by.clientId] });
    expect(await exchange(self, narrowed, { scope: 'write' })).toMatchObject({ body: { error: 'invalid_scope' } });
  });
});

describe('RFC 8693 §4.1: impersonation and delegation', () => {
  it('says nobody else in impersonation, and who acts in delegation', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    const alone = await introspected(by, text(await exchange(by, subject), 'access_token'));
    expect(alone).not.toHaveProperty('act');
    const acting = { actor_token: await actorToken(by), actor_token_type: ACCESS_TOKEN };
    const delegated = await introspected(by, text(await exchange(by, subject, acting), 'access_token'));
    expect(delegated).toMatchObject({ sub: alice.accountId, act: { sub: by.clientId, client_id: by.clientId } });
  });

  it('nests who acted before, in introspection and in a JWT, and keeps them when impersonation follows', async () => {
    const first = await service();
    const second = await service({ tokenExchangeSubjectClients: [first.clientId], accessTokenFormat: 'jwt' });
    const acting = async (of: Application) => ({ actor_token: await actorToken(of), actor_token_type: ACCESS_TOKEN });
    const subject = text(await fronts(), 'access_token');
    const one = text(await exchange(first, subject, await acting(first)), 'access_token');
    const two = text(await exchange(second, one, await acting(second)), 'access_token');
    const chain = {
      sub: second.clientId,
      client_id: second.clientId,
      act: { sub: first.clientId, client_id: first.clientId },
    };
    expect(await introspected(second, two)).toMatchObject({ act: chain });
    expect(decodeJwt(two)).toMatchObject({ sub: alice.accountId, act: chain });
    const third = await service({ tokenExchangeSubjectClients: [second.clientId] });
    expect(await introspected(third, text(await exchange(third, two), 'access_token'))).toMatchObject({ act: chain });
  });

  it('ends a chain that goes in a circle', async () => {
    const by = await service();
    const circle = await service({ tokenExchangeSubjectClients: [] });
    let token = text(
      await exchange(by, text(await fronts(), 'access_token'), { audience: by.clientId }),
      'access_token',
    );
    const round = await service({ tokenExchangeSubjectClients: [by.clientId] });
    const acting = { actor_token: await actorToken(round), actor_token_type: ACCESS_TOKEN };
    token = text(await exchange(round, token, acting), 'access_token');
    expect(await exchange(circle, token)).toMatchObject({ status: 400 });
    const own = await service({ tokenExchangeSubjectClients: [round.clientId] });
    const ownActing = { actor_token: await actorToken(own), actor_token_type: ACCESS_TOKEN };
    token = text(await exchange(own, token, ownActing), 'access_token');
    const again = { ...own.settings, tokenExchangeSubjectClients: [own.clientId] };
    await server.storage.applications.updateApplication({ ...own, settings: again });
    server.pass(2);
    for (let depth = 2; depth < 10; depth += 1) {
      token = text(await exchange(own, token, ownActing), 'access_token');
    }
    expect(await exchange(own, token, ownActing)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it.each([
    ['off', false, false],
    ['impersonation', true, false],
    ['delegation', false, true],
  ] as const)('is open as the policy says: %s', async (tokenExchange, impersonates, delegates) => {
    const by = await service({ tokenExchange });
    const subject = text(await fronts(), 'access_token');
    const acting = { actor_token: await actorToken(by), actor_token_type: ACCESS_TOKEN };
    const refusal = { status: 400, body: { error: 'unauthorized_client' } };
    expect(await exchange(by, subject)).toMatchObject(impersonates ? { status: 200 } : refusal);
    expect(await exchange(by, subject, acting)).toMatchObject(delegates ? { status: 200 } : refusal);
  });

  it('wants an actor token of its own (§2.1)', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    for (const actor of [await actorToken(front), 'unknown', subject]) {
      const response = await exchange(by, subject, { actor_token: actor, actor_token_type: ACCESS_TOKEN });
      expect(response).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });
});

describe('RFC 8693 §2.2.2: what is refused', () => {
  it('is off unless it was turned on, and for public applications always', async () => {
    const plain = await server.application();
    const subject = text(await tokensFor(server, plain, alice), 'access_token');
    expect(await exchange(plain, subject)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    const without = await server.application({ grants: ['authorization-code'] });
    expect(await exchange(without, subject)).toMatchObject({ body: { error: 'unauthorized_client' } });
    const open = await service({}, { type: 'public' });
    const response = await server.token({
      grant_type: GRANT,
      client_id: open.clientId,
      subject_token: subject,
      subject_token_type: ACCESS_TOKEN,
    });
    expect(response).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
  });

  it('is every malformed request', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    const acting = await actorToken(by);
    for (const form of [
      { grant_type: GRANT },
      { grant_type: GRANT, subject_token: subject },
      { grant_type: GRANT, subject_token_type: ACCESS_TOKEN },
      { grant_type: GRANT, subject_token: subject, subject_token_type: JWT },
      { grant_type: GRANT, subject_token: subject, subject_token_type: ACCESS_TOKEN, actor_token: acting },
      { grant_type: GRANT, subject_token: subject, subject_token_type: ACCESS_TOKEN, actor_token_type: ACCESS_TOKEN },
      {
        grant_type: GRANT,
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
      },
    ]) {
      const response = await server.token(form, { authorization: basic(by) });
      expect(response, JSON.stringify(form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('is a token of another application, of nobody, expired, unknown, or of no kind that is taken, all alike', async () => {
    const by = await service();
    const other = await server.application();
    const expired = text(await fronts(), 'access_token');
    server.pass(3_601);
    const tokens = await fronts();
    const subjects = [
      text(await tokensFor(server, other, alice), 'access_token'),
      await actorToken(by),
      expired,
      'unknown',
      text(tokens, 'refresh_token'),
      text(tokens, 'id_token'),
    ];
    for (const subject of subjects) {
      expect(await exchange(by, subject)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('is a token that is bound to a key (RFC 9449 §7)', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    const found = await server.storage.grants.findAccessToken(server.digest(subject));
    if (found === null) throw new Error('no token');
    const bound = { ...found.token, tokenDigest: server.digest('bound'), context: { confirmation: { jkt: 'x' } } };
    await server.storage.grants.issueAccessToken(bound);
    expect(await exchange(by, 'bound')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('is an audience or a resource that the policy does not name: invalid_target', async () => {
    const by = await service({ tokenExchangeAudiences: ['https://api.example'] });
    const subject = text(await fronts(), 'access_token');
    for (const target of [
      'audience=another',
      'resource=https://evil.example',
      'resource=https://api.example&audience=x',
    ]) {
      expect(await exchange(by, subject, target)).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    }
  });
});

describe('RFC 8693 §2.1: audience and resource', () => {
  it('are those of the policy, several at once too, and stand in aud', async () => {
    const next = await server.application();
    const allowed = ['https://api.example', 'https://other.example', next.clientId];
    const by = await service({ tokenExchangeAudiences: allowed });
    const target = `resource=https://api.example&resource=https://other.example&audience=${next.clientId}`;
    const token = text(await exchange(by, text(await fronts(), 'access_token'), target), 'access_token');
    expect(await introspected(by, token)).toMatchObject({ aud: allowed });
    // Whoever it is for may look at it, and exchange it further without being told whose tokens to trust.
    expect(await introspected(next, token)).toMatchObject({ active: true, client_id: by.clientId });
    const settings = { ...DEFAULT_SETTINGS, tokenExchange: 'impersonation' } as const;
    await server.storage.applications.updateApplication({ ...next, settings });
    server.pass(2);
    expect(await exchange(next, token)).toMatchObject({ status: 200 });
    expect(await introspected(await server.application(), token)).toEqual({ active: false });
  });
});

describe('one family: revoking the subject ends what was exchanged for it', () => {
  it('at its refresh token, and when the person disconnects the application', async () => {
    const by = await service();
    for (const end of [
      (tokens: Awaited<ReturnType<typeof fronts>>) =>
        server.revoke({ token: text(tokens, 'refresh_token') }, { authorization: basic(front) }),
      () => server.storage.connections.disconnect(alice.accountId, front.id, server.clock()),
    ]) {
      const tokens = await fronts();
      const exchanged = text(await exchange(by, text(tokens, 'access_token')), 'access_token');
      expect(await introspected(by, exchanged)).toMatchObject({ active: true });
      await end(tokens);
      expect(await introspected(by, exchanged)).toEqual({ active: false });
    }
  });

  it('and not the other way round: a service that revokes its token ends that one alone', async () => {
    const by = await service();
    const subject = text(await fronts(), 'access_token');
    const exchanged = text(await exchange(by, subject), 'access_token');
    await server.revoke({ token: exchanged }, { authorization: basic(by) });
    expect(await introspected(by, exchanged)).toEqual({ active: false });
    expect(await introspected(front, subject)).toMatchObject({ active: true });
  });
});
