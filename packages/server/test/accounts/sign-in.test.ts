import { pbkdf2Sync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ATTEMPT_LIMITS } from '../../src/accounts/attempt-limits.ts';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import type { PasswordHash } from '../../src/accounts/ports.ts';
import { readSession } from '../../src/accounts/sessions.ts';
import { type SignInResult, signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import { disableUser, enableUser, setUserPassword } from '../../src/admin/users.ts';
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
// Each test starts in a window of its own.
beforeEach(() => installation.advance(2 * 3_600_000));

const REFUSED: SignInResult = { outcome: 'refused', problems: [{ field: '', code: 'problem.signIn.wrong' }] };

/** How often a password was worked on by `act`. */
async function workOf(act: () => Promise<unknown>) {
  const before = { ...installation.work };
  await act();
  const { hash, verify, verifyAgainstNobody } = installation.work;
  return {
    hash: hash - before.hash,
    verified: verify - before.verify + verifyAgainstNobody - before.verifyAgainstNobody,
  };
}

describe('signing in', () => {
  it('takes the username or the address, whatever the case, and the space that a phone adds', async () => {
    const account = await addUser(installation, 'Alice');
    for (const name of ['Alice', 'aLICE', ' alice ', 'alice@example.com', 'ALICE@Example.COM', 'ａｌｉｃｅ']) {
      const result = await signIn(signInForm(name), browserAt('192.0.2.1'), installation.deps);
      expect(result).toMatchObject({ outcome: 'signed_in', account: { id: account.id, username: 'Alice' } });
    }
  });

  it('asks for what is missing without counting or working', async () => {
    const work = await workOf(async () => {
      expect(await signIn({ username: ' ', password: '' }, browserAt('192.0.2.2'), installation.deps)).toEqual({
        outcome: 'refused',
        problems: [
          { field: 'username', code: 'problem.required' },
          { field: 'password', code: 'problem.required' },
        ],
      });
    });
    expect(work).toEqual({ hash: 0, verified: 0 });
  });

  it('gives a session that is found again, with the time and way of the sign-in (RFC 8176)', async () => {
    await addUser(installation, 'amr');
    const result = await signIn(signInForm('amr'), browserAt('192.0.2.3'), installation.deps);
    if (result.outcome !== 'signed_in') throw new Error(result.outcome);
    const found = await readSession(result.started.secret, installation.deps);
    expect(found?.session).toMatchObject({ amr: ['pwd'], authTimeMs: installation.deps.clock() });
    expect(found?.account).toMatchObject({ username: 'amr', lastSignInAtMs: installation.deps.clock() });
  });
});

describe('ASVS 6.3.8', () => {
  it('gives an unknown name, a wrong password, a disabled and a passwordless account the same work and the same answer', async () => {
    await addUser(installation, 'known');
    const disabled = await addUser(installation, 'disabled');
    await disableUser(disabled.id, installation.deps);
    await addUser(installation, 'passwordless', { password: null });
    const attempts = [
      signInForm('nobody-of-this-name'),
      signInForm('nobody@example.com'),
      signInForm('known', 'wrong password'),
      signInForm('known@example.com', 'wrong password'),
      signInForm('known', 'x'.repeat(100_000)),
      signInForm('disabled', 'wrong password'),
      signInForm('disabled', PASSWORD),
      signInForm('passwordless', PASSWORD),
      signInForm('x'.repeat(100_000)),
      signInForm('\u0000\u202e'),
    ];
    for (const attempt of attempts) {
      const work = await workOf(async () => {
        expect(await signIn(attempt, browserAt('192.0.2.4'), installation.deps)).toEqual(REFUSED);
      });
      expect(work).toEqual({ hash: 0, verified: 1 });
    }
  });

  it('limits a name that does not exist as one that does', async () => {
    await addUser(installation, 'exists');
    const outcomes = async (name: string, network: string) => {
      const results: string[] = [];
      for (let attempt = 0; attempt <= ATTEMPT_LIMITS.accountAndNetwork.attemptsMax; attempt += 1) {
        results.push((await signIn(signInForm(name, 'wrong password'), browserAt(network), installation.deps)).outcome);
      }
      return results;
    };
    const known = await outcomes('exists', '192.0.2.5');
    expect(known).toEqual([...Array(10).fill('refused'), 'limited']);
    expect(await outcomes('exists-not', '192.0.2.6')).toEqual(known);
  });
});

describe('ASVS 6.3.1', () => {
  it('lets no more of 50 parallel guesses through than the limit', async () => {
    await addUser(installation, 'parallel');
    const work = await workOf(async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, guess) =>
          signIn(signInForm('parallel', `guess number ${guess}`), browserAt('198.51.100.1'), installation.deps),
        ),
      );
      const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
      expect([count('refused'), count('limited')]).toEqual([10, 40]);
    });
    expect(work.verified).toBe(10);
  });

  it('says when to come back, and lets in after that', async () => {
    await addUser(installation, 'patient');
    const guess = () => signIn(signInForm('patient', 'wrong password'), browserAt('198.51.100.2'), installation.deps);
    for (let attempt = 0; attempt < 10; attempt += 1) await guess();
    installation.advance(5 * 60_000);
    expect(await guess()).toEqual({ outcome: 'limited', retryAfterSeconds: 10 * 60 });
    expect(await signIn(signInForm('patient'), browserAt('198.51.100.2'), installation.deps)).toMatchObject({
      outcome: 'limited',
    });
    installation.advance(10 * 60_000 + 1);
    expect(await signIn(signInForm('patient'), browserAt('198.51.100.2'), installation.deps)).toMatchObject({
      outcome: 'signed_in',
    });
  });

  it('counts failures alone: right passwords are never limited by number', async () => {
    await addUser(installation, 'busybody');
    for (let time = 0; time < 15; time += 1) {
      const result = await signIn(signInForm('busybody'), browserAt('198.51.100.3'), installation.deps);
      expect(result.outcome).toBe('signed_in');
    }
  });

  it('nor by how many of them come at once', async () => {
    await addUser(installation, 'throng');
    const all = await Promise.all(
      Array.from({ length: 30 }, () => signIn(signInForm('throng'), browserAt('198.51.100.9'), installation.deps)),
    );
    expect(all.map(({ outcome }) => outcome)).toEqual(Array(30).fill('signed_in'));
  });

  it('does not let an attacker buy guesses with sign-ins of their own', async () => {
    await addUser(installation, 'attacker');
    const network = '198.51.100.4';
    for (let attempt = 0; attempt < ATTEMPT_LIMITS.network.attemptsMax; attempt += 1) {
      if (attempt % 10 === 9) await signIn(signInForm('attacker'), browserAt(network), installation.deps);
      const result = await signIn(
        signInForm(`victim-${attempt}`, 'password of all'),
        browserAt(network),
        installation.deps,
      );
      expect(result.outcome).toBe('refused');
    }
    const next = await signIn(signInForm('victim-next', 'password of all'), browserAt(network), installation.deps);
    expect(next.outcome).toBe('limited');
  });

  it('counts every way of writing an address as one name', async () => {
    await addUser(installation, 'idn', { email: 'idn@bücher.example' });
    const ways = ['idn@bücher.example', 'IDN@BÜCHER.example', 'idn@xn--bcher-kva.example', ' idn@ｂücher.example'];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const name = ways[attempt % ways.length] ?? '';
      await signIn(signInForm(name, 'wrong password'), browserAt('198.51.100.8'), installation.deps);
    }
    const next = await signIn(signInForm('idn@bücher.example'), browserAt('198.51.100.8'), installation.deps);
    expect(next.outcome).toBe('limited');
  });

  it('counts an IPv6 subscriber as one network', async () => {
    await addUser(installation, 'six');
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await signIn(signInForm('six', 'wrong password'), browserAt(`2001:db8::${attempt + 1}`), installation.deps);
    }
    const result = await signIn(signInForm('six'), browserAt('2001:db8::ffff'), installation.deps);
    expect(result.outcome).toBe('limited');
  });

  it('does not lock the owner out: their browser has a budget of its own, and another network is not held up', async () => {
    await addUser(installation, 'owner');
    const home = browserAt('198.51.100.5');
    expect((await signIn(signInForm('owner'), home, installation.deps)).outcome).toBe('signed_in');
    // From the owner's own network, as from an infected machine beside theirs.
    // What comes after the limit is not looked at, and uses up nothing that others need.
    for (let attempt = 0; attempt < ATTEMPT_LIMITS.account.attemptsMax + 20; attempt += 1) {
      await signIn(signInForm('owner', 'wrong password'), browserAt(home.networkAddress), installation.deps);
    }
    const stranger = await signIn(signInForm('owner'), browserAt(home.networkAddress), installation.deps);
    expect(stranger.outcome).toBe('limited');
    expect((await signIn(signInForm('owner'), home, installation.deps)).outcome).toBe('signed_in');
    expect((await signIn(signInForm('owner'), browserAt('203.0.113.1'), installation.deps)).outcome).toBe('signed_in');
  });

  it('limits a known browser too, by its own failures, and forgets them at its next success', async () => {
    await addUser(installation, 'slips');
    const home = browserAt('198.51.100.6');
    await signIn(signInForm('slips'), home, installation.deps);
    const slip = () => signIn(signInForm('slips', 'wrong password'), home, installation.deps);
    for (let attempt = 0; attempt < 9; attempt += 1) expect((await slip()).outcome).toBe('refused');
    expect((await signIn(signInForm('slips'), home, installation.deps)).outcome).toBe('signed_in');
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await slip()).outcome).toBe('refused');
    expect((await slip()).outcome).toBe('limited');
    expect((await signIn(signInForm('slips'), home, installation.deps)).outcome).toBe('limited');
  });

  it("knows a browser for its owner's account alone", async () => {
    await addUser(installation, 'mallory');
    await addUser(installation, 'target');
    const browser = browserAt('198.51.100.7');
    await signIn(signInForm('mallory'), browser, installation.deps);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await signIn(signInForm('target', 'wrong password'), browser, installation.deps);
    }
    expect((await signIn(signInForm('target'), browser, installation.deps)).outcome).toBe('limited');
  });
});

describe('ASVS 7.2.4', () => {
  it('starts a new session under a new secret at every sign-in and ends the one that the browser brought', async () => {
    await addUser(installation, 'again');
    const browser = browserAt('192.0.2.20');
    const first = await signIn(signInForm('again'), browser, installation.deps);
    if (first.outcome !== 'signed_in') throw new Error(first.outcome);
    const second = await signIn(signInForm('again'), { ...browser, session: first.started.secret }, installation.deps);
    if (second.outcome !== 'signed_in') throw new Error(second.outcome);
    expect(second.started.secret).not.toBe(first.started.secret);
    expect(second.started.session.id).not.toBe(first.started.session.id);
    expect(await readSession(first.started.secret, installation.deps)).toBeNull();
    expect(await readSession(second.started.secret, installation.deps)).not.toBeNull();
  });
});

describe('ASVS 7.4.3', () => {
  /** The same installation, where `act` happens between the verification of a password and what follows. */
  const meanwhile = (act: () => Promise<unknown>) => {
    const { passwords } = installation.deps;
    const verify: typeof passwords.verify = async (...given) => {
      const verified = await passwords.verify(...given);
      await act();
      return verified;
    };
    return { ...installation.deps, passwords: { ...passwords, verify } };
  };

  it('lets no sign-in with the former password come out behind its change', async () => {
    const account = await addUser(installation, 'overtaken');
    const deps = meanwhile(() => setUserPassword(account, 'changed in the meantime', installation.deps));
    expect(await signIn(signInForm('overtaken'), browserAt('192.0.2.21'), deps)).toEqual(REFUSED);
    expect(await installation.storage.sessions.listSessionsOf(account.id, installation.deps.clock())).toEqual([]);
  });

  it('does not mind that another sign-in replaced the hash of the same password', async () => {
    const account = await addUser(installation, 'side-by-side');
    const deps = meanwhile(() => setUserPassword(account, PASSWORD, installation.deps));
    expect((await signIn(signInForm('side-by-side'), browserAt('192.0.2.22'), deps)).outcome).toBe('signed_in');
  });

  it('leaves no session behind an account that was disabled meanwhile', async () => {
    const account = await addUser(installation, 'shut-out');
    const deps = meanwhile(() => disableUser(account.id, installation.deps));
    await signIn(signInForm('shut-out'), browserAt('192.0.2.23'), deps);
    await enableUser(account.id, installation.deps);
    expect(await installation.storage.sessions.listSessionsOf(account.id, installation.deps.clock())).toEqual([]);
  });
});

describe('D9', () => {
  it('replaces an imported hash at the first sign-in, and not at a failed one', async () => {
    const { id } = await addUser(installation, 'imported');
    const derived = pbkdf2Sync(PASSWORD, 'seasalt', 1_000, 32, 'sha256').toString('base64');
    const django = `pbkdf2_sha256$1000$seasalt$${derived}` as PasswordHash;
    const { accounts, clock } = installation.deps;
    await accounts.setPasswordHash(id, django, clock());
    await signIn(signInForm('imported', 'wrong password'), browserAt('192.0.2.30'), installation.deps);
    expect(await accounts.findPasswordHash(id)).toBe(django);
    const work = await workOf(async () => {
      const result = await signIn(signInForm('imported'), browserAt('192.0.2.30'), installation.deps);
      expect(result.outcome).toBe('signed_in');
    });
    expect(work).toEqual({ hash: 1, verified: 1 });
    expect(await accounts.findPasswordHash(id)).toMatch(/^\$argon2id\$/);
    const again = await workOf(() => signIn(signInForm('imported'), browserAt('192.0.2.30'), installation.deps));
    expect(again).toEqual({ hash: 0, verified: 1 });
  });
});

describe('D32', () => {
  it('says busy at once when the queue is full, and does not count that as a failure', async () => {
    await addUser(installation, 'crowd');
    const passwords = createPasswordHasher({ hashConcurrency: 1, hashQueueLength: 0, randomness: systemRandomness });
    const deps = { ...installation.deps, passwords };
    const wrong = () => signIn(signInForm('crowd', 'wrong password'), browserAt('192.0.2.40'), deps);
    const results = await Promise.all(Array.from({ length: 10 }, wrong));
    expect(results.filter(({ outcome }) => outcome === 'busy')).not.toHaveLength(0);
    expect(results.find(({ outcome }) => outcome === 'busy')).toEqual({ outcome: 'busy', retryAfterSeconds: 1 });
    expect((await signIn(signInForm('crowd'), browserAt('192.0.2.40'), deps)).outcome).toBe('signed_in');
  });
});

describe('an address as a name', () => {
  it('means the account that verified it, before one that merely claims it or is called so', async () => {
    const claimed = await signUp(
      signUpForm('owner@mail.example', { email: 'owner@mail.example', password: 'password of the claimer' }),
      browserAt('192.0.2.50'),
      installation.deps,
    );
    expect(claimed.outcome).toBe('signed_up');
    const owner = await addUser(installation, 'real-owner', { email: 'owner@mail.example' });
    const result = await signIn(signInForm('owner@mail.example'), browserAt('192.0.2.51'), installation.deps);
    expect(result).toMatchObject({ outcome: 'signed_in', account: { id: owner.id } });
  });
});

describe('e-mail verification', () => {
  it('required: a right password for an unverified address gives no session, and says so', async () => {
    await signUp(signUpForm('unverified'), browserAt('192.0.2.60'), installation.deps);
    const deps = { ...installation.deps, emailVerification: 'required' } as const;
    const result = await signIn(signInForm('unverified'), browserAt('192.0.2.60'), deps);
    expect(result).toMatchObject({ outcome: 'unverified', account: { username: 'unverified' } });
    expect(await signIn(signInForm('unverified', 'wrong password'), browserAt('192.0.2.60'), deps)).toEqual(REFUSED);
  });

  it('required: an account that an operator made without any address signs in', async () => {
    await addUser(installation, 'no-address', { email: null });
    const deps = { ...installation.deps, emailVerification: 'required' } as const;
    expect((await signIn(signInForm('no-address'), browserAt('192.0.2.61'), deps)).outcome).toBe('signed_in');
  });
});
