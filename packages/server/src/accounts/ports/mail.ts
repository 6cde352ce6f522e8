/**
 * What the human flows have mailed: messages by what they are for, the one-time secrets in them, and what an owner is told of
 * their account.
 *
 * Owns the shapes. The words and the links are `mail/`'s, and so is that a message survives a restart.
 */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId, Branded, SessionId } from '../../vocabulary/identifiers.ts';
import type { Account, EmailKey, PasswordHash } from '../ports.ts';

/** How a secret travels in a message: the part of a link that nobody can guess, and the code for typing where there is one. */
export interface MailedText {
  /** Base64url, the end of the link. */
  readonly token: string;
  /** Digits, for another device or where a scanner opens links; null: this message has the link alone. */
  readonly code: string | null;
  /** When neither is of use any more. */
  readonly expiresAtMs: number;
}

/** What an owner is told after the fact. Nothing in it opens anything (ASVS 6.3.5, 6.3.7). */
export type AccountNotice =
  /** A sign-in in a browser that this account was never signed in with. */
  | { readonly kind: 'new-device'; readonly userAgent: string; readonly networkAddress: string }
  | { readonly kind: 'many-failures'; readonly networkAddress: string }
  | { readonly kind: 'password-changed' }
  | { readonly kind: 'password-reset' }
  /** These go to every verified address, so that who lost one hears it by another. */
  | { readonly kind: 'address-added'; readonly address: string }
  | { readonly kind: 'address-removed'; readonly address: string }
  | { readonly kind: 'primary-address-changed'; readonly address: string; readonly former: string }
  | { readonly kind: 'passkey-added'; readonly name: string }
  | { readonly kind: 'passkey-removed'; readonly name: string }
  /** Refused: its count says that there is a copy (WebAuthn §6.1.1). */
  | { readonly kind: 'passkey-cloned'; readonly name: string }
  | { readonly kind: 'authenticator-added' }
  | { readonly kind: 'authenticator-removed' }
  | { readonly kind: 'recovery-codes-made' }
  | { readonly kind: 'recovery-code-used'; readonly left: number }
  /** A way in was added, or taken away: an account at that provider. */
  | { readonly kind: 'identity-linked'; readonly provider: string }
  | { readonly kind: 'identity-unlinked'; readonly provider: string }
  /** By an operator: every second factor is gone. */
  | { readonly kind: 'factors-reset' }
  /** Deletion was asked for; until then it can be taken back. */
  | { readonly kind: 'deletion-asked'; readonly deletedAtMs: number }
  | { readonly kind: 'deletion-taken-back' };

/** Tells owners of what happened to their account. */
export interface Notices {
  /**
   * Has the notice mailed to the account's verified addresses, in the account's language. Resolves when it is kept for sending;
   * an account without a verified address, and a server without mail, are told nothing. Call it after the change is made.
   * @param former an address that was the account's until this change, and is told as well.
   */
  tell(accountId: AccountId, notice: AccountNotice, former?: string): Promise<void>;
}

/** A message to be sent, by what it is for. */
export type MailContent =
  /** The link and the code that make an address verified. */
  | {
      readonly kind: 'verify-address';
      readonly username: string;
      readonly secret: MailedText;
      /** Own-origin path to go to afterwards, such as the sign-in that an application waits for; null: none. */
      readonly next: string | null;
    }
  /** Somebody signed up with the address of an account that exists: its owner is told, the sign-up's answer tells nothing. */
  | { readonly kind: 'address-known'; readonly username: string; readonly secret: MailedText }
  | { readonly kind: 'reset-password'; readonly username: string; readonly secret: MailedText }
  /** The same, started by an operator. */
  | { readonly kind: 'reset-started'; readonly username: string; readonly secret: MailedText }
  /** A reset was asked for with an address that no account has. */
  | { readonly kind: 'address-unknown' }
  /** The code and the link that sign in without a password. */
  | {
      readonly kind: 'sign-in';
      readonly username: string;
      readonly secret: MailedText;
      /** Own-origin path to go to afterwards; null: none. */
      readonly next: string | null;
    }
  /** They were asked for with an address that no account has which could sign in by it. */
  | { readonly kind: 'sign-in-unknown' }
  /** `path` of our own, with what opens it. */
  | { readonly kind: 'invitation'; readonly invitedBy: string; readonly path: string; readonly expiresAtMs: number }
  | {
      readonly kind: 'notice';
      readonly username: string;
      readonly notice: AccountNotice;
      readonly happenedAtMs: number;
    };

/** How somebody reads a message. */
export interface MailReading {
  /** Its language; null: the first of the languages. */
  readonly locale: string | null;
  /** IANA name of the zone in which it says times; null: UTC. */
  readonly zoneInfo: string | null;
}

/** To whom, and how they read it. */
export type OutgoingMessage = MailContent & MailReading & { readonly to: string };

/** Keeps a message until it is sent. */
export interface MailOutbox {
  /** Resolves when message and secret are kept, in one step; not when the message is sent. */
  enqueue(message: OutgoingMessage, secret: NewMailedSecret | null): Promise<void>;
}

/** What a mailed secret opens. The purpose is a part of its key: one for one thing is never found as one for another. */
export type MailedPurpose = 'verify-address' | 'reset-password' | 'sign-in';

/** HMAC-SHA-256 of a code, with what it is for. */
export type CodeMac = Branded<Buffer, 'CodeMac'>;

/** A secret on its way, as storage keeps it. Bound to one account and one address (CVE-2023-26481). */
export interface NewMailedSecret {
  readonly purpose: MailedPurpose;
  readonly tokenDigest: Digest;
  readonly accountId: AccountId;
  /** null: it does not travel by mail, and proves none. */
  readonly address: { readonly address: string; readonly key: EmailKey } | null;
  /** null: the link alone opens it. */
  readonly codeMac: CodeMac | null;
  /** The browser that asked; its code counts there alone (ASVS 6.6.2). null: no code. */
  readonly browserDigest: Digest | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** How somebody shows that they read the message. */
export type MailedProof =
  | {
      readonly by: 'link';
      readonly tokenDigest: Digest;
      /** Of the browser that follows it; absent: it has no name. */
      readonly browserDigest?: Digest;
    }
  | { readonly by: 'code'; readonly browserDigest: Digest; readonly codeMac: CodeMac };

/** A secret that is still good, with whose it is. */
export interface MailedSecretFound {
  readonly account: Account;
  readonly address: string;
  readonly addressKey: EmailKey;
  /** False: this account has never shown that an address is its owner's. */
  readonly hadVerifiedAddress: boolean;
  readonly browserDigest: Digest | null;
}

/** Mailed secrets. Every use is one step that consumes the secret on a condition and does what it opens. */
export interface MailedSecretStore {
  /** Keeps one that travels otherwise than by mail. One that is mailed is kept with its message (`MailOutbox`). */
  keepSecret(secret: NewMailedSecret): Promise<void>;
  /** Reads without using it up: what the page behind a link shows. */
  findMailedSecret(purpose: MailedPurpose, tokenDigest: Digest, nowMs: number): Promise<MailedSecretFound | null>;
  /** The newest one that this browser asked for and that takes a code. */
  findAskedFor(purpose: MailedPurpose, browserDigest: Digest, nowMs: number): Promise<MailedSecretFound | null>;
  /** A wrong code was typed: whatever this browser asked for bears a few of them and is then gone. */
  noteWrongCode(purpose: MailedPurpose, browserDigest: Digest, wrongCodesMax: number): Promise<void>;
  /**
   * Makes the address verified. Where it is the first of the account, whatever somebody else may have prepared goes in the same
   * step: other sessions (all but `keepSession`), tokens, passkeys, linked identities (account pre-hijacking).
   * @param owner only a secret of this account; null: of any.
   */
  verifyAddress(
    proof: MailedProof,
    owner: AccountId | null,
    keepSession: SessionId | null,
    nowMs: number,
  ): Promise<
    | { readonly outcome: 'verified'; readonly accountId: AccountId; readonly address: string }
    /** Another account has verified it meanwhile, or it was removed here. */
    | { readonly outcome: 'taken' }
    | { readonly outcome: 'not_found' }
  >;
  /**
   * Consumes a proof of signing in, where it is this account's and its address may sign in: verified, or the only one of an account that
   * has verified none. The latter is verified by it, and what a stranger may have prepared goes in the same step: sessions, tokens,
   * linked identities, and unless `isTheirs` the password and the second factors (account pre-hijacking).
   * @param isTheirs the browser has signed in to the account before: who made it is who reads the mail.
   */
  proveSignIn(
    proof: MailedProof,
    owner: AccountId,
    isTheirs: boolean,
    nowMs: number,
  ): Promise<
    | { readonly outcome: 'proved'; readonly address: string; readonly isFirstProof: boolean }
    | { readonly outcome: 'not_found' }
  >;
  /**
   * Sets a password, makes the address verified that the secret was mailed to, ends every session and every other mailed secret of the account, in one step. Of an
   * account that had no verified address, what else opens it goes as well, second factors included.
   */
  resetPassword(
    tokenDigest: Digest,
    hash: PasswordHash,
    nowMs: number,
  ): Promise<{ readonly outcome: 'reset'; readonly accountId: AccountId } | { readonly outcome: 'not_found' }>;
}
