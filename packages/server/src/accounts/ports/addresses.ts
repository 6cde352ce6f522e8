/**
 * What the flows of addresses need of storage: an account's addresses, of which one is primary, and whose an address is.
 *
 * Owns the shapes. How an address becomes verified is `mail.ts` beside this.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { Account, EmailKey } from '../ports.ts';

/** One address of an account. */
export interface AccountAddress {
  readonly address: string;
  readonly key: EmailKey;
  readonly isPrimary: boolean;
  readonly verifiedAtMs: number | null;
}

/** An account's addresses. */
export interface AddressStore {
  /** The primary one first, then in the order in which they were added. */
  listAddresses(accountId: AccountId): Promise<readonly AccountAddress[]>;
  /** The account that verified the address; where none did, the oldest that has it. Never a disabled one. */
  findAddressOwner(
    key: EmailKey,
  ): Promise<{ readonly account: Account; readonly address: string; readonly verified: boolean } | null>;
  /** Unverified, and not primary unless it is the first. Of an address that is there nothing changes. */
  addAddress(
    accountId: AccountId,
    address: { readonly address: string; readonly key: EmailKey },
    addressesMax: number,
    nowMs: number,
  ): Promise<{ readonly outcome: 'added' | 'there' | 'too_many' | 'not_found' }>;
  /**
   * Verified by an operator's word, and primary where it is the first; one that was there unverified becomes verified. What was mailed to
   * it opens nothing any more.
   */
  addVerifiedAddress(
    accountId: AccountId,
    address: { readonly address: string; readonly key: EmailKey },
    addressesMax: number,
    nowMs: number,
  ): Promise<{ readonly outcome: 'added' | 'there' | 'too_many' | 'email_taken' | 'not_found' }>;
  /** Not the primary one. What was mailed to it opens nothing any more. */
  removeAddress(
    accountId: AccountId,
    key: EmailKey,
    nowMs: number,
  ): Promise<{ readonly outcome: 'removed' | 'not_found' }>;
  /** Only a verified one. */
  makePrimary(
    accountId: AccountId,
    key: EmailKey,
    nowMs: number,
  ): Promise<{ readonly outcome: 'updated' | 'not_found' }>;
}
