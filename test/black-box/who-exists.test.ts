/**
 * ASVS 6.3.8 over HTTP: at each door where an address or a name is typed, nobody learns who has an account. Compared whole: statuses of the
 * way, address, headers, cookies, page. For known, unknown, disabled and unverified accounts, on both engines, with mail. That each costs
 * the same passwords' work is `packages/server/test/accounts/sign-in.test.ts` and its neighbours, where hashes are counted.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../../packages/server/test/mail/mail-server.ts';
import { formOf, type Person, type Seen } from '../person.ts';
import { failures } from './judge.ts';
import { ENGINES, openSite, PASSWORD, type Site } from './site.ts';

let networks = 0;
/** Each person comes from a network of their own: limits are counted by it. */
function newNetwork(): Readonly<Record<string, string>> {
  networks += 1;
  return { 'x-forwarded-for': `203.0.${networks >> 8}.${networks & 255}` };
}

/** What was seen, without what differs from one browser or instant to the next by its nature, and without what was typed. */
function anonymous(seen: Seen, typed: readonly string[]): unknown {
  const blind = (text: string) => {
    const without = text
      .replace(/name="csrf" value="[^"]*"/g, 'name="csrf"')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
      .replace(/(token|challenge|next)=[\w%.-]{20,}/g, '$1=…');
    return typed.reduce(
      (all, word) => all.replaceAll(word, 'TYPED').replaceAll(encodeURIComponent(word), 'TYPED'),
      without,
    );
  };
  return seen.answers.map(({ url, status, headers }, index) => ({
    status,
    url: blind(url),
    headers: [...headers].flatMap(([name, value]) => {
      if (['date', 'set-cookie', 'content-length', 'location'].includes(name)) return [];
      // So many seconds from the first failure: more or fewer by how long the machine took.
      return [[name, name === 'retry-after' ? String(Math.ceil(Number(value) / 60)) : value]];
    }),
    location: blind(headers.get('location') ?? ''),
    cookies: headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '=…')),
    ...(index === seen.answers.length - 1 ? { text: blind(seen.text) } : {}),
  }));
}

/** In this order everybody is asked for at each door; the first is the measure. */
const WHO = ['unknown', 'known', 'disabled', 'unverified', 'passwordless'].map((who) => `${who}-q7`);

describe.each(ENGINES)('ASVS 6.3.8 on %s', (engine) => {
  let mail: MailServer;
  let site: Site;
  beforeAll(async () => {
    mail = await startMailServer(0);
    site = await openSite(engine, {
      DIAPASON_TRUSTED_PROXIES: '1',
      DIAPASON_SMTP_URL: mail.url,
      DIAPASON_SIGN_IN_BY_MAIL: 'on',
    });
    for (const who of ['known-q7', 'disabled-q7']) {
      const argv = ['user', 'create', '--username', who, '--email', `${who}@here.example`, '--password-stdin'];
      await site.perform(argv, PASSWORD);
    }
    await site.perform(['user', 'create', '--username', 'passwordless-q7', '--email', 'passwordless-q7@here.example']);
    await site.perform(['user', 'disable', 'disabled-q7']);
    const stranger = site.person(newNetwork());
    await stranger.signUp({ username: 'unverified-q7', email: 'unverified-q7@here.example', password: PASSWORD });
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    await mail?.close();
    expect(failed).toEqual([]);
  });

  const expectAlike = async (door: (person: Person, who: string, email: string) => Promise<Seen>) => {
    const seen: unknown[] = [];
    for (const who of WHO) {
      const email = `${who}@here.example`;
      seen.push(anonymous(await door(site.person(newNetwork()), who, email), [email, who]));
    }
    WHO.forEach((who, index) => {
      expect(seen[index], who).toEqual(seen[0]);
    });
  };

  it('sign-in with a wrong password, by name and by address, in either case', async () => {
    await expectAlike((person, who) => person.signIn(who, 'a wrong guess'));
    await expectAlike((person, _who, email) => person.signIn(email, 'a wrong guess'));
  });

  it('sign-up with the address of each', async () => {
    let count = 0;
    await expectAlike((person, _who, email) => {
      count += 1;
      return person.signUp({ username: `newcomer-${count}`, email, password: PASSWORD }).then((seen) => ({
        ...seen,
        text: seen.text.replaceAll(`newcomer-${count}`, 'NEWCOMER'),
      }));
    });
  });

  it('a reset', async () => {
    await expectAlike(async (person, _who, email) =>
      person.submit(formOf(await person.open('/password/reset/'), { field: 'email' }), { email }),
    );
  });

  it('a code by mail, asked for once and again, and a wrong one', async () => {
    const ask = async (person: Person, email: string) =>
      person.submit(formOf(await person.open('/login/mail/'), { field: 'email' }), { email });
    await expectAlike((person, _who, email) => ask(person, email));
    await expectAlike(async (person, _who, email) => {
      await ask(person, email);
      return ask(person, email);
    });
    await expectAlike(async (person, _who, email) =>
      person.submit(formOf(await ask(person, email), { field: 'code' }), { code: '0000 0000' }),
    );
  });

  it('the limit of each: as many, and the same words', async () => {
    const until429 = async (person: Person, who: string) => {
      let seen = await person.signIn(who, 'a wrong guess');
      for (let time = 1; time < 11; time += 1) seen = await person.signIn(who, 'a wrong guess');
      return seen;
    };
    await expectAlike(until429);
    const askOften = async (person: Person, _who: string, email: string) => {
      const form = async () => formOf(await person.open('/password/reset/'), { field: 'email' });
      let seen = await person.submit(await form(), { email });
      for (let time = 1; time < 6; time += 1) seen = await person.submit(await form(), { email });
      return seen;
    };
    await expectAlike(askOften);
  });

  it('options of passkeys: no name is taken, and no credential is named', async () => {
    const options = async (query: string) => {
      const answer = await site.person(newNetwork()).send(`/login/passkey/options/${query}`);
      const text = (await answer.text()).replaceAll(/[\w.-]{40,}/g, '…');
      return [answer.status, answer.headers.get('content-type'), text];
    };
    const nobody = await options('');
    expect(nobody[0]).toBe(200);
    for (const who of WHO) expect(await options(`?username=${who}&email=${who}@here.example`)).toEqual(nobody);
    expect(JSON.parse(JSON.parse(String(nobody[2])).options)).toMatchObject({ allowCredentials: [] });
  });
});
