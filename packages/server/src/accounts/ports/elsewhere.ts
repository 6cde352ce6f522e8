/**
 * What signing in elsewhere needs: providers that say who somebody is, and the accounts at them that were linked to accounts here.
 *
 * Owns the shapes. The protocol is spoken in `elsewhere/`; what becomes of whom a provider identified is `accounts/sign-in-elsewhere.ts`.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { Account, NewAccount } from '../ports.ts';
import type { WaysIn } from './ways-in.ts';

/** A provider as people meet it. */
export interface ProviderName {
  readonly id: string;
  /** "Sign in with <name>". */
  readonly name: string;
}

/** Whom a provider identified. */
export interface ArrivedIdentity {
  readonly provider: ProviderName;
  /** OpenID Connect Core §5.7: issuer and subject together, and nothing else, say who it is. */
  readonly issuer: string;
  readonly subject: string;
  /** What the person knows the account there by: an address or a username; empty: the provider said neither. */
  readonly label: string;
  /** A suggestion. */
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Empty: the provider gave none. */
  readonly email: string;
  /** The provider verified it, and is believed. */
  readonly emailVerified: boolean;
  /** It says that two factors were used, in words that the operator takes for that. */
  readonly secondFactor: boolean;
  /** What it says of the operator's fields that sign-up asks for, by their names: a suggestion as well. */
  readonly declared: Readonly<Record<string, string>>;
  /** The name that identities of this provider were imported under; null: none were. */
  readonly importedAs: string | null;
}

/** What an answer is checked against; kept by the browser, sealed. */
export interface AttemptSecrets {
  readonly state: string;
  readonly nonce: string | null;
  readonly codeVerifier: string;
}

/** Why a provider identified nobody. */
export type ElsewhereFault =
  /** The person, or the provider, said no. */
  | 'cancelled'
  /** No answer, or one that asks to come back later. */
  | 'unreachable'
  /** The answer came too late or twice. */
  | 'stale'
  /** Somebody of another organisation, or without the role. */
  | 'not_accepted'
  /** The operator's to mend, here or there; the log says what. */
  | 'broken';

/** A sign-in elsewhere that came to nothing. */
export interface ElsewhereFailed {
  readonly outcome: 'failed';
  readonly fault: ElsewhereFault;
  /** The client library's stable code, for the log. */
  readonly code: string;
  /** For the log alone. */
  readonly detail: string;
  readonly hint: string | null;
}

/** The providers, spoken to. */
export interface Elsewhere {
  /** In the operator's order. */
  readonly providers: readonly ProviderName[];
  /** Whether its answer comes as a form from its own page (OAuth 2.0 Form Post Response Mode). */
  answersByForm(providerId: string): boolean;
  /** Whether it can be asked to authenticate somebody anew, and to say when it did (OpenID Connect Core §3.1.2.1). */
  authenticatesAnew(providerId: string): boolean;
  newSecrets(providerId: string): Promise<Omit<AttemptSecrets, 'state'>>;
  /** Where to send the browser. @param anew whoever it is has to authenticate there, signed in or not. */
  start(
    providerId: string,
    secrets: AttemptSecrets,
    anew: boolean,
  ): Promise<{ readonly outcome: 'started'; readonly url: string } | ElsewhereFailed>;
  /** From the answer to a person. That `state` is this browser's, and used once, was seen before. */
  finish(
    providerId: string,
    secrets: AttemptSecrets,
    answer: URLSearchParams,
  ): Promise<
    | {
        readonly outcome: 'identified';
        readonly identity: ArrivedIdentity;
        /** When the provider authenticated them, as it signed; null: it does not say. */
        readonly authTimeMs: number | null;
      }
    | ElsewhereFailed
  >;
}

/** An identity to be linked. */
export interface NewIdentity {
  readonly providerId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly label: string;
  readonly importedAs: string | null;
}

/** A linked one. */
export interface LinkedIdentity {
  /** The id of the provider that it came by, null: it was imported, and not used since. */
  readonly providerId: string | null;
  /** Of an imported one the name that its provider had there. */
  readonly issuer: string;
  readonly subject: string;
  readonly label: string;
  readonly linkedAtMs: number;
  readonly lastSignInAtMs: number | null;
}

/** Identities elsewhere, each linked to one account. */
export interface ExternalIdentityStore {
  /** A new account, and the identity that opens it, in one step. */
  createAccountWithIdentity(
    account: NewAccount,
    identity: NewIdentity,
  ): Promise<
    | { readonly outcome: 'created' | 'username_taken' | 'email_taken' }
    /** It is linked to another account. */
    | { readonly outcome: 'identity_taken' }
  >;
  /**
   * Whose identity it is, noting its use. One that was imported under `importedAs`, with this subject, is found too, and is the issuer's
   * from then on.
   */
  useIdentity(identity: NewIdentity, nowMs: number): Promise<Account | null>;
  /** In the order in which they were linked. */
  listIdentities(accountId: AccountId): Promise<readonly LinkedIdentity[]>;
  /** Only to an account that is enabled. */
  linkIdentity(
    accountId: AccountId,
    identity: NewIdentity,
    nowMs: number,
  ): Promise<{ readonly outcome: 'linked' | 'already_linked' | 'linked_to_other' | 'not_found' }>;
  /** The same, only while nothing else opens the account: no password and no identity. */
  linkFirstWayIn(
    accountId: AccountId,
    identity: NewIdentity,
    nowMs: number,
  ): Promise<{ readonly outcome: 'linked' | 'has_another' }>;
  /** Never the last way in. */
  unlinkIdentity(
    accountId: AccountId,
    identity: { readonly issuer: string; readonly subject: string },
    waysIn: WaysIn,
    nowMs: number,
  ): Promise<{ readonly outcome: 'unlinked' | 'last_way_in' | 'not_found' }>;
}

/** Seals what travels through a browser, for one use each. */
export interface ElsewhereSealing {
  seal(context: string, text: string): string;
  /** null: it was not sealed here, or for something else. */
  open(context: string, sealed: string): string | null;
}
