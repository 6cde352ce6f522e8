import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { joinInvited, signUpInvited, viewInvitation } from '../../src/accounts/invitations.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import { createGroup } from '../../src/admin/groups.ts';
import { createInvitation, type Inviter, listInvitations, revokeInvitation } from '../../src/admin/invitations.ts';
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

const DAY_MS = 86_400_000;
let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
  await createGroup({ name: 'staff' }, installation.deps);
});
afterAll(() => installation.close());
beforeEach(() => {
  installation.sent.length = 0;
});

const office = (hasMail = true) => ({
  ...installation.deps,
  hasMail,
  baseUrl: 'https://id.example.org',
  brandName: 'Example',
  languages: ['en', 'fr'],
});

/** Invites, and gives the token of the mailed link. */
async function invite(email: string, change: { isSuperuser?: boolean; days?: number } = {}, inviter: Inviter = null) {
  const input = { email, groups: ['staff'], isSuperuser: false, days: 7, language: null, ...change };
  const result = await createInvitation(input, inviter, office());
  if (result.outcome !== 'created') throw new Error(JSON.stringify(result));
  const message = installation.sent.at(-1);
  if (message?.kind !== 'invitation') throw new Error('no invitation was mailed');
  expect(message.to).toBe(email);
  return {
    token: new URL(message.path, 'https://id.example.org').searchParams.get('token') ?? '',
    ...result.invitation,
  };
}

const form = (token: string, username: string) => ({
  token,
  username,
  firstName: '',
  lastName: '',
  password: PASSWORD,
  locale: 'fr',
});

async function signedIn(username: string) {
  const result = await signIn(signInForm(username), browserAt('192.0.2.9'), installation.deps);
  if (result.outcome !== 'signed_in') throw new Error(JSON.stringify(result));
  return sessionOf(installation, result.started);
}

describe('an invitation for somebody new', () => {
  it('makes the account with the address verified, in its groups, once', async () => {
    const { token } = await invite('new@example.com');
    expect(await viewInvitation(token, null, installation.deps)).toMatchObject({
      outcome: 'open',
      way: 'sign_up',
      invitation: { address: 'new@example.com', groups: ['staff'], isSuperuser: false, invitedBy: null },
    });
    const made = await signUpInvited(form(token, 'newcomer'), browserAt('192.0.2.1'), installation.deps);
    if (made.outcome !== 'signed_up') throw new Error(JSON.stringify(made));
    const { account } = await sessionOf(installation, made.started);
    expect(account).toMatchObject({ email: 'new@example.com', emailVerified: true, isSuperuser: false, locale: 'fr' });
    expect(await installation.storage.groups.groupsOf(account.id)).toEqual(['staff']);
    expect(await signUpInvited(form(token, 'second'), browserAt('192.0.2.1'), installation.deps)).toEqual({
      outcome: 'not_open',
    });
    expect(await viewInvitation(token, null, installation.deps)).toEqual({ outcome: 'ended', reason: 'accepted' });
    const events = await installation.storage.accountEvents.listEvents(account.id, { before: null, limit: 10 });
    expect(events.map(({ kind, detail }) => [kind, detail])).toEqual(
      expect.arrayContaining([
        ['invitation-accepted', 'new@example.com'],
        ['group-joined', 'staff'],
      ]),
    );
  });

  it('makes a superuser only where the invitation says so', async () => {
    const { token } = await invite('chief@example.com', { isSuperuser: true });
    const made = await signUpInvited(form(token, 'chief'), browserAt('192.0.2.2'), installation.deps);
    if (made.outcome !== 'signed_up') throw new Error(JSON.stringify(made));
    expect((await sessionOf(installation, made.started)).account.isSuperuser).toBe(true);
  });

  it('says what is wrong with the form, and stays open', async () => {
    await addUser(installation, 'taken');
    const { token } = await invite('form@example.com');
    const refusal = async (change: object) =>
      signUpInvited({ ...form(token, 'formy'), ...change }, browserAt('192.0.2.3'), installation.deps);
    expect(await refusal({ username: 'taken' })).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'username', code: 'problem.username.taken' }],
    });
    expect(await refusal({ password: 'short' })).toMatchObject({ outcome: 'refused' });
    expect(await viewInvitation(token, null, installation.deps)).toMatchObject({ outcome: 'open' });
  });

  it('takes the address from whoever signed up with it and never confirmed it', async () => {
    await signUp(signUpForm('squatter', { email: 'squatted@example.com' }), browserAt('192.0.2.4'), installation.deps);
    const { token } = await invite('squatted@example.com');
    const made = await signUpInvited(form(token, 'rightful'), browserAt('192.0.2.5'), installation.deps);
    expect(made.outcome).toBe('signed_up');
  });
});

describe('an invitation for somebody who has an account', () => {
  it('is accepted signed in, with the account that verified the address', async () => {
    const ada = await addUser(installation, 'ada');
    await addUser(installation, 'eve');
    const { token } = await invite('ada@example.com');
    expect(await viewInvitation(token, null, installation.deps)).toMatchObject({ way: 'sign_in' });
    const eve = await signedIn('eve');
    expect(await viewInvitation(token, eve, installation.deps)).toMatchObject({ way: 'other_account' });
    expect(await joinInvited(token, eve, browserAt('192.0.2.9'), installation.deps)).toEqual({
      outcome: 'other_address',
    });
    expect(await signUpInvited(form(token, 'ada-again'), browserAt('192.0.2.9'), installation.deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'email', code: 'problem.email.taken' }],
    });
    const session = await signedIn('ada');
    expect(await viewInvitation(token, session, installation.deps)).toMatchObject({ way: 'join' });
    expect(await joinInvited(token, session, browserAt('192.0.2.9'), installation.deps)).toEqual({ outcome: 'joined' });
    expect(await joinInvited(token, session, browserAt('192.0.2.9'), installation.deps)).toEqual({
      outcome: 'not_open',
    });
    expect(await installation.storage.groups.groupsOf(ada.id)).toEqual(['staff']);
  });
});

describe('the end of an invitation', () => {
  it.each([
    ['expired', (_id: string) => installation.advance(7 * DAY_MS)],
    ['revoked', (id: string) => revokeInvitation(id, installation.deps)],
    ['revoked', () => invite('end@example.com')],
  ])('is said: %s', async (reason, end) => {
    const { token, id } = await invite('end@example.com');
    await end(id);
    expect(await viewInvitation(token, null, installation.deps)).toEqual({ outcome: 'ended', reason });
    expect((await signUpInvited(form(token, 'late'), browserAt('192.0.2.6'), installation.deps)).outcome).toBe(
      'not_open',
    );
  });

  it('comes with that of the inviter as a superuser', async () => {
    const inviter = await addUser(installation, 'boss', { isSuperuser: true });
    const { token } = await invite('byboss@example.com', { isSuperuser: true }, inviter);
    expect(await viewInvitation(token, null, installation.deps)).toMatchObject({ invitation: { invitedBy: 'boss' } });
    await installation.storage.accounts.setSuperuser(inviter.id, false, 0);
    expect(await viewInvitation(token, null, installation.deps)).toEqual({ outcome: 'ended', reason: 'revoked' });
    expect((await signUpInvited(form(token, 'late'), browserAt('192.0.2.6'), installation.deps)).outcome).toBe(
      'not_open',
    );
  });

  it.each(['', 'short', 'A'.repeat(43)])('is what an unknown token meets: %j', async (token) => {
    expect(await viewInvitation(token, null, installation.deps)).toEqual({ outcome: 'ended', reason: 'unknown' });
  });
});

describe('inviting', () => {
  it('gives the link where there is no mail, built from the public address', async () => {
    installation.advance(1);
    const input = { email: 'byhand@example.com', groups: [], isSuperuser: false, days: 1, language: 'fr' };
    const result = await createInvitation(input, null, office(false));
    if (result.outcome !== 'created') throw new Error(JSON.stringify(result));
    expect(result.invitation.link).toMatch(/^https:\/\/id\.example\.org\/invitation\/\?token=[A-Za-z0-9_-]{43}$/);
    expect(installation.sent).toEqual([]);
    const [latest] = await listInvitations(office());
    expect(latest).toMatchObject({ address: 'byhand@example.com', state: 'open', groups: [], invitedBy: null });
  });

  it('says every fault at once', async () => {
    const input = { email: 'a@b@c', groups: ['nowhere'], isSuperuser: false, days: 91, language: 'xx' };
    const result = await createInvitation(input, null, office());
    expect(result.outcome === 'refused' && result.problems.map(({ field }) => field)).toEqual([
      'email',
      'groups',
      'days',
      'language',
    ]);
  });
});
