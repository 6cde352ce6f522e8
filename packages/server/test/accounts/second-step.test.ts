/** The second step of a sign-in, and proving oneself anew: both factors, codes that work once, limits that shut nobody out. */
import { TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addAuthenticator, draftAuthenticator, makeRecoveryCodes } from '../../src/accounts/authenticators.ts';
import { CONFIRMED_FOR_MS, confirmIdentity, isFreshlyProved } from '../../src/accounts/confirm-identity.ts';
import type { Account } from '../../src/accounts/ports.ts';
import { completeSecondStep, TRUST_MS } from '../../src/accounts/second-step.ts';
import { readSession } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import type { Visitor } from '../../src/accounts/visitor.ts';
import { addUser, browserAt, type Installation, openInstallation, PASSWORD, signInForm } from './installation.ts';

const STEP_MS = 30_000;
const PLACE = '192.0.2.1';
let site: Installation;
let alice: Account;
let seed: string;
let codes: readonly string[];

beforeEach(async () => {
  site = await openInstallation();
  alice = await addUser(site, 'alice');
  const visitor = browserAt(PLACE);
  const current = await sessionAfter(await signIn(signInForm('alice'), visitor, site.deps));
  const draft = draftAuthenticator(current, null, site.deps);
  seed = draft.key;
  const added = await addAuthenticator({ seed: draft.sealed, code: codeNow(), label: 'Phone' }, current, site.deps);
  if (added.outcome !== 'added' || added.recoveryCodes === null) throw new Error(JSON.stringify(added));
  codes = added.recoveryCodes;
  // The code of this step was taken.
  site.advance(STEP_MS);
});
afterEach(() => site.close());

/** As the person's telephone shows it. */
function codeNow(): string {
  return new TOTP({ secret: seed }).generate({ timestamp: site.deps.clock() });
}

async function sessionAfter(result: Awaited<ReturnType<typeof signIn>>) {
  if (result.outcome !== 'signed_in') throw new Error(result.outcome);
  const found = await readSession(result.started.secret, site.deps);
  if (found === null) throw new Error('the session is not live');
  return found;
}

async function firstStep(visitor: Visitor, password = PASSWORD): Promise<string> {
  const result = await signIn(signInForm('alice', password), visitor, site.deps);
  if (result.outcome !== 'second_step') throw new Error(result.outcome);
  return result.step;
}

const second = (step: string, code: string, visitor: Visitor, trust = false) =>
  completeSecondStep({ step, code, passkey: null, trust }, visitor, site.deps);
const sessionCount = async () => (await site.deps.sessions.listSessionsOf(alice.id, site.deps.clock())).length;

describe('ASVS 6.3.3: the second step of a sign-in', () => {
  it('starts no session by the password alone, and one with both factors by the code', async () => {
    const visitor = browserAt(PLACE);
    const before = await sessionCount();
    const step = await firstStep(visitor);
    expect(await sessionCount()).toBe(before);
    const done = await second(step, codeNow(), visitor);
    expect(done).toMatchObject({ outcome: 'signed_in', recoveryCodesLeft: null });
    if (done.outcome === 'signed_in') expect(done.started.session.amr).toEqual(['pwd', 'otp', 'mfa']);
  });

  it('tells a wrong password nothing of a second factor', async () => {
    expect(await signIn(signInForm('alice', 'not the password'), browserAt(PLACE), site.deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'problem.signIn.wrong' }],
    });
  });

  it('wants a code, and the right one', async () => {
    const visitor = browserAt(PLACE);
    const step = await firstStep(visitor);
    expect(await second(step, ' ', visitor)).toMatchObject({ problems: [{ code: 'problem.required' }] });
    const wrong = codeNow() === '000000' ? '000001' : '000000';
    expect(await second(step, wrong, visitor)).toMatchObject({ problems: [{ code: 'problem.code.wrong' }] });
    expect(await second(step, codeNow(), visitor)).toMatchObject({ outcome: 'signed_in' });
  });
});

describe('ASVS 6.5.1: codes work once', () => {
  it('takes a code of an app once, however many steps wait for it', async () => {
    const [here, there] = [browserAt(PLACE), browserAt('192.0.2.2')];
    const steps = [await firstStep(here), await firstStep(there)] as const;
    const code = codeNow();
    expect(await second(steps[0], code, here)).toMatchObject({ outcome: 'signed_in' });
    expect(await second(steps[1], code, there)).toMatchObject({ outcome: 'refused' });
    site.advance(STEP_MS);
    expect(await second(steps[1], codeNow(), there)).toMatchObject({ outcome: 'signed_in' });
  });

  it('takes a recovery code once, and says how many are left', async () => {
    const [first = ''] = codes;
    const visitor = browserAt(PLACE);
    const typed = ` ${first.toUpperCase().replaceAll('-', ' ')} `;
    expect(await second(await firstStep(visitor), typed, visitor)).toMatchObject({
      outcome: 'signed_in',
      recoveryCodesLeft: 9,
    });
    expect(await second(await firstStep(visitor), first, visitor)).toMatchObject({ outcome: 'refused' });
  });

  it('takes no earlier recovery code after new ones were made', async () => {
    const visitor = browserAt(PLACE);
    const signed = await second(await firstStep(visitor), codeNow(), visitor);
    if (signed.outcome !== 'signed_in') throw new Error(signed.outcome);
    const current = await readSession(signed.started.secret, site.deps);
    if (current === null) throw new Error('the session is not live');
    await makeRecoveryCodes(current, site.deps);
    expect(await second(await firstStep(visitor), codes[1] ?? '', visitor)).toMatchObject({ outcome: 'refused' });
  });

  it('takes a step once, even with another good code', async () => {
    const visitor = browserAt(PLACE);
    const step = await firstStep(visitor);
    expect(await second(step, codeNow(), visitor)).toMatchObject({ outcome: 'signed_in' });
    site.advance(STEP_MS);
    expect(await second(step, codeNow(), visitor)).toEqual({ outcome: 'expired' });
  });
});

describe('ASVS 6.5.4, 6.5.2: recovery codes', () => {
  it('are ten, all different, of 24 letters out of 31', () => {
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([a-hjkmnp-z2-9]{4}-){5}[a-hjkmnp-z2-9]{4}$/);
  });
});

describe('ASVS 6.5.5, 6.5.8: codes of apps', () => {
  it('count for their own 30 seconds and one step to either side, by the clock of the server', async () => {
    const visitor = browserAt(PLACE);
    const step = await firstStep(visitor);
    const code = codeNow();
    site.advance(2 * STEP_MS);
    expect(await second(step, code, visitor)).toMatchObject({ outcome: 'refused' });
    const next = codeNow();
    site.advance(STEP_MS);
    expect(await second(step, next, visitor)).toMatchObject({ outcome: 'signed_in' });
  });
});

describe('ASVS 6.6.2: a second step', () => {
  it('belongs to the browser of the first one, for ten minutes', async () => {
    const [visitor, thief] = [browserAt(PLACE), browserAt(PLACE)];
    const step = await firstStep(visitor);
    expect(await second(step, codeNow(), thief)).toEqual({ outcome: 'expired' });
    expect(await second(`${step}A`, codeNow(), visitor)).toEqual({ outcome: 'expired' });
    expect(await second('', codeNow(), visitor)).toEqual({ outcome: 'expired' });
    site.advance(10 * 60_000);
    expect(await second(step, codeNow(), visitor)).toEqual({ outcome: 'expired' });
  });

  it('ends with the password that it began with, and with the account', async () => {
    const visitor = browserAt(PLACE);
    const step = await firstStep(visitor);
    const made = await site.deps.passwords.hash('another-fork-442');
    if (made.outcome !== 'hashed') throw new Error(made.outcome);
    await site.deps.accounts.setPasswordHash(alice.id, made.hash, site.deps.clock());
    const before = await sessionCount();
    expect(await second(step, codeNow(), visitor)).toEqual({ outcome: 'expired' });
    expect(await sessionCount()).toBe(before);
    const again = await firstStep(visitor, 'another-fork-442');
    await site.deps.accounts.disableAccount(alice.id, site.deps.clock());
    site.advance(STEP_MS);
    expect(await second(again, codeNow(), visitor)).toEqual({ outcome: 'expired' });
  });
});

describe('ASVS 6.6.3: guesses of codes', () => {
  it('are limited, over all steps and networks; the browsers of the owner are counted apart', async () => {
    const owner = browserAt(PLACE);
    expect(await second(await firstStep(owner), codeNow(), owner)).toMatchObject({ outcome: 'signed_in' });
    for (let guess = 0; guess < 10; guess += 1) {
      const thief = browserAt(`198.51.100.${guess}`);
      expect(await second(await firstStep(thief), 'aaaa', thief)).toMatchObject({ outcome: 'refused' });
    }
    const thief = browserAt('198.51.100.99');
    site.advance(STEP_MS);
    expect(await second(await firstStep(thief), codeNow(), thief)).toMatchObject({ outcome: 'limited' });
    expect(await second(await firstStep(owner), codeNow(), owner)).toMatchObject({ outcome: 'signed_in' });
  });
});

describe('a trusted browser', () => {
  it('is asked for no code for 30 days, in no other, and is asked again after a change of password', async () => {
    const visitor = browserAt(PLACE);
    await second(await firstStep(visitor), codeNow(), visitor, true);
    const spared = await signIn(signInForm('alice'), visitor, site.deps);
    expect(spared).toMatchObject({ outcome: 'signed_in', started: { session: { amr: ['pwd'] } } });
    await firstStep(browserAt(PLACE));
    site.advance(TRUST_MS);
    await second(await firstStep(visitor), codeNow(), visitor, true);
    expect(await signIn(signInForm('alice'), visitor, site.deps)).toMatchObject({ outcome: 'signed_in' });
    const made = await site.deps.passwords.hash(PASSWORD);
    if (made.outcome !== 'hashed') throw new Error(made.outcome);
    await site.deps.accounts.setPasswordHash(alice.id, made.hash, site.deps.clock(), null);
    await firstStep(visitor);
  });

  it('changes nothing of the account by the password alone (ASVS 7.5.1)', async () => {
    const visitor = browserAt(PLACE);
    await second(await firstStep(visitor), codeNow(), visitor, true);
    const current = await sessionAfter(await signIn(signInForm('alice'), visitor, site.deps));
    expect(await isFreshlyProved(current, site.deps)).toBe(false);
  });
});

describe('ASVS 7.5.1: proving oneself anew', () => {
  const proof = async (currentPassword: string, code: string) => {
    const visitor = browserAt(PLACE);
    const signed = await second(await firstStep(visitor), codeNow(), visitor);
    if (signed.outcome !== 'signed_in') throw new Error(signed.outcome);
    const current = await readSession(signed.started.secret, site.deps);
    if (current === null) throw new Error('the session is not live');
    expect(await isFreshlyProved(current, site.deps)).toBe(true);
    site.advance(CONFIRMED_FOR_MS);
    expect(await isFreshlyProved(current, site.deps)).toBe(false);
    const result = await confirmIdentity(
      { currentPassword, code: code === 'now' ? codeNow() : code, passkey: null },
      current,
      site.deps,
    );
    return { result, former: signed.started.secret, current };
  };

  it('takes both factors, and goes on in the same session under a new secret (ASVS 7.2.4)', async () => {
    const { result, former, current } = await proof(PASSWORD, 'now');
    if (result.outcome !== 'confirmed') throw new Error(result.outcome);
    expect(await readSession(former, site.deps)).toBeNull();
    const renewed = await readSession(result.secret, site.deps);
    expect(renewed?.session.id).toBe(current.session.id);
    expect(renewed?.session.authTimeMs).toBe(site.deps.clock());
    expect(renewed === null ? false : await isFreshlyProved(renewed, site.deps)).toBe(true);
  });

  it('refuses one factor without the other', async () => {
    expect((await proof(PASSWORD, '')).result).toMatchObject({ problems: [{ field: 'code' }] });
    site.advance(STEP_MS);
    expect((await proof('not the password', 'now')).result).toMatchObject({
      problems: [{ field: 'current_password' }],
    });
    site.advance(STEP_MS);
    expect((await proof(PASSWORD, 'aaaa')).result).toMatchObject({ problems: [{ field: 'code' }] });
  });
});

describe('adding an authenticator', () => {
  it('wants the seed that this session was given', async () => {
    const [mine, theirs] = [browserAt(PLACE), browserAt(PLACE)];
    await addUser(site, 'mallory');
    const mallory = await sessionAfter(await signIn(signInForm('mallory'), theirs, site.deps));
    const signed = await second(await firstStep(mine), codeNow(), mine);
    if (signed.outcome !== 'signed_in') throw new Error(signed.outcome);
    const current = await readSession(signed.started.secret, site.deps);
    if (current === null) throw new Error('the session is not live');
    const draft = draftAuthenticator(mallory, null, site.deps);
    const code = new TOTP({ secret: draft.key }).generate({ timestamp: site.deps.clock() });
    expect(await addAuthenticator({ seed: draft.sealed, code, label: '' }, current, site.deps)).toEqual({
      outcome: 'expired',
    });
    expect(await site.deps.factors.listAuthenticators(alice.id)).toHaveLength(1);
  });
});
