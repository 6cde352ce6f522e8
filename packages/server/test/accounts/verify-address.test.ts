import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addAddress, makeAddressPrimary, removeAddress } from '../../src/accounts/addresses.ts';
import { codeMacOf, mailedTokenDigest, newMailedSecret, readCode } from '../../src/accounts/mailed-secret.ts';
import type { MailedText, OutgoingMessage } from '../../src/accounts/ports/mail.ts';
import { askForReset, resetPassword, viewReset } from '../../src/accounts/reset-password.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import { confirmByCode, confirmByLink, viewVerification } from '../../src/accounts/verify-address.ts';
import type { Visitor } from '../../src/accounts/visitor.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';
import { accountId } from '../../src/vocabulary/identifiers.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  PASSWORD,
  sessionOf,
  signInForm,
  signUpForm,
} from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
beforeEach(() => {
  installation.advance(2 * 3_600_000);
  installation.sent.length = 0;
});

const required = () => ({ ...installation.deps, emailVerification: 'required' }) as const;

function secretIn(message: OutgoingMessage | undefined): MailedText {
  if (message === undefined || !('secret' in message)) throw new Error(`no secret in ${JSON.stringify(message)}`);
  return message.secret;
}

async function signUpRequired(username: string, browser: Visitor, email = `${username}@example.com`) {
  const result = await signUp(signUpForm(username, { email }), browser, required());
  expect(result).toEqual({ outcome: 'check_mail' });
  return secretIn(installation.sent.at(-1));
}

async function signedInAs(username: string, browser = browserAt('192.0.2.77')) {
  const result = await signIn(signInForm(username), browser, installation.deps);
  if (result.outcome !== 'signed_in') throw new Error(JSON.stringify(result));
  return sessionOf(installation, result.started);
}

describe('verifying an address at sign-up', () => {
  it('signs in by the link in the browser that signed up, once', async () => {
    const browser = browserAt('192.0.2.1');
    const { token } = await signUpRequired('linked', browser);
    expect(await viewVerification(token, null, installation.deps)).toEqual({
      outcome: 'found',
      username: 'linked',
      address: 'linked@example.com',
    });
    const confirmed = await confirmByLink(token, browser, null, required());
    if (confirmed.outcome !== 'verified' || confirmed.started === null) throw new Error(JSON.stringify(confirmed));
    expect((await sessionOf(installation, confirmed.started)).account).toMatchObject({
      username: 'linked',
      emailVerified: true,
    });
    expect(await confirmByLink(token, browser, null, required())).toEqual({ outcome: 'not_found' });
    expect((await signIn(signInForm('linked'), browser, required())).outcome).toBe('signed_in');
  });

  it('verifies by the link in another browser and signs nobody in there', async () => {
    const { token } = await signUpRequired('elsewhere', browserAt('192.0.2.2'));
    const confirmed = await confirmByLink(token, browserAt('192.0.2.3'), null, required());
    expect(confirmed).toMatchObject({ outcome: 'verified', started: null });
  });

  it('is open to fifty at once, and lets one in', async () => {
    const browser = browserAt('192.0.2.4');
    const { token } = await signUpRequired('crowded', browser);
    const results = await Promise.all(
      Array.from({ length: 50 }, () => confirmByLink(token, browser, null, required())),
    );
    expect(results.filter(({ outcome }) => outcome === 'verified')).toHaveLength(1);
  });

  it('is over after a day', async () => {
    const browser = browserAt('192.0.2.5');
    const { token } = await signUpRequired('slow', browser);
    installation.advance(24 * 3_600_000);
    expect(await confirmByLink(token, browser, null, required())).toEqual({ outcome: 'not_found' });
  });
});

describe('ASVS 6.6.2', () => {
  it('takes the code in the browser that asked', async () => {
    const browser = browserAt('192.0.2.10');
    const { code } = await signUpRequired('coded', browser);
    const typed = ` ${code?.slice(0, 4)}-${code?.slice(4)} `;
    expect(await confirmByCode(typed, browser, null, required())).toMatchObject({ outcome: 'verified' });
  });

  it('refuses the code in any other browser', async () => {
    const { code } = await signUpRequired('coded-elsewhere', browserAt('192.0.2.11'));
    expect(await confirmByCode(code ?? '', browserAt('192.0.2.12'), null, required())).toEqual({
      outcome: 'refused',
      problems: [{ field: 'code', code: 'problem.mailedCode.wrong' }],
    });
  });
});

describe('ASVS 6.6.3', () => {
  it('bears five wrong codes and then not even the right one, while the link stays good', async () => {
    const browser = browserAt('192.0.2.13');
    const { code, token } = await signUpRequired('guessed', browser);
    const wrong = code === '00000000' ? '00000001' : '00000000';
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await confirmByCode(wrong, browser, null, required())).outcome).toBe('refused');
    }
    expect((await confirmByCode(code ?? '', browser, null, required())).outcome).toBe('refused');
    expect((await confirmByLink(token, browser, null, required())).outcome).toBe('verified');
  });

  it('limits wrong codes of a network', async () => {
    const browser = browserAt('192.0.2.14');
    const outcomes = new Set<string>();
    for (let attempt = 0; attempt < 31; attempt += 1) {
      outcomes.add((await confirmByCode('12345678', browser, null, required())).outcome);
    }
    expect([...outcomes]).toEqual(['refused', 'limited']);
  });
});

describe('ASVS 6.5.4, 6.5.3', () => {
  it('makes codes of eight digits and links of 256 bits, none like another', () => {
    const whose = { accountId: accountId('1'), address: { address: 'a@b.example', key: 'a@b.example' as never } };
    const browser = browserAt('192.0.2.1').browser;
    const made = Array.from({ length: 200 }, () =>
      newMailedSecret('verify-address', whose, browser, installation.deps),
    );
    expect(made.every(({ text }) => /^\d{8}$/.test(text.code ?? '') && text.token.length === 43)).toBe(true);
    expect(new Set(made.map(({ text }) => text.token)).size).toBe(200);
    expect(new Set(made.map(({ text }) => text.code)).size).toBeGreaterThan(195);
    // ASVS 6.5.2: what is kept is neither the token nor a bare digest of the code.
    expect(JSON.stringify(made[0]?.secret)).not.toContain(made[0]?.text.token);
    expect(readCode('1234 567')).toBeNull();
    expect(mailedTokenDigest('x')).toBeNull();
  });

  it('draws again what would make some codes likelier', () => {
    const draws = [Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from([0, 0, 0, 42])];
    const randomness = (bytes: number) => (bytes === 4 ? (draws.shift() ?? Buffer.alloc(4)) : systemRandomness(bytes));
    const whose = { accountId: accountId('1'), address: { address: 'a@b.example', key: 'a@b.example' as never } };
    const deps = { ...installation.deps, randomness };
    expect(newMailedSecret('verify-address', whose, browserAt('192.0.2.1').browser, deps).text.code).toBe('00000042');
  });
});

describe('CVE-2026-4325', () => {
  it('takes no secret for another purpose than its own', async () => {
    const { token } = await signUpRequired('purposeful', browserAt('192.0.2.20'));
    expect(await viewReset(token, installation.deps)).toBeNull();
    const input = { token, password: 'another-fork-441' };
    expect(await resetPassword(input, installation.deps)).toEqual({ outcome: 'not_found' });
    const digest = Buffer.alloc(32) as never;
    const mac = (purpose: 'reset-password' | 'verify-address') =>
      codeMacOf(purpose, '12345678', digest, installation.deps);
    expect(mac('reset-password').equals(mac('verify-address'))).toBe(false);
  });
});

describe('account pre-hijacking', () => {
  it('ends the sessions of whoever made the account with this address, at the first proof of it', async () => {
    const attacker = browserAt('198.51.100.1');
    const made = await signUp(signUpForm('trap', { email: 'victim@mail.example' }), attacker, installation.deps);
    if (made.outcome !== 'signed_up') throw new Error(made.outcome);
    const { token } = secretIn(installation.sent.at(-1));
    const victim = browserAt('192.0.2.30');
    const confirmed = await confirmByLink(token, victim, null, installation.deps);
    // The account was in use: whoever only follows a link is not signed in to it.
    expect(confirmed).toMatchObject({ outcome: 'verified', started: null });
    await expect(sessionOf(installation, made.started)).rejects.toThrow('not live');
  });

  it('gives a stranger’s account no further address by a link that its owner follows', async () => {
    await addUser(installation, 'stranger');
    const stranger = await signedInAs('stranger', browserAt('198.51.100.2'));
    await addAddress('bait@mail.example', stranger, browserAt('198.51.100.2'), installation.deps);
    const message = installation.sent.find(({ kind }) => kind === 'verify-address');
    const { token } = secretIn(message);
    const victim = browserAt('192.0.2.31');
    expect(await viewVerification(token, null, installation.deps)).toEqual({ outcome: 'sign_in_first' });
    expect(await confirmByLink(token, victim, null, installation.deps)).toEqual({ outcome: 'sign_in_first' });
    await addUser(installation, 'bystander');
    const bystander = await signedInAs('bystander', victim);
    expect(await confirmByLink(token, victim, bystander, installation.deps)).toEqual({ outcome: 'sign_in_first' });
  });

  it('mails no reset of a stranger’s account to a further address that it has not proved', async () => {
    await addUser(installation, 'squatter', { email: 'squatter@mail.example' });
    const stranger = await signedInAs('squatter', browserAt('198.51.100.4'));
    await addAddress('further@mail.example', stranger, browserAt('198.51.100.4'), installation.deps);
    await askForReset('further@mail.example', browserAt('192.0.2.33'), 'en', installation.deps);
    expect(installation.sent.at(-1)).toMatchObject({ kind: 'address-unknown', to: 'further@mail.example' });
  });

  it('resets an account that had no proved address with all that somebody else may have prepared', async () => {
    const attacker = browserAt('198.51.100.3');
    const made = await signUp(signUpForm('prepared', { email: 'owner@mail.example' }), attacker, installation.deps);
    if (made.outcome !== 'signed_up') throw new Error(made.outcome);
    await askForReset('owner@mail.example', browserAt('192.0.2.32'), 'en', installation.deps);
    const { token } = secretIn(installation.sent.at(-1));
    const reset = await resetPassword({ token, password: 'a-new-fork-442' }, installation.deps);
    expect(reset.outcome).toBe('reset');
    await expect(sessionOf(installation, made.started)).rejects.toThrow('not live');
    expect((await signIn(signInForm('prepared'), attacker, installation.deps)).outcome).toBe('refused');
    const found = await installation.deps.accounts.findAccount(made.accountId);
    expect(found?.emailVerified).toBe(true);
  });
});

describe('several addresses', () => {
  it('counts an address once it is proved, and tells the old one of the change (D35, ASVS 6.3.7)', async () => {
    await addUser(installation, 'mover', { email: 'old@mail.example' });
    const browser = browserAt('192.0.2.40');
    const mover = await signedInAs('mover', browser);
    expect(await addAddress('New@Mail.example', mover, browser, installation.deps)).toMatchObject({ outcome: 'added' });
    const { deps, sent } = installation;
    expect(await makeAddressPrimary('new@mail.example', mover, deps)).toMatchObject({ outcome: 'not_found' });
    expect(sent.map((message) => [message.kind, message.to])).toEqual([
      ['verify-address', 'New@mail.example'],
      ['notice', 'old@mail.example'],
    ]);
    const { token } = secretIn(sent[0]);
    expect(await confirmByLink(token, browser, mover, deps)).toMatchObject({ outcome: 'verified', isFurther: true });
    sent.length = 0;
    expect(await makeAddressPrimary('new@mail.example', mover, deps)).toMatchObject({ outcome: 'changed' });
    expect(sent.map(({ to }) => to).sort()).toEqual(['New@mail.example', 'old@mail.example']);
    expect(await deps.addresses.listAddresses(mover.account.id)).toMatchObject([
      { address: 'New@mail.example', isPrimary: true },
      { address: 'old@mail.example', isPrimary: false },
    ]);
    sent.length = 0;
    const now = { ...mover, account: { ...mover.account, email: 'New@mail.example' } };
    expect(await removeAddress('new@mail.example', now, deps)).toMatchObject({ outcome: 'not_found' });
    expect(await removeAddress('old@mail.example', now, deps)).toMatchObject({ outcome: 'changed' });
    expect(sent.map(({ to }) => to).sort()).toEqual(['New@mail.example', 'old@mail.example']);
  });

  it('tells a mailbox, and nobody else, that another account has its address', async () => {
    await addUser(installation, 'holder', { email: 'held@mail.example' });
    await addUser(installation, 'curious');
    const browser = browserAt('192.0.2.41');
    const curious = await signedInAs('curious', browser);
    const asked = await addAddress('held@mail.example', curious, browser, installation.deps);
    expect(asked).toEqual({ outcome: 'added', address: 'held@mail.example' });
    expect(installation.sent[0]).toMatchObject({ kind: 'address-known', to: 'held@mail.example', username: 'holder' });
  });

  it('refuses more than ten, and one that is there and proved', async () => {
    await addUser(installation, 'collector', { email: 'first@collector.example' });
    const browser = browserAt('192.0.2.42');
    const collector = await signedInAs('collector', browser);
    const { deps } = installation;
    const refusedWith = (code: string, values?: object) => ({
      outcome: 'refused',
      problems: [{ field: 'email', code, ...(values === undefined ? {} : { values }) }],
    });
    for (let index = 2; index <= 10; index += 1) {
      expect(await addAddress(`a${index}@collector.example`, collector, browser, deps)).toMatchObject({
        outcome: 'added',
      });
    }
    expect(await addAddress('a11@collector.example', collector, browser, deps)).toEqual(
      refusedWith('problem.email.tooMany', { maximum: 10 }),
    );
    expect(await addAddress('FIRST@collector.example', collector, browser, deps)).toEqual(
      refusedWith('problem.email.yours'),
    );
  });
});

describe('resetting a password', () => {
  it('answers the same for an address that somebody has and one that nobody has (ASVS 6.3.8)', async () => {
    await addUser(installation, 'forgetful', { email: 'forgetful@mail.example' });
    const browser = browserAt('192.0.2.50');
    const known = await askForReset('Forgetful@mail.example', browser, 'en', installation.deps);
    const unknown = await askForReset('nobody@mail.example', browser, 'fr', installation.deps);
    expect(known).toEqual(unknown);
    expect(installation.sent).toMatchObject([
      { kind: 'reset-password', to: 'forgetful@mail.example', username: 'forgetful' },
      { kind: 'address-unknown', to: 'nobody@mail.example', locale: 'fr' },
    ]);
  });

  it('sets the password once, ends every session, signs nobody in and tells the owner', async () => {
    await addUser(installation, 'resetter', { email: 'resetter@mail.example' });
    const browser = browserAt('192.0.2.51');
    const signedIn = await signIn(signInForm('resetter'), browser, installation.deps);
    if (signedIn.outcome !== 'signed_in') throw new Error(signedIn.outcome);
    await askForReset('resetter@mail.example', browser, 'en', installation.deps);
    const { token, code } = secretIn(installation.sent.at(-1));
    expect(code).toBeNull();
    expect(await viewReset(token, installation.deps)).toEqual({ username: 'resetter' });
    const weak = await resetPassword({ token, password: 'resetter' }, installation.deps);
    expect(weak.outcome).toBe('refused');
    const results = await Promise.all(
      ['one', 'two', 'three'].map((which) =>
        resetPassword({ token, password: `fork-number-${which}-443` }, installation.deps),
      ),
    );
    expect(results.filter(({ outcome }) => outcome === 'reset')).toHaveLength(1);
    await expect(sessionOf(installation, signedIn.started)).rejects.toThrow('not live');
    expect(installation.sent.at(-1)).toMatchObject({ kind: 'notice', notice: { kind: 'password-reset' } });
    expect((await signIn(signInForm('resetter', PASSWORD), browser, installation.deps)).outcome).toBe('refused');
  });

  it('is over after half an hour', async () => {
    await addUser(installation, 'late', { email: 'late@mail.example' });
    await askForReset('late@mail.example', browserAt('192.0.2.52'), 'en', installation.deps);
    const { token } = secretIn(installation.sent.at(-1));
    installation.advance(30 * 60_000);
    expect(await viewReset(token, installation.deps)).toBeNull();
  });

  it('opens nothing of a disabled account', async () => {
    const { id } = await addUser(installation, 'shut', { email: 'shut@mail.example' });
    await askForReset('shut@mail.example', browserAt('192.0.2.53'), 'en', installation.deps);
    const { token } = secretIn(installation.sent.at(-1));
    await installation.deps.accounts.disableAccount(id, installation.deps.clock());
    expect((await resetPassword({ token, password: 'a-new-fork-444' }, installation.deps)).outcome).toBe('not_found');
    await askForReset('shut@mail.example', browserAt('192.0.2.53'), 'en', installation.deps);
    expect(installation.sent.at(-1)).toMatchObject({ kind: 'address-unknown' });
  });

  it('fills nobody’s mailbox: five messages to an address from a network in an hour', async () => {
    const browser = browserAt('192.0.2.54');
    const ask = () => askForReset('filled@mail.example', browser, 'en', installation.deps);
    for (let sent = 0; sent < 5; sent += 1) expect((await ask()).outcome).toBe('asked');
    expect((await ask()).outcome).toBe('limited');
    // From elsewhere its owner still gets one.
    const owner = browserAt('203.0.113.9');
    expect((await askForReset('filled@mail.example', owner, 'en', installation.deps)).outcome).toBe('asked');
  });

  it('takes one address in one field (CVE-2022-35924)', async () => {
    const two = 'a@mail.example,b@mail.example';
    expect((await askForReset(two, browserAt('192.0.2.55'), 'en', installation.deps)).outcome).toBe('refused');
    expect(installation.sent).toEqual([]);
  });
});
