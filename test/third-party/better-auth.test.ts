/** `better-auth` with its generic OAuth plugin, as it comes from the registry: OpenID Connect by discovery, with PKCE, and refresh. */
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { futureAddress, type Listening, listen, throughSignIn, visitorOf } from './application.ts';

describe.each(ENGINES)('better-auth, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: Listening;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    const url = await futureAddress();
    const { clientId, clientSecret } = await register(alice, { redirect_uris: `${url}/api/auth/callback/diapason` });
    const auth = betterAuth({
      baseURL: url,
      secret: 'a-secret-of-at-least-32-characters-and-more',
      database: memoryAdapter({ user: [], session: [], account: [], verification: [], rateLimit: [] }),
      telemetry: { enabled: false },
      plugins: [
        genericOAuth({
          config: [
            {
              providerId: 'diapason',
              discoveryUrl: `${site.url}/o/.well-known/openid-configuration`,
              clientId,
              clientSecret: clientSecret ?? '',
              scopes: ['openid', 'profile', 'email'],
              pkce: true,
            },
          ],
        }),
      ],
    });
    application = await listen(url, toNodeHandler(auth));
  });
  afterAll(async () => {
    await application?.close();
    await site?.dispose();
  });

  it('signs in, and refreshes', async () => {
    const visitor = visitorOf(application);
    const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
      const answer = await visitor.send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: application.url },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
      return JSON.parse(text);
    };
    const { url } = await post('/api/auth/sign-in/social', { provider: 'diapason', callbackURL: '/welcome' });
    expect(new URL(String(url)).searchParams.get('code_challenge_method')).toBe('S256');
    const back = await throughSignIn(alice, new URL(String(url)));
    const end = await visitor.open(back.href);
    expect(new URL(end.url).pathname).toBe('/welcome');
    expect(JSON.parse((await visitor.open('/api/auth/get-session')).text)).toMatchObject({
      user: { name: 'First Last', email: 'alice@example.org', emailVerified: false },
    });
    const accounts = JSON.parse((await visitor.open('/api/auth/list-accounts')).text);
    expect(accounts).toEqual([expect.objectContaining({ providerId: 'diapason' })]);
    const before = await post('/api/auth/get-access-token', { accountId: accounts[0].id });
    const renewed = await post('/api/auth/refresh-token', { accountId: accounts[0].id });
    expect(renewed['accessToken']).toEqual(expect.any(String));
    expect(renewed['accessToken']).not.toBe(before['accessToken']);
  });
});
