/**
 * What an application may say at a sign-up, a sign-in and a linking: the types.
 *
 * Owns what a hook is told and may answer. Calling them, and what happens when one throws, is `flows/hooks.ts`.
 */
import type { Language } from '../pages/messages/messages.ts';
import type { Profile, ProfileFields } from '../providers/provider.ts';
import type { User } from '../store/account-store.ts';

/** What the person did. */
export interface HookContext {
  /** null: a sign-up or sign-in with a password of this application. */
  readonly provider: string | null;
  /** Who they are at the provider (OpenID Connect Core §5.7); null as `provider`. */
  readonly issuer: string | null;
  readonly subject: string | null;
  /** All that the provider said; null as `provider`, and on the way over the page that asks for a username. */
  readonly profile: Profile | null;
  /** Of the page that they see next. */
  readonly language: Language;
  /** The network address, where the adapter knows it. */
  readonly address: string | null;
}

/** A text for the person, in the languages of the pages or in one for all. It is shown as text, never as markup. */
export type HookMessage = string | Readonly<Record<Language, string>>;

/** Nothing: go on. `refuse`: not this person, who reads why. */
export type HookAnswer = undefined | { readonly refuse: HookMessage };

/** Nothing: go on. `refuse` as above. `fields`: go on with these in the place of what was proposed. */
export type SignUpAnswer = HookAnswer | { readonly fields: Newcomer };

/** What is proposed for a new account. A username that cannot be used, or is taken, leads to the page that asks for another. */
export type Newcomer = Pick<ProfileFields, 'username' | 'firstName' | 'lastName' | 'email'>;

/**
 * Functions of the application, each called with what is about to happen. One that throws stops it: nothing is kept, the person gets a
 * page with a reference, the log has the error.
 */
export interface Hooks {
  /**
   * Before an account is made, at every attempt to: refuse, or change what is proposed. An address that is changed here counts as
   * unverified. It may be asked several times about one person, so it should change nothing itself.
   */
  readonly beforeSignUp?: (
    newcomer: Newcomer & { readonly emailVerified: boolean },
    context: HookContext,
  ) => MaybePromise<SignUpAnswer | Nothing>;
  /**
   * After an account was made, once, in the same request: for rows of the application's own. When it throws, the account is taken back,
   * so that the person can try again (where the store has `removeUser`, as those of the library have).
   */
  readonly afterSignUp?: (user: User, context: HookContext) => MaybePromise<void>;
  /** Before a session begins, of newcomers too: refuse. Not asked at `/admin/login/`. */
  readonly onSignIn?: (user: User, context: HookContext) => MaybePromise<HookAnswer | Nothing>;
  /** Before an account at a provider is linked to a user who is there: refuse. */
  readonly onLink?: (user: User, context: HookContext) => MaybePromise<HookAnswer | Nothing>;
}

/** At once, or later. */
export type MaybePromise<Value> = Value | Promise<Value>;
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a `return` is of this type, and should be one.
export type Nothing = void;
