import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confirmIdentity, isFreshlyProved } from '../../src/accounts/confirm-identity.ts';
import { myData } from '../../src/accounts/my-data.ts';
import { assertionRequest, creationRequest, relyingPartyOf } from '../../src/accounts/passkey-ceremonies.ts';
import { signInWithPasskey } from '../../src/accounts/passkey-sign-in.ts';
import { addPasskey, renamePasskey } from '../../src/accounts/passkeys.ts';
import type { Account, SessionFound } from '../../src/accounts/ports.ts';
import { completeSecondStep, viewSecondStep } from '../../src/accounts/second-step.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import type { Visitor } from '../../src/accounts/visitor.ts';
import { newSecret, systemRandomness } from '../../src/vocabulary/credentials.ts';
import { addUser, type Installation, openInstallation, PASSWORD, sessionOf, signInForm } from './installation.ts';
import { type Oddities, SoftwareAuthenticator } from './software-authenticator.ts';

const MINUTE_MS = 60_000;

let site: Installation;
let alice: Account;
let current: SessionFound;
let visitor: Visitor & { readonly browser: NonNullable<Visitor['browser']> };
let key: SoftwareAuthenticator;

beforeEach(async () => {
  site = await openInstallation();
  alice = await addUser(site, 'alice');
  visitor = browser();
  current = await signedIn('alice', visitor);
  key = new SoftwareAuthenticator('the credential');
});
afterEach(() => site.close());

function browser() {
  return {
    networkAddress: '192.0.2.1',
    userAgent: 'Test/1.0',
    browser: newSecret<'browser'>(systemRandomness),
    session: null,
  };
}

async function signedIn(username: string, from: Visitor): Promise<SessionFound> {
  const result = await signIn(signInForm(username), from, site.deps);
  if (result.outcome !== 'signed_in') throw new Error(result.outcome);
  return sessionOf(site, result.started);
}

async function add(by: SoftwareAuthenticator, odd: Oddities = {}, session = current, label = 'Telephone') {
  const request = await creationRequest(session, site.deps);
  if (request === null) throw new Error('no passkeys here');
  return addPasskey({ ...by.create(request, odd), label }, session, site.deps);
}

async function added(by: SoftwareAuthenticator, session = current) {
  const result = await add(by, {}, session);
  if (result.outcome !== 'added') throw new Error(JSON.stringify(result));
  return result;
}

async function asked(from = visitor) {
  const request = await assertionRequest({ kind: 'sign-in', browser: from.browser }, site.deps);
  if (request === null) throw new Error('no passkeys here');
  return request;
}

const signInBy = async (by: SoftwareAuthenticator, odd: Oddities = {}, from = visitor) =>
  signInWithPasskey(by.get(await asked(from), odd), from, site.deps);
const WRONG = { outcome: 'refused', problems: [{ code: 'problem.passkey.wrong' }] };
const EXPIRED = { outcome: 'refused', problems: [{ code: 'problem.passkey.expired' }] };
const UNUSABLE = { outcome: 'refused', problems: [{ code: 'problem.passkey.unusable' }] };

describe('the relying party of a public address', () => {
  it.each([
    ['https://id.example', 'id.example'],
    ['https://id.example:8443', 'id.example'],
    ['http://localhost:9977', 'localhost'],
  ])('of %s is %s', (url, id) => {
    expect(relyingPartyOf(url, 'Diapason')).toMatchObject({ id, origin: new URL(url).origin });
  });

  it.each(['http://id.example', 'https://192.0.2.7', 'http://[::1]:9977', 'http://127.0.0.1:9977'])(
    'of %s is none: browsers know no passkeys there',
    (url) => {
      expect(relyingPartyOf(url, 'Diapason')).toBeNull();
    },
  );
});

describe('WebAuthn §7.1: a new passkey', () => {
  it('is asked for as a discoverable one that verifies its user, under a random user handle, and not twice', async () => {
    const first = JSON.parse((await creationRequest(current, site.deps))?.options ?? '');
    expect(first).toMatchObject({
      rp: { id: 'id.example', name: 'Diapason' },
      attestation: 'none',
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    const handle = Buffer.from(first.user.id, 'base64url');
    expect(handle.length).toBe(32);
    expect(handle.toString()).not.toContain(alice.id);
    await added(key);
    const [kept] = await site.deps.passkeys.listPasskeys(alice.id);
    current = await signedInAgain();
    const second = JSON.parse((await creationRequest(current, site.deps))?.options ?? '');
    expect(second.excludeCredentials).toMatchObject([{ id: key.credentialId, transports: ['internal'] }]);
    expect(second.user.id).toBe(kept?.userHandle);
  });

  it('is kept with its flags, with ten recovery codes, in a session that has both factors', async () => {
    const result = await added(key);
    expect(result.recoveryCodes).toHaveLength(10);
    expect(result.passkey).toMatchObject({
      label: 'Telephone',
      credentialId: key.credentialId,
      signCount: 0,
      isBackupEligible: true,
      isBackedUp: true,
      lastUsedAtMs: null,
    });
    const renewed = await sessionOf(site, { secret: result.secret, session: current.session });
    expect(renewed.session.amr).toEqual(['pwd', 'swk', 'user', 'mfa']);
    expect(await isFreshlyProved(renewed, site.deps)).toBe(true);
    expect((await added(new SoftwareAuthenticator('another'), renewed)).recoveryCodes).toBeNull();
  });

  const wrongs: readonly (readonly [string, Oddities])[] = [
    ['another origin', { origin: 'https://id.example.evil.example' }],
    ['http in place of https', { origin: 'http://id.example' }],
    ['another RP ID', { rpId: 'evil.example' }],
    ['a frame of another origin', { crossOrigin: true }],
    ['another challenge', { challenge: 'YW5vdGhlcg' }],
    ['a user who was not verified', { unverified: true }],
    ['an attestation with certificates', { certificates: true }],
  ];
  it.each(wrongs)('is refused with %s', async (_what, odd) => {
    expect(await add(key, odd)).toMatchObject(UNUSABLE);
    expect(await site.deps.passkeys.listPasskeys(alice.id)).toEqual([]);
  });

  it.each(['', '{}', 'null', '[]', 'x'.repeat(20_000), '{"id":"a"}'])(
    'is refused where it is %j',
    async (credential) => {
      const challenge = (await creationRequest(current, site.deps))?.challenge ?? '';
      expect(await addPasskey({ credential, challenge, label: 'x' }, current, site.deps)).toMatchObject(UNUSABLE);
    },
  );

  it('is nobody’s twice: not at this account, and not at another', async () => {
    await added(key);
    await addUser(site, 'bob');
    const bob = await signedIn('bob', browser());
    expect(await add(key, {}, bob)).toMatchObject({ problems: [{ code: 'problem.passkey.taken' }] });
  });

  it('is refused with the challenge of another session, of a sign-in, or of a while ago', async () => {
    const request = await creationRequest(current, site.deps);
    const answer = key.create(request ?? { options: '{}', challenge: '' });
    const other = await signedIn('alice', browser());
    const input = { ...answer, label: 'x' };
    expect(await addPasskey(input, other, site.deps)).toMatchObject(EXPIRED);
    const { challenge } = await asked();
    expect(await addPasskey({ ...input, challenge }, current, site.deps)).toMatchObject(EXPIRED);
    site.advance(10 * MINUTE_MS);
    expect(await addPasskey(input, current, site.deps)).toMatchObject(EXPIRED);
  });

  it('has a name', async () => {
    expect(await add(key, {}, current, ' ')).toMatchObject({
      problems: [{ field: 'label', code: 'problem.required' }],
    });
    const { passkey } = await added(key);
    const long = { id: passkey.id, label: 'x'.repeat(61) };
    expect(await renamePasskey(long, current, site.deps)).toMatchObject({ problems: [{ field: 'label' }] });
    expect(await renamePasskey({ id: passkey.id, label: 'Key' }, current, site.deps)).toEqual({ outcome: 'renamed' });
  });

  it('is in the copy of one’s data, without its key', async () => {
    const result = await added(key);
    const copy = await myData(await sessionOf(site, { secret: result.secret, session: current.session }), {
      ...site.deps,
      connections: { listConnections: async () => [] },
    });
    expect(copy).toMatchObject({ passkeys: [{ label: 'Telephone', is_synced: true, last_used_at: null }] });
    expect(JSON.stringify(copy)).not.toContain(key.credentialId);
  });
});

async function signedInAgain(): Promise<SessionFound> {
  const result = await signInBy(key);
  if (result.outcome !== 'signed_in') throw new Error(JSON.stringify(result));
  return sessionOf(site, result.started);
}

describe('WebAuthn §7.2: a sign-in with a passkey alone', () => {
  beforeEach(async () => {
    await added(key);
  });

  it('is asked for with 256 random bits, new ones each time (ASVS 6.7.2)', async () => {
    const challenges = await Promise.all(
      Array.from({ length: 20 }, async () => JSON.parse((await asked()).options).challenge as string),
    );
    expect(new Set(challenges).size).toBe(20);
    for (const challenge of challenges) expect(Buffer.from(challenge, 'base64url').length).toBe(32);
  });

  it.each([
    ['synced', true, 'swk'],
    ['bound to its device', false, 'hwk'],
  ])('is of two factors with one that is %s', async (_kind, synced, method) => {
    await site.deps.factors.resetFactors(alice.id, site.deps.clock());
    current = await signedIn('alice', visitor);
    key = new SoftwareAuthenticator('of a kind', { synced });
    await added(key);
    const result = await signInBy(key);
    expect(result).toMatchObject({ outcome: 'signed_in', account: { id: alice.id } });
    if (result.outcome === 'signed_in') expect(result.started.session.amr).toEqual([method, 'user', 'mfa']);
    const [kept] = await site.deps.passkeys.listPasskeys(alice.id);
    expect(kept?.lastUsedAtMs).toBe(site.deps.clock());
  });

  it('tells the owner of a browser that is new (ASVS 6.3.5)', async () => {
    const elsewhere = browser();
    await signInBy(key, {}, elsewhere);
    expect(site.told).toMatchObject([{ kind: 'new-device' }]);
    await signInBy(key, {}, elsewhere);
    expect(site.told).toHaveLength(1);
  });

  const wrongs: readonly (readonly [string, Oddities])[] = [
    ['another origin', { origin: 'https://id.example.evil.example' }],
    ['another RP ID', { rpId: 'evil.example' }],
    ['a frame of another origin', { crossOrigin: true }],
    ['another challenge', { challenge: 'YW5vdGhlcg' }],
    ['a user who was not verified', { unverified: true }],
    ['the signature of another key', { otherKey: true }],
    ['another user handle', { userHandle: 'YW5vdGhlcg' }],
    ['no user handle', { userHandle: null }],
    ['another backup eligibility', { backupEligible: false }],
  ];
  it.each(wrongs)('is refused with %s', async (_what, odd) => {
    expect(await signInBy(key, odd)).toMatchObject(WRONG);
  });

  it('tells nothing of unknown passkeys, removed ones and disabled accounts (ASVS 6.3.8)', async () => {
    expect(await signInBy(new SoftwareAuthenticator('unknown'))).toMatchObject(WRONG);
    await site.deps.accounts.disableAccount(alice.id, site.deps.clock());
    expect(await signInBy(key)).toMatchObject(WRONG);
    await site.deps.accounts.enableAccount(alice.id, site.deps.clock());
    await site.deps.factors.resetFactors(alice.id, site.deps.clock());
    expect(await signInBy(key)).toMatchObject(WRONG);
  });

  it('takes an answer once, whatever was wrong with it, and in its own browser alone (§13.4.3)', async () => {
    const answer = key.get(await asked());
    expect(await signInWithPasskey(answer, browser(), site.deps)).toMatchObject(EXPIRED);
    expect(await signInWithPasskey(answer, visitor, site.deps)).toMatchObject({ outcome: 'signed_in' });
    expect(await signInWithPasskey(answer, visitor, site.deps)).toMatchObject(EXPIRED);
    const request = await asked();
    expect(await signInWithPasskey(key.get(request, { otherKey: true }), visitor, site.deps)).toMatchObject(WRONG);
    expect(await signInWithPasskey(key.get(request), visitor, site.deps)).toMatchObject(EXPIRED);
    const late = key.get(await asked());
    site.advance(10 * MINUTE_MS);
    expect(await signInWithPasskey(late, visitor, site.deps)).toMatchObject(EXPIRED);
  });

  it('lets one of 50 answers to one challenge in', async () => {
    const answer = key.get(await asked());
    const results = await Promise.all(Array.from({ length: 50 }, () => signInWithPasskey(answer, visitor, site.deps)));
    expect(results.filter(({ outcome }) => outcome === 'signed_in')).toHaveLength(1);
  });

  it('refuses a count that was passed: there may be a copy (§6.1.1)', async () => {
    expect(await signInBy(key, { count: 7 })).toMatchObject({ outcome: 'signed_in' });
    for (const count of [7, 6, 0]) {
      expect(await signInBy(key, { count })).toMatchObject({ ...WRONG, cloned: { label: 'Telephone' } });
    }
    expect(await signInBy(key, { count: 8 })).toMatchObject({ outcome: 'signed_in' });
  });

  it('waits for a verified address where one is required', async () => {
    await site.deps.accounts.setEmail(
      alice.id,
      { address: 'x@example.com', key: 'x@example.com' as never, verified: false },
      site.deps.clock(),
    );
    const result = await signInWithPasskey(key.get(await asked()), visitor, {
      ...site.deps,
      emailVerification: 'required',
    });
    expect(result).toMatchObject({ outcome: 'unverified' });
  });

  it('is limited by failures of a network, which hold up no browser of the owner', async () => {
    for (let time = 0; time < 100; time += 1) await signInBy(new SoftwareAuthenticator('unknown'), {}, browser());
    expect(await signInBy(new SoftwareAuthenticator('unknown'), {}, browser())).toMatchObject({ outcome: 'limited' });
    expect(await signInBy(key)).toMatchObject({ outcome: 'signed_in' });
  });
});

describe('a passkey as the second step', () => {
  beforeEach(async () => {
    await added(key);
  });

  async function firstStep(username = 'alice') {
    const result = await signIn(signInForm(username), visitor, site.deps);
    if (result.outcome !== 'second_step') throw new Error(result.outcome);
    const shown = await viewSecondStep(result.step, visitor, site.deps);
    if (shown === null || shown.passkey === null) throw new Error('no passkey is asked for');
    return { step: result.step, shown, passkey: shown.passkey };
  }

  it('is asked for by name, and its presence is enough', async () => {
    const { step, shown, passkey } = await firstStep();
    expect(shown.hasApp).toBe(false);
    const options = JSON.parse(passkey.options);
    expect(options).toMatchObject({ userVerification: 'preferred', allowCredentials: [{ id: key.credentialId }] });
    const input = { step, code: '', passkey: key.get(passkey, { unverified: true, userHandle: null }), trust: false };
    const result = await completeSecondStep(input, visitor, site.deps);
    expect(result).toMatchObject({ outcome: 'signed_in', recoveryCodesLeft: null });
    if (result.outcome === 'signed_in') expect(result.started.session.amr).toEqual(['pwd', 'swk', 'user', 'mfa']);
  });

  it('is none of another account, and none that was shown to sign in alone', async () => {
    await addUser(site, 'bob');
    const bobs = new SoftwareAuthenticator('of bob');
    await added(bobs, await signedIn('bob', browser()));
    const { step, passkey } = await firstStep();
    const input = { step, code: '', trust: false };
    expect(await completeSecondStep({ ...input, passkey: bobs.get(passkey) }, visitor, site.deps)).toMatchObject(WRONG);
    const alone = key.get(await asked());
    expect(await completeSecondStep({ ...input, passkey: alone }, visitor, site.deps)).toMatchObject(EXPIRED);
  });

  it('is a proof of oneself, of both factors', async () => {
    const own = await signedInAgain();
    const request = await assertionRequest({ kind: 'confirmation', current: own }, site.deps);
    const passkey = key.get(request ?? { options: '{}', challenge: '' });
    const result = await confirmIdentity({ currentPassword: '', code: '', passkey }, own, site.deps);
    expect(result.outcome).toBe('confirmed');
    expect(await confirmIdentity({ currentPassword: PASSWORD, code: '', passkey }, own, site.deps)).toMatchObject({
      problems: [{ code: 'problem.passkey.expired' }],
    });
  });
});
