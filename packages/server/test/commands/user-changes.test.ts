/** `diapason user update`, `user address`, `user remove-picture` and `user end-sessions`, as an operator types them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install, PASSWORD } from './run-diapason.ts';

const FIELDS = JSON.stringify({
  badge: { label: { en: 'Badge', fr: 'Badge' }, edited_by: 'operator', max_characters: 5 },
  department: { label: { en: 'Department', fr: 'Service' }, required: true },
});

let diapason: Installation;
beforeAll(async () => {
  diapason = install();
  for (const name of ['alice', 'bob']) {
    await diapason.run(['user', 'create', '--username', name, '--email', `${name}@example.org`]);
  }
});
afterAll(() => diapason.remove());

const declared = { environment: { DIAPASON_PROFILE_FIELDS: FIELDS } };
const update = (...options: string[]) => diapason.run(['user', 'update', 'alice', ...options], declared);
const alice = () => diapason.json(['user', 'show', 'alice'], declared);

describe('diapason user update', () => {
  it('changes what is named, and nothing else', async () => {
    await diapason.run(['user', 'update', 'alice', '--first-name', 'Alice', '--last-name', 'Ames']);
    const options = ['--language', 'fr', '--time-zone', 'europe/paris', '--field', 'badge=4711', '--json'];
    const { status, output } = await update(...options);
    const profile = { first_name: 'Alice', last_name: 'Ames', locale: 'fr', zoneinfo: 'Europe/Paris' };
    expect([status, JSON.parse(output)]).toMatchObject([0, { ...profile, fields: { badge: '4711' } }]);
    expect(await alice()).toMatchObject({
      ...profile,
      username: 'alice',
      fields: { badge: '4711' },
      is_superuser: false,
    });
    // Another name of a zone stays that name.
    await update('--time-zone', 'Asia/Kolkata', '--last-name', '', '--superuser', 'on');
    expect(await alice()).toMatchObject({ zoneinfo: 'Asia/Kolkata', last_name: '', locale: 'fr', is_superuser: true });
    await update('--time-zone', '', '--language', '', '--field', 'badge=', '--superuser', 'off');
    expect(await alice()).toMatchObject({ zoneinfo: null, locale: null, fields: {}, is_superuser: false });
  });

  it.each([
    ['a name that is taken', ['--username', 'Bob'], '--username: '],
    ['a language that pages have not', ['--language', 'de'], '--language: '],
    ['a time zone that there is not', ['--time-zone', 'Mars/Base'], '--time-zone: '],
    ['an offset for a time zone', ['--time-zone', '+02:00'], '--time-zone: '],
    ['a field that is not declared', ['--field', 'colour=red'], 'colour'],
    ['a value that is too long', ['--field', 'badge=471112'], 'badge'],
    ['a name with control characters', ['--first-name', 'A\u0007'], '--first-name: '],
  ])('refuses %s in one line, and changes nothing', async (_what, options, words) => {
    const before = await alice();
    const { status, complaint } = await update('--last-name', 'Other', ...options);
    expect([status, complaint.trimEnd().includes('\n')]).toEqual([1, false]);
    expect(complaint).toContain(words);
    expect(await alice()).toEqual(before);
  });

  it('says how it is used where nothing is named, or nobody has the name', async () => {
    expect((await update()).status).toBe(2);
    expect((await diapason.run(['user', 'update', 'nobody', '--first-name', 'N'])).status).toBe(1);
  });
});

describe('diapason user address', () => {
  const address = (...argv: string[]) => diapason.run(['user', 'address', ...argv]);
  const emails = async () =>
    ((await diapason.json(['user', 'address', 'list', 'alice'])) as { email: string }[]).map(({ email }) => email);

  it('adds a verified address, makes it primary, removes the former one, and tells the owner of each', async () => {
    const listed = await diapason.json(['user', 'address', 'list', 'alice']);
    expect(shapeOf(listed)).toEqual(shapeOf(documented('user address list')));
    expect((await address('add', 'alice', 'Ames@example.com')).status).toBe(0);
    expect((await address('add', 'alice', 'ames@example.com', '--primary')).status).toBe(0);
    expect(await emails()).toEqual(['Ames@example.com', 'alice@example.org']);
    expect(await alice()).toMatchObject({ email: 'Ames@example.com', email_verified: true });
    expect((await address('remove', 'alice', 'ames@example.com')).complaint).toContain('beside the primary one');
    expect((await address('remove', 'alice', 'Alice@example.org')).status).toBe(0);
    expect(await emails()).toEqual(['Ames@example.com']);
    const mail = (await diapason.json(['mail', 'list', '--all'])) as { for: string; to: string }[];
    const told = mail.filter((one) => one.for === 'notice').map(({ to }) => to);
    // Added: both. Primary: both. Removed: who is left, and the address itself.
    expect(told.sort()).toEqual([...Array(3).fill('Ames@example.com'), ...Array(3).fill('alice@example.org')]);
  });

  it.each([
    ['an address that another account has verified', ['add', 'alice', 'bob@example.org'], 'another account'],
    ['what is no address', ['add', 'alice', 'bob@@example.org'], '--email'],
    ['two addresses in one', ['add', 'alice', 'a@example.org,b@example.org'], '--email'],
    ['a primary one that is not there', ['primary', 'alice', 'nowhere@example.org'], 'no verified address'],
    ['removing one that is not there', ['remove', 'alice', 'nowhere@example.org'], 'no address'],
    ['nobody', ['add', 'nobody', 'a@example.org'], 'No account has'],
  ])('refuses %s', async (_what, argv, words) => {
    const { status, complaint } = await address(...argv);
    expect(status).toBe(1);
    expect(complaint).toContain(words);
  });
});

describe('diapason user remove-picture and end-sessions', () => {
  it('say what there was', async () => {
    expect((await diapason.run(['user', 'remove-picture', 'bob'])).output).toContain('has no picture');
    expect((await diapason.run(['user', 'end-sessions', 'bob'])).output).toContain('0 sessions have ended');
    expect((await diapason.run(['user', 'end-sessions', 'nobody'])).status).toBe(1);
  });

  it('ASVS 7.4.5: end a session at once, beside a running server', async () => {
    await diapason.run(['user', 'set-password', 'bob', '--password-stdin'], { input: PASSWORD });
    const serving = await diapason.serve();
    try {
      const person = browse(`http://localhost:${serving.port}`);
      await person.signIn('bob', PASSWORD);
      expect((await person.open('/account/')).status).toBe(200);
      expect((await diapason.run(['user', 'end-sessions', 'bob'])).output).toContain('1 session has ended');
      expect((await person.open('/account/')).status).toBe(303);
    } finally {
      serving.process.kill('SIGTERM');
      await serving.ended;
    }
  });
});

/** Just enough of a browser: cookies, and the token of a form. */
function browse(origin: string) {
  const cookies = new Map<string, string>();
  const open = async (path: string, form?: URLSearchParams) => {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    const sent = form === undefined ? { headers } : { headers: { ...headers, origin }, method: 'POST', body: form };
    const answer = await fetch(`${origin}${path}`, { ...sent, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { status: answer.status, text: await answer.text() };
  };
  return {
    open,
    async signIn(username: string, password: string) {
      const [, csrf = ''] = /name="csrf" value="([^"]*)"/.exec((await open('/login/')).text) ?? [];
      return open('/login/', new URLSearchParams({ csrf, username, password }));
    },
  };
}
