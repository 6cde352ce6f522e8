/**
 * The "Bad input" in people's forms, from outside: stale, foreign, malformed, hostile, expired, sent twice. Each gets a
 * clear answer, and nothing is lost.
 */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Form, formOf, leftFor, type Person, type Seen, textOf, wordsOf } from '../person.ts';
import { failures, HOSTILE, referenceOn, soundText } from './judge.ts';
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

const FORM = 'application/x-www-form-urlencoded';

describe.each(ENGINES)('on %s', (engine) => {
  let site: Site;
  let alice: Person;
  let application: RegisteredApplication;
  beforeAll(async () => {
    site = await openSite(engine);
    alice = await site.member('alice');
    application = await register(alice, { name: 'Calendar' });
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });

  const authorize = (more = '') =>
    `/o/authorize/?client_id=${application.clientId}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&state=s&scope=read${more}`;

  /** Every page of somebody signed in that has a form, with the field that tells the form. */
  const FORMS = [
    ['/account/', 'first_name'],
    ['/account/password/', 'current_password'],
    ['/o/applications/register/', 'redirect_uris'],
    ['the update of an application', 'redirect_uris'],
  ] as const;
  const addressOf = (page: string) => (page.startsWith('/') ? page : `${application.path}update/`);

  async function formAt(person: Person, page: string, field: string): Promise<Form> {
    return formOf(await person.open(addressOf(page)), { field });
  }

  /** A body as it is, to where the form goes, from the form's own origin unless said. */
  async function post(
    person: Person,
    form: Form,
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const response = await person.send(form.action, {
      method: 'POST',
      headers: { 'content-type': FORM, origin: form.origin, ...headers },
      body: typeof body === 'string' ? body : body.toString('latin1'),
    });
    return { response, page: await soundText(response, `${form.action} ${body}`) };
  }

  describe.each([...FORMS, ['/login/', 'password'], ['/signup/', 'email'], ['/logout/', 'csrf']] as const)(
    'the form of %s',
    (page, field) => {
      let form: Form;
      let person: Person;
      beforeAll(async () => {
        person = ['/login/', '/signup/'].includes(page) ? site.person() : alice;
        form = await formAt(person, page, field);
      });

      it.each([
        ['without its token', (fields: URLSearchParams) => fields.delete('csrf')],
        ['with an empty token', (fields: URLSearchParams) => fields.set('csrf', '')],
        ['with a token that is none', (fields: URLSearchParams) => fields.set('csrf', 'x'.repeat(43))],
      ])('%s is out of date: 403, and a way to open it again', async (_what, change) => {
        const fields = new URLSearchParams(form.fields);
        change(fields);
        const { response, page: text } = await post(person, form, fields.toString());
        expect(response.status).toBe(403);
        expect(text).toContain('This form is out of date');
        expect(text).toContain(`href="${new URL(form.action).pathname}"`);
        referenceOn(text);
      });

      it("with another browser's token is out of date", async () => {
        const other = site.person();
        await other.open('/login/');
        const { response } = await post(other, form, form.fields.toString());
        expect(response.status).toBe(403);
      });

      it.each([
        ['another origin', { origin: 'https://evil.example' }],
        ['a sandbox', { origin: 'null' }],
        ['the same host on another port', { origin: 'http://localhost:1' }],
        ['a cross-site page', { 'sec-fetch-site': 'cross-site' }],
        ['another port, as the browser says it', { 'sec-fetch-site': 'same-site' }],
      ])('from %s is refused: 403', async (_what, headers) => {
        const { response, page: text } = await post(person, form, form.fields.toString(), headers);
        expect([response.status, response.headers.get('location')]).toEqual([403, null]);
        expect(text).not.toContain('evil.example');
        referenceOn(text);
      });

      it.each([
        ['JSON', JSON.stringify({ a: 1 }), { 'content-type': 'application/json' }, 415],
        ['multipart', '--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
        ['no type that there is', 'a=b', { 'content-type': 'nonsense' }, 415],
        ['a compressed body', 'a=b', { 'content-encoding': 'gzip' }, 415],
        ['more than 64 KiB', `a=${'x'.repeat(70_000)}`, {}, 413],
      ])('as %s is refused', async (_what, body, headers, status) => {
        const { response, page: text } = await post(person, form, body, headers);
        expect(response.status).toBe(status);
        referenceOn(text);
      });

      it.each(['%00', '%ff', '%ed%a0%80', '%zz', '%', 'a&csrf=b'])('with %j in it is refused: 400', async (value) => {
        const body = `csrf=${form.fields.get('csrf')}&username=${value}&name=${value}&end=${value}&password=${value}`;
        const { response, page: text } = await post(person, form, body);
        expect(response.status).toBe(400);
        referenceOn(text);
      });

      it('that is empty is out of date', async () => {
        expect((await post(person, form, '')).response.status).toBe(403);
      });
    },
  );

  it('a stale sign-in form keeps where it was to lead', async () => {
    const person = site.person();
    const form = formOf(await person.open('/account/password/'), { field: 'password' });
    const seen = await person.submit(form, { username: 'alice', password: PASSWORD, csrf: 'stale' });
    const again = seen.document.querySelector('.answers a')?.getAttribute('href') ?? '';
    const reopened = await person.open(again);
    expect((await person.signIn('alice', PASSWORD, reopened)).url).toBe(`${site.url}/account/password/`);
  });

  describe('what was typed', () => {
    it.each([
      ['/account/', 'first_name', { first_name: HOSTILE, last_name: HOSTILE, username: HOSTILE, locale: HOSTILE }],
      ['/account/password/', 'current_password', { current_password: HOSTILE, password: HOSTILE }],
      [
        '/o/applications/register/',
        'redirect_uris',
        {
          name: `${HOSTILE}\u202e`,
          redirect_uris: HOSTILE,
          allowed_origins: HOSTILE,
          post_logout_redirect_uris: HOSTILE,
          scopes: [HOSTILE],
          grants: [HOSTILE],
          client_type: HOSTILE,
          id_token_algorithm: HOSTILE,
          code_lifetime_seconds: HOSTILE,
        },
      ],
    ] as const)('in %s is shown again as text, never as markup', async (page, field, values) => {
      const form = await formAt(alice, page, field);
      const body = new URLSearchParams(form.fields);
      for (const [name, value] of Object.entries(values)) body.set(name, String(value));
      const { response, page: text } = await post(alice, form, body.toString());
      expect([200, 303, 400]).toContain(response.status);
      if (page === '/account/') expect(text).toContain('&lt;script');
    });

    it('at sign-in and sign-up, too, and a password is never shown again', async () => {
      const person = site.person();
      const secret = `${HOSTILE} 440`;
      const seen = await person.signIn(HOSTILE, secret);
      expect(seen.status).toBe(200);
      expect(seen.document.querySelector('[name=username]')?.getAttribute('value')).toBe(HOSTILE);
      expect(seen.document.querySelector('[name=password]')?.getAttribute('value')).toBeFalsy();
      const signUp = await person.signUp({ username: HOSTILE, email: HOSTILE, first_name: HOSTILE, password: secret });
      expect(signUp.document.querySelector('[name=first_name]')?.getAttribute('value')).toBe(HOSTILE);
      expect(signUp.text).not.toContain('440');
    });

    it('is kept when one field of the registration is wrong', async () => {
      const form = await formAt(alice, '/o/applications/register/', 'redirect_uris');
      const seen = await alice.submit(form, {
        name: 'Kept',
        redirect_uris: 'https://app.example/#fragment',
        allowed_origins: 'https://app.example',
        scopes: ['read'],
        require_pkce: 'on',
      });
      const again = formOf(seen, { field: 'redirect_uris' }).fields;
      expect(again.get('name')).toBe('Kept');
      expect(again.get('redirect_uris')).toBe('https://app.example/#fragment');
      expect(again.get('allowed_origins')).toBe('https://app.example');
      expect(again.getAll('scopes')).toEqual(['read']);
      expect(again.get('require_pkce')).toBe('on');
    });

    it('as a name of people or applications is text wherever it is shown', async () => {
      const name = `A <b>${HOSTILE}`.slice(0, 100);
      const evil = await register(alice, { name });
      for (const address of ['/o/applications/', evil.path, `${evil.path}delete/`, `${evil.path}update/`]) {
        await soundText(await alice.send(address), address);
      }
      const consent = await alice.open(authorize().replace(application.clientId, evil.clientId));
      expect(wordsOf(consent)).toContain('A <b>');
      await soundText(await alice.send(consent.url));
      await alice.allow(consent);
      expect(wordsOf(await alice.open('/o/authorized_tokens/'))).toContain('A <b>');
      await soundText(await alice.send('/o/authorized_tokens/'));
    });

    it('far beyond any length is refused beside its field', async () => {
      const form = await formAt(alice, '/account/', 'first_name');
      const seen = await alice.submit(form, { first_name: 'x'.repeat(20_000), username: 'y'.repeat(20_000) });
      expect([seen.status, seen.document.querySelectorAll('[aria-invalid=true]').length]).toEqual([200, 2]);
    });
  });

  describe('a second submit', () => {
    it('of the consent form is told so, and makes no second code', async () => {
      const form = formOf(await alice.open(authorize('&prompt=consent')), { button: 'Allow' });
      const first = await alice.submit(form, {}, 'Allow');
      expect(leftFor(first).searchParams.has('code')).toBe(true);
      const second = await alice.submit(form, {}, 'Allow');
      expect([second.status, second.leftFor]).toEqual([400, null]);
      expect(wordsOf(second)).toContain('You have already answered');
      referenceOn(second.text);
      expect((await alice.submit(form, {}, 'Cancel')).status).toBe(400);
    });

    it('of 20 at once, one consent is acted upon', async () => {
      const form = formOf(await alice.open(authorize('&prompt=consent')), { button: 'Allow' });
      const all = await Promise.all(Array.from({ length: 20 }, () => alice.submit(form, {}, 'Allow')));
      expect(all.filter((seen) => seen.leftFor?.searchParams.has('code'))).toHaveLength(1);
      expect(all.filter((seen) => seen.status === 400)).toHaveLength(19);
    });

    const registrations = async (name: string) =>
      (await alice.open('/o/applications/')).document
        .querySelectorAll('main a')
        .filter((link) => link.text.trim() === name).length;

    it('of a registration leads to the one application that there is, and says so', async () => {
      const form = await formAt(alice, '/o/applications/register/', 'redirect_uris');
      const values = { name: 'Twice', redirect_uris: CALLBACK };
      const first = registered(await alice.submit(form, values));
      const second = await alice.submit(form, values);
      expect(second.url).toContain(first.path);
      expect(wordsOf(second)).toContain('registered once');
      expect(textOf(second, 'client-id')).toBe(first.clientId);
      expect(second.text).not.toContain(first.clientSecret ?? 'nothing');
      expect(await registrations('Twice')).toBe(1);
    });

    it('of 10 at once, a registration makes one application', async () => {
      const form = await formAt(alice, '/o/applications/register/', 'redirect_uris');
      const values = { name: 'Ten times', redirect_uris: CALLBACK };
      const all = await Promise.all(Array.from({ length: 10 }, () => alice.submit(form, values)));
      expect(all.filter((seen) => seen.document.getElementById('client-secret') !== null)).toHaveLength(1);
      expect(all.every((seen) => seen.status === 200)).toBe(true);
      expect(await registrations('Ten times')).toBe(1);
    });

    it('of a form that was opened anew makes a second application: it is meant', async () => {
      await register(alice, { name: 'Meant' });
      await register(alice, { name: 'Meant' });
      expect(await registrations('Meant')).toBe(2);
    });

    it('of "Add a secret" adds one, and a reload of its answer too', async () => {
      const mine = await register(alice, { name: 'Secrets' });
      const form = formOf(await alice.open(mine.path), { action: `${mine.path}secrets/` });
      const [first, ...rest] = await Promise.all(Array.from({ length: 5 }, () => alice.submit(form)));
      const all = [first as Seen, ...rest];
      expect(all.filter((seen) => seen.document.getElementById('client-secret') !== null)).toHaveLength(1);
      expect(all.filter((seen) => wordsOf(seen).includes('One secret was added'))).toHaveLength(4);
      const links = (await alice.open(mine.path)).document.querySelectorAll('a[href*="/secrets/"]');
      expect(links).toHaveLength(2);
    });

    it('of the sign-up form is signed in, as the first was', async () => {
      const person = site.person();
      const form = formOf(await person.open('/signup/'), { field: 'email' });
      const values = {
        username: 'double',
        email: 'double@example.org',
        first_name: 'D',
        last_name: 'D',
        password: PASSWORD,
      };
      expect((await person.submit(form, values)).url).toContain('/account/');
      await person.cookies.setCookie('diapason_session=lost', site.url);
      expect((await person.submit(form, values)).url).toContain('/account/');
      expect(wordsOf(await person.open('/account/'))).toContain('double@example.org');
    });

    it('of the sign-in form signs in again, and the first session is over', async () => {
      const person = site.person();
      const form = formOf(await person.open('/login/'), { field: 'password' });
      await person.submit(form, { username: 'alice', password: PASSWORD });
      const first = await person.cookie('diapason_session');
      await person.submit(form, { username: 'alice', password: PASSWORD });
      const second = await person.cookie('diapason_session');
      expect(second).not.toBe(first);
      const old = site.person();
      await old.cookies.setCookie(`diapason_session=${first}`, site.url);
      expect((await old.open('/account/')).url).toContain('/login/');
      expect((await person.open('/account/')).url).toBe(`${site.url}/account/`);
    });

    it('of a deletion finds nothing any more', async () => {
      const gone = await register(alice, { name: 'Gone' });
      const form = formOf(await alice.open(`${gone.path}delete/`), { button: 'Confirm' });
      expect((await alice.submit(form)).url).toContain('/o/applications/');
      const second = await alice.submit(form);
      expect([second.status, wordsOf(second).includes('has been deleted')]).toEqual([404, true]);
    });

    it('of the end of a connection finds nothing any more', async () => {
      const seen = await alice.open(authorize('&prompt=consent'));
      await alice.allow(seen);
      const path = (await alice.open('/o/authorized_tokens/')).document
        .querySelectorAll('a[href$="/delete/"]')[0]
        ?.getAttribute('href');
      const form = formOf(await alice.open(path ?? ''), { button: 'Confirm' });
      expect((await alice.submit(form)).url).toContain('done=disconnected');
      expect((await alice.submit(form)).status).toBe(404);
    });

    it('of the password form says the same as the first', async () => {
      const person = await site.member('changes');
      const form = formOf(await person.open('/account/password/'), { field: 'current_password' });
      const values = { current_password: PASSWORD, password: `${PASSWORD} encore` };
      for (let time = 0; time < 2; time += 1) {
        expect((await person.submit(form, values)).url).toContain('done=password-changed');
      }
    });

    it('of the sign-out form ends on the same page', async () => {
      const person = await site.member('leaves');
      const form = formOf(await person.open('/logout/'), { button: 'Sign out' });
      for (let time = 0; time < 2; time += 1) {
        const seen = await person.submit(form, {}, 'Sign out');
        expect([seen.status, seen.url]).toEqual([200, `${site.url}/logout/`]);
      }
    });

    it('of the profile form saves the same', async () => {
      const form = await formAt(alice, '/account/', 'first_name');
      for (let time = 0; time < 2; time += 1) {
        expect((await alice.submit(form, { first_name: 'Alice' })).url).toContain('done=profile-saved');
      }
    });
  });

  describe('RFC 9700 #2: next', () => {
    it.each([
      'https://evil.example/',
      '//evil.example/',
      '///evil.example/',
      '/\\evil.example/',
      '/%09/evil.example',
      '/\t/evil.example',
      '/.//evil.example',
      'javascript:alert(1)',
      'account/',
      '%2F%2Fevil.example',
      `/${'a'.repeat(5_000)}`,
      '\u0000/account/',
    ])('%j leads nowhere but home, at sign-in, sign-up, when signed in, and by the language', async (next) => {
      const address = (path: string) => `${path}?next=${encodeURIComponent(next)}`;
      const ownOrigin = (url: string) => expect(new URL(url, site.url).origin).toBe(site.url);
      const person = site.person();
      const signedIn = await person.signIn('alice', PASSWORD, await person.open(address('/login/')));
      ownOrigin(signedIn.url);
      expect(signedIn.leftFor).toBeNull();
      const response = await person.send(address('/login/'));
      ownOrigin(response.headers.get('location') ?? '');
      const form = formOf(await person.open('/account/'), { action: '/language/' });
      const body = new URLSearchParams(form.fields);
      body.set('next', next);
      body.append('locale', 'en');
      const language = await post(person, form, body.toString());
      ownOrigin(language.response.headers.get('location') ?? '/');
    });

    it('twice in an address is read once, and leads home or to the first', async () => {
      const response = await alice.send('/login/?next=/account/password/&next=//evil.example');
      expect(response.headers.get('location')).toBe('/account/password/');
    });
  });

  it.runIf(engine === 'SQLite')(
    'a sign-in that waited too long says so, on its page, and nothing is sent anywhere',
    async () => {
      const person = site.person();
      const signIn = await person.open(authorize());
      const database = new DatabaseSync(site.environment['DIAPASON_DATABASE'] ?? '');
      database.exec('update pending_request set expires_at = 1');
      database.close();
      const late = await person.signIn('alice', PASSWORD, signIn);
      expect([late.status, late.leftFor]).toEqual([400, null]);
      expect(wordsOf(late)).toContain('This sign-in took too long');
      referenceOn(late.text);
      // Nothing is lost: the person is signed in, and a fresh start asks for the consent alone.
      formOf(await person.open(authorize('&prompt=consent')), { button: 'Allow' });
    },
  );
});
