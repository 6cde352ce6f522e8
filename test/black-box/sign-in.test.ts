/**
 * Guessing, from outside: what sign-in and sign-up tell of who exists (nothing), how often one may try, and what happens when
 * more passwords are to be hashed than the machine can.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { ENGINES, openSite, PASSWORD, register, type Site } from './site.ts';

/** Each person comes from a network of their own unless said: the one proxy in front is ours. */
const BEHIND_A_PROXY = { DIAPASON_TRUSTED_PROXIES: '1' };
let networks = 0;
function newNetwork(): Readonly<Record<string, string>> {
  networks += 1;
  return { 'x-forwarded-for': `198.51.${networks >> 8}.${networks & 255}` };
}

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(engine, BEHIND_A_PROXY);
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  const addUser = async (username: string) => {
    const options = [
      'user',
      'create',
      '--username',
      username,
      '--email',
      `${username}@known.example`,
      '--password-stdin',
    ];
    await site.command(options, PASSWORD);
  };

  describe('ASVS 6.3.8: who exists', () => {
    /** An answer without what differs from one browser to the next by its nature, and without the name that was typed. */
    function anonymous(seen: Seen, typed: string): string {
      const headers = [...seen.headers].filter(([name]) => !['date', 'set-cookie', 'content-length'].includes(name));
      const cookies = seen.headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '=…'));
      const text = seen.text
        .replace(/name="csrf" value="[^"]*"/g, 'name="csrf"')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
        .replaceAll(typed, 'NAME')
        .replaceAll(encodeURIComponent(typed), 'NAME');
      return JSON.stringify([seen.status, seen.answers.map(({ status }) => status), headers, cookies, text]);
    }

    beforeAll(async () => {
      await Promise.all([addUser('known-user'), addUser('disabled-1')]);
      await site.perform(['user', 'disable', 'disabled-1']);
    });

    it('sign-in answers byte for byte the same to an unknown, a known and a disabled name', async () => {
      const attempt = async (username: string, password: string) =>
        anonymous(await site.person(newNetwork()).signIn(username, password), username);
      const unknown = await attempt('nobody-000', 'wrong-password-440');
      expect(unknown).toContain('NAME');
      expect(await attempt('known-user', 'wrong-password-440')).toBe(unknown);
      expect(await attempt('disabled-1', 'wrong-password-440')).toBe(unknown);
      // The right password of a disabled account tells nothing either: it may have been stolen.
      expect(await attempt('disabled-1', PASSWORD)).toBe(unknown);
      expect(await attempt('KNOWN-USER', 'wrong-password-440')).toBe(unknown);
      const byAddress = await attempt('nobody-000@known.example', 'wrong-password-440');
      expect(await attempt('known-user@known.example', 'wrong-password-440')).toBe(byAddress);
    });

    it('sign-up answers the same to an address that is known and one that is not', async () => {
      const attempt = async (username: string, email: string) => {
        const person = site.person(newNetwork());
        const seen = await person.signUp({ username, email, password: PASSWORD });
        return anonymous(seen, username).replaceAll(email, 'ADDRESS').replaceAll(encodeURIComponent(email), 'ADDRESS');
      };
      const [known, unknown] = [
        await attempt('sign-up-1', 'known-user@known.example'),
        await attempt('sign-up-2', 'nobody-000@known.example'),
      ];
      expect(known).toContain('ADDRESS');
      expect(known).toBe(unknown);
    });

    it('the address stays its owner’s, whoever signs up with it', async () => {
      const owner = site.person(newNetwork());
      expect((await owner.signIn('known-user@known.example', PASSWORD)).url).toContain('/account/');
      expect(wordsOf(await owner.open('/account/'))).toContain('known-user');
    });
  });

  describe('ASVS 6.3.1: how often one may try', () => {
    const LIMIT = 10;
    const guessAtOnce = async (username: string, count: number, headers: Readonly<Record<string, string>>) => {
      const people = await Promise.all(
        Array.from({ length: count }, async () => {
          const person = site.person(headers);
          return { person, form: formOf(await person.open('/login/'), { field: 'password' }) };
        }),
      );
      return Promise.all(
        people.map(({ person, form }) => person.submit(form, { username, password: 'a wrong guess' })),
      );
    };
    const statuses = (seen: readonly Seen[]) => ({
      wrong: seen.filter(({ status }) => status === 200).length,
      limited: seen.filter(({ status }) => status === 429).length,
    });

    it.each(['a known name', 'an unknown name'])('of 50 guesses at once at %s, 10 are looked at', async (what) => {
      const username = what === 'a known name' ? 'guessed-1' : 'guessed-2';
      if (what === 'a known name') await addUser(username);
      const network = newNetwork();
      const seen = await guessAtOnce(username, 50, network);
      expect(statuses(seen)).toEqual({ wrong: LIMIT, limited: 50 - LIMIT });
      for (const { status, headers } of seen) {
        if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      // Right or wrong: it is not looked at from there.
      const late = await site.person(network).signIn(username, PASSWORD);
      expect([late.status, wordsOf(late).includes('Too many')]).toEqual([429, true]);
    });

    it('failures of another browser lock out neither a known browser nor a new one elsewhere', async () => {
      await addUser('owner-here');
      const home = newNetwork();
      const known = site.person(home);
      await known.signIn('owner-here', PASSWORD);
      await known.submit(formOf(await known.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
      // The attacker even sits in the same network, and goes on far beyond the limit.
      expect(statuses(await guessAtOnce('owner-here', 20, home)).limited).toBe(10);
      for (let time = 0; time < 5; time += 1) {
        expect(statuses(await guessAtOnce('owner-here', 25, home))).toEqual({ wrong: 0, limited: 25 });
      }
      expect((await site.person(home).signIn('owner-here', PASSWORD)).status).toBe(429);
      expect((await known.signIn('owner-here', PASSWORD)).url).toContain('/account/');
      expect((await site.person(newNetwork()).signIn('owner-here', PASSWORD)).url).toContain('/account/');
    });

    it('a known browser has a limit of its own, which is nobody else’s', async () => {
      await addUser('stolen-pc');
      const known = site.person(newNetwork());
      await known.signIn('stolen-pc', PASSWORD);
      await known.submit(formOf(await known.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
      const seen: Seen[] = [];
      for (let time = 0; time < LIMIT + 2; time += 1) seen.push(await known.signIn('stolen-pc', `guess ${time} of it`));
      expect(statuses(seen)).toEqual({ wrong: LIMIT, limited: 2 });
      expect((await known.signIn('stolen-pc', PASSWORD)).status).toBe(429);
      expect((await site.person(newNetwork()).signIn('stolen-pc', PASSWORD)).url).toContain('/account/');
    });

    it('right sign-ins are not counted, however many and however many at once', async () => {
      await addUser('busy-owner');
      const network = newNetwork();
      for (let time = 0; time < 3; time += 1) {
        const people = Array.from({ length: LIMIT + 3 }, () => site.person(network).signIn('busy-owner', PASSWORD));
        for (const seen of await Promise.all(people)) expect(seen.url).toContain('/account/');
      }
    });

    it('correctly authenticated back-channel requests are never limited by number (design: Limits)', async () => {
      const developer = await site.member(`developer-${engine}`);
      const application = await register(developer, { grants: ['client-credentials'], redirect_uris: '' });
      const ask = (secret: string) =>
        fetch(`${site.url}/o/token/`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`${application.clientId}:${secret}`)}` },
          body: new URLSearchParams({ grant_type: 'client_credentials' }),
        });
      for (let time = 0; time < 60; time += 1) expect((await ask('wrong')).status).toBe(401);
      const all = await Promise.all(Array.from({ length: 200 }, () => ask(application.clientSecret ?? '')));
      expect(all.every(({ status }) => status === 200)).toBe(true);
    });
  });
});

describe('when all hashing slots are taken (D32, keycloak#28477)', () => {
  let site: Site;
  let developer: Person;
  beforeAll(async () => {
    site = await openSite('SQLite', { ...BEHIND_A_PROXY, DIAPASON_HASH_CONCURRENCY: '1' });
    developer = await site.member('developer');
  });
  afterAll(() => site?.dispose());

  it('further sign-ins hear 503 with Retry-After at once; everything else goes on; and it recovers', async () => {
    const application = await register(developer, { grants: ['client-credentials'], redirect_uris: '' });
    const people = await Promise.all(
      Array.from({ length: 90 }, async (_, index) => {
        const person = site.person(newNetwork());
        return { person, index, form: formOf(await person.open('/login/'), { field: 'password' }) };
      }),
    );
    const flood = people.map(({ person, index, form }) =>
      person.submit(form, { username: index === 0 ? 'developer' : `nobody-${index}`, password: PASSWORD }),
    );
    const token = await fetch(`${site.url}/o/token/`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(token.status).toBe(200);
    const seen = await Promise.all(flood);
    const busy = seen.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(seen.filter(({ status }) => status !== 503 && status !== 200)).toEqual([]);
    for (const { headers, document } of busy) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      // What was typed is not lost.
      expect(document.querySelector('[name=username]')?.getAttribute('value')).toMatch(/^(nobody-|developer)/);
    }
    // Nobody's failures were counted for what was not looked at, and the next one is served.
    await expect
      .poll(async () => (await site.person(newNetwork()).signIn('developer', PASSWORD)).url, { timeout: 20_000 })
      .toContain('/account/');
  });
});
