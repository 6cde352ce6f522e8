/**
 * What a new person from elsewhere is asked before there is an account: the fields that the operator requires, and what an invitation
 * opens. With `oidc-provider` as the provider.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenIdServer, startOpenIdServer } from '../../packages/client/test/openid-server.ts';
import { formOf, leftFor, type Person, type Seen, wordsOf } from '../person.ts';
import { freePort } from '../programs.ts';
import { CREDENTIALS, callbackOf, claims, signInElsewhere, throughProvider } from './elsewhere.ts';
import { failures } from './judge.ts';
import { openSite, PASSWORD, type Site } from './site.ts';

const FIELDS = {
  department: {
    label: { en: 'Department', fr: 'Service' },
    type: 'choice',
    choices: { it: { en: 'Computing', fr: 'Informatique' }, hr: { en: 'Human resources', fr: 'Personnel' } },
    required: true,
    scope: 'profile',
  },
  born: {
    label: { en: 'Birthday', fr: 'Naissance' },
    type: 'date',
    required: true,
    scope: 'profile',
    claim: 'birthdate',
  },
  nickname: { label: { en: 'Nickname', fr: 'Surnom' }, scope: 'profile' },
};

let port: number;
let server: OpenIdServer;
let site: Site;
beforeAll(async () => {
  port = await freePort();
  server = await startOpenIdServer(() => [
    { ...CREDENTIALS, redirect_uris: [callbackOf(port, 'office'), callbackOf(port, 'stranger')] },
  ]);
});
afterAll(() => server?.close());

function siteWith(settings: Readonly<Record<string, string>>): void {
  beforeAll(async () => {
    const issuer = { kind: 'oidc', issuer: server.issuer, ...CREDENTIALS };
    const providers = {
      office: { ...issuer, name: 'Office', trust_email: true },
      stranger: { ...issuer, name: 'Stranger' },
    };
    site = await openSite('SQLite', {
      DIAPASON_PORT: String(port),
      DIAPASON_PROVIDERS: JSON.stringify(providers),
      ...settings,
    });
  });
  afterAll(async () => {
    const failed = site === undefined ? [] : failures(site);
    await site?.dispose();
    expect(failed).toEqual([]);
  });
}

const signIn = (person: Person, from = '/login/') => signInElsewhere(site, person, 'office', from);
const show = async (username: string) =>
  (await site.command(['user', 'show', username])) as Readonly<Record<string, unknown>>;
const usernames = async () =>
  ((await site.command(['user', 'list'])) as { username: string }[]).map(({ username }) => username);
const membersOf = async (group: string) =>
  ((await site.command(['group', 'show', group])) as { members: { username: string }[] }).members.map(
    ({ username }) => username,
  );
const filledIn = (seen: Seen, field: string) => seen.document.getElementById(`field-${field}`)?.getAttribute('value');
const isWrong = (seen: Seen, field: string) =>
  seen.document.getElementById(`field-${field}`)?.getAttribute('aria-invalid') === 'true';

describe('fields that the operator requires', () => {
  siteWith({ DIAPASON_PROFILE_FIELDS: JSON.stringify(FIELDS) });

  it('are asked for before the account is made, with what the provider said in them', async () => {
    server.claims = claims('ann', { birthdate: '1990-04-01' });
    const person = site.person();
    const page = await signIn(person, '/login/?next=%2Faccount%2Fsessions%2F');
    expect(wordsOf(page)).toContain('Complete your account');
    expect(await usernames()).not.toContain('ann');
    const said = ['username', 'first_name', 'last_name', 'field_born'].map((field) => filledIn(page, field));
    expect(said).toEqual(['ann', 'Given', 'Family', '1990-04-01']);
    expect(page.document.getElementById('field-field_nickname')).toBeNull();

    const form = formOf(page, { field: 'arrival' });
    const typed = { first_name: 'Annette', last_name: 'Ämter', field_born: '1990-13-01', username: 'annette' };
    const refused = await person.submit(form, typed);
    expect([
      isWrong(refused, 'field_department'),
      isWrong(refused, 'field_born'),
      isWrong(refused, 'username'),
    ]).toEqual([true, true, false]);
    const kept = Object.keys(typed).map((field) => filledIn(refused, field));
    expect(kept).toEqual(Object.values(typed));
    expect(await usernames()).not.toContain('annette');

    const again = formOf(refused, { field: 'arrival' });
    const done = await person.submit(again, { field_born: '1990-04-02', field_department: 'hr', field_nickname: 'x' });
    expect(done.url).toBe(`${site.url}/account/sessions/`);
    expect(await show('annette')).toMatchObject({
      first_name: 'Annette',
      last_name: 'Ämter',
      email: 'ann@example.org',
      email_verified: true,
      fields: { department: 'hr', born: '1990-04-02' },
    });
    // Linked: nothing is asked again.
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('keep what else is wrong in the same answer, and refuse what is none of a choice', async () => {
    await site.perform(['user', 'create', '--username', 'ben', '--email', 'ben@elsewhere.example']);
    server.claims = claims('ben');
    const person = site.person();
    const form = formOf(await signIn(person), { field: 'arrival' });
    const taken = await person.submit(form, { field_born: '1990-04-01', field_department: 'it' });
    expect([taken.status, isWrong(taken, 'username'), filledIn(taken, 'field_born')]).toEqual([
      200,
      true,
      '1990-04-01',
    ]);
    const hostile = await person.submit(form, {
      username: '<script>',
      first_name: 'x'.repeat(500),
      field_born: '1990\u200b',
      field_department: '<img src=x>',
    });
    expect([hostile.status, isWrong(hostile, 'username'), isWrong(hostile, 'first_name')]).toEqual([200, true, true]);
    expect([isWrong(hostile, 'field_born'), isWrong(hostile, 'field_department')]).toEqual([true, true]);
    expect(hostile.text).not.toContain('<img src=x>');
  });

  it('make one account of one form that is sent ten times at once', async () => {
    server.claims = claims('cleo', { birthdate: '1990-04-01' });
    const person = site.person();
    const form = formOf(await signIn(person), { field: 'arrival' });
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        person.submit(form, { username: `cleo${index}`, field_department: 'it' }),
      ),
    );
    expect(sent.every(({ status }) => status < 500)).toBe(true);
    expect((await usernames()).filter((name) => name.startsWith('cleo'))).toHaveLength(1);
  });

  it('say nothing of somebody else’s arrival, in another browser', async () => {
    server.claims = claims('dov');
    const page = await signIn(site.person());
    expect((await site.person().open(page.url)).status).toBe(400);
  });
});

describe('an invitation', () => {
  siteWith({ DIAPASON_SIGN_UP: 'invitation', DIAPASON_SIGN_UP_DOMAINS: '' });

  async function invite(address: string, options: readonly string[] = []): Promise<string> {
    await site.perform(['invitation', 'create', '--email', address, ...options]);
    const kept = await site.person().open('/dev/mail/');
    const link = new RegExp(`${site.url}(/invitation/\\?token=[\\w-]{43})`).exec(kept.text)?.[1];
    if (link === undefined) throw new Error('no link was mailed');
    return link;
  }

  /** By the link of the invitation's page, to the provider and back. */
  const accept = (person: Person, invitation: string) => signIn(person, invitation);

  it('is accepted with a provider: address, role and groups are the invitation’s', async () => {
    await site.perform(['group', 'create', 'staff']);
    const invitation = await invite('ann@example.org', ['--group', 'staff', '--superuser']);
    server.claims = claims('ann', { email: 'private@elsewhere.example' });
    const person = site.person();
    const landing = await person.open(invitation);
    expect(wordsOf(landing)).toContain('Continue with Office');
    const page = await accept(person, invitation);
    expect(wordsOf(page)).toContain('Complete your account');
    expect(wordsOf(page)).toContain('ann@example.org');
    expect(wordsOf(page)).toContain('staff');
    expect(await usernames()).not.toContain('ann');
    const form = formOf(page, { field: 'arrival' });
    const done = await person.submit(form, { email: 'other@example.org', last_name: 'Ackroyd' });
    expect(done.url).toBe(`${site.url}/account/?done=signed-up`);
    expect(await show('ann')).toMatchObject({
      email: 'ann@example.org',
      email_verified: true,
      last_name: 'Ackroyd',
      is_superuser: true,
    });
    expect(await membersOf('staff')).toEqual(['ann']);
    // Used up, and the account is opened by the provider from now on.
    expect((await site.person().open(invitation)).status).toBe(410);
    expect((await person.submit(form, { username: 'ann2' })).status).toBe(410);
    expect((await signIn(site.person())).url).toBe(`${site.url}/account/`);
  });

  it('makes one account, whoever accepts it how at once', async () => {
    const invitation = await invite('ben@example.org');
    server.claims = claims('ben');
    const [one, other] = [site.person(), site.person()];
    const form = formOf(await accept(one, invitation), { field: 'arrival' });
    const password = formOf(await other.open(invitation), { field: 'password' });
    const [byProvider, byPassword] = await Promise.all([
      one.submit(form, { username: 'ben-a' }),
      other.submit(password, { username: 'ben-b', password: PASSWORD }),
    ]);
    expect((await usernames()).filter((name) => name.startsWith('ben-'))).toHaveLength(1);
    const homes = [byProvider, byPassword].filter(({ url }) => url.includes('done=signed-up'));
    expect(homes).toHaveLength(1);
    expect([byProvider.status, byPassword.status].sort()).toEqual([200, 410]);
  });

  it('is none once it was revoked: nobody is made an account, and its page says so', async () => {
    const invitation = await invite('cem@example.org');
    server.claims = claims('cem');
    const person = site.person();
    const form = formOf(await accept(person, invitation), { field: 'arrival' });
    await site.perform(['invitation', 'revoke', 'cem@example.org']);
    expect((await person.submit(form)).status).toBe(410);
    expect((await signIn(site.person())).status).toBe(403);
    const forged = await person.open(`/accounts/office/login/?invitation=${'A'.repeat(43)}`);
    expect((await person.open(await throughProvider(site, leftFor(forged)))).status).toBe(410);
    // What is no token at all is none.
    const odd = await person.open('/accounts/office/login/?invitation=%00%3Cscript%3E');
    expect((await person.open(await throughProvider(site, leftFor(odd)))).status).toBe(403);
    expect(await usernames()).not.toContain('cem');
  });

  it('leads whoever has an account to accept with it, signed in', async () => {
    await site.perform(['group', 'create', 'choir']);
    const first = await invite('dora@example.org');
    server.claims = claims('dora');
    const person = site.person();
    await person.submit(formOf(await accept(person, first), { field: 'arrival' }));
    const second = await invite('dora@example.org', ['--group', 'choir']);
    const back = site.person();
    const page = await back.open('/login/');
    expect(page.status).toBe(200);
    const start = await back.open(
      `/accounts/office/login/?invitation=${new URL(second, site.url).searchParams.get('token')}`,
    );
    const landed = await back.open(await throughProvider(site, leftFor(start)));
    expect(landed.url).toBe(`${site.url}${second}`);
    await back.submit(formOf(landed, { field: 'do' }));
    expect(await membersOf('choir')).toEqual(['dora']);
  });

  it('gives its groups to no account that has not verified its address', async () => {
    await site.perform(['group', 'create', 'board']);
    const own = await invite('eve@example.org');
    server.claims = claims('eve');
    const eve = site.person();
    await eve.submit(formOf(await accept(eve, own), { field: 'arrival' }));
    const stray = await invite('fay@example.org', ['--group', 'board']);
    const landed = await accept(site.person(), stray);
    expect(wordsOf(landed)).not.toContain('Complete your account');
    expect(await membersOf('board')).toEqual([]);
    expect(await usernames()).not.toContain('fay');
  });

  it('whose address somebody has verified opens no new account', async () => {
    await site.perform(
      ['user', 'create', '--username', 'gus', '--email', 'gus@example.org', '--password-stdin'],
      PASSWORD,
    );
    const token = new URL(await invite('gus@example.org'), site.url).searchParams.get('token');
    server.claims = claims('gus-elsewhere');
    const person = site.person();
    const start = await person.open(`/accounts/office/login/?invitation=${token}`);
    const landed = await person.open(await throughProvider(site, leftFor(start)));
    expect(landed.url).toBe(`${site.url}/invitation/?token=${token}`);
    expect(wordsOf(landed)).toContain('Sign in');
    expect(await usernames()).not.toContain('gus-elsewhere');
  });
});
