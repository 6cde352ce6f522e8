import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import type { EndpointResponse } from '../../src/protocol/endpoint.ts';
import { newFamilyId, type RefreshTokenKey } from '../../src/protocol/refresh-token-text.ts';
import {
  digestOf,
  newSecret,
  presentedSecret,
  type Secret,
  systemRandomness,
} from '../../src/vocabulary/credentials.ts';
import { basic, codeFor, json, openServer, type SignedIn, type TestServer, text, tokensFor } from './server.ts';

let server: TestServer;
let application: Application;
let person: SignedIn;
beforeAll(async () => {
  server = await openServer();
  application = await server.application();
  person = await server.person();
});
afterAll(() => server.close());

const refresh = (token: string, form: Readonly<Record<string, string>> = {}, by: Application = application) =>
  server.token({ grant_type: 'refresh_token', refresh_token: token, ...form }, { authorization: basic(by) });
const begin = async (query = {}) => text(await tokensFor(server, application, person, query), 'refresh_token');
const next = (response: EndpointResponse) => text(response, 'refresh_token');
const works = async (response: EndpointResponse) =>
  (await server.profile({ authorization: `Bearer ${text(response, 'access_token')}` })).status === 200;

describe('RFC 6749 §6: refreshing', () => {
  it('brings a new access token and a new refresh token', async () => {
    const first = await tokensFor(server, application, person, { scope: 'read' });
    const second = await refresh(next(first));
    expect(json(second)).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read',
      refresh_token: expect.stringMatching(/^[A-Za-z0-9_-]{64}$/),
    });
    expect(next(second)).not.toBe(next(first));
    expect(text(second, 'access_token')).not.toBe(text(first, 'access_token'));
    expect(await works(second)).toBe(true);
  });

  it('may narrow the scope of the access token, and not of the refresh token', async () => {
    const narrowed = await refresh(await begin({ scope: 'openid read' }), { scope: 'read' });
    expect(json(narrowed)).toMatchObject({ scope: 'read' });
    expect(json(narrowed)).not.toHaveProperty('id_token');
    expect(json(await refresh(next(narrowed)))).toMatchObject({ scope: 'openid read' });
  });

  it.each(['openid read email', 'write', 'nonsense'])('never grows the scope to %s', async (scope) => {
    const token = await begin({ scope: 'openid read' });
    expect(await refresh(token, { scope })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    expect((await refresh(token)).status).toBe(200);
  });

  it('leaves out what the application is no longer assigned (ASVS 10.4.11)', async () => {
    const changing = await server.application({ scopes: ['read', 'email'] });
    const token = next(await tokensFor(server, changing, person));
    await server.storage.applications.updateApplication({ ...changing, scopes: ['read'] });
    const narrowed = await refresh(token, {}, changing);
    expect(json(narrowed)).toMatchObject({ scope: 'read' });
    await server.storage.applications.updateApplication({ ...changing, scopes: ['write'] });
    expect(await refresh(next(narrowed), {}, changing)).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  it('is refused to a missing or unknown token', async () => {
    expect(await refresh('')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await refresh('unknown')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh('a'.repeat(64))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is refused to another client, and does the token no harm', async () => {
    const thief = await server.application();
    const token = await begin();
    expect(await refresh(token, {}, thief)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await refresh(token)).status).toBe(200);
  });
});

describe('RFC 9700 #13, ASVS 10.4.5, D1, D2, GHSA-7w99-5wm4-3g79, GHSA-pw9m-5jxm-xr6h: rotation', () => {
  it('gives the same successor to the predecessor within 30 s', async () => {
    const token = await begin();
    const first = await refresh(token);
    server.pass(29);
    const repeated = await refresh(token);
    expect(next(repeated)).toBe(next(first));
    expect(await works(first)).toBe(true);
    expect(await works(repeated)).toBe(true);
    expect((await refresh(next(first))).status).toBe(200);
  });

  it('gives one successor to 20 requests at once (CVE-2026-1035)', async () => {
    const token = await begin();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(next)).size).toBe(1);
  });

  it('ends the family when the predecessor comes after its window', async () => {
    const token = await begin();
    const first = await refresh(token);
    server.pass(31);
    const late = await refresh(token);
    expect(late).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringMatching(/used before/) },
    });
    expect(await works(first)).toBe(false);
    expect(await refresh(next(first))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringMatching(/was revoked/) },
    });
  });

  it('ends the window as soon as the successor is used', async () => {
    const token = await begin();
    const first = await refresh(token);
    const second = await refresh(next(first));
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await works(second)).toBe(false);
  });

  it('ends the family for any older token, though the clock stands still (CVE-2026-9802)', async () => {
    const token = await begin();
    const third = await refresh(next(await refresh(next(await refresh(token)))));
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(next(third))).toMatchObject({ status: 400 });
  });

  it('never revives a family that was revoked, inside the window either (D2, keycloak#51312)', async () => {
    const token = await begin();
    const first = await refresh(token);
    await server.revoke({ token: next(first) }, { authorization: basic(application) });
    for (const shown of [token, next(first)]) {
      expect(await refresh(shown)).toMatchObject({
        body: { error: 'invalid_grant', error_description: expect.stringMatching(/revoked/) },
      });
    }
  });

  it('gives the same successor though the server key was changed in between', async () => {
    const token = await begin();
    const before = server.keys.refresh;
    const first = await refresh(token);
    server.keys.refresh = { current: Buffer.alloc(32, 9) as RefreshTokenKey, previous: [before.current] };
    expect(next(await refresh(token))).toBe(next(first));
    const second = await refresh(next(first));
    expect(second.status).toBe(200);
    expect(next(await refresh(next(first)))).toBe(next(second));
  });
});

describe('ASVS 10.4.8: the end of a family', () => {
  it('comes after its lifetime, whatever was done', async () => {
    const short = await server.application({ refreshTokenLifetimeSeconds: 100, refreshTokenIdleSeconds: null });
    const token = next(await tokensFor(server, short, person));
    server.pass(99);
    const successor = next(await refresh(token, {}, short));
    server.pass(1);
    expect(await refresh(successor, {}, short)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: expect.stringMatching(/expired/) },
    });
  });

  it('comes when it was not used for so long, and each use moves it', async () => {
    const idle = await server.application({ refreshTokenLifetimeSeconds: null, refreshTokenIdleSeconds: 100 });
    let token = next(await tokensFor(server, idle, person));
    for (let use = 0; use < 3; use += 1) {
      server.pass(99);
      token = next(await refresh(token, {}, idle));
    }
    server.pass(100);
    expect(await refresh(token, {}, idle)).toMatchObject({
      status: 400,
      body: { error_description: expect.stringMatching(/expired/) },
    });
  });

  it('never comes where the application has neither', async () => {
    const endless = await server.application({ refreshTokenLifetimeSeconds: null, refreshTokenIdleSeconds: null });
    const token = next(await tokensFor(server, endless, await server.person()));
    server.pass(10 * 365 * 86_400);
    expect((await refresh(token, {}, endless)).status).toBe(200);
  });

  it('comes when the person is disabled (ASVS 7.4.2)', async () => {
    const leaving = await server.person();
    const token = next(await tokensFor(server, application, leaving));
    await server.storage.accounts.disableAccount(leaving.accountId, server.clock());
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('a refresh token imported from another server', () => {
  it('works as it is, and its successor has our form', async () => {
    const foreign = newSecret<'refresh_token'>(systemRandomness, 22);
    const show = await importFamily(foreign);
    const first = await show(foreign);
    expect(first.status).toBe(200);
    expect(next(first)).toMatch(/^[A-Za-z0-9_-]{64}$/);
    expect(next(await show(foreign))).toBe(next(first));
    expect((await refresh(next(first))).status).toBe(200);
  });

  it('works though its text happens to look like ours', async () => {
    const foreign = presentedSecret<'refresh_token'>('b'.repeat(64));
    const show = await importFamily(foreign);
    expect((await show(foreign)).status).toBe(200);
  });

  /**
   * Begins a family whose first token has a foreign text, and gives what refreshes with the index by digest in place that
   * an import fills: it alone knows the family of such a text.
   */
  async function importFamily(foreign: Secret<'refresh_token'>): Promise<(token: string) => Promise<EndpointResponse>> {
    const guest = await server.person();
    const code = presentedSecret<'code'>(await codeFor(server, application, guest));
    const familyId = newFamilyId(systemRandomness);
    const nowMs = server.clock();
    const shared = { applicationId: application.id, accountId: guest.accountId, scope: ['read'], context: null };
    const { outcome } = await server.storage.grants.redeemCode({
      codeDigest: digestOf(code),
      applicationId: application.id,
      family: {
        ...shared,
        ...guest.session,
        familyId,
        nonce: null,
        refreshDigest: digestOf(foreign),
        startedAtMs: nowMs,
        expiresAtMs: null,
        idleExpiresAtMs: null,
      },
      accessToken: {
        ...shared,
        familyId,
        tokenDigest: digestOf(newSecret<'access_token'>(systemRandomness)),
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + 1_000,
      },
      nowMs,
    });
    expect(outcome).toBe('redeemed');
    const { grants } = server.storage;
    const byDigest: typeof grants.findRefreshToken = ({ familyId: named, digest }) =>
      grants.findRefreshToken({ familyId: named ?? (digest.equals(digestOf(foreign)) ? familyId : null), digest });
    const deps = { ...server.deps, grants: { ...grants, findRefreshToken: byDigest } };
    return (token) =>
      server.token({ grant_type: 'refresh_token', refresh_token: token }, { authorization: basic(application) }, deps);
  }
});
