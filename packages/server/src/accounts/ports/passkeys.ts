/**
 * What passkeys need of storage (WebAuthn §4, "credential record"). Owns the shapes; the rules are `accounts/passkey*.ts`.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { WaysIn } from './ways-in.ts';

/** A passkey of an account. */
export interface PasskeyRecord {
  /** Ours, for addresses and forms. */
  readonly id: string;
  readonly accountId: AccountId;
  /** What its owner calls it. */
  readonly label: string;
  /** The authenticator's name for it, base64url. Unique over all accounts. */
  readonly credentialId: string;
  /** COSE, as the authenticator gave it. */
  readonly publicKey: Buffer;
  /** Random, base64url: what the authenticator knows the account by (WebAuthn §14.6.1). All of an account's share it. */
  readonly userHandle: string;
  /** How often the authenticator says that it was used; 0 of one that does not count. */
  readonly signCount: number;
  /** How the browser reaches the authenticator, such as `internal` or `usb`. */
  readonly transports: readonly string[];
  /** It may be copied to its owner's other devices (WebAuthn §6.1.3). Never changes. */
  readonly isBackupEligible: boolean;
  /** It is copied at this time. */
  readonly isBackedUp: boolean;
  /** Which kind of authenticator made it, as a UUID; all zeroes where it does not say. */
  readonly aaguid: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** Passkeys. */
export interface PasskeyStore {
  /** The oldest first. */
  listPasskeys(accountId: AccountId): Promise<readonly PasskeyRecord[]>;
  /** Whichever account's it is. */
  findPasskey(credentialId: string): Promise<PasskeyRecord | null>;
  /** `taken`: the credential is registered, here or at another account. Of any number at once one is added. */
  addPasskey(passkey: PasskeyRecord): Promise<{ readonly outcome: 'added' | 'taken' }>;
  /**
   * Notes a use. Only where the count went up (WebAuthn §7.2): true for exactly one of any number of calls with one count. Where
   * neither side counts, always.
   */
  acceptUse(
    id: string,
    use: { readonly signCount: number; readonly isBackedUp: boolean; readonly nowMs: number },
  ): Promise<boolean>;
  /** Only where it is that account's. */
  renamePasskey(
    accountId: AccountId,
    id: string,
    label: string,
  ): Promise<{ readonly outcome: 'renamed' | 'not_found' }>;
  /**
   * Only where it is that account's, and something else opens the account. With the last factor of any kind its recovery codes and trusted
   * browsers go too.
   */
  removePasskey(
    accountId: AccountId,
    id: string,
    waysIn: WaysIn,
  ): Promise<
    | { readonly outcome: 'removed' | 'not_found' }
    /** Nothing else opens the account: nothing was removed. */
    | { readonly outcome: 'last_way_in' }
  >;
}
