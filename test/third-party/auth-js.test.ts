/** Auth.js (`@auth/core`), as it comes from the registry: OpenID Connect by discovery, with PKCE, state and nonce. */
import { Auth, type AuthConfig } from '@auth/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openSite, register, type Site } from '../black-box/site.ts';
import { formOf, type Person } from '../person.ts';
import { fetchListener, futureAddress, type Listening, listen, thereAndBack, visitorOf } from './application.ts';

describe.each(ENGINES)('Auth.js, on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: Listening;
  const received: Record<string, unknown>[] = [];
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    const url = await futureAddress();
    const { clientId, clientSecret } = await register(alice, { redirect_uris: `${url}/auth/callback/diapason` });
    const config: Omit<AuthConfig, 'raw'> = {
      basePath: '/auth',
      trustHost: true,
      secret: 'a-secret-of-at-least-32-characters',
      providers: [
        {
          id: 'diapason',
          name: 'Diapason',
          type: 'oidc',
          issuer: `${site.url}/o`,
          clientId,
          clientSecret: clientSecret ?? '',
          checks: ['pkce', 'state', 'nonce'],
          // The claims of the person are at userinfo: our ID tokens stay small.
          idToken: false,
        },
      ],
      logger: { error: () => undefined },
      callbacks: {
        jwt: ({ token, account }) => {
          if (account) received.push({ ...account });
          return token;
        },
      },
    };
    application = await listen(
      url,
      fetchListener(url, async (request) =>
        new URL(request.url).pathname.startsWith('/auth/') ? Auth(request, config) : new Response('home'),
      ),
    );
  });
  afterAll(async () => {
    await application?.close();
    await site?.dispose();
  });

  it('signs in, with an ID token that it accepts and a refresh token', async () => {
    const visitor = visitorOf(application);
    const page = await visitor.open('/auth/signin');
    const left = await visitor.submit(formOf(page, { button: 'Sign in with Diapason' }));
    const asked = left.leftFor?.searchParams;
    expect(asked?.get('code_challenge_method')).toBe('S256');
    await thereAndBack(visitor, left, alice);
    const session = JSON.parse((await visitor.open('/auth/session')).text);
    expect(session).toMatchObject({ user: { name: 'First Last', email: 'alice@example.org' } });
    expect(received).toEqual([
      expect.objectContaining({
        provider: 'diapason',
        id_token: expect.any(String),
        refresh_token: expect.any(String),
      }),
    ]);
  });

  it('shows its own page when the person does not allow it', async () => {
    const visitor = visitorOf(application);
    const bob = await site.member(`bob-${engine}`);
    const left = await visitor.submit(formOf(await visitor.open('/auth/signin'), { button: 'Sign in with Diapason' }));
    const back = await bob.allow(await bob.open(left.leftFor?.href ?? ''), 'Cancel');
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect((await visitor.open(back.href)).url).toContain('error');
    expect(JSON.parse((await visitor.open('/auth/session')).text)).toBeNull();
  });
});
