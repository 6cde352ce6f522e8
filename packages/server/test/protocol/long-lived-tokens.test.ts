import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Application } from '../../src/protocol/application.ts';
import { watchingLongLivedTokens } from '../../src/protocol/long-lived-tokens.ts';
import { digestOf, presentedSecret } from '../../src/vocabulary/credentials.ts';
import { basic, openServer, text, tokensFor } from './server.ts';

const DAY_SECONDS = 86_400;
/** As django-oauth-toolkit has it. */
const DJANGOS = {
  accessTokenLifetimeSeconds: 36_000,
  refreshTokenLifetimeSeconds: null,
  refreshTokenIdleSeconds: null,
};

let server: Awaited<ReturnType<typeof openServer>>;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('the evidence for shorter lifetimes', () => {
  it('is the last use of an access token that was older than an hour, and of a younger one nothing', async () => {
    const { application, grants, access } = await signedIn();
    server.pass(3_599);
    await grants.findAccessToken(access);
    expect((await kept(application)).lastLongAccessTokenAtMs).toBeNull();
    server.pass(1);
    expect((await grants.findAccessToken(access))?.isActive).toBe(true);
    await vi.waitFor(async () => expect((await kept(application)).lastLongAccessTokenAtMs).toBe(server.clock()));
    expect((await kept(application)).lastLongRefreshTokenAtMs).toBeNull();
  });

  it('does not count one that has expired', async () => {
    const { application, grants, access } = await signedIn();
    server.pass(36_000);
    await grants.findAccessToken(access);
    expect((await kept(application)).lastLongAccessTokenAtMs).toBeNull();
  });

  it('is the last use of a refresh token that nobody used for 30 days', async () => {
    const { application, grants, refresh } = await signedIn();
    server.pass(30 * DAY_SECONDS - 1);
    await grants.findRefreshToken(refresh);
    expect((await kept(application)).lastLongRefreshTokenAtMs).toBeNull();
    server.pass(1);
    await grants.findRefreshToken(refresh);
    await vi.waitFor(async () => expect((await kept(application)).lastLongRefreshTokenAtMs).toBe(server.clock()));
  });

  it('is the last use of one of a sign-in 90 days ago, however often it was used', async () => {
    const { application, grants, refresh, refreshToken } = await signedIn();
    let current = refreshToken;
    for (let month = 0; month < 3; month += 1) {
      server.pass(29 * DAY_SECONDS);
      const form = { grant_type: 'refresh_token', refresh_token: current };
      const response = await server.token(form, { authorization: basic(application) }, { ...server.deps, grants });
      current = text(response, 'refresh_token');
    }
    expect((await kept(application)).lastLongRefreshTokenAtMs).toBeNull();
    server.pass(3 * DAY_SECONDS);
    await grants.findRefreshToken({ ...refresh, digest: digestOf(presentedSecret(current)) });
    await vi.waitFor(async () => expect((await kept(application)).lastLongRefreshTokenAtMs).toBe(server.clock()));
  });

  it('does not count a revoked refresh token', async () => {
    const { application, grants, refresh } = await signedIn();
    server.pass(100 * DAY_SECONDS);
    await grants.revokeFamily(refresh.familyId, server.clock());
    expect((await grants.findRefreshToken(refresh))?.revoked).toBe(true);
    expect((await kept(application)).lastLongRefreshTokenAtMs).toBeNull();
  });
});

const kept = async ({ id }: Application) => {
  const application = await server.storage.applications.findApplication(id);
  if (application === null) throw new Error('gone');
  return application;
};

async function signedIn() {
  const { storage, clock } = server;
  const application = await server.application(DJANGOS);
  const response = await tokensFor(server, application, await server.person());
  const access = digestOf(presentedSecret(text(response, 'access_token')));
  const refreshToken = text(response, 'refresh_token');
  const digest = digestOf(presentedSecret(refreshToken));
  const token = await storage.grants.findAccessToken(access);
  if (token?.token.familyId == null) throw new Error('no family');
  return {
    application,
    grants: watchingLongLivedTokens(storage.grants, { longLivedUse: storage.longLivedUse, clock }),
    access,
    refresh: { familyId: token.token.familyId, digest },
    refreshToken,
  };
}
