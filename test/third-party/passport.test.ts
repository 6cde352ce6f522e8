/** Passport's OAuth 2 strategy (`passport-oauth2`) in Express, as they come from the registry: code flow with PKCE and state. */
import express from 'express';
import passport from 'passport';
import OAuth2Strategy, { type VerifyCallback } from 'passport-oauth2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';
import { futureAddress, type Listening, listen, thereAndBack, visitorOf } from './application.ts';

describe.each(ENGINES)('passport-oauth2, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: Listening;
  let strategy: OAuth2Strategy;
  const received: { accessToken: string; refreshToken: string }[] = [];
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    const url = await futureAddress();
    const { clientId, clientSecret } = await register(alice, { redirect_uris: `${url}/callback` });
    strategy = new OAuth2Strategy(
      {
        authorizationURL: `${site.url}/o/authorize/`,
        tokenURL: `${site.url}/o/token/`,
        clientID: clientId,
        clientSecret: clientSecret ?? '',
        callbackURL: `${url}/callback`,
        scope: 'read',
        state: true,
        pkce: true,
      },
      (accessToken: string, refreshToken: string, _profile: unknown, done: VerifyCallback) => {
        received.push({ accessToken, refreshToken });
        done(null, { accessToken });
      },
    );
    passport.use(`diapason-${engine}`, strategy);
    const app = express();
    // One visitor: the session that the strategy keeps state and verifier in is one object.
    const session = {};
    app.use((request, _response, next) => {
      Object.assign(request, { session });
      next();
    });
    const signIn = passport.authenticate(`diapason-${engine}`, { session: false });
    app.get('/', signIn);
    app.get('/callback', signIn, async (request, response) => {
      const { accessToken } = request.user as { accessToken: string };
      const profile = await fetch(`${site.url}/profile/`, { headers: { authorization: `Bearer ${accessToken}` } });
      response.json(await profile.json());
    });
    application = await listen(url, app);
  });
  afterAll(async () => {
    await application?.close();
    await site?.dispose();
  });

  it('signs in and reads the profile', async () => {
    const visitor = visitorOf(application);
    const left = await visitor.open('/');
    expect(left.leftFor?.searchParams.get('code_challenge_method')).toBe('S256');
    const end = await thereAndBack(visitor, left, alice);
    expect(end.status).toBe(200);
    expect(JSON.parse(end.text)).toMatchObject({ username: 'alice', first_name: 'First', last_name: 'Last' });
  });

  it('refreshes by the client that it is built on', async () => {
    const refreshToken = received[0]?.refreshToken ?? '';
    const { promise, resolve, reject } = Promise.withResolvers<{ accessToken: string; refreshToken: string }>();
    // The strategy keeps its client protected; `passport-oauth2-refresh` reaches it the same way.
    strategy['_oauth2'].getOAuthAccessToken(
      refreshToken,
      { grant_type: 'refresh_token' },
      (error: unknown, accessToken = '', next = '') => {
        if (error) reject(error);
        else resolve({ accessToken, refreshToken: next });
      },
    );
    const renewed = await promise;
    expect(renewed.accessToken).not.toBe(received[0]?.accessToken);
    expect(renewed.refreshToken).not.toBe(refreshToken);
  });
});
