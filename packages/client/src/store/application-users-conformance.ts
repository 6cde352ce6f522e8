/**
 * What every `ApplicationUsers` keeps, as cases that any test runner can run.
 *
 * Owns the cases; published by `@diapason/client/conformance`. Each makes people with random names, so that the database may hold
 * others; what an implementation leaves out is not asked for.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ApplicationUser, ApplicationUsers, Identity, NewApplicationUser } from './application-users.ts';

/** One thing that an implementation keeps. */
export interface ApplicationUsersCase {
  /** A sentence about the implementation. */
  readonly name: string;
  /** @throws AssertionError when it is not kept, and whatever the implementation throws. */
  readonly run: (users: ApplicationUsers) => Promise<void>;
}

const AT_ONCE = 20;

/** The cases, in the order in which they are best read. */
export const applicationUsersConformance: readonly ApplicationUsersCase[] = [
  {
    name: 'creates a user with their identity, and finds them by id and by identity',
    run: async (users) => {
      const identity = newIdentity();
      const wanted = newUser();
      const user = await create(users, wanted, identity);
      equal(user.username, wanted.username);
      equal((await users.find(user.id))?.username, wanted.username);
      const found = await users.findByIdentity(identity.issuer, identity.subject);
      deepEqual([found?.user.id, found?.identity], [user.id, identity]);
      deepEqual(await users.identitiesOf(user.id), [identity]);
    },
  },
  {
    name: 'finds nobody by what is unknown: id, subject, and a subject of another issuer',
    run: async (users) => {
      const identity = newIdentity();
      await create(users, newUser(), identity);
      equal(await users.find(randomUUID()), null);
      equal(await users.findByIdentity(identity.issuer, randomUUID()), null);
      equal(await users.findByIdentity('https://other.example', identity.subject), null);
      equal(await users.findByIdentity(identity.issuer, identity.subject.toUpperCase()), null);
      deepEqual(await users.identitiesOf(randomUUID()), []);
    },
  },
  {
    name: 'gives one identity to one of many who arrive with it at once, and creates no other user',
    run: async (users) => {
      const { issuer, subject } = newIdentity();
      const wanted = Array.from({ length: AT_ONCE }, () => newUser());
      const outcomes = await Promise.all(wanted.map((user) => users.create(user, newIdentity({ issuer, subject }))));
      equal(outcomes.filter(({ kind }) => kind === 'created').length, 1);
      equal(outcomes.filter(({ kind }) => kind === 'account_taken').length, AT_ONCE - 1);
      if (users.findByUsername === undefined) return;
      let there = 0;
      for (const { username } of wanted) if ((await users.findByUsername(username)) !== null) there += 1;
      equal(there, 1);
    },
  },
  {
    name: 'links once however many try at once, and says to whom an identity is linked already',
    run: async (users) => {
      const [one, two] = [await create(users, newUser()), await create(users, newUser())];
      const identity = newIdentity();
      const attempts = Array.from({ length: AT_ONCE }, () => users.link(one.id, { ...identity, id: randomUUID() }));
      const outcomes = await Promise.all(attempts);
      equal(outcomes.filter(({ kind }) => kind === 'linked').length, 1);
      equal(outcomes.filter(({ kind }) => kind === 'linked_before').length, AT_ONCE - 1);
      deepEqual(await users.link(two.id, identity), { kind: 'linked_to_other' });
      equal((await users.findByIdentity(identity.issuer, identity.subject))?.user.id, one.id);
      equal((await users.identitiesOf(one.id)).length, 2);
    },
  },
  {
    name: 'unlinks, but never the last way in, however many try at once',
    run: async (users) => {
      const [one, two] = [newIdentity(), newIdentity()];
      const user = await create(users, newUser(), one);
      deepEqual(await users.unlink(user.id, one.id), { kind: 'last_way_in' });
      deepEqual(await users.link(user.id, two), { kind: 'linked' });
      const outcomes = await Promise.all([one, two].map(({ id }) => users.unlink(user.id, id)));
      deepEqual(outcomes.map(({ kind }) => kind).sort(), ['last_way_in', 'unlinked']);
      equal((await users.identitiesOf(user.id)).length, 1);
    },
  },
  {
    name: "unlinks nothing of another user's",
    run: async (users) => {
      const [mine, spare, theirs] = [newIdentity(), newIdentity(), newIdentity()];
      const [me, other] = [await create(users, newUser(), mine), await create(users, newUser(), theirs)];
      await users.link(me.id, spare);
      await users.link(other.id, newIdentity());
      deepEqual(await users.unlink(me.id, theirs.id), { kind: 'not_found' });
      deepEqual(await users.unlink(me.id, randomUUID()), { kind: 'not_found' });
      ok((await users.findByIdentity(theirs.issuer, theirs.subject)) !== null);
    },
  },
  {
    name: 'links by address only to who holds it as verified, where it is asked for one',
    run: async (users) => {
      if (users.findByVerifiedEmail === undefined) return;
      const email = `${randomUUID()}@example.org`;
      await create(users, newUser({ email }));
      equal(await users.findByVerifiedEmail(email), null);
      const holder = await create(users, newUser({ email, emailVerified: true }));
      equal((await users.findByVerifiedEmail(email))?.id, holder.id);
      deepEqual(await users.create(newUser({ email, emailVerified: true }), newIdentity()), { kind: 'email_taken' });
    },
  },
  {
    name: 'changes the fields that are given, where it takes changes',
    run: async (users) => {
      if (users.update === undefined) return;
      const user = await create(users, newUser({ lastName: 'Last' }));
      equal((await users.update(user.id, { firstName: 'New' })).kind, 'updated');
      equal((await users.update(user.id, {})).kind, 'updated');
      equal((await users.find(user.id))?.username, user.username);
      deepEqual(await users.update(randomUUID(), { firstName: 'x' }), { kind: 'not_found' });
    },
  },
  {
    name: 'remembers the last sign-in, where it is told',
    run: async (users) => {
      if (users.recordSignIn === undefined) return;
      const identity = newIdentity();
      await create(users, newUser(), identity);
      await users.recordSignIn(identity.id, 'name there', 77);
      const found = await users.findByIdentity(identity.issuer, identity.subject);
      deepEqual([found?.identity.providerUsername, found?.identity.lastSignInAtMs], ['name there', 77]);
    },
  },
];

function newUser(fields: Partial<NewApplicationUser> = {}): NewApplicationUser {
  const empty = { firstName: '', lastName: '', email: '', emailVerified: false };
  return { ...empty, username: `name-${randomUUID()}`, createdAtMs: 1_000, ...fields };
}

function newIdentity(fields: Partial<Identity> = {}): Identity {
  const where = {
    provider: 'p',
    issuer: 'https://issuer.example',
    subject: `s-${randomUUID()}`,
    providerUsername: null,
  };
  return { id: randomUUID(), ...where, createdAtMs: 1, lastSignInAtMs: 1, ...fields };
}

async function create(
  users: ApplicationUsers,
  user: NewApplicationUser,
  identity: Identity = newIdentity(),
): Promise<ApplicationUser> {
  const outcome = await users.create(user, identity);
  if (outcome.kind !== 'created') throw new Error(`expected a new user, and create() answered ${outcome.kind}`);
  return outcome.user;
}
