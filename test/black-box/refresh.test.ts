/**
 * Refresh that survives real life, over HTTP on both engines: tabs that race, answers that are lost, tokens that are stolen,
 * grants that end. That a lifetime really runs out is `packages/server/test/protocol/refresh-token.test.ts`, which has a clock
 * to move; here it is what introspection says of the end.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person } from '../person.ts';
import { SERVER_PROGRAM, succeed } from '../programs.ts';
import {
  CALLBACK,
  ENGINES,
  openSite,
  PASSWORD,
  type RegisteredApplication,
  register,
  registered,
  type Site,
} from './site.ts';

type Json = Readonly<Record<string, unknown>>;
interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

describe.each(ENGINES)('refresh on %s', (engine) => {
  let site: Site;
  let developer: Person;
  let alice: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
    alice = await site.member('alice');
    application = await register(developer);
  });
  afterAll(() => site?.dispose());

  const post = (path: string, form: Record<string, string>, by: RegisteredApplication = application) =>
    fetch(new URL(path, site.url), {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${by.clientId}:${by.clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    });

  /** A fresh sign-in of this person. */
  async function signedIn(by: RegisteredApplication = application, person: Person = alice): Promise<Tokens> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: by.clientId,
      redirect_uri: CALLBACK,
      scope: 'openid profile read',
    });
    const seen = await person.open(`/o/authorize/?${query}`);
    const back = seen.leftFor ?? (await person.allow(seen));
    const code = back.searchParams.get('code') ?? '';
    const answer = await post('/o/token/', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }, by);
    return tokensOf(await answer.json());
  }

  const refresh = (token: string, by: RegisteredApplication = application, form: Record<string, string> = {}) =>
    post('/o/token/', { grant_type: 'refresh_token', refresh_token: token, ...form }, by);

  async function refreshed(token: string, by: RegisteredApplication = application): Promise<Tokens> {
    const answer = await refresh(token, by);
    expect(answer.status).toBe(200);
    return tokensOf(await answer.json());
  }

  async function refused(token: string, by: RegisteredApplication = application): Promise<string> {
    const answer = await refresh(token, by);
    expect(answer.status).toBe(400);
    const body = (await answer.json()) as Json;
    expect(body['error']).toBe('invalid_grant');
    return String(body['error_description']);
  }

  async function introspected(token: string, by: RegisteredApplication = application): Promise<Json> {
    return (await (await post('/o/introspect/', { token }, by)).json()) as Json;
  }
  const isActive = async (token: string) => (await introspected(token))['active'];

  it('rotates: each refresh brings another refresh token, for as long as one goes on (RFC 9700 §4.14.2)', async () => {
    const chain = [(await signedIn()).refresh];
    for (let step = 0; step < 5; step += 1) {
      const next = await refreshed(chain.at(-1) ?? '');
      expect(await isActive(next.access)).toBe(true);
      chain.push(next.refresh);
    }
    expect(new Set(chain).size).toBe(6);
  });

  it('gives two tabs that refresh at once the same successor, and both access tokens are good', async () => {
    const { refresh: token } = await signedIn();
    const [left, right] = await Promise.all([refreshed(token), refreshed(token)]);
    expect(left.refresh).toBe(right.refresh);
    expect(left.access).not.toBe(right.access);
    for (const { access } of [left, right]) expect(await isActive(access)).toBe(true);
    expect((await refreshed(left.refresh)).refresh).not.toBe(token);
  });

  it('gives fifty at once one rotation and one successor (CVE-2026-9802)', async () => {
    const { refresh: token } = await signedIn();
    const all = await Promise.all(Array.from({ length: 50 }, () => refreshed(token)));
    expect(new Set(all.map((tokens) => tokens.refresh)).size).toBe(1);
    expect(new Set(all.map((tokens) => tokens.access)).size).toBe(50);
  });

  it('gives an application whose answer was lost the same successor again', async () => {
    const { refresh: token } = await signedIn();
    const lost = await refreshed(token);
    const again = await refreshed(token);
    expect(again.refresh).toBe(lost.refresh);
    expect((await refreshed(again.refresh)).refresh).not.toBe(lost.refresh);
  });

  it('ends the family when a predecessor comes after its successor was used: one of the two is a thief', async () => {
    const { refresh: stolen, access } = await signedIn();
    const second = await refreshed(stolen);
    const third = await refreshed(second.refresh);
    expect(await refused(stolen)).toMatch(/every token of this sign-in is revoked/);
    for (const token of [access, second.access, third.access, third.refresh]) {
      expect(await isActive(token)).toBe(false);
    }
    expect(await refused(third.refresh)).toMatch(/revoked/);
  });

  it('ends one sign-in and no other: the same person elsewhere goes on', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()];
    const second = await refreshed(here.refresh);
    await refreshed(second.refresh);
    await refused(here.refresh);
    expect(await isActive(elsewhere.access)).toBe(true);
    await refreshed(elsewhere.refresh);
  });

  it.each(['access', 'refresh'] as const)('revokes both tokens of a grant by its %s token (D22)', async (which) => {
    const first = await signedIn();
    const next = await refreshed(first.refresh);
    expect((await post('/o/revoke_token/', { token: next[which] })).status).toBe(200);
    for (const token of [first.access, next.access, next.refresh]) expect(await isActive(token)).toBe(false);
    expect(await refused(next.refresh)).toMatch(/revoked/);
  });

  it('is for the application that it was issued to, which another cannot spoil', async () => {
    const other = await register(developer, { name: 'Another' });
    const { refresh: token } = await signedIn();
    expect(await refused(token, other)).toMatch(/another client/);
    await refreshed(token);
    expect(await refused('not-a-token')).toMatch(/unknown/);
  });

  it('may narrow the scope of an access token, and never widen it (RFC 6749 §6)', async () => {
    const { refresh: token } = await signedIn();
    const narrowed = (await (await refresh(token, application, { scope: 'read' })).json()) as Json;
    expect(narrowed['scope']).toBe('read');
    const wider = await refresh(String(narrowed['refresh_token']), application, { scope: 'read write' });
    expect(await wider.json()).toMatchObject({ error: 'invalid_scope' });
    // What was refused has used nothing up, and the refresh token has kept all of its scope.
    const whole = (await (await refresh(String(narrowed['refresh_token']))).json()) as Json;
    expect(whole['scope']).toBe('openid profile read');
  });

  it('keeps the absolute end where it is, and moves the idle one with each use (ASVS 10.4.8)', async () => {
    const ends = async (by: RegisteredApplication, token: string) => {
      const { exp, iat } = await introspected(token, by);
      return { exp: Number(exp), iat: Number(iat) };
    };
    const absolute = await register(developer, {
      name: 'Absolute',
      refresh_token_lifetime_seconds: '300',
      refresh_token_idle_seconds: '',
    });
    const started = await signedIn(absolute);
    const before = await ends(absolute, started.refresh);
    expect(before.exp - before.iat).toBe(300);
    const later = await refreshed(started.refresh, absolute);
    expect((await ends(absolute, later.refresh)).exp).toBe(before.exp);

    const idle = await register(developer, {
      name: 'Idle',
      refresh_token_lifetime_seconds: '',
      refresh_token_idle_seconds: '600',
    });
    const used = await refreshed((await signedIn(idle)).refresh, idle);
    const { exp, iat } = await ends(idle, used.refresh);
    // Counted from this use, which `iat` is.
    expect(exp - iat).toBe(600);

    const endless = await register(developer, {
      name: 'Endless',
      refresh_token_lifetime_seconds: '',
      refresh_token_idle_seconds: '',
    });
    expect(await introspected((await signedIn(endless)).refresh, endless)).not.toHaveProperty('exp');
  });

  it('goes on after the person signs out here, and ends when they disconnect the application (D20)', async () => {
    const person = site.person();
    await person.signIn('alice', PASSWORD);
    const tokens = await signedIn(application, person);
    await person.submit(formOf(await person.open('/logout/'), { action: '/logout/' }));
    const next = await refreshed(tokens.refresh);
    const question = await alice.open('/o/authorized_tokens/');
    const path = question.document
      .querySelectorAll('a[href$="/delete/"]')
      .map((link) => link.getAttribute('href') ?? '')
      .find((href) => href.includes(application.path.split('/').at(-2) ?? '?'));
    const confirm = await alice.open(path ?? '');
    await alice.submit(formOf(confirm, { button: 'Confirm' }), {}, 'Confirm');
    expect(await refused(next.refresh)).toMatch(/revoked/);
    expect(await isActive(next.access)).toBe(false);
  });

  it('ends with the person: disabled, nothing is refreshed any more', async () => {
    await site.member('bob');
    const bob = site.person();
    await bob.signIn('bob', PASSWORD);
    const tokens = await signedIn(application, bob);
    await succeed(SERVER_PROGRAM, ['user', 'disable', 'bob'], site.environment);
    expect(await refused(tokens.refresh)).toMatch(/no longer sign in|revoked/);
    expect(await isActive(tokens.access)).toBe(false);
  });

  it('works for an application registered on the form alone, which gets the grant by itself', async () => {
    const page = await developer.open('/o/applications/register/');
    const form = formOf(page, { field: 'redirect_uris' });
    const values = { name: 'Plain', redirect_uris: CALLBACK, grants: ['authorization-code'] };
    const plain = registered(await developer.submit(form, values));
    expect((await refreshed((await signedIn(plain)).refresh, plain)).refresh).toMatch(/^[A-Za-z0-9_-]{64}$/);
  });
});

function tokensOf(body: unknown): Tokens {
  const { access_token: access, refresh_token: refresh } = body as Json;
  if (typeof access !== 'string' || typeof refresh !== 'string') throw new Error(JSON.stringify(body));
  return { access, refresh };
}
