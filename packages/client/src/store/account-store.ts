/**
 * What the library needs of a database: users, their social accounts, sessions, and the credentials of providers.
 *
 * Owns the record types and the contract that every store keeps. Each method is one atomic step; whatever has to hold at the
 * moment of the write (a free username, the last way in) is a condition of the write, and its outcome is told apart by `kind`.
 * A store that cannot reach its database throws. Which fields of a person are taken over, and when, is decided in `flows/`.
 */

/** A person as this application knows them. */
export interface User {
  /** Text of 128 random bits. Never changes. */
  readonly id: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Empty when there is none. */
  readonly email: string;
  /** True only where a provider that the developer trusts said so. At most one user holds a verified address. */
  readonly emailVerified: boolean;
  /** True when the person can sign in with a password of this application. */
  readonly hasPassword: boolean;
  /** May use `/admin/`. */
  readonly isSuperuser: boolean;
  /** False: every sign-in is refused, and sessions are over. */
  readonly isActive: boolean;
  readonly createdAtMs: number;
}

/** What is written for a new user. */
export interface NewUser {
  readonly id: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly emailVerified: boolean;
  /** null: no password sign-in. */
  readonly passwordHash: string | null;
  readonly isSuperuser: boolean;
  readonly createdAtMs: number;
}

/** The fields of a user that a sign-in may change. */
export type UserChanges = Partial<
  Pick<NewUser, 'username' | 'firstName' | 'lastName' | 'email' | 'emailVerified' | 'passwordHash'>
>;

/** One account at a provider, keyed by issuer and subject (OpenID Connect Core §5.7), never by a name or an address. */
export interface SocialAccount {
  readonly id: string;
  readonly userId: string;
  /** The provider's id in this application's configuration. */
  readonly provider: string;
  readonly issuer: string;
  /** The `sub` claim, or what the provider's `uid` setting reads; always text. */
  readonly subject: string;
  /** The username that the provider gave last, null when it gave none. */
  readonly providerUsername: string | null;
  readonly createdAtMs: number;
  readonly lastSignInAtMs: number;
}

/** What is written for a newly linked social account; its user is said beside it. */
export type NewSocialAccount = Omit<SocialAccount, 'userId'>;

/** A browser session. Only the digest of its cookie is kept. */
export interface StoredSession {
  /** SHA-256 of the cookie's value, base64url. */
  readonly tokenDigest: string;
  readonly userId: string;
  /** The social account that was used, null after a sign-in with a password. */
  readonly socialAccountId: string | null;
  /** The provider that was used: two of them may lead to one account. null after a sign-in with a password. */
  readonly provider: string | null;
  /** The `sid` of the provider's ID token, by which it may end this session; null where it says none. */
  readonly providerSessionId: string | null;
  /** What the provider issued, encrypted by the library; opaque to a store. */
  readonly sealedTokens: string | null;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
}

/** Credentials at one provider, as entered in `/admin/`. One per provider. */
export interface SocialApp {
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly clientId: string;
  /** Encrypted by the library; opaque to a store. null for a public client. */
  readonly sealedSecret: string | null;
  /** The browser's base URL of the server, null: the provider's own setting. */
  readonly serverUrl: string | null;
  /** The back channel's base URL of the server, null: the provider's own setting. */
  readonly backChannelUrl: string | null;
  /** Space-separated, null: the provider's own setting. */
  readonly scope: string | null;
  /** What a provider needs beside these, by name; left out: nothing. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What came of {@link AccountStore.createUser}. */
export type CreateUserOutcome =
  | { readonly kind: 'created'; readonly user: User }
  | { readonly kind: 'username_taken' }
  /** Another user holds this address as verified. */
  | { readonly kind: 'email_taken' }
  /** The social account exists already, for instance since a moment ago in another tab. */
  | { readonly kind: 'account_taken' };

/** What came of {@link AccountStore.updateUser}. */
export type UpdateUserOutcome =
  | { readonly kind: 'updated'; readonly user: User }
  | { readonly kind: 'username_taken' }
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'not_found' };

/** What came of linking an account: done, it was before, or it is somebody else's. */
export type LinkOutcome =
  | { readonly kind: 'linked' }
  | { readonly kind: 'linked_before' }
  | { readonly kind: 'linked_to_other' };

/** What came of taking a linked account away: done, refused since nothing else lets the person in, or there is none. */
export type UnlinkOutcome =
  | { readonly kind: 'unlinked' }
  | { readonly kind: 'last_way_in' }
  | { readonly kind: 'not_found' };

/** What came of writing credentials: done, the provider has some already, or there are none with this id. */
export type SaveSocialAppOutcome =
  | { readonly kind: 'saved' }
  | { readonly kind: 'provider_taken' }
  | { readonly kind: 'not_found' };

/** Whether one more attempt may be made, or when one may be made again. */
export type ReserveAttemptOutcome =
  | { readonly kind: 'reserved' }
  | { readonly kind: 'refused'; readonly retryAtMs: number };

/**
 * Implement this to keep accounts in a database of your own; `@diapason/client/sqlite` is one implementation.
 * Usernames are unique whatever their case: compare them by {@link usernameKey}.
 */
export interface AccountStore {
  /** `superusers`: users have no password here, and people cannot register one. Left out, they may. */
  readonly localAccounts?: 'superusers';

  /** null: there is none with this id. */
  findUser(userId: string): Promise<User | null>;
  /** Names are compared by {@link usernameKey}. */
  findUserByUsername(username: string): Promise<User | null>;
  /** The user who holds this address as verified. Addresses are compared by {@link emailKey}. */
  findUserByVerifiedEmail(email: string): Promise<User | null>;
  /** For a password sign-in; the hash is null where the user has none. */
  findCredentials(username: string): Promise<{ readonly user: User; readonly passwordHash: string | null } | null>;
  /** Creates the user and, when given, the social account with them: both or neither. */
  createUser(user: NewUser, account: NewSocialAccount | null): Promise<CreateUserOutcome>;
  /**
   * Takes back a user that was created a moment ago, with the accounts and sessions of theirs; there may be none. Left out, a user stays
   * although the hook `afterSignUp` threw.
   */
  removeUser?(userId: string): Promise<void>;
  /** Changes the fields that are given. A username or verified address that another holds is refused, and nothing is changed. */
  updateUser(userId: string, changes: UserChanges): Promise<UpdateUserOutcome>;

  /** The linked account of this issuer and subject, and whose it is. */
  findSocialAccount(
    issuer: string,
    subject: string,
  ): Promise<{ readonly account: SocialAccount; readonly user: User } | null>;
  /** All accounts that are linked to this user. */
  listSocialAccounts(userId: string): Promise<readonly SocialAccount[]>;
  /** Links an account to a user; of several at once for one issuer and subject, one is linked. */
  linkSocialAccount(userId: string, account: NewSocialAccount): Promise<LinkOutcome>;
  /** Refuses to take away the last social account of a user without a password. */
  unlinkSocialAccount(userId: string, accountId: string): Promise<UnlinkOutcome>;
  /** Remembers a sign-in; `providerUsername` is the provider's name for the person, null when it has none. */
  recordSocialSignIn(accountId: string, providerUsername: string | null, nowMs: number): Promise<void>;

  /** Writes a session; its digest is of 256 random bits and never comes twice. */
  createSession(session: StoredSession): Promise<void>;
  /** The session, its user, and the account that was signed in with (null when it was unlinked since). Whether it is over is the caller's to say. */
  findSession(
    tokenDigest: string,
  ): Promise<{ readonly session: StoredSession; readonly user: User; readonly account: SocialAccount | null } | null>;
  /** Sets when the session was last seen. */
  touchSession(tokenDigest: string, nowMs: number): Promise<void>;
  /** Ends one session; there may be none. */
  deleteSession(tokenDigest: string): Promise<void>;
  /** Forgets sessions created or last seen before these moments. */
  deleteStaleSessions(createdBeforeMs: number, seenBeforeMs: number): Promise<void>;

  /**
   * Gives one caller the right to refresh a session's tokens until `untilMs`; false while another has it, and where there is no
   * such session.
   */
  claimTokenRefresh(tokenDigest: string, nowMs: number, untilMs: number): Promise<boolean>;
  /** Takes that right back, and writes the new tokens; null: there are none, the former ones stay. */
  finishTokenRefresh(tokenDigest: string, sealedTokens: string | null): Promise<void>;
  /** Ends the sessions at a provider to which all of this that is not null applies, and says how many; with nothing given, none. */
  deleteProviderSessions(
    provider: string,
    which: { readonly socialAccountId: string | null; readonly providerSessionId: string | null },
  ): Promise<number>;

  /** The credentials at all providers, by the provider's id. */
  listSocialApps(): Promise<readonly SocialApp[]>;
  /** The credentials at one provider. */
  findSocialApp(provider: string): Promise<SocialApp | null>;
  /** The same by their own id. */
  findSocialAppById(id: string): Promise<SocialApp | null>;
  /** One for each provider: a second is refused. */
  createSocialApp(app: SocialApp): Promise<SaveSocialAppOutcome>;
  /** Writes over the one with this id. */
  updateSocialApp(app: SocialApp): Promise<SaveSocialAppOutcome>;
  /** There may be none. */
  deleteSocialApp(id: string): Promise<void>;

  /** Counts one attempt under `key`, unless `max` were counted within the window; the window starts with the first. */
  reserveAttempt(key: string, max: number, windowMs: number, nowMs: number): Promise<ReserveAttemptOutcome>;
  /** Takes one counted attempt back: it turned out to be no failure. */
  releaseAttempt(key: string): Promise<void>;

  /** Lets go of the database. Nothing is asked of the store afterwards. */
  close(): Promise<void>;
}

/** What two usernames are compared by: NFKC, whatever their case. */
export function usernameKey(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}

/** What two addresses are compared by: NFKC, whatever their case. */
export function emailKey(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase();
}
