import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { frontchannelLogoutUrl, sessionApplications } from '../../src/protocol/frontchannel-logout.ts';
import { clientId, sessionId } from '../../src/vocabulary/identifiers.ts';
import { ISSUER, openServer, type TestServer, tokensFor } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const settings = (change: Partial<ApplicationSettings>) => ({
  settings: { ...DEFAULT_SETTINGS, ...change },
});

describe('OpenID Connect Front-Channel Logout 1.0 §2 and §3', () => {
  const urlOf = (change: Partial<ApplicationSettings>) =>
    frontchannelLogoutUrl(
      { clientId: clientId('c'), redirectUris: [], ...settings(change) },
      sessionId('s 1'),
      server.deps,
    );

  it('loads the address as it was registered where no session is wanted', () => {
    expect(urlOf({ frontchannelLogoutUri: 'https://app.example/bye?a=b' })).toBe('https://app.example/bye?a=b');
    expect(urlOf({})).toBeNull();
  });

  it('adds iss and sid, both, and keeps the query', () => {
    const wanted = { frontchannelLogoutSessionRequired: true };
    const added = 'iss=https%3A%2F%2Fid.example%2Fo&sid=s+1';
    expect(urlOf({ ...wanted, frontchannelLogoutUri: 'https://app.example/bye' })).toBe(
      `https://app.example/bye?${added}`,
    );
    expect(urlOf({ ...wanted, frontchannelLogoutUri: 'https://app.example/bye?a=b' })).toBe(
      `https://app.example/bye?a=b&${added}`,
    );
  });

  it('finds every application that got tokens in the session, and how each is told', async () => {
    const person = await server.person();
    const told = [
      ['A', { backchannelLogoutUri: 'https://a.example/out' }, 'back-channel'],
      ['B', { frontchannelLogoutUri: 'https://app.example/out' }, 'front-channel'],
      ['C', {}, 'none'],
    ] as const;
    for (const [name, change] of told) {
      await tokensFor(server, await server.application({ name, ...settings(change) }), person);
    }
    await server.application({ name: 'D', ...settings({ backchannelLogoutUri: 'https://d.example/out' }) });
    const deps = {
      issuer: ISSUER,
      pairwiseKey: server.deps.pairwiseKey,
      logoutNotices: server.storage.logoutNotices,
      applications: server.storage.applications,
    };
    const found = await sessionApplications(person.session, deps);
    expect(found.map((each) => [each.application.name, each.told])).toEqual(told.map(([name, , how]) => [name, how]));
    const elsewhere = await server.signIn(person.accountId);
    expect(await sessionApplications(elsewhere.session, deps)).toEqual([]);
  });
});
