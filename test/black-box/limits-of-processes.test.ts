/**
 * ASVS 6.3.1 with two processes at one port: a limit counts once for both, whichever answers, and locks no owner out of a browser that the
 * account knows. Each request goes on a connection of its own, so that both processes have their part.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, type Person, type Seen } from '../person.ts';
import { failures } from './judge.ts';
import { ENGINES, openSite, PASSWORD, type Site } from './site.ts';

const LIMIT = 10;
const HOME = { 'x-forwarded-for': '198.51.100.7', connection: 'close' };

describe.each(ENGINES)('ASVS 6.3.1 with two processes on %s', (engine) => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(engine, { DIAPASON_WORKERS: '2', DIAPASON_TRUSTED_PROXIES: '1' });
    for (const who of ['owner', 'other']) {
      const argv = ['user', 'create', '--username', who, '--email', `${who}@here.example`, '--password-stdin'];
      await site.perform(argv, PASSWORD);
    }
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  const guessAtOnce = async (username: string, count: number) => {
    const forms = await Promise.all(
      Array.from({ length: count }, async () => {
        const person = site.person(HOME);
        return { person, form: formOf(await person.open('/login/'), { field: 'password' }) };
      }),
    );
    return Promise.all(forms.map(({ person, form }) => person.submit(form, { username, password: 'a wrong guess' })));
  };
  const statuses = (seen: readonly Seen[]) => ({
    wrong: seen.filter(({ status }) => status === 200).length,
    limited: seen.filter(({ status }) => status === 429).length,
  });
  const isIn = async (person: Person, username: string) =>
    (await person.signIn(username, PASSWORD)).url.includes('/account/');

  it('lets through of 40 guesses at once as many as one process would, and the owner in a browser that is known', async () => {
    const known = site.person(HOME);
    expect(await isIn(known, 'owner')).toBe(true);
    await known.submit(formOf(await known.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
    expect(statuses(await guessAtOnce('owner', 40))).toEqual({ wrong: LIMIT, limited: 40 - LIMIT });
    expect(statuses(await guessAtOnce('owner', 10))).toEqual({ wrong: 0, limited: 10 });
    expect((await site.person(HOME).signIn('owner', PASSWORD)).status).toBe(429);
    expect(await isIn(known, 'owner')).toBe(true);
    expect(await isIn(site.person({ ...HOME, 'x-forwarded-for': '203.0.113.9' }), 'owner')).toBe(true);
  });

  it('a known browser that guesses has its own limit, in both processes', async () => {
    const known = site.person({ ...HOME, 'x-forwarded-for': '203.0.113.10' });
    expect(await isIn(known, 'other')).toBe(true);
    await known.submit(formOf(await known.open('/logout/'), { button: 'Sign out' }), {}, 'Sign out');
    const seen: Seen[] = [];
    for (let time = 0; time < LIMIT + 2; time += 1) seen.push(await known.signIn('other', `guess ${time} of it`));
    expect(statuses(seen)).toEqual({ wrong: LIMIT, limited: 2 });
    expect(await isIn(site.person({ ...HOME, 'x-forwarded-for': '203.0.113.11' }), 'other')).toBe(true);
  });
});
