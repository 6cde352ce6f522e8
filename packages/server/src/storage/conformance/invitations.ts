/** Conformance of invitations: each accepted once, by one account, while its inviter vouches for it. */
import assert from 'node:assert/strict';
import type { NewIdentity } from '../../accounts/ports/elsewhere.ts';
import type { GroupName } from '../../accounts/ports/groups.ts';
import type { NewInvitation } from '../../accounts/ports/invitations.ts';
import type { EmailKey } from '../../accounts/ports.ts';
import type { Storage } from '../storage.ts';
import { atOnce, type ConformanceCase, digest, email, fresh, newAccount, newIdentity, tally } from './case.ts';

const DAY_MS = 86_400_000;

function newInvitation(nowMs: number, change: Partial<NewInvitation> = {}): NewInvitation {
  const address = `${fresh('Invited')}@mail.example`;
  return {
    id: fresh('invitation'),
    tokenDigest: digest(),
    address,
    addressKey: address.toLowerCase() as EmailKey,
    groupIds: [],
    isSuperuser: false,
    invitedBy: null,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + DAY_MS,
    ...change,
  };
}

function signUpOf(nowMs: number) {
  const { email: _, isSuperuser: __, ...account } = newAccount(nowMs);
  return account;
}

async function newGroup(storage: Storage, nowMs: number) {
  const group = { id: fresh('group-id'), name: fresh('Group') as GroupName, requiresSecondFactor: false };
  await storage.groups.createGroup(group, nowMs);
  return group;
}

/** The cases. */
export const invitationCases: readonly ConformanceCase[] = [
  {
    name: 'invitations: of 50 sign-ups at once one gets the account, its address and its groups',
    async run(storage, clock) {
      const nowMs = clock.read();
      const group = await newGroup(storage, nowMs);
      const gone = await newGroup(storage, nowMs);
      const invitation = newInvitation(nowMs, { groupIds: [group.id, gone.id], isSuperuser: true });
      await storage.invitations.createInvitation(invitation);
      await storage.groups.deleteGroup(gone.id);
      const signUps = Array.from({ length: 50 }, () => signUpOf(nowMs));
      let next = 0;
      const results = await atOnce(50, async () => {
        const account = signUps[next++];
        assert.ok(account);
        return { account, ...(await storage.invitations.acceptBySignUp(invitation.tokenDigest, account, nowMs)) };
      });
      assert.deepEqual(tally(results), { accepted: 1, not_open: 49 });
      const winner = results.find(({ outcome }) => outcome === 'accepted');
      assert.ok(winner?.outcome === 'accepted');
      assert.deepEqual(winner.joined, [group.name]);
      const made = await storage.accounts.findAccount(winner.account.id);
      assert.deepEqual([made?.email, made?.emailVerified, made?.isSuperuser], [invitation.address, true, true]);
      assert.deepEqual(await storage.groups.groupsOf(winner.account.id), [group.name]);
      assert.equal((await storage.invitations.findInvitation(invitation.tokenDigest))?.acceptedBy, winner.account.id);
    },
  },
  {
    name: 'invitations: a taken username or address leaves it open',
    async run(storage, clock) {
      const nowMs = clock.read();
      const invitation = newInvitation(nowMs);
      await storage.invitations.createInvitation(invitation);
      const other = newAccount(nowMs);
      await storage.accounts.createAccount(other);
      const { id: _, ...name } = signUpOf(nowMs);
      const taken = { ...name, id: signUpOf(nowMs).id, usernameKey: other.usernameKey, username: other.username };
      assert.deepEqual(await storage.invitations.acceptBySignUp(invitation.tokenDigest, taken, nowMs), {
        outcome: 'username_taken',
      });
      const owner = newAccount(nowMs, { email: email(invitation.address, true) });
      await storage.accounts.createAccount(owner);
      assert.deepEqual(await storage.invitations.acceptBySignUp(invitation.tokenDigest, signUpOf(nowMs), nowMs), {
        outcome: 'email_taken',
      });
      assert.equal((await storage.invitations.findInvitation(invitation.tokenDigest))?.acceptedAtMs, null);
    },
  },
  {
    name: 'invitations: of 50 sign-ups at once by one account elsewhere one gets account, identity and groups',
    async run(storage, clock) {
      const nowMs = clock.read();
      const { invitations, externalIdentities } = storage;
      const group = await newGroup(storage, nowMs);
      const invitation = newInvitation(nowMs, { groupIds: [group.id] });
      await invitations.createInvitation(invitation);
      const identity = newIdentity();
      const signUp = () =>
        invitations.acceptBySignUp(invitation.tokenDigest, { ...signUpOf(nowMs), passwordHash: null }, nowMs, identity);
      assert.deepEqual(tally(await atOnce(50, signUp)), { accepted: 1, not_open: 49 });
      const made = await externalIdentities.useIdentity(identity, nowMs);
      assert.ok(made !== null);
      assert.deepEqual([made.email, made.emailVerified, made.hasPassword], [invitation.address, true, false]);
      assert.deepEqual(await storage.groups.groupsOf(made.id), [group.name]);
    },
  },
  {
    name: 'invitations: an identity that opens another account leaves it open, and makes none',
    async run(storage, clock) {
      const nowMs = clock.read();
      const invitation = newInvitation(nowMs);
      await storage.invitations.createInvitation(invitation);
      const identity = newIdentity();
      await storage.externalIdentities.createAccountWithIdentity(newAccount(nowMs, { passwordHash: null }), identity);
      const account = signUpOf(nowMs);
      const accept = (by: NewIdentity) =>
        storage.invitations.acceptBySignUp(invitation.tokenDigest, account, nowMs, by);
      assert.deepEqual(await accept(identity), { outcome: 'identity_taken' });
      assert.equal(await storage.accounts.findAccount(account.id), null);
      assert.equal((await accept(newIdentity())).outcome, 'accepted');
    },
  },
  {
    name: 'invitations: an account accepts that has verified the address, and no other',
    async run(storage, clock) {
      const nowMs = clock.read();
      const group = await newGroup(storage, nowMs);
      const invitation = newInvitation(nowMs, { groupIds: [group.id] });
      await storage.invitations.createInvitation(invitation);
      const stranger = newAccount(nowMs, { email: email(invitation.address, false) });
      await storage.accounts.createAccount(stranger);
      const owner = newAccount(nowMs, { email: email(invitation.address, true) });
      await storage.accounts.createAccount(owner);
      const accept = (id: typeof owner.id) => storage.invitations.acceptInvitation(invitation.tokenDigest, id, nowMs);
      assert.deepEqual(await accept(stranger.id), { outcome: 'other_address' });
      const results = await atOnce(50, () => accept(owner.id));
      assert.deepEqual(tally(results), { accepted: 1, not_open: 49 });
      assert.deepEqual(await storage.groups.groupsOf(owner.id), [group.name]);
      assert.deepEqual(await storage.groups.groupsOf(stranger.id), []);
    },
  },
  {
    name: 'invitations: a newer one for the address, its end and a former superuser close it',
    async run(storage, clock) {
      const nowMs = clock.read();
      const inviter = newAccount(nowMs, { isSuperuser: true });
      await storage.accounts.createAccount(inviter);
      const first = newInvitation(nowMs, { invitedBy: inviter.id });
      const { address, addressKey } = first;
      const second = newInvitation(nowMs, { invitedBy: inviter.id, address, addressKey });
      await storage.invitations.createInvitation(first);
      await storage.invitations.createInvitation(second);
      const accept = ({ tokenDigest }: NewInvitation, atMs = nowMs) =>
        storage.invitations.acceptBySignUp(tokenDigest, signUpOf(nowMs), atMs);
      assert.deepEqual(await accept(first), { outcome: 'not_open' });
      assert.deepEqual(await accept(second, second.expiresAtMs), { outcome: 'not_open' });
      await storage.accounts.setSuperuser(inviter.id, false, nowMs);
      assert.deepEqual(await accept(second), { outcome: 'not_open' });
      assert.equal((await storage.invitations.findInvitation(second.tokenDigest))?.isVouchedFor, false);
      await storage.accounts.setSuperuser(inviter.id, true, nowMs);
      await storage.accounts.disableAccount(inviter.id, nowMs);
      assert.deepEqual(await accept(second), { outcome: 'not_open' });
      await storage.accounts.enableAccount(inviter.id, nowMs);
      assert.deepEqual(await storage.invitations.revokeInvitation(second.id, nowMs), { outcome: 'revoked' });
      assert.deepEqual(await storage.invitations.revokeInvitation(second.id, nowMs), { outcome: 'not_open' });
      assert.deepEqual(await accept(second), { outcome: 'not_open' });
      const third = newInvitation(nowMs, { invitedBy: inviter.id });
      await storage.invitations.createInvitation(third);
      assert.equal((await accept(third)).outcome, 'accepted');
    },
  },
  {
    name: 'invitations: go with the account that accepted, and a month after their end',
    async run(storage, clock) {
      const nowMs = clock.read();
      const accepted = newInvitation(nowMs);
      const open = newInvitation(nowMs);
      await storage.invitations.createInvitation(accepted);
      await storage.invitations.createInvitation(open);
      const account = signUpOf(nowMs);
      await storage.invitations.acceptBySignUp(accepted.tokenDigest, account, nowMs);
      const kept = await storage.personalData.readPersonalData(account.id);
      assert.deepEqual(kept.invitations, [{ address: accepted.address, invitedAtMs: nowMs, acceptedAtMs: nowMs }]);
      await storage.accounts.deleteAccount(account.id);
      assert.equal(await storage.invitations.findInvitation(accepted.tokenDigest), null);
      await storage.cleanup(open.expiresAtMs + 30 * DAY_MS - 1, { batchSize: 1 });
      assert.notEqual(await storage.invitations.findInvitation(open.tokenDigest), null);
      await storage.cleanup(open.expiresAtMs + 30 * DAY_MS, { batchSize: 1 });
      assert.equal(await storage.invitations.findInvitation(open.tokenDigest), null);
    },
  },
];
