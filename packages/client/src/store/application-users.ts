/**
 * Users that the application has already, behind the contract of the library's stores.
 *
 * Owns the small interface, and its adapter to `AccountStore`. The application keeps people and the identities linked to them;
 * sessions, social apps, counted attempts and superusers stay in a store of the library. That store refers to people by rows of its
 * own, so each person who signed in has a stand-in there: the application's id, and of the account that they signed in with its provider and times.
 */
import { randomBytes } from 'node:crypto';
import { randomId } from '../security/tokens.ts';
import type {
  AccountStore,
  LinkOutcome,
  NewSocialAccount,
  NewUser,
  SocialAccount,
  StoredSession,
  UnlinkOutcome,
  User,
  UserChanges,
} from './account-store.ts';
import { STAND_IN, STAND_IN_ISSUER } from './stand-ins.ts';

/** A person as the application knows them. What is left out counts as empty, false, or, for `isActive`, true. */
export interface ApplicationUser {
  /** Never changes, and is never given to another person. */
  readonly id: string;
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** True when the application has another way in for them: the last linked identity may then be unlinked. */
  readonly hasPassword?: boolean;
  /** False: every sign-in is refused, and sessions are over. */
  readonly isActive?: boolean;
  readonly createdAtMs?: number;
}

/** What a provider said of a person who comes for the first time. */
export type NewApplicationUser = Pick<
  NewUser,
  'username' | 'firstName' | 'lastName' | 'email' | 'emailVerified' | 'createdAtMs'
>;

/** One account at a provider, as it is to be kept; `issuer` and `subject` together are unique. */
export type Identity = NewSocialAccount;

/** What came of {@link ApplicationUsers.create}. */
export type CreateApplicationUserOutcome =
  | { readonly kind: 'created'; readonly user: ApplicationUser }
  /** The person is asked for another name. An application without unique usernames never answers this. */
  | { readonly kind: 'username_taken' }
  /** Another user holds this address as verified; asked again with `emailVerified: false`. */
  | { readonly kind: 'email_taken' }
  /** The identity is linked already, for instance since a moment ago in another tab. */
  | { readonly kind: 'account_taken' };

/**
 * Implement this over the users that the application has. Each method is one atomic step: what has to hold at the moment of the
 * write is a condition of the write. A database that cannot be reached throws. `applicationUsersConformance` of
 * `@diapason/client/conformance` says whether an implementation keeps all this.
 */
export interface ApplicationUsers {
  /** null: there is none with this id, or no longer. */
  find(userId: string): Promise<ApplicationUser | null>;
  /** Who is known by this account at a provider, and the account as it was kept. */
  findByIdentity(
    issuer: string,
    subject: string,
  ): Promise<{ readonly user: ApplicationUser; readonly identity: Identity } | null>;
  /** Creates the user and their identity: both or neither. */
  create(user: NewApplicationUser, identity: Identity): Promise<CreateApplicationUserOutcome>;
  /** Every account at a provider that lets this person in. */
  identitiesOf(userId: string): Promise<readonly Identity[]>;
  /** Links an account to a person; of several at once for one issuer and subject, one is linked. */
  link(userId: string, identity: Identity): Promise<LinkOutcome>;
  /** Refuses to take away the last identity of a user with no other way in. */
  unlink(userId: string, identityId: string): Promise<UnlinkOutcome>;

  /** For suggestions where a name is taken; without it they may be taken too. */
  findByUsername?(username: string): Promise<ApplicationUser | null>;
  /** The user who holds this address as verified; without it nobody is linked by address, whatever `trustEmail` says. */
  findByVerifiedEmail?(email: string): Promise<ApplicationUser | null>;
  /** Takes over what a provider says at later sign-ins; without it the application's users stay as they are. */
  update?(
    userId: string,
    changes: Omit<UserChanges, 'passwordHash'>,
  ): Promise<
    | { readonly kind: 'updated'; readonly user: ApplicationUser }
    | { readonly kind: 'username_taken' }
    | { readonly kind: 'email_taken' }
    | { readonly kind: 'not_found' }
  >;
  /** Remembers a sign-in; `providerUsername` is the provider's name for the person, null when it has none. */
  recordSignIn?(identityId: string, providerUsername: string | null, nowMs: number): Promise<void>;
}

/** Where people are, and where the rest is kept. */
export interface ApplicationUsersOptions {
  readonly users: ApplicationUsers;
  /** A store of the library, for sessions, social apps and superusers; closed with the result. */
  readonly store: AccountStore;
}

/**
 * The `store` of an application with users of its own. Passwords of those are the application's affair: of local accounts there
 * are superusers alone, made by `accounts.createSuperuser()` and unknown to the application.
 */
export function withApplicationUsers({ users, store }: ApplicationUsersOptions): AccountStore {
  return {
    localAccounts: 'superusers',
    ...userMethods(users, store),
    ...identityMethods(users, store),
    ...sessionMethods(users, store),
    ...keptMethods(store),
  };
}

// One by one: the methods of a store that is an instance of a class are not its own properties.
function keptMethods(store: AccountStore) {
  return {
    touchSession: (...input) => store.touchSession(...input),
    deleteSession: (...input) => store.deleteSession(...input),
    deleteStaleSessions: (...input) => store.deleteStaleSessions(...input),
    claimTokenRefresh: (...input) => store.claimTokenRefresh(...input),
    finishTokenRefresh: (...input) => store.finishTokenRefresh(...input),
    deleteProviderSessions: (...input) => store.deleteProviderSessions(...input),
    listSocialApps: () => store.listSocialApps(),
    findSocialApp: (...input) => store.findSocialApp(...input),
    findSocialAppById: (...input) => store.findSocialAppById(...input),
    createSocialApp: (...input) => store.createSocialApp(...input),
    updateSocialApp: (...input) => store.updateSocialApp(...input),
    deleteSocialApp: (...input) => store.deleteSocialApp(...input),
    reserveAttempt: (...input) => store.reserveAttempt(...input),
    releaseAttempt: (...input) => store.releaseAttempt(...input),
    close: () => store.close(),
  } satisfies Partial<AccountStore>;
}

function userMethods(users: ApplicationUsers, store: AccountStore) {
  return {
    findUser: async (userId) => (await superuser(store, userId)) ?? full(await users.find(userId)),
    findUserByUsername: async (username) =>
      full((await users.findByUsername?.(username)) ?? null) ?? superuserOnly(await store.findUserByUsername(username)),
    findUserByVerifiedEmail: async (email) => full((await users.findByVerifiedEmail?.(email)) ?? null),
    findCredentials: async (username) => {
      const found = await store.findCredentials(username);
      return superuserOnly(found?.user ?? null) === null ? null : found;
    },
    createUser: async (user, account) => {
      if (account === null) {
        if (user.isSuperuser) return store.createUser(user, null);
        throw new Error('the application keeps its users itself: one without an identity cannot be created here');
      }
      if (superuserOnly(await store.findUserByUsername(user.username)) !== null) return { kind: 'username_taken' };
      const { username, firstName, lastName, email, emailVerified, createdAtMs } = user;
      const fields = { username, firstName, lastName, email, emailVerified, createdAtMs };
      const created = await users.create(fields, account);
      return created.kind === 'created' ? { kind: 'created', user: complete(created.user) } : created;
    },
    updateUser: async (userId, { passwordHash, ...changes }) => {
      if ((await superuser(store, userId)) !== null) {
        return store.updateUser(userId, passwordHash === undefined ? changes : { ...changes, passwordHash });
      }
      if (users.update !== undefined) {
        const outcome = await users.update(userId, changes);
        return outcome.kind === 'updated' ? { kind: 'updated', user: complete(outcome.user) } : outcome;
      }
      const user = await users.find(userId);
      return user === null ? { kind: 'not_found' } : { kind: 'updated', user: complete(user) };
    },
  } satisfies Partial<AccountStore>;
}

function identityMethods(users: ApplicationUsers, store: AccountStore) {
  return {
    findSocialAccount: async (issuer, subject) => {
      const found = await users.findByIdentity(issuer, subject);
      if (found === null) return store.findSocialAccount(issuer, subject);
      return { account: { ...found.identity, userId: found.user.id }, user: complete(found.user) };
    },
    listSocialAccounts: async (userId) =>
      (await superuser(store, userId)) === null ? accountsOf(users, userId) : store.listSocialAccounts(userId),
    linkSocialAccount: async (userId, account): Promise<LinkOutcome> => {
      const { issuer, subject } = account;
      if ((await superuser(store, userId)) === null) {
        const held = await store.findSocialAccount(issuer, subject);
        return held === null ? users.link(userId, account) : { kind: 'linked_to_other' };
      }
      const held = await users.findByIdentity(issuer, subject);
      return held === null ? store.linkSocialAccount(userId, account) : { kind: 'linked_to_other' };
    },
    unlinkSocialAccount: async (userId, accountId) =>
      (await superuser(store, userId)) === null
        ? users.unlink(userId, accountId)
        : store.unlinkSocialAccount(userId, accountId),
    recordSocialSignIn: async (accountId, providerUsername, nowMs) => {
      await users.recordSignIn?.(accountId, providerUsername, nowMs);
      await store.recordSocialSignIn(accountId, providerUsername, nowMs);
    },
  } satisfies Partial<AccountStore>;
}

function sessionMethods(users: ApplicationUsers, store: AccountStore) {
  return {
    createSession: async (session) => {
      if ((await superuser(store, session.userId)) !== null) return store.createSession(session);
      for (let tries = 1; ; tries += 1) {
        try {
          return await store.createSession({ ...session, userId: await standInFor(session, users, store) });
        } catch (error) {
          // Their last session may have ended this moment in another tab, and the row with it; and again in a third.
          if (tries === STAND_IN_TRIES_MAX) throw error;
        }
      }
    },
    findSession: async (tokenDigest) => {
      const found = await store.findSession(tokenDigest);
      const userId = found === null ? null : standsFor(found.user);
      if (found === null || userId === null) return found;
      // Read again each time: whom the application removed or disabled is signed out at once.
      const user = full(await users.find(userId));
      if (user === null) return null;
      const { socialAccountId } = found.session;
      const linked = socialAccountId === null ? [] : await accountsOf(users, userId);
      const account = linked.find(({ id }) => id === socialAccountId) ?? null;
      return { session: { ...found.session, userId, socialAccountId: account?.id ?? null }, user, account };
    },
  } satisfies Partial<AccountStore>;
}

/** Tabs of one person that begin and end at the same moment: each try needs another one that ends in between. */
const STAND_IN_TRIES_MAX = 20;

/** The row that a session of this person refers to, made where it is missing, and its id. */
async function standInFor(session: StoredSession, users: ApplicationUsers, store: AccountStore): Promise<string> {
  const username = `${STAND_IN}${Buffer.from(session.userId).toString('hex')}`;
  if ((await store.findUserByUsername(username)) === null) {
    const nobody = { firstName: '', lastName: '', email: '', emailVerified: false, passwordHash: null };
    const created = { ...nobody, id: randomId(randomBytes), username, isSuperuser: false };
    // "username_taken" is another tab, a moment ago.
    await store.createUser({ ...created, createdAtMs: session.createdAtMs }, null);
  }
  const row = await store.findUserByUsername(username);
  if (row === null || standsFor(row) !== session.userId) {
    throw new Error(`the username ${username} is needed for the sessions of an application's user`);
  }
  const { socialAccountId } = session;
  const used = (await accountsOf(users, session.userId)).find(({ id }) => id === socialAccountId);
  if (used !== undefined) {
    const { userId: _application, ...identity } = used;
    await store.linkSocialAccount(row.id, { ...identity, issuer: STAND_IN_ISSUER, subject: identity.id });
  }
  return row.id;
}

/** The application's id for the person whose stand-in this is; null for a superuser. */
function standsFor(user: User): string | null {
  if (!user.username.startsWith(STAND_IN) || user.hasPassword || user.isSuperuser) return null;
  return Buffer.from(user.username.slice(STAND_IN.length), 'hex').toString();
}

async function superuser(store: AccountStore, userId: string): Promise<User | null> {
  return superuserOnly(await store.findUser(userId));
}

function superuserOnly(user: User | null): User | null {
  return user === null || standsFor(user) !== null ? null : user;
}

async function accountsOf(users: ApplicationUsers, userId: string): Promise<SocialAccount[]> {
  return (await users.identitiesOf(userId)).map((identity) => ({ ...identity, userId }));
}

function full(user: ApplicationUser | null): User | null {
  return user === null ? null : complete(user);
}

function complete(user: ApplicationUser): User {
  return {
    id: user.id,
    username: user.username,
    firstName: user.firstName ?? '',
    lastName: user.lastName ?? '',
    email: user.email ?? '',
    emailVerified: user.emailVerified ?? false,
    hasPassword: user.hasPassword ?? false,
    // Whoever may use `/admin/` signs in there, by a password that this library checked.
    isSuperuser: false,
    isActive: user.isActive ?? true,
    createdAtMs: user.createdAtMs ?? 0,
  };
}
