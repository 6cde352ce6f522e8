/** Mail over a real SMTP exchange, read back: sign-up, reset, a mail server that is away, one that refuses, and none at all. */
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeIn, linkIn, type MailServer, startMailServer } from '../../packages/server/test/mail/mail-server.ts';
import { formOf, type Person, wordsOf } from '../person.ts';
import { freePort } from '../programs.ts';
import { ENGINES, openSite, PASSWORD, type Site } from './site.ts';

const settings = (url: string) => ({
  DIAPASON_SMTP_URL: url,
  DIAPASON_MAIL_FROM: 'Example accounts <accounts@example.org>',
  DIAPASON_BRAND_NAME: 'Example',
});

describe.each(ENGINES)('mail on %s', (engine) => {
  let mail: MailServer;
  let site: Site;
  beforeAll(async () => {
    mail = await startMailServer(0, (recipient) =>
      recipient.startsWith('gone') ? { code: 550, text: 'no such mailbox' } : null,
    );
    site = await openSite(engine, settings(mail.url));
  });
  afterAll(async () => {
    await site.dispose();
    await mail.close();
  });
  const to = (address: string) => mail.next((arrived) => arrived.to.includes(address));
  const isSignedIn = async (person: Person) => (await person.open('/account/')).url.includes('/account/');

  it('verifies an address by a link that needs a click, and signs in by it', async () => {
    const person = site.person();
    const seen = await person.signUp({ username: 'clicker', password: PASSWORD });
    expect(wordsOf(seen)).toContain('Check your mail');
    expect(await isSignedIn(person)).toBe(false);
    const message = await to('clicker@example.org');
    expect(message.mail.subject).toBe('Confirm your address for Example');
    expect(message.mail.from?.text).toBe('"Example accounts" <accounts@example.org>');
    expect(message.mail.html).toContain('<html lang="en">');
    expect(message.mail.headers.get('auto-submitted')).toBe('auto-generated');
    const link = linkIn(message);
    expect(new URL(link).origin).toBe(site.url);
    // A scanner opens the link, twice: nothing is used up by it (D33).
    await site.person().open(link);
    const page = await person.open(link);
    expect(wordsOf(page)).toContain('clicker');
    const done = await person.submit(formOf(page, { button: 'Confirm' }), {}, 'Confirm');
    expect(wordsOf(done)).toContain('The address is confirmed.');
    expect(await isSignedIn(person)).toBe(true);
    expect((await person.open(link)).status).toBe(410);
  });

  it('verifies by the code, in French for whoever reads French', async () => {
    const person = site.person({ 'accept-language': 'fr' });
    const seen = await person.signUp({ username: 'codeuse', password: PASSWORD });
    const message = await to('codeuse@example.org');
    expect(message.mail.subject).toBe('Confirmez votre adresse pour Example');
    const wrong = await person.submit(formOf(seen, { field: 'code' }), { code: '0000 0000' });
    expect(wordsOf(wrong)).toContain('Ce code n’est pas juste');
    await person.submit(formOf(wrong, { field: 'code' }), { code: codeIn(message) });
    expect(await isSignedIn(person)).toBe(true);
  });

  it('shows the same page for a known address, and writes to its owner (ASVS 6.3.8)', async () => {
    await site.perform(['user', 'create', '--username', 'owner', '--email', 'owner@example.org']);
    const fresh = await site.person().signUp({ username: 'fresh', password: PASSWORD });
    const known = await site.person().signUp({ username: 'other', email: 'owner@example.org', password: PASSWORD });
    expect(wordsOf(known)).toBe(wordsOf(fresh));
    expect(known.status).toBe(fresh.status);
    const message = await to('owner@example.org');
    expect(message.mail.subject).toBe('You already have an account at Example');
  });

  it('lets nobody in by password before the address is proved, and sends another message', async () => {
    const browser = site.person();
    await site.person().signUp({ username: 'eager', password: PASSWORD });
    await to('eager@example.org');
    mail.arrived.length = 0;
    const seen = await browser.signIn('eager', PASSWORD);
    expect(wordsOf(seen)).toContain('Check your mail');
    const code = codeIn(await to('eager@example.org'));
    await browser.submit(formOf(seen, { field: 'code' }), { code });
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('resets a password by a link, which ends the sessions and is told afterwards', async () => {
    await site.perform(
      ['user', 'create', '--username', 'lost', '--email', 'lost@example.org', '--password-stdin'],
      PASSWORD,
    );
    const inside = site.person();
    await inside.signIn('lost', PASSWORD);
    const outside = site.person();
    const asked = await outside.submit(formOf(await outside.open('/password/reset/'), { field: 'email' }), {
      email: 'lost@example.org',
    });
    expect(wordsOf(asked)).toContain('whether an account has it or not');
    const link = linkIn(await to('lost@example.org'));
    const page = await outside.open(link);
    const done = await outside.submit(formOf(page, { field: 'password' }), { password: 'another fork in the road' });
    expect(wordsOf(done)).toContain('The new password is set.');
    expect(await isSignedIn(outside)).toBe(false);
    expect(await isSignedIn(inside)).toBe(false);
    await mail.next(({ mail: { subject } }) => subject === 'Your password at Example is a new one');
    expect((await outside.open(link)).status).toBe(410);
    await outside.signIn('lost', 'another fork in the road');
    expect(await isSignedIn(outside)).toBe(true);
  });

  it('starts a reset for somebody, who chooses the password; a second factor is asked for all the same', async () => {
    const email = ['--email', 'started@example.org'];
    await site.perform(['user', 'create', '--username', 'started', ...email, '--password-stdin'], PASSWORD);
    const inside = site.person();
    await inside.signIn('started', PASSWORD);
    expect(await isSignedIn(inside)).toBe(true);
    mail.arrived.length = 0;
    await site.perform(['user', 'reset-password', 'started', '--end-sessions']);
    // ASVS 7.4.5: at once, before anything is chosen.
    expect(await isSignedIn(inside)).toBe(false);
    const message = await to('started@example.org');
    expect(message.mail.subject).toBe('Choose a password for Example');
    const person = site.person();
    const page = await person.open(linkIn(message));
    await person.submit(formOf(page, { field: 'password' }), { password: 'a third fork in the road' });
    expect(await isSignedIn(person)).toBe(false);
    await person.signIn('started', 'a third fork in the road');
    expect(wordsOf(await person.open('/account/log/'))).toContain('A password reset was asked for');
    await site.perform(['user', 'reset-factors', 'started']);
    await mail.next(({ mail: { subject } }) => subject === 'The second step was taken off your account at Example');
    expect(await isSignedIn(person)).toBe(false);
  });

  it('builds links from its public address alone, whatever Host a request brings (CVE-2025-70948)', async () => {
    await site.perform(['user', 'create', '--username', 'hosted', '--email', 'hosted@example.org']);
    const person = site.person();
    const form = formOf(await person.open('/password/reset/'), { field: 'email' });
    form.fields.set('email', 'hosted@example.org');
    const headers = {
      origin: form.origin,
      'sec-fetch-site': 'same-origin',
      'x-forwarded-host': 'evil.example',
      'content-type': 'application/x-www-form-urlencoded',
    };
    await person.send('/password/reset/', { method: 'POST', headers, body: form.fields });
    const link = linkIn(await to('hosted@example.org'));
    expect(new URL(link).origin).toBe(site.url);
  });

  it('shows the operator what a mail server never takes, and tries it again when asked (D34)', async () => {
    await site.person().signUp({ username: 'gone', password: PASSWORD });
    type Listed = { id: string; to: string; state: string; detail: string };
    const failed = async () =>
      ((await site.command(['mail', 'list'])) as Listed[]).find(({ to }) => to === 'gone@example.org');
    await expect.poll(async () => (await failed())?.state, { timeout: 5_000 }).toBe('failed');
    const listed = await failed();
    expect(listed?.detail).toContain('550');
    await site.perform(['mail', 'retry', listed?.id ?? '']);
    await expect.poll(async () => (await failed())?.state, { timeout: 5_000 }).toBe('failed');
  });

  it('has no page of kept mail where mail is sent', async () => {
    expect((await site.person().open('/dev/mail/')).status).toBe(404);
  });
});

describe.each(ENGINES)('signing in by mail on %s', (engine) => {
  let mail: MailServer;
  let site: Site;
  beforeAll(async () => {
    mail = await startMailServer(0);
    site = await openSite(engine, { ...settings(mail.url), DIAPASON_SIGN_IN_BY_MAIL: 'on' });
    await site.perform(
      ['user', 'create', '--username', 'post', '--email', 'post@example.org', '--password-stdin'],
      PASSWORD,
    );
  });
  afterAll(async () => {
    await site.dispose();
    await mail.close();
  });
  const ask = async (person: Person, email: string, from = '/login/') => {
    const login = await person.open(from);
    const link = login.document.querySelector('a[href^="/login/mail/"]')?.getAttribute('href') ?? '';
    mail.arrived.length = 0;
    return person.submit(formOf(await person.open(link), { field: 'email' }), { email });
  };
  const to = (address: string) => mail.next((arrived) => arrived.to.includes(address));
  const isSignedIn = async (person: Person) => (await person.open('/account/')).url.includes('/account/');

  it('signs in by the code, and on to where one was going', async () => {
    const person = site.person();
    const seen = await ask(person, 'post@example.org', '/account/log/');
    const wrong = await person.submit(formOf(seen, { field: 'code' }), { code: '0000 0000' });
    expect(wordsOf(wrong)).toContain('This code is not right');
    const code = codeIn(await to('post@example.org'));
    const log = await person.submit(formOf(wrong, { field: 'code' }), { code });
    expect(log.url).toBe(`${site.url}/account/log/`);
    expect(wordsOf(log)).toContain('with a one-time code');
  });

  it('signs in by the link, which needs a click, and in the browser that asked alone (D33)', async () => {
    const person = site.person();
    await ask(person, 'post@example.org');
    const link = linkIn(await to('post@example.org'));
    expect(new URL(link).pathname).toBe('/login/mail/code/');
    const elsewhere = await site.person().open(link);
    expect(elsewhere.status).toBe(403);
    expect(wordsOf(elsewhere)).toContain('This link works in another browser');
    const page = await person.open(link);
    expect(await isSignedIn(person)).toBe(false);
    await person.submit(formOf(page, { button: 'Sign in' }), {}, 'Sign in');
    expect(await isSignedIn(person)).toBe(true);
    expect((await person.open(link)).status).toBe(410);
  });

  it('answers the same, whoever asks (ASVS 6.3.8)', async () => {
    const known = await ask(site.person(), 'post@example.org');
    const unknown = await ask(site.person(), 'nobody@example.org');
    expect(wordsOf(unknown)).toBe(wordsOf(known));
    expect([unknown.status, unknown.url]).toEqual([known.status, known.url]);
    expect((await to('nobody@example.org')).mail.subject).toBe('No account at Example signs in with this address');
  });
});

it('signs nobody in by mail unless it is switched on', async () => {
  const site = await openSite('SQLite');
  expect((await site.person().open('/login/')).text).not.toContain('/login/mail/');
  expect((await site.person().open('/login/mail/')).status).toBe(404);
  expect((await site.person().open('/login/mail/code/')).status).toBe(404);
  await site.dispose();
});

describe('a mail server that is away', () => {
  it('keeps no server from starting, and mail goes out within 5 seconds of its return', async () => {
    const port = await freePort();
    const site = await openSite('SQLite', settings(`smtp://127.0.0.1:${port}`));
    await site.person().signUp({ username: 'patient', password: PASSWORD });
    await expect
      .poll(async () => ((await site.command(['mail', 'list'])) as { detail: string | null }[])[0]?.detail, {
        timeout: 5_000,
      })
      .toContain('ECONN');
    const mail = await startMailServer(port);
    const message = await mail.next(({ to }) => to.includes('patient@example.org'), 5_000);
    expect(message.mail.subject).toBe('Confirm your address for Example');
    expect(await site.command(['mail', 'list'])).toEqual([]);
    await site.dispose();
    await mail.close();
  });
});

describe('no mail server', () => {
  it('keeps mail to be read on a developer’s machine, by this machine and this host alone', async () => {
    const site = await openSite('SQLite', { DIAPASON_EMAIL_VERIFICATION: 'required' });
    const person = site.person();
    await person.signUp({ username: 'developer', password: PASSWORD });
    const page = await person.open('/dev/mail/');
    expect(wordsOf(page)).toContain('developer@example.org');
    // DNS rebinding: a page elsewhere whose name resolves to this machine asks by its own name.
    const rebound = await askAs('attacker.example', new URL('/dev/mail/', site.listening));
    expect(rebound.status).toBe(404);
    expect(rebound.text).not.toContain('developer@example.org');
    const verify = /href="([^"]*\/email\/verify\/\?token=[^"]*)"/.exec(page.text)?.[1] ?? '';
    const seen = await person.open(verify.replaceAll('&amp;', '&'));
    await person.submit(formOf(seen, { button: 'Confirm' }), {}, 'Confirm');
    expect((await person.open('/account/')).url).toContain('/account/');
    await site.dispose();
  });
});

/** A request with a Host header of its own, which `fetch` does not let one write. */
function askAs(host: string, url: URL): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((answered, failed) => {
    get(url, { headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => answered({ status: response.statusCode ?? 0, text }));
    }).on('error', failed);
  });
}
