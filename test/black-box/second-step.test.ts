/** The second step from outside: turning it on, signing in by it, what waits behind it, and turning it off. */
import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formOf, leftFor, type Person, type Seen, textOf, wordsOf } from '../person.ts';
import { failures } from './judge.ts';
import { CALLBACK, openSite, PASSWORD, register, type Site } from './site.ts';

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
