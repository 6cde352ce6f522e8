/**
 * Sessions and what ends them, from outside: fixation, sign-out, a disabled or deleted account, a disabled or deleted
 * application, a changed password. What has ended is dead everywhere, in force within a second (design: Storage).
 */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const SESSION = 'diapason_session';
/** Longer than the second that is promised, by what a loaded machine needs for a request. */
const SOON = { timeout: 5_000, interval: 100 };

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let developer: Person;
  beforeAll(async () => {
    site = await openSite(engine);
    developer = await site.member('developer');
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  /** A browser that has this session and nothing else: somebody who copied the cookie. */
  async function withSession(session: string | null): Promise<Person> {
    const person = site.person();
    await person.cookies.setCookie(`${SESSION}=${session}; Path=/`, site.url);
    return person;
  }
  const isSignedIn = async (person: Person) => (await person.open('/account/')).url === `${site.url}/account/`;

  const tokenRequest = async (parameters: Record<string, string>) => {
    const answer = await fetch(`${site.url}/o/token/`, { method: 'POST', body: new URLSearchParams(parameters) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const credentials = ({ clientId, clientSecret }: RegisteredApplication) => ({
    client_id: clientId,
    client_secret: clientSecret ?? '',
  });
  const userinfoStatus = async (token: string) =>
    (await fetch(`${site.url}/o/userinfo/`, { headers: { authorization: `Bearer ${token}` } })).status;
  const isActive = async (token: string, application: RegisteredApplication) => {
    const body = new URLSearchParams({ token, ...credentials(application) });
    const answer = await fetch(`${site.url}/o/introspect/`, { method: 'POST', body });
    return answer.status === 200 ? ((await answer.json()) as { active: boolean }).active : answer.status;
  };

  /** Tokens for this person, by the whole flow. */
  async function connect(person: Person, application: RegisteredApplication) {
    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid read',
    });
    const seen = await person.open(`/o/authorize/?${query}`);
    const back = seen.leftFor ?? (await person.allow(seen));
    const { body } = await tokenRequest({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      ...credentials(application),
    });
    return { access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '' };
  }

  describe('ASVS 7.2.4: a new session at each sign-in', () => {
    it('a session that was planted is not taken over, at sign-in or sign-up', async () => {
      const planted = 'A'.repeat(43);
      for (const enter of [
        (person: Person) => person.signIn('developer', PASSWORD),
        (person: Person) => person.signUp({ username: 'planted', password: PASSWORD }),
      ]) {
        const person = await withSession(planted);
        await enter(person);
        expect(await person.cookie(SESSION)).not.toBe(planted);
        expect(await isSignedIn(person)).toBe(true);
        expect(await isSignedIn(await withSession(planted))).toBe(false);
      }
    });

    it('the one before is dead, also when somebody else signs in (CVE-2025-12390)', async () => {
      const person = await site.member('first-here');
      const before = await person.cookie(SESSION);
      await person.signIn(
        'developer',
        PASSWORD,
        await person.open('/login/?next=/account/').then(async (seen) =>
          // Somebody who is signed in is led on: the form is that of a page which was open before.
          seen.document.querySelector('[name=password]') === null ? await formPage(person) : seen,
        ),
      );
      expect(await person.cookie(SESSION)).not.toBe(before);
      expect(await isSignedIn(await withSession(before))).toBe(false);
      expect(wordsOf(await person.open('/account/'))).toContain('developer');
    });

    it('the cookie holds 256 random bits, another one each time (ASVS 7.2.3)', async () => {
      const seen = new Set<string>();
      for (let time = 0; time < 5; time += 1) {
        const person = site.person();
        await person.signIn('developer', PASSWORD);
        seen.add((await person.cookie(SESSION)) ?? '');
      }
      expect(seen.size).toBe(5);
      for (const value of seen) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
    });
  });

  /** The sign-in page as it was before somebody signed in: with this browser's token. */
  async function formPage(person: Person) {
    const session = await person.cookie(SESSION);
    await person.cookies.setCookie(`${SESSION}=; Max-Age=0; Path=/`, site.url);
    const seen = await person.open('/login/');
    await person.cookies.setCookie(`${SESSION}=${session}; Path=/`, site.url);
    return seen;
  }

  describe('ASVS 7.4.1: ended means ended', () => {
    it.each(['/logout/', '/o/logout/'])(
      'signing out at %s ends the session on the server, and no other browser’s',
      async (path) => {
        const [person, elsewhere] = [await site.member(`out${path.length}`), site.person()];
        await elsewhere.signIn(`out${path.length}`, PASSWORD);
        const session = await person.cookie(SESSION);
        const ask = await person.open(path);
        expect(await isSignedIn(person)).toBe(true);
        const end = await person.submit(formOf(ask, { button: 'Sign out' }), {}, 'Sign out');
        expect(end.status).toBe(200);
        expect(await person.cookie(SESSION)).toBeNull();
        expect(await isSignedIn(await withSession(session))).toBe(false);
        expect(await isSignedIn(elsewhere)).toBe(true);
      },
    );

    it('nobody is signed out by a link, a picture or another site (ASVS 10.6.2)', async () => {
      const person = await site.member('stays');
      for (const path of ['/logout/', '/o/logout/', '/o/logout/?post_logout_redirect_uri=https://evil.example/']) {
        const response = await person.send(path);
        expect(response.headers.get('location')).toBeNull();
      }
      await person.send('/logout/', { method: 'POST', headers: { origin: 'https://evil.example' } });
      await person.send('/o/logout/', {
        method: 'POST',
        headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
        body: 'client_id=x',
      });
      expect(await isSignedIn(person)).toBe(true);
    });

    it('a person sees and ends their other sessions, and nobody else’s', async () => {
      const person = await site.member('many');
      const other = site.person({
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      });
      await other.signIn('many', PASSWORD);
      const page = await person.open('/account/sessions/');
      expect(wordsOf(page)).toContain('Firefox');
      const ids = page.document.querySelectorAll('[name=end]').flatMap((button) => button.getAttribute('value') ?? []);
      const theirs = ids.find((id) => id !== 'others') ?? '';
      const form = formOf(page, { action: '/account/sessions/' });
      // Somebody else sends the same id.
      const stranger = formOf(await developer.open('/account/'), { field: 'first_name' });
      await developer.submit({ ...stranger, action: form.action }, { end: theirs });
      expect(await isSignedIn(other)).toBe(true);
      await person.submit({ ...form, buttons: [] }, { end: theirs });
      expect([await isSignedIn(other), await isSignedIn(person)]).toEqual([false, true]);
    });

    it('a changed password ends the other sessions (ASVS 7.4.3)', async () => {
      const person = await site.member('changes');
      const other = site.person();
      await other.signIn('changes', PASSWORD);
      const form = formOf(await person.open('/account/password/'), { field: 'current_password' });
      await person.submit(form, { current_password: PASSWORD, password: `${PASSWORD} 2` });
      expect([await isSignedIn(other), await isSignedIn(person)]).toEqual([false, true]);
      expect((await other.signIn('changes', PASSWORD)).url).toContain('/login/');
    });
  });

  describe('an account', () => {
    it.each(['disable', 'delete'] as const)(
      'to %s it ends its sessions and tokens, and no sign-in comes through',
      async (what) => {
        const username = `to-${what}`;
        const person = await site.member(username);
        const application = await register(developer);
        const { access, refresh } = await connect(person, application);
        const waiting = await person.open(
          `/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read&prompt=consent`,
        );
        expect([await userinfoStatus(access), await isActive(refresh, application)]).toEqual([200, true]);

        await site.perform(['user', what, username, ...(what === 'delete' ? ['--yes'] : [])]);
        await expect.poll(() => userinfoStatus(access), SOON).toBe(401);
        await expect.poll(() => isSignedIn(person), SOON).toBe(false);
        expect([await isActive(access, application), await isActive(refresh, application)]).toEqual([false, false]);
        const renewed = await tokenRequest({
          grant_type: 'refresh_token',
          refresh_token: refresh,
          ...credentials(application),
        });
        expect([renewed.status, renewed.body['error']]).toEqual([400, 'invalid_grant']);
        // A consent page that was open grants nothing any more.
        const late = await person.submit(formOf(waiting, { button: 'Allow' }), {}, 'Allow');
        expect(late.leftFor?.searchParams.has('code') ?? false).toBe(false);
        expect((await site.person().signIn(username, PASSWORD)).url).toContain('/login/');
      },
    );
  });

  describe('an application', () => {
    it('that is deleted by its owner has no tokens, no credentials and no sign-in any more', async () => {
      const person = await site.member('visitor');
      const application = await register(developer, { name: 'To delete' });
      const witness = await register(developer);
      const { access, refresh } = await connect(person, application);
      const page = await developer.open(`${application.path}delete/`);
      await developer.submit(formOf(page, { button: 'Confirm' }), {}, 'Confirm');
      await expect.poll(() => userinfoStatus(access), SOON).toBe(401);
      await expect.poll(() => isActive(access, application), SOON).toBe(401);
      const renewed = await tokenRequest({
        grant_type: 'refresh_token',
        refresh_token: refresh,
        ...credentials(application),
      });
      expect([renewed.status, renewed.body['error']]).toEqual([401, 'invalid_client']);
      expect(await isActive(access, witness)).toBe(false);
      expect(
        (await person.open(`/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read`)).status,
      ).toBe(400);
      expect(wordsOf(await person.open('/o/authorized_tokens/'))).not.toContain('To delete');
    });

    it('of which a secret is removed is known by the other one alone', async () => {
      const application = await register(developer, { grants: ['client-credentials'], redirect_uris: '' });
      const page = await developer.open(application.path);
      const second = await developer.submit(formOf(page, { action: `${application.path}secrets/` }));
      const secret = second.document.getElementById('client-secret')?.text.trim() ?? '';
      const ask = (client_secret: string) =>
        tokenRequest({ grant_type: 'client_credentials', client_id: application.clientId, client_secret });
      expect([(await ask(secret)).status, (await ask(application.clientSecret ?? '')).status]).toEqual([200, 200]);
      const first = second.document.querySelectorAll('a[href*="/secrets/"]')[0]?.getAttribute('href') ?? '';
      await developer.submit(formOf(await developer.open(first), { button: 'Confirm' }), {}, 'Confirm');
      await expect.poll(async () => (await ask(application.clientSecret ?? '')).status, SOON).toBe(401);
      expect((await ask(secret)).status).toBe(200);
    });

    it('that is disconnected by a person has their tokens no more, and asks again', async () => {
      const person = await site.member('leaver');
      const application = await register(developer, { name: 'Left' });
      const { access, refresh } = await connect(person, application);
      const path = (await person.open('/o/authorized_tokens/')).document
        .querySelector('a[href$="/delete/"]')
        ?.getAttribute('href');
      await person.submit(formOf(await person.open(path ?? ''), { button: 'Confirm' }), {}, 'Confirm');
      await expect.poll(() => userinfoStatus(access), SOON).toBe(401);
      expect(await isActive(refresh, application)).toBe(false);
      formOf(await person.open(`/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read`), {
        button: 'Allow',
      });
    });

    it.runIf(engine === 'SQLite')('that is disabled answers nobody, and says so to people', async () => {
      const person = await site.member('met-disabled');
      const application = await register(developer, { name: 'Switched off' });
      const { access, refresh } = await connect(person, application);
      const database = new DatabaseSync(site.environment['DIAPASON_DATABASE'] ?? '');
      database.prepare('update application set disabled_at = 1 where client_id = ?').run(application.clientId);
      database.close();
      await expect.poll(() => userinfoStatus(access), SOON).toBe(401);
      await expect
        .poll(
          async () =>
            (await tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh, ...credentials(application) }))
              .status,
          SOON,
        )
        .toBeGreaterThanOrEqual(400);
      const seen = await person.open(`/o/authorize/?client_id=${application.clientId}&response_type=code&scope=read`);
      expect([seen.status, wordsOf(seen).includes('Switched off is switched off')]).toEqual([400, true]);
    });
  });
});
