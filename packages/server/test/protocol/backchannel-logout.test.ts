import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHardenedFetch } from '../../src/fetch/hardened-fetch.ts';
import type { Application } from '../../src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import {
  deliverLogoutNotices,
  LOGOUT_EVENT,
  LOGOUT_TOKEN_LIFETIME_SECONDS,
  RETRY_DELAYS_MS,
} from '../../src/protocol/backchannel-logout.ts';
import { ISSUER, openServer, type SignedIn, type TestServer, tokensFor } from './server.ts';

/** An application that hears of logouts: what came, and what it answers. */
interface Listener {
  readonly uri: string;
  readonly heard: { contentType: string | undefined; body: string }[];
  answers: number;
  readonly server: Server;
}

let server: TestServer;
let listener: Listener;
beforeAll(async () => {
  server = await openServer();
  listener = await listen();
});
beforeEach(async () => {
  listener.answers = 200;
  await deliver();
  listener.heard.length = 0;
});
afterAll(async () => {
  listener.server.close();
  await server.close();
});

async function listen(): Promise<Listener> {
  const heard: Listener['heard'] = [];
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      heard.push({ contentType: request.headers['content-type'], body });
      response.statusCode = made.answers;
      response.end('thank you');
    });
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const uri = `http://127.0.0.1:${(http.address() as AddressInfo).port}/logged-out?of=us`;
  const made: Listener = { uri, heard, answers: 200, server: http };
  return made;
}

/** A person signed in at an application that is told. */
async function signedIn(): Promise<{ application: Application; person: SignedIn }> {
  const application = await server.application({
    settings: { ...DEFAULT_SETTINGS, backchannelLogoutUri: listener.uri },
  });
  const person = await server.person();
  await tokensFor(server, application, person, { scope: 'openid' });
  return { application, person };
}

function deliver(): Promise<number> {
  return deliverLogoutNotices({
    issuer: ISSUER,
    logoutNotices: server.storage.logoutNotices,
    applications: server.storage.applications,
    signer: server.signer,
    pairwiseKey: server.deps.pairwiseKey,
    fetcher: createHardenedFetch({ resolve: async () => [], allowLoopback: true }),
    clock: server.clock,
    randomness: randomBytes,
    attempted: () => undefined,
  });
}

function lastToken(): string {
  const token = new URLSearchParams(listener.heard.at(-1)?.body).get('logout_token');
  if (token === null) throw new Error('no logout token came');
  return token;
}

async function record(application: Application) {
  const [notice] = await server.storage.logoutNotices.listLogoutNotices(application.id, 1);
  return notice;
}

describe('OpenID Connect Back-Channel Logout 1.0 §2.4', () => {
  it('posts a token that says who, to whom, of which session, and what happened', async () => {
    const { application, person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    expect(await deliver()).toBe(1);
    const keys = createLocalJWKSet((await server.signer.publicKeySet()) as unknown as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(lastToken(), keys, {
      issuer: ISSUER,
      audience: application.clientId,
      typ: 'logout+jwt',
      currentDate: new Date(server.clock()),
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload.sub).toBe(person.accountId);
    expect(payload['sid']).toBe(person.session.sessionId);
    expect(payload['events']).toEqual({ [LOGOUT_EVENT]: {} });
    expect(payload.jti).toMatch(/^[\w-]{22}$/);
  });

  it('carries no nonce and lives for two minutes at most (ASVS 10.5.5)', async () => {
    const { person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    await deliver();
    const claims = decodeJwt(lastToken());
    expect(claims).not.toHaveProperty('nonce');
    expect(Number(claims.exp) - Number(claims.iat)).toBe(LOGOUT_TOKEN_LIFETIME_SECONDS);
    expect(LOGOUT_TOKEN_LIFETIME_SECONDS).toBeLessThanOrEqual(120);
  });

  it('is no ID token to this server either: a logout token is no hint that spares the question', async () => {
    const { application, person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    await deliver();
    const later = await server.signIn(person.accountId);
    const outcome = await server.logout({ id_token_hint: lastToken(), client_id: application.clientId }, later.session);
    expect(outcome.kind).toBe('ask');
  });
});

describe('OpenID Connect Back-Channel Logout 1.0 §2.5', () => {
  it('posts it as a form with the one parameter, and keeps the query of the address', async () => {
    const { person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    await deliver();
    expect(listener.heard).toHaveLength(1);
    expect(listener.heard[0]?.contentType).toBe('application/x-www-form-urlencoded');
    expect([...new URLSearchParams(listener.heard[0]?.body).keys()]).toEqual(['logout_token']);
    expect(decodeProtectedHeader(lastToken()).typ).toBe('logout+jwt');
  });

  it('tells an application whose access the person revokes', async () => {
    const { application, person } = await signedIn();
    await server.storage.connections.disconnect(person.accountId, application.id, server.clock());
    expect(await deliver()).toBe(1);
    expect(decodeJwt(lastToken())['sid']).toBe(person.session.sessionId);
    expect(await record(application)).toMatchObject({ reason: 'access_revoked', state: 'delivered' });
  });
});

describe('OpenID Connect Back-Channel Logout 1.0 §2.8', () => {
  it('takes 200 for done, and records it', async () => {
    const { application, person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    await deliver();
    expect(await record(application)).toMatchObject({ state: 'delivered', detail: 'answered 200', attempt: 1 });
    server.pass(86_400);
    expect(await deliver()).toBe(0);
  });

  it('tries again later where it is not taken, with a new token each time, and gives up in the end', async () => {
    const { application, person } = await signedIn();
    listener.answers = 503;
    await server.storage.sessions.endSession(person.session.sessionId);
    await deliver();
    const first = decodeJwt(lastToken());
    expect(await record(application)).toMatchObject({ state: 'waiting', attempt: 1 });
    expect((await record(application))?.detail).toContain('503');
    for (const delayMs of RETRY_DELAYS_MS) {
      server.pass(delayMs / 1_000 - 1);
      expect(await deliver()).toBe(0);
      server.pass(1);
      expect(await deliver()).toBe(1);
    }
    expect(decodeJwt(lastToken()).jti).not.toBe(first.jti);
    expect(Number(decodeJwt(lastToken()).exp) * 1_000).toBeGreaterThan(server.clock());
    expect(await record(application)).toMatchObject({ state: 'failed', attempt: RETRY_DELAYS_MS.length + 1 });
    server.pass(30 * 86_400);
    expect(await deliver()).toBe(0);
  });

  it('is delivered by a process that starts later: the queue is in the database', async () => {
    const { application, person } = await signedIn();
    await server.storage.sessions.endSession(person.session.sessionId);
    server.pass(7_200);
    expect(await deliver()).toBe(1);
    expect(await record(application)).toMatchObject({ state: 'delivered' });
  });

  it('sends nothing to an application that took its address back, or was disabled, meanwhile', async () => {
    const { applications } = server.storage;
    const changes = [
      (application: Application) => applications.updateApplication({ ...application, settings: DEFAULT_SETTINGS }),
      ({ id }: Application) => applications.setDisabled(id, server.clock(), server.clock()),
    ];
    for (const change of changes) {
      const { application, person } = await signedIn();
      await server.storage.sessions.endSession(person.session.sessionId);
      await change(application);
      await deliver();
      expect(await record(application)).toMatchObject({ state: 'failed' });
    }
    expect(listener.heard).toEqual([]);
  });
});
