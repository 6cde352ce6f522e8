import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateProfile } from '../../src/accounts/profile.ts';
import { fieldsOfPerson, readFields } from '../../src/accounts/profile-fields.ts';
import { startSession } from '../../src/accounts/sessions.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import { setUserFields } from '../../src/admin/users.ts';
import { profileFields } from '../../src/config/profile-fields.ts';
import { addUser, browserAt, type Installation, openInstallation, sessionOf, signUpForm } from './installation.ts';

const words = (text: string) => ({ en: text, fr: text });
const DECLARED = profileFields(
  JSON.stringify({
    department: {
      label: words('Department'),
      type: 'choice',
      choices: { it: words('Computing'), hr: words('Human resources') },
      required: true,
      scope: 'profile',
    },
    started: { label: words('First day'), type: 'date' },
    site: { label: words('Site'), type: 'url' },
    note: { label: words('Note'), max_characters: 5 },
    badge: { label: words('Badge'), required: true, edited_by: 'operator', scope: 'profile', claim: 'badge_number' },
  }),
);
if (!DECLARED.ok) throw new Error(DECLARED.fault);
const declared = DECLARED.value;

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
const deps = () => ({ ...installation.deps, profileFields: declared });

describe('the values of declared fields', () => {
  const all = fieldsOfPerson(declared, 'profile');
  const read = (typed: Record<string, string>, former = {}) => readFields(all, typed, former);

  it('are read, trimmed, and empty where they are', () => {
    const typed = { department: 'it', started: '2026-01-31', site: ' https://example.org/a ', note: '' };
    expect(read(typed)).toEqual({
      patch: { department: 'it', started: '2026-01-31', site: 'https://example.org/a', note: null },
      problems: [],
    });
  });

  it.each([
    ['department', '', 'problem.required'],
    ['department', 'sales', 'problem.choice.unknown'],
    ['started', '2026-02-30', 'problem.date.invalid'],
    ['started', '31.1.2026', 'problem.date.invalid'],
    ['site', 'javascript:alert(1)', 'problem.address.invalid'],
    ['site', 'ftp://example.org', 'problem.address.invalid'],
    ['note', '123456', 'problem.text.tooLong'],
    ['note', 'a\u0000b', 'problem.text.controlCharacters'],
  ])('%s: refuse %j', (name, value, code) => {
    const { problems } = read({ department: 'it', [name]: value });
    expect(problems).toEqual([expect.objectContaining({ field: `field_${name}`, code })]);
  });

  it('stay as they are though the declaration has changed since', () => {
    expect(read({ department: 'sales' }, { department: 'sales' }).problems).toEqual([]);
  });
});

describe('declared fields of an account', () => {
  const profile = { username: 'person', firstName: '', lastName: '', locale: '', zoneInfo: '' };

  it('are asked for at sign-up where a person has to fill them in, and those alone', async () => {
    expect(fieldsOfPerson(declared, 'sign-up').map(({ name }) => name)).toEqual(['department']);
    const browser = browserAt('192.0.2.1');
    expect(await signUp(signUpForm('without'), browser, deps())).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'field_department', code: 'problem.required' }],
    });
    const made = await signUp(signUpForm('with', { fields: { department: 'hr', badge: 'mine' } }), browser, deps());
    if (made.outcome !== 'signed_up') throw new Error(JSON.stringify(made));
    // The operator's is not to be had by a form that somebody made up.
    expect((await sessionOf(installation, made.started)).account.fields).toEqual({ department: 'hr' });
  });

  it('are changed by their owner and by the operator, each their own, at the same time too', async () => {
    const { id } = await addUser(installation, 'person');
    const current = await sessionOf(installation, await startSession(id, browserAt('192.0.2.2'), deps()));
    const [changed, set] = await Promise.all([
      updateProfile({ ...profile, fields: { department: 'it', note: 'x', badge: 'forged' } }, current, deps()),
      setUserFields({ id }, { badge: 'B-440' }, deps()),
    ]);
    expect([changed.outcome, set.outcome]).toEqual(['updated', 'updated']);
    const stored = async () => (await installation.storage.accounts.findAccount(id))?.fields;
    expect(await stored()).toEqual({ department: 'it', note: 'x', badge: 'B-440' });
    await setUserFields({ id }, { note: '' }, deps());
    expect(await stored()).toEqual({ department: 'it', badge: 'B-440' });
    expect(await setUserFields({ id }, { nothing: 'x' }, deps())).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'problem.field.unknown', values: { field: 'nothing' } }],
    });
  });
});

describe('the declaration', () => {
  const fault = (fields: unknown) => {
    const read = profileFields(typeof fields === 'string' ? fields : JSON.stringify(fields));
    return read.ok ? null : read.fault;
  };
  const label = words('Label');

  it.each([
    ['{', 'is not JSON'],
    [[], 'is not a JSON object'],
    [{ Name: { label } }, 'name is not'],
    [{ a: {} }, 'the label of the field a'],
    [{ a: { label: { en: 'A' } } }, 'en and fr'],
    [{ a: { label, type: 'number' } }, 'text, choice, date, url'],
    [{ a: { label, type: 'choice' } }, 'choices'],
    [{ a: { label, choices: { x: label } } }, 'choices'],
    [{ a: { label, claim: 'sub' } }, 'means something else already'],
    [{ email: { label } }, 'means something else already'],
    [{ a: { label, claim: 'x' }, b: { label, claim: 'x' } }, 'two fields as the claim x'],
    [{ a: { label, editedBy: 'person' } }, 'unknown member'],
    [{ a: { label, max_characters: 0 } }, 'max_characters'],
  ])('%j is refused', (fields, part) => {
    expect(fault(fields)).toContain(part);
  });

  it('may be empty', () => {
    expect(profileFields('')).toEqual({ ok: true, value: new Map() });
  });
});
