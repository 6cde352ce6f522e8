/**
 * What the human flows have mailed: messages by what they are for, and what an owner is told of their account.
 *
 * Owns the shapes. The words and the links are `mail/`'s, and so is that a message survives a restart.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';

/** How a secret travels in a message: the part of a link that nobody can guess, and the code for typing where there is one. */
export interface MailedSecret {
  /** Base64url, the end of the link. */
  readonly token: string;
  /** Digits, for another device or where a scanner opens links; null: this message has the link alone. */
  readonly code: string | null;
}

/** What an owner is told after the fact. Nothing in it opens anything (ASVS 6.3.5, 6.3.7). */
export type AccountNotice =
  /** A sign-in in a browser that this account was never signed in with. */
  | { readonly kind: 'new-device'; readonly userAgent: string; readonly networkAddress: string }
  | { readonly kind: 'many-failures'; readonly networkAddress: string }
  | { readonly kind: 'password-changed' }
  | { readonly kind: 'password-reset' }
  /** Goes to the primary address and to every verified one, so that who lost one hears it by another. */
  | { readonly kind: 'address-added'; readonly address: string }
  | { readonly kind: 'address-removed'; readonly address: string }
  | { readonly kind: 'primary-address-changed'; readonly address: string; readonly former: string }
  | { readonly kind: 'passkey-added'; readonly name: string }
  | { readonly kind: 'passkey-removed'; readonly name: string }
  | { readonly kind: 'authenticator-added' }
  | { readonly kind: 'authenticator-removed' }
  | { readonly kind: 'recovery-codes-made' }
  | { readonly kind: 'recovery-code-used'; readonly left: number }
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
   */
  tell(accountId: AccountId, notice: AccountNotice): Promise<void>;
}
