/** The second step from outside: turning it on, signing in by it, what waits behind it, and turning it off. */
import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, leftFor, type Person, type Seen, textOf, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite('SQLite');
});
afterAll(async () => {
  const failed = site === undefined ? [] : failures(site);
  await site?.dispose();
  expect(failed).toEqual([]);
});

/** Somebody with an authenticator app. A code of a step is taken once, so that each code comes from a later one. */
async function withApp(username: string) {
  const person = await site.member(username);
  const page = await person.open('/account/security/authenticator/');
  const totp = new TOTP({ secret: textOf(page, 'seed-key') });
  let later = -2;
  const code = () => {
    later += 1;
    return totp.generate({ timestamp: Date.now() + later * 30_000 });
  };
  const shown = await person.submit(formOf(page, { field: 'code' }), { code: code(), label: 'Telephone' });
  const codes = shown.document.querySelectorAll('.codes code').map((element) => element.text);
  return { person, code, codes, totp };
}

const verify = (person: Person, seen: Seen, code: string, values: Record<string, string> = {}) =>
  person.submit(formOf(seen, { field: 'code' }), { code, ...values });
async function signOut(person: Person): Promise<void> {
  await person.submit(formOf(await person.open('/logout/'), { button: 'Sign out' }));
}

describe('ASVS 6.3.3: a second step', () => {
  it('is turned on by a code, gives ten recovery codes once, and is asked for at the next sign-in', async () => {
    const { person, code, codes } = await withApp('anna');
    expect(codes).toHaveLength(10);
    const security = await person.open('/account/security/');
    expect(wordsOf(security)).toContain('Telephone');
    expect(wordsOf(security)).toContain('10 are left');
    expect(security.text).not.toContain(codes[0]);
    await signOut(person);
    const asked = await person.signIn('anna', PASSWORD);
    expect(wordsOf(asked)).toContain('One more step');
    // There is no half a session: nothing opens before the code.
    expect((await person.open('/account/')).url).toContain('/login/');
    expect(wordsOf(await verify(person, asked, 'aaaa'))).toContain('This code is not right');
    const home = await verify(person, asked, code());
    expect(home.url).toBe(`${site.url}/account/`);
    expect(wordsOf(await verify(person, asked, code()))).toContain('This sign-in took too long');
  });

  it('takes a recovery code in place of a code', async () => {
    const { person, codes } = await withApp('bert');
    await signOut(person);
    const home = await verify(person, await person.signIn('bert', PASSWORD), codes[3] ?? '');
    expect(home.url).toBe(`${site.url}/account/`);
    expect(wordsOf(await person.open('/account/security/'))).toContain('9 are left');
  });

  it('stands before the request of an application, which goes on behind it', async () => {
    const developer = await site.member('developer');
    const application = await register(developer, { name: 'Behind two steps' });
    const { person, code } = await withApp('cleo');
    await signOut(person);
    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
    });
    const login = await person.open(`/o/authorize/?${query}`);
    const asked = await person.signIn('cleo', PASSWORD, login);
    expect(wordsOf(asked)).toContain('Behind two steps');
    const consent = await verify(person, asked, code());
    const answer = await person.allow(consent);
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      client_id: application.clientId,
      client_secret: application.clientSecret ?? '',
    });
    const tokens = (await (await fetch(`${site.url}/o/token/`, { method: 'POST', body })).json()) as {
      id_token: string;
    };
    const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString());
    // RFC 8176, and the class above that of a password alone.
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    expect(leftFor(await person.open(`/o/authorize/?${query}&prompt=none`)).searchParams.get('code')).not.toBeNull();
  });

  it('keeps a form that was sent after the session had ended', async () => {
    const { person, code } = await withApp('dora');
    const page = await person.open('/account/');
    await signOut(person);
    const login = await person.submit(formOf(page, { field: 'first_name' }), { first_name: 'Dorothée' });
    const asked = await person.signIn('dora', PASSWORD, login);
    const back = await verify(person, await verify(person, asked, 'aaaa'), code());
    expect(wordsOf(back)).toContain('Nothing of it has been sent yet.');
    const saved = await person.submit(formOf(back, { button: 'Send it now' }));
    expect(formOf(saved, { field: 'first_name' }).fields.get('first_name')).toBe('Dorothée');
  });

  it('is spared in a browser that was chosen for it, until all are forgotten', async () => {
    const { person, code } = await withApp('emil');
    await signOut(person);
    await verify(person, await person.signIn('emil', PASSWORD), code(), { trust: 'on' });
    await signOut(person);
    expect((await person.signIn('emil', PASSWORD)).url).toBe(`${site.url}/account/`);
    const other = site.person();
    expect(wordsOf(await other.signIn('emil', PASSWORD))).toContain('One more step');
    // Signed in by one factor: a change asks for both.
    const security = await person.open('/account/security/');
    const asked = await person.submit(formOf(security, { button: 'Ask everywhere again' }), {}, 'Ask everywhere again');
    expect(wordsOf(asked)).toContain('Is it you?');
    const confirmed = await person.submit(formOf(asked, { field: 'current_password' }), {
      current_password: PASSWORD,
      code: code(),
    });
    const done = await person.submit(formOf(confirmed, { button: 'Send it now' }));
    expect(wordsOf(done)).toContain('The second step is asked for everywhere again.');
    await signOut(person);
    expect(wordsOf(await person.signIn('emil', PASSWORD))).toContain('One more step');
  });

  it('is turned off by its owner, and then asked for no more', async () => {
    const { person } = await withApp('fred');
    const security = await person.open('/account/security/');
    const off = await person.submit(formOf(security, { button: 'Remove' }), {}, 'Remove');
    expect(wordsOf(off)).toContain('The app is removed.');
    await signOut(person);
    expect((await person.signIn('fred', PASSWORD)).url).toBe(`${site.url}/account/`);
  });
});

describe('ASVS 7.4.3: a change of factors', () => {
  it('leads to the other sessions, which end by one press', async () => {
    const { person, code } = await withApp('ottilie');
    const elsewhere = site.person();
    await verify(elsewhere, await elsewhere.signIn('ottilie', PASSWORD), code());
    expect((await elsewhere.open('/account/')).url).toBe(`${site.url}/account/`);
    const security = await person.open('/account/security/');
    const changed = await person.submit(formOf(security, { button: 'Make new codes' }), {}, 'Make new codes');
    expect(changed.document.querySelectorAll('.codes code')).toHaveLength(10);
    const after = await person.open('/account/security/');
    const link = after.document.querySelector('main a[href="/account/sessions/"]');
    expect(link).not.toBeNull();
    const sessions = await person.open('/account/sessions/');
    await person.submit(formOf(sessions, { button: 'End all others' }), {}, 'End all others');
    expect((await elsewhere.open('/account/')).url).toContain('/login/');
    expect((await person.open('/account/')).url).toBe(`${site.url}/account/`);
  });
});

describe('ASVS 6.3.3: a second factor that is required', () => {
  const settings = ['--second-factor', 'required'];
  const ask = ({ clientId }: RegisteredApplication) =>
    `/o/authorize/?${new URLSearchParams({ client_id: clientId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' })}`;

  /** Sets an app up on the page that was led to, and answers where the codes lead on. */
  async function setUp(person: Person, required: Seen): Promise<Seen> {
    const link =
      required.document.querySelector('a[href^="/account/security/authenticator/"]')?.getAttribute('href') ?? '';
    const page = await person.open(link.replaceAll('&amp;', '&'));
    const totp = new TOTP({ secret: textOf(page, 'seed-key') });
    const wrong = await person.submit(formOf(page, { field: 'code' }), { code: 'aaaa' });
    const codes = await person.submit(formOf(wrong, { field: 'code' }), { code: totp.generate() });
    expect(codes.document.querySelectorAll('.codes code')).toHaveLength(10);
    const on = codes.document.querySelector('main a.button-primary')?.getAttribute('href') ?? '';
    return person.open(on.replaceAll('&amp;', '&'));
  }

  it('by an application is set up on the way there, and by the form as by the command', async () => {
    const developer = await site.member('strictdeveloper');
    const application = await register(developer, { name: 'Accounts payable', second_factor: 'required' });
    expect(await site.command(['app', 'show', application.clientId])).toMatchObject({ second_factor: 'required' });
    const person = await site.member('gerd');
    const required = await person.open(ask(application));
    expect(wordsOf(required)).toContain('Accounts payable opens only to people who sign in by two steps.');
    const consent = await setUp(person, required);
    expect(wordsOf(consent)).toContain('Accounts payable');
    expect((await person.allow(consent)).searchParams.get('code')).not.toBeNull();
  });

  it('can be turned back from: the application is told, and the person is at home', async () => {
    const developer = await site.member('kinddeveloper');
    const application = await register(developer, { name: 'Vault' });
    await site.perform(['app', 'update', application.clientId, ...settings]);
    const person = await site.member('hilde');
    const required = await person.open(ask(application));
    const back = leftFor(await person.submit(formOf(required, { button: 'Cancel' }), {}, 'Cancel'));
    expect(back.searchParams.get('error')).toBe('unmet_authentication_requirements');
    expect((await person.open('/account/')).url).toBe(`${site.url}/account/`);
  });

  it('by a request is offered where it is voluntary, with a way on that does without', async () => {
    const developer = await site.member('wishfuldeveloper');
    const application = await register(developer, { name: 'Wishful' });
    const person = await site.member('ines');
    const offered = await person.open(`${ask(application)}&acr_values=2`);
    expect(wordsOf(offered)).toContain('Wishful would like you to sign in by two steps.');
    const links = offered.document.querySelectorAll('a.button').map((link) => link.getAttribute('href') ?? '');
    const consent = await person.open(links.find((href) => href.includes('without=second-factor')) ?? '');
    expect((await person.allow(consent)).searchParams.get('code')).not.toBeNull();
  });

  it('by a group stands before every page of its members until it is set up, at once', async () => {
    await site.perform(['group', 'create', 'careful']);
    const person = await site.member('jens');
    await site.perform(['group', 'add', 'careful', 'jens']);
    expect((await person.open('/account/email/')).url).toBe(`${site.url}/account/email/`);
    expect(await site.command(['group', 'update', 'careful', '--second-factor', 'required'])).toMatchObject({
      name: 'careful',
      second_factor: 'required',
    });
    const required = await person.open('/account/email/');
    expect(wordsOf(required)).toContain('ask you to sign in by two steps');
    // A form that was open is not sent past it, and signing out always works.
    expect((await person.open('/account/data/delete/')).url).toContain('/account/security/required/');
    expect(wordsOf(await person.open('/logout/'))).toContain('Sign out');
    expect((await setUp(person, required)).url).toBe(`${site.url}/account/email/`);
    expect((await person.open('/account/')).url).toBe(`${site.url}/account/`);
  });

  it('by a device’s application is proved or set up before the device is let in', async () => {
    const developer = await site.member('devicedeveloper');
    const application = await register(developer, {
      name: 'Till',
      client_type: 'public',
      grants: ['device-code'],
      redirect_uris: '',
      second_factor: 'required',
    });
    const device = async () => {
      const body = new URLSearchParams({ client_id: application.clientId, scope: 'openid' });
      const answer = await fetch(`${site.url}/o/device-authorization/`, { method: 'POST', body });
      return (await answer.json()) as { user_code: string; device_code: string };
    };
    const typed = async (person: Person, user_code: string) =>
      person.submit(formOf(await person.open('/o/device/'), { field: 'user_code' }), { user_code });
    const person = await site.member('karl');
    const first = await device();
    const back = await setUp(person, await typed(person, first.user_code));
    const question = await person.submit(formOf(back, { field: 'user_code' }));
    await person.submit(formOf(question, { button: 'Allow' }), {}, 'Allow');
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: first.device_code,
      client_id: application.clientId,
    });
    const tokens = (await (await fetch(`${site.url}/o/token/`, { method: 'POST', body })).json()) as {
      id_token: string;
    };
    const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ acr: '2' });

    // Somebody whose browser is trusted signed in by one step: both are proved anew.
    const { person: lena, code } = await withApp('lena');
    await signOut(lena);
    await verify(lena, await lena.signIn('lena', PASSWORD), code(), { trust: 'on' });
    await signOut(lena);
    await lena.signIn('lena', PASSWORD);
    const asked = await typed(lena, (await device()).user_code);
    expect(wordsOf(asked)).toContain('The application on that device wants both steps');
    const confirmed = await lena.submit(formOf(asked, { field: 'current_password' }), {
      current_password: PASSWORD,
      code: code(),
    });
    expect(wordsOf(await lena.submit(formOf(confirmed, { field: 'user_code' })))).toContain('Till');
  });
});
