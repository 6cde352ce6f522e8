/** Signing in by a mailed code or link: the same for whoever asks, once, here, soon, and never past a second factor. */
import { TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ATTEMPT_LIMITS } from '../../src/accounts/attempt-limits.ts';
import { addAuthenticator, draftAuthenticator } from '../../src/accounts/authenticators.ts';
import { emailKeyOf } from '../../src/accounts/email-address.ts';
import { askForCode, signInByCode, signInByLink, viewMailSignIn } from '../../src/accounts/mail-sign-in.ts';
import { WRONG_CODES_MAX } from '../../src/accounts/mailed-secret.ts';
import type { MailedText } from '../../src/accounts/ports/mail.ts';
import { completeSecondStep } from '../../src/accounts/second-step.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import type { Visitor } from '../../src/accounts/visitor.ts';
import { disableUser } from '../../src/admin/users.ts';
import type { Secret } from '../../src/vocabulary/credentials.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  sessionOf,
  signInForm,
  signUpForm,
} from './installation.ts';

const PLACE = '192.0.2.1';
let site: Installation;
beforeEach(async () => {
  site = await openInstallation();
});
afterEach(() => site.close());

type Named = Visitor & { readonly browser: Secret<'browser'> };
const here = (place = PLACE) => browserAt(place) as Named;

async function asked(email: string, visitor: Named): Promise<MailedText> {
  const { outcome } = await askForCode({ email, next: null, locale: null }, visitor, site.deps);
  expect(outcome).toBe('asked');
  const message = site.sent.at(-1);
  if (message?.kind !== 'sign-in') throw new Error(`no code but ${message?.kind}`);
  return message.secret;
}

const byCode = (secret: MailedText, visitor: Visitor, twoFactors = false) =>
  signInByCode(secret.code ?? '', twoFactors, visitor, site.deps);
const byLink = ({ token }: MailedText, visitor: Visitor) => signInByLink(token, false, visitor, site.deps);

async function signedIn(result: Awaited<ReturnType<typeof byCode>>) {
  if (result.outcome !== 'proved' || result.begun.outcome !== 'started') throw new Error(JSON.stringify(result));
  return sessionOf(site, result.begun.started);
}

describe('ASVS 6.3.8: asking for a code', () => {
  it('answers the same for an address of nobody, and writes there too', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const ask = (email: string) => askForCode({ email, next: null, locale: 'fr' }, visitor, site.deps);
    expect(await ask('alice@example.com')).toEqual(await ask('nobody@example.com'));
    expect(site.sent.map(({ kind, to }) => [kind, to])).toEqual([
      ['sign-in', 'alice@example.com'],
      ['sign-in-unknown', 'nobody@example.com'],
    ]);
    // Nothing is hashed for either.
    expect(site.work).toMatchObject({ verify: 0, verifyAgainstNobody: 0 });
  });

  it('says nothing of an account that is disabled, and lets nobody in whose account was disabled meanwhile', async () => {
    const alice = await addUser(site, 'alice');
    const visitor = here();
    const secret = await asked('alice@example.com', visitor);
    await disableUser(alice.id, site.deps);
    expect(await byCode(secret, visitor)).toMatchObject({ outcome: 'refused' });
    expect(await byLink(secret, visitor)).toEqual({ outcome: 'not_found' });
    const again = await askForCode({ email: 'alice@example.com', next: null, locale: null }, visitor, site.deps);
    expect(again).toEqual({ outcome: 'asked' });
    expect(site.sent.at(-1)?.kind).toBe('sign-in-unknown');
  });

  it('is limited an address, for who has an account and who has none', async () => {
    await addUser(site, 'alice');
    for (const email of ['alice@example.com', 'nobody@example.com']) {
      const visitor = here();
      const ask = () => askForCode({ email, next: null, locale: null }, visitor, site.deps);
      for (let time = 0; time < ATTEMPT_LIMITS.mailAddressAndNetwork.attemptsMax; time += 1) {
        expect((await ask()).outcome).toBe('asked');
      }
      expect((await ask()).outcome).toBe('limited');
    }
  });

  it('wants an address', async () => {
    const ask = (email: string) => askForCode({ email, next: null, locale: null }, here(), site.deps);
    expect((await ask('')).outcome).toBe('refused');
    expect((await ask('a@b.example, c@d.example')).outcome).toBe('refused');
  });
});

describe('a mailed code or link', () => {
  it('signs in, by RFC 8176 otp, without the password', async () => {
    const alice = await addUser(site, 'alice');
    const visitor = here();
    const { session, account } = await signedIn(await byCode(await asked('ALICE@example.com', visitor), visitor));
    expect(account.id).toBe(alice.id);
    expect(session.amr).toEqual(['otp']);
    const events = await site.storage.accountEvents.listEvents(alice.id, { before: null, limit: 10 });
    expect(events.map(({ kind, detail }) => [kind, detail])).toContainEqual(['signed-in', 'otp']);
  });

  it('works once, as a code and as a link, of fifty at once as well (ASVS 6.5.1)', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const secret = await asked('alice@example.com', visitor);
    expect(await viewMailSignIn(secret.token, visitor, site.deps)).toEqual({ outcome: 'found', username: 'alice' });
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? byLink(secret, visitor) : byCode(secret, visitor))),
    );
    expect(all.filter(({ outcome }) => outcome === 'proved')).toHaveLength(1);
    expect(await viewMailSignIn(secret.token, visitor, site.deps)).toEqual({ outcome: 'not_found' });
  });

  it('counts in the browser that asked alone (ASVS 6.6.2)', async () => {
    await addUser(site, 'alice');
    const [visitor, other] = [here(), here()];
    const secret = await asked('alice@example.com', visitor);
    expect(await viewMailSignIn(secret.token, other, site.deps)).toEqual({ outcome: 'other_browser' });
    expect(await byLink(secret, other)).toEqual({ outcome: 'other_browser' });
    expect(await byLink(secret, { ...other, browser: null })).toEqual({ outcome: 'other_browser' });
    expect((await byCode(secret, other)).outcome).toBe('refused');
    expect((await byCode(secret, visitor)).outcome).toBe('proved');
  });

  it('is over after ten minutes (ASVS 6.5.5)', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const secret = await asked('alice@example.com', visitor);
    site.advance(10 * 60_000 - 1);
    expect((await viewMailSignIn(secret.token, visitor, site.deps)).outcome).toBe('found');
    site.advance(1);
    expect((await byLink(secret, visitor)).outcome).toBe('not_found');
    expect((await byCode(secret, visitor)).outcome).toBe('refused');
  });

  it('bears five wrong codes, whichever process counts them (ASVS 6.6.3)', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const secret = await asked('alice@example.com', visitor);
    const wrong = secret.code === '00000000' ? '00000001' : '00000000';
    for (let time = 0; time < WRONG_CODES_MAX; time += 1) {
      expect((await signInByCode(wrong, false, visitor, site.deps)).outcome).toBe('refused');
    }
    expect((await byCode(secret, visitor)).outcome).toBe('refused');
    // The link stays good: whoever holds it read the message.
    expect((await byLink(secret, visitor)).outcome).toBe('proved');
  });

  it('holds up who guesses over many messages, a network at a time', async () => {
    const visitor = here();
    for (let time = 0; time < ATTEMPT_LIMITS.mailedCodeNetwork.attemptsMax; time += 1) {
      expect((await signInByCode('00000000', false, visitor, site.deps)).outcome).toBe('refused');
    }
    expect((await signInByCode('00000000', false, visitor, site.deps)).outcome).toBe('limited');
  });

  it('is no secret for anything else, and nothing else is one for it (CVE-2026-4325)', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const { token } = await asked('alice@example.com', visitor);
    const { mailedSecrets } = site.deps;
    const { mailedTokenDigest } = await import('../../src/accounts/mailed-secret.ts');
    const digest = mailedTokenDigest(token);
    if (digest === null) throw new Error('no digest');
    expect(await mailedSecrets.findMailedSecret('reset-password', digest, site.deps.clock())).toBeNull();
    expect(await mailedSecrets.findMailedSecret('verify-address', digest, site.deps.clock())).toBeNull();
  });

  it('tells the owner of a new browser, once', async () => {
    await addUser(site, 'alice');
    const [first, second] = [here(), here()];
    await signedIn(await byCode(await asked('alice@example.com', first), first));
    await signedIn(await byCode(await asked('alice@example.com', second), second));
    await signedIn(await byCode(await asked('alice@example.com', second), second));
    expect(site.told.map(({ kind }) => kind)).toEqual(['new-device']);
  });
});

describe('ASVS 6.3.4: a second factor', () => {
  it('is asked for after a mailed code as after the password', async () => {
    await addUser(site, 'alice');
    const visitor = here();
    const current = await signedIn(await byCode(await asked('alice@example.com', visitor), visitor));
    const draft = draftAuthenticator(current, null, site.deps);
    const code = () => new TOTP({ secret: draft.key }).generate({ timestamp: site.deps.clock() });
    await addAuthenticator({ seed: draft.sealed, code: code(), label: '' }, current, site.deps);
    site.advance(30_000);
    const elsewhere = here();
    const proved = await byCode(await asked('alice@example.com', elsewhere), elsewhere);
    if (proved.outcome !== 'proved' || proved.begun.outcome !== 'second_step') throw new Error(proved.outcome);
    const done = await completeSecondStep(
      { step: proved.begun.step, code: code(), passkey: null, trust: false },
      elsewhere,
      site.deps,
    );
    if (done.outcome !== 'signed_in') throw new Error(done.outcome);
    expect(done.started.session.amr).toEqual(['otp', 'mfa']);
  });
});

describe('account pre-hijacking', () => {
  it('leaves a stranger nothing in an account that was made with the address of who reads the mail', async () => {
    const stranger = here('198.51.100.7');
    const made = await signUp(signUpForm('trap', { email: 'victim@example.com' }), stranger, site.deps);
    if (made.outcome !== 'signed_up') throw new Error(made.outcome);
    const waiting = await sessionOf(site, made.started);
    const draft = draftAuthenticator(waiting, null, site.deps);
    const code = new TOTP({ secret: draft.key }).generate({ timestamp: site.deps.clock() });
    await addAuthenticator({ seed: draft.sealed, code, label: '' }, waiting, site.deps);
    const victim = here();
    const current = await signedIn(await byCode(await asked('victim@example.com', victim), victim));
    expect(current.account).toMatchObject({ emailVerified: true, hasPassword: false });
    expect(await site.storage.sessions.listSessionsOf(current.account.id, site.deps.clock())).toHaveLength(1);
    expect(await site.storage.factors.hasFactor(current.account.id)).toBe(false);
    expect((await signIn(signInForm('trap'), stranger, site.deps)).outcome).toBe('refused');
  });

  it('leaves the password to who signed up in this very browser', async () => {
    const visitor = here();
    site.deps.emailVerification = 'required';
    expect((await signUp(signUpForm('alice'), visitor, site.deps)).outcome).toBe('check_mail');
    const current = await signedIn(await byCode(await asked('alice@example.com', visitor), visitor));
    expect(current.account).toMatchObject({ emailVerified: true, hasPassword: true });
    expect((await signIn(signInForm('alice'), visitor, site.deps)).outcome).toBe('signed_in');
  });

  it('lends nobody to an account that has added their address and not proved it', async () => {
    const trap = await addUser(site, 'trap');
    const address = { address: 'victim@example.com', key: emailKeyOf('victim@example.com') };
    await site.deps.addresses.addAddress(trap.id, address, 10, site.deps.clock());
    await askForCode({ email: 'victim@example.com', next: null, locale: null }, here(), site.deps);
    expect(site.sent.at(-1)?.kind).toBe('sign-in-unknown');
  });

  it('does so neither where the account proved another address between the message and the code', async () => {
    const stranger = here('198.51.100.7');
    const made = await signUp(signUpForm('trap', { email: 'victim@example.com' }), stranger, site.deps);
    if (made.outcome !== 'signed_up') throw new Error(made.outcome);
    const victim = here();
    const secret = await asked('victim@example.com', victim);
    const { account } = await sessionOf(site, made.started);
    const other = { address: 'trap@example.net', key: emailKeyOf('trap@example.net') };
    await site.deps.addresses.addAddress(account.id, other, 10, site.deps.clock());
    const { newMailedSecret } = await import('../../src/accounts/mailed-secret.ts');
    const { text, secret: row } = newMailedSecret(
      'sign-in',
      { accountId: account.id, address: other },
      stranger.browser,
      site.deps,
    );
    await site.deps.mailedSecrets.keepSecret(row);
    expect((await byLink(text, stranger)).outcome).toBe('proved');
    expect((await byCode(secret, victim)).outcome).toBe('refused');
  });
});
