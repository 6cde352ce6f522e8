/**
 * Who arrives from elsewhere where not everybody may make an account: whoever is linked signs in, whoever is new gets a page that says how
 * it goes on. With `oidc-provider` and a plain OAuth 2 server, which says no address, as the providers.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenIdServer, startOpenIdServer } from '../../packages/client/test/openid-server.ts';
import {
  type PlainServer,
  plainCredentials,
  startPlainServer,
} from '../../packages/client/test/plain-oauth2-server.ts';
import { codeIn, linkIn, type MailServer, startMailServer } from '../../packages/server/test/mail/mail-server.ts';
import { formOf, type Person, type Seen, wordsOf } from '../person.ts';
import { freePort } from '../programs.ts';
import { CREDENTIALS, callbackOf, claims, signInElsewhere } from './elsewhere.ts';
import { failures } from './judge.ts';
import { openSite, PASSWORD, type Site } from './site.ts';

let port: number;
let server: OpenIdServer;
let plain: PlainServer;
let mail: MailServer;
let site: Site;

beforeAll(async () => {
  port = await freePort();
  server = await startOpenIdServer(() => [
    { ...CREDENTIALS, redirect_uris: [callbackOf(port, 'work'), callbackOf(port, 'stranger')] },
  ]);
  plain = await startPlainServer(() => callbackOf(port, 'forge'));
  mail = await startMailServer();
});
afterAll(async () => {
  await server?.close();
  await plain?.close();
  await mail?.close();
});

/** A server of these settings, for the tests of one `describe`. */
function siteWith(settings: Readonly<Record<string, string>>): void {
  beforeAll(async () => {
    const issuer = { kind: 'oidc', issuer: server.issuer, ...CREDENTIALS };
    const forge = {
      kind: 'oauth2',
      name: 'Forge',
      issuer: plain.url,
      authorization_url: `${plain.url}/o/authorize/`,
      token_url: `${plain.url}/o/token/`,
      profile_url: `${plain.url}/profile/`,
      scope: ['read'],
      client_id: plainCredentials.clientId,
      client_secret: plainCredentials.clientSecret,
    };
    const providers = {
      work: { ...issuer, name: 'Work', trust_email: true },
      stranger: { ...issuer, name: 'Stranger' },
      forge,
    };
    site = await openSite('SQLite', {
      DIAPASON_PORT: String(port),
      DIAPASON_PROVIDERS: JSON.stringify(providers),
      DIAPASON_SMTP_URL: mail.url,
      DIAPASON_MAIL_FROM: 'Example accounts <accounts@example.org>',
      ...settings,
    });
  });
  beforeEach(() => {
    mail.arrived.length = 0;
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });
}

const signIn = (person: Person, id = 'work', from = '/login/') => signInElsewhere(site, person, id, from);
const to = (address: string) => mail.next((arrived) => arrived.to.includes(address));
const isSignedIn = async (person: Person) => (await person.open('/account/')).url.includes('/account/');
const usernames = async () =>
  ((await site.command(['user', 'list'])) as { username: string }[]).map(({ username }) => username);

/** An account that the operator made, and its owner opened by the provider once. */
async function linked(name: string, address = `${name}@example.org`): Promise<void> {
  await site.perform(['user', 'create', '--username', name, '--email', address]);
  server.claims = claims(name, { email: address });
  expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
}

/** The page's link with these words leads to the sign-in page, which goes on to `next`. */
async function leadsOn(person: Person, page: Seen, words: string, next: string): Promise<void> {
  const link = page.document.querySelectorAll('main a').find((a) => a.text.trim() === words);
  expect(link?.getAttribute('href')).toBe(`/login/?next=${encodeURIComponent(next)}`);
  const signInPage = await person.open(`/login/?next=${encodeURIComponent(next)}`);
  expect([signInPage.status, formOf(signInPage, { field: 'password' }).fields.get('next')]).toEqual([200, next]);
}

describe('DIAPASON_EMAIL_VERIFICATION=required', () => {
  siteWith({ DIAPASON_EMAIL_VERIFICATION: 'required' });

  it('lets in at once whose address the provider verified, where it is believed', async () => {
    server.claims = claims('ann');
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/?done=signed-up`);
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('asks others to answer a message first, and signs them in by it where they asked', async () => {
    server.claims = claims('ben');
    const person = site.person();
    const asked = await signIn(person, 'stranger', '/login/?next=%2Faccount%2Fsessions%2F');
    expect(wordsOf(asked)).toContain('Check your mail');
    expect(await isSignedIn(person)).toBe(false);
    const code = codeIn(await to('ben@example.org'));
    const done = await person.submit(formOf(asked, { field: 'code' }), { code });
    expect(done.url).toContain('/account/sessions/');
    expect((await signIn(site.person(), 'stranger')).url).toBe(`${site.url}/account/`);
  });

  it('asks again at the next arrival while it is not answered', async () => {
    server.claims = claims('cem');
    await signIn(site.person(), 'stranger');
    await to('cem@example.org');
    mail.arrived.length = 0;
    const person = site.person();
    const asked = await signIn(person, 'stranger', '/login/?next=%2Faccount%2Fsessions%2F');
    expect(wordsOf(asked)).toContain('Check your mail');
    const page = await person.open(linkIn(await to('cem@example.org')));
    const done = await person.submit(formOf(page, { button: 'Confirm' }), {}, 'Confirm');
    expect(done.status).toBe(200);
    expect(await isSignedIn(person)).toBe(true);
  });

  it('asks for an address where the provider gives none', async () => {
    plain.person = { id: 4, username: 'dov', first_name: 'Dov', last_name: 'Durand' };
    const person = site.person();
    const page = await signIn(person, 'forge');
    const form = formOf(page, { field: 'arrival' });
    const refused = await person.submit(form, { email: 'dov' });
    expect(refused.document.getElementById('field-email')?.getAttribute('aria-invalid')).toBe('true');
    const asked = await person.submit(form, { email: 'dov@example.org' });
    expect(wordsOf(asked)).toContain('Check your mail');
    await person.submit(formOf(asked, { field: 'code' }), { code: codeIn(await to('dov@example.org')) });
    expect(await isSignedIn(person)).toBe(true);
    expect((await signIn(site.person(), 'forge')).url).toBe(`${site.url}/account/`);
  });

  it('ASVS 6.3.8: looks the same for an address that somebody has, whose owner is told', async () => {
    await site.perform(
      ['user', 'create', '--username', 'eve', '--email', 'eve@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('eve-there', { email: 'eve@example.org' });
    const known = await signIn(site.person(), 'stranger');
    server.claims = claims('fresh');
    const fresh = await signIn(site.person(), 'stranger');
    expect([known.status, wordsOf(known)]).toEqual([fresh.status, wordsOf(fresh)]);
    expect((await to('eve@example.org')).mail.subject).toContain('You already have an account');
  });
});

describe('DIAPASON_SIGN_UP=closed', () => {
  siteWith({ DIAPASON_SIGN_UP: 'closed' });

  it('signs in whoever is linked', async () => {
    await linked('ann');
    expect((await to('ann@example.org')).mail.subject).toContain('An account at Work was linked to your account');
    server.claims = claims('ann', { email: 'another@elsewhere.example' });
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('lets the owner of an address link, after a sign-in', async () => {
    await site.perform(
      ['user', 'create', '--username', 'ben', '--email', 'ben@example.org', '--password-stdin'],
      PASSWORD,
    );
    server.claims = claims('ben');
    const person = site.person();
    const confirm = await person.signIn('ben', PASSWORD, await signIn(person));
    await person.submit(formOf(confirm, { field: 'arrival' }));
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it.each(['work', 'stranger'])('makes no account for somebody new at %s, and leads on to the sign-in', async (id) => {
    server.claims = claims('new');
    const person = site.person();
    const page = await signIn(person, id, '/login/?next=%2Faccount%2Flog%2F');
    expect([page.status, wordsOf(page).includes('There is no account for you here')]).toEqual([403, true]);
    expect(wordsOf(page)).toContain('those who run Diapason alone make new ones');
    await leadsOn(person, page, 'Sign in another way', '/account/log/');
    expect(await usernames()).not.toContain('new');
  });
});

describe('DIAPASON_SIGN_UP=invitation', () => {
  siteWith({ DIAPASON_SIGN_UP: 'invitation' });

  it('signs in whoever is linked', async () => {
    await linked('ann');
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('tells somebody new that it takes an invitation, and leads on to the sign-in', async () => {
    server.claims = claims('new');
    const person = site.person();
    const page = await signIn(person, 'work', '/login/?next=%2Faccount%2Flog%2F');
    expect([page.status, wordsOf(page).includes('There is no account for you here')]).toEqual([403, true]);
    expect(wordsOf(page)).toContain('If you were invited, open the link in the invitation first');
    await leadsOn(person, page, 'Sign in another way', '/account/log/');
    expect(await usernames()).not.toContain('new');
  });
});

describe('DIAPASON_SIGN_UP_DOMAINS', () => {
  siteWith({ DIAPASON_EMAIL_VERIFICATION: 'required', DIAPASON_SIGN_UP_DOMAINS: 'example.org' });

  it('signs in whoever is linked, of whichever domain', async () => {
    await linked('ann', 'ann@elsewhere.example');
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('makes an account for somebody of the domain, once a believed provider or a message says so', async () => {
    server.claims = claims('ben');
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/?done=signed-up`);
    server.claims = claims('cem');
    const person = site.person();
    expect(wordsOf(await signIn(person, 'stranger'))).toContain('Check your mail');
    expect(await isSignedIn(person)).toBe(false);
  });

  // One whose name there cannot be one here hears it at once too: another username would not help.
  it.each(['new', 'no name', ''])(
    'makes none for somebody of another domain, called "%s", and says which',
    async (name) => {
      server.claims = claims('new', { preferred_username: name, email: 'x@elsewhere.example' });
      const person = site.person();
      const page = await signIn(person, 'work', '/login/?next=%2Faccount%2Flog%2F');
      expect([page.status, wordsOf(page).includes('Not with this address')]).toEqual([403, true]);
      expect(wordsOf(page)).toContain('Use an account with an address at: example.org.');
      await leadsOn(person, page, 'Sign in another way', '/account/log/');
      expect(await usernames()).not.toContain('new');
    },
  );

  it('refuses an address of another domain that is typed', async () => {
    plain.person = { id: 5, username: 'dov', first_name: 'Dov', last_name: 'Durand' };
    const person = site.person();
    const form = formOf(await signIn(person, 'forge'), { field: 'arrival' });
    const refused = await person.submit(form, { email: 'dov@elsewhere.example' });
    expect(refused.document.getElementById('field-email')?.getAttribute('aria-invalid')).toBe('true');
    expect(wordsOf(await person.submit(form, { email: 'dov@example.org' }))).toContain('Check your mail');
  });
});
