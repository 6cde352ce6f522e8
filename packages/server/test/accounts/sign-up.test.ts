import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ATTEMPT_LIMITS } from '../../src/accounts/attempt-limits.ts';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import { readSession } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  PASSWORD,
  signInForm,
  signUpForm,
} from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
beforeEach(() => installation.advance(2 * 3_600_000));

const taken = { outcome: 'refused', problems: [{ field: 'username', code: 'problem.username.taken' }] };

describe('signing up, verification optional', () => {
  it('makes the account as typed and signs in at once', async () => {
    const browser = browserAt('192.0.2.1');
    const form = signUpForm('Alice', { firstName: ' Alice ', lastName: 'Liddell', locale: 'fr' });
    const result = await signUp(form, browser, installation.deps);
    if (result.outcome !== 'signed_up') throw new Error(JSON.stringify(result));
    const found = await readSession(result.started.secret, installation.deps);
    expect(found?.account).toMatchObject({
      id: result.accountId,
      idIsNumber: false,
      username: 'Alice',
      firstName: 'Alice',
      lastName: 'Liddell',
      email: 'Alice@example.com',
      emailVerified: false,
      locale: 'fr',
      isSuperuser: false,
      isImported: false,
      hasPassword: true,
      disabledAtMs: null,
    });
    expect(installation.sent).toEqual([
      expect.objectContaining({ kind: 'verify-address', to: 'Alice@example.com', locale: 'fr' }),
    ]);
    installation.sent.length = 0;
  });

  it('gives ids of 128 random bits (ASVS 11.5.1)', async () => {
    const result = await signUp(signUpForm('ids'), browserAt('192.0.2.2'), installation.deps);
    expect(result).toMatchObject({ accountId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  it('says everything that is wrong at once, and hashes nothing', async () => {
    const before = installation.work.hash;
    const form = {
      username: 'a b',
      email: 'a@b,c@d',
      firstName: 'a\u0000',
      lastName: '\u202e',
      password: 'short',
      locale: null,
      next: null,
    };
    expect(await signUp(form, browserAt('192.0.2.3'), installation.deps)).toEqual({
      outcome: 'refused',
      problems: [
        { field: 'username', code: 'problem.username.notAllowed' },
        { field: 'email', code: 'problem.email.invalid' },
        { field: 'first_name', code: 'problem.text.controlCharacters' },
        { field: 'last_name', code: 'problem.text.controlCharacters' },
        { field: 'password', code: 'problem.password.tooShort', values: { minimum: 8 } },
      ],
    });
    expect(installation.work.hash).toBe(before);
  });

  it.each([
    ['the same name', 'paypal', 'paypal'],
    ['another case', 'Charlotte', 'cHARLOTTE'],
    ['full-width letters', 'dorothy', 'ｄｏｒｏｔｈｙ'],
    ['Cyrillic letters that look alike', 'eve-paypal', 'eve-pаypаl'],
    ['digits that look alike', 'hello', 'he11o'],
  ])('refuses a username that is taken by %s', async (_how, first, second) => {
    expect(
      (await signUp(signUpForm(first, { email: 'a@example.com' }), browserAt('192.0.2.4'), installation.deps)).outcome,
    ).toBe('signed_up');
    expect(
      await signUp(signUpForm(second, { email: 'b@example.com' }), browserAt('192.0.2.4'), installation.deps),
    ).toEqual(taken);
  });

  it('of 20 simultaneous sign-ups under one name exactly one succeeds', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        signUp(signUpForm('race', { email: `race${index}@example.com` }), browserAt('192.0.2.5'), installation.deps),
      ),
    );
    expect(results.filter(({ outcome }) => outcome === 'signed_up')).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'refused')).toHaveLength(19);
  });
});

describe('ASVS 6.3.8', () => {
  it('gives a known address no other answer than a new one, and the account no more than an unverified copy', async () => {
    const owner = await addUser(installation, 'owner', { email: 'owner@mail.example' });
    const form = signUpForm('newcomer', { email: 'Owner@mail.example', password: 'newcomer has this one' });
    const result = await signUp(form, browserAt('192.0.2.10'), installation.deps);
    if (result.outcome !== 'signed_up') throw new Error(JSON.stringify(result));
    const found = await readSession(result.started.secret, installation.deps);
    expect(found?.account).toMatchObject({ email: 'Owner@mail.example', emailVerified: false });
    // The address still means its owner.
    const signedIn = await signIn(signInForm('owner@mail.example'), browserAt('192.0.2.11'), installation.deps);
    expect(signedIn).toMatchObject({ outcome: 'signed_in', account: { id: owner.id } });
    const asNewcomer = signInForm('owner@mail.example', 'newcomer has this one');
    expect((await signIn(asNewcomer, browserAt('192.0.2.12'), installation.deps)).outcome).toBe('refused');
  });

  it('signs in by the second of two clicks too, and makes one account', async () => {
    const browser = browserAt('192.0.2.9');
    const form = signUpForm('two-clicks');
    const first = await signUp(form, browser, installation.deps);
    const second = await signUp(form, browser, installation.deps);
    expect(second).toMatchObject({ outcome: 'signed_up', accountId: 'accountId' in first ? first.accountId : '' });
  });

  it.each([
    ['another browser', () => browserAt('192.0.2.9'), {}, 0],
    ['another password', null, { password: 'quite-another-440' }, 0],
    ['a form that comes an hour later', null, {}, 3_600_000],
  ])('says "taken" to %s', async (what, otherBrowser, changes, laterMs) => {
    const browser = browserAt('192.0.2.9');
    const username = `second-${what.length}`;
    expect((await signUp(signUpForm(username), browser, installation.deps)).outcome).toBe('signed_up');
    installation.advance(laterMs);
    expect(await signUp(signUpForm(username, changes), otherBrowser?.() ?? browser, installation.deps)).toEqual(taken);
  });

  it('works as much for a taken username as for a free one', async () => {
    await addUser(installation, 'present');
    const workFor = async (username: string) => {
      const before = installation.work.hash;
      await signUp(signUpForm(username), browserAt('192.0.2.13'), installation.deps);
      return installation.work.hash - before;
    };
    expect(await workFor('present')).toBe(1);
    expect(await workFor('absent')).toBe(1);
  });

  it('limits how often one network may ask which usernames are taken; sign-ups that succeed do not count', async () => {
    await addUser(installation, 'asked-for');
    const network = '192.0.2.14';
    for (let attempt = 0; attempt < ATTEMPT_LIMITS.signUpNetwork.attemptsMax; attempt += 1) {
      expect(await signUp(signUpForm('asked-for'), browserAt(network), installation.deps)).toEqual(taken);
    }
    expect((await signUp(signUpForm('asked-next'), browserAt(network), installation.deps)).outcome).toBe('limited');
    expect((await signUp(signUpForm('asked-next'), browserAt('192.0.2.15'), installation.deps)).outcome).toBe(
      'signed_up',
    );
  });
});

describe('signing up, verification required', () => {
  const required = () => ({ ...installation.deps, emailVerification: 'required' }) as const;

  it('answers "check your mail" for a new and a known address, signs nobody in, and differs in the mail alone', async () => {
    await addUser(installation, 'member', { email: 'member@mail.example' });
    installation.sent.length = 0;
    const fresh = await signUp(signUpForm('fresh', { locale: 'fr' }), browserAt('192.0.2.20'), required());
    const known = signUpForm('known', { email: 'member@mail.example' });
    expect(await signUp(known, browserAt('192.0.2.20'), required())).toEqual(fresh);
    expect(fresh).toEqual({ outcome: 'check_mail' });
    expect(installation.sent).toEqual([
      expect.objectContaining({ kind: 'verify-address', username: 'fresh', to: 'fresh@example.com', locale: 'fr' }),
      expect.objectContaining({ kind: 'address-known', username: 'member', to: 'member@mail.example', locale: null }),
    ]);
    const signedIn = await signIn(signInForm('fresh'), browserAt('192.0.2.20'), required());
    expect(signedIn.outcome).toBe('unverified');
  });
});

describe('D32', () => {
  it('says busy when the queue is full: no account, no count', async () => {
    const passwords = createPasswordHasher({ hashConcurrency: 1, hashQueueLength: 0, randomness: systemRandomness });
    // The estimator would part what has to arrive at the queue together.
    const passwordPolicy = { check: async () => null };
    const deps = { ...installation.deps, passwords, passwordPolicy };
    const results = await Promise.all(
      ['one', 'two', 'three'].map((name) => signUp(signUpForm(`crowd-${name}`), browserAt('192.0.2.30'), deps)),
    );
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['busy', 'busy', 'signed_up']);
    const late = results.findIndex(({ outcome }) => outcome === 'busy');
    const name = `crowd-${['one', 'two', 'three'][late]}`;
    expect((await signUp(signUpForm(name), browserAt('192.0.2.30'), deps)).outcome).toBe('signed_up');
  });
});

describe('the password of a sign-up', () => {
  it('is kept as Argon2id and nowhere else', async () => {
    const result = await signUp(signUpForm('kept'), browserAt('192.0.2.40'), installation.deps);
    if (result.outcome !== 'signed_up') throw new Error(JSON.stringify(result));
    const hash = await installation.deps.accounts.findPasswordHash(result.accountId);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(await installation.deps.accounts.findAccount(result.accountId))).not.toContain(PASSWORD);
  });
});

describe('sign-up by domain', () => {
  const limited = () => ({ ...installation.deps, signUpDomains: ['example.org', 'xn--bcher-kva.example'] });
  const outcomeOf = async (username: string, email: string) =>
    signUp(signUpForm(username, { email }), browserAt('192.0.2.77'), limited());

  it('takes addresses of these domains, however they are written', async () => {
    expect((await outcomeOf('domain-a', 'domain-a@Example.ORG')).outcome).toBe('signed_up');
    expect((await outcomeOf('domain-b', 'domain-b@bücher.example')).outcome).toBe('signed_up');
  });

  it.each(['x@example.com', 'x@sub.example.org', 'x@example.org.evil.example', 'x@notexample.org'])(
    'refuses %s, and says which there are',
    async (email) => {
      expect(await outcomeOf('domain-c', email)).toMatchObject({
        outcome: 'refused',
        problems: [
          { field: 'email', code: 'problem.email.domain', values: { domains: 'example.org, xn--bcher-kva.example' } },
        ],
      });
    },
  );
});
