/** What is kept of a person beside account, sessions, log and connections: for the copy that they may have. Owns the shape. */
import type { AccountId } from '../../vocabulary/identifiers.ts';

/** Everything that no other port reads. Holds no secret and no digest. */
export interface PersonalData {
  readonly addresses: readonly {
    readonly address: string;
    readonly isPrimary: boolean;
    readonly verifiedAtMs: number | null;
    readonly addedAtMs: number;
  }[];
  readonly groups: readonly { readonly name: string; readonly addedAtMs: number }[];
  /** Invitations that the account was made with, or accepted. */
  readonly invitations: readonly {
    readonly address: string;
    readonly invitedAtMs: number;
    readonly acceptedAtMs: number | null;
  }[];
  /** Accounts elsewhere by which the person signs in. */
  readonly externalIdentities: readonly {
    readonly provider: string;
    readonly subject: string;
    readonly label: string;
    readonly linkedAtMs: number;
    readonly lastSignInAtMs: number | null;
  }[];
  readonly authenticators: readonly { readonly label: string; readonly addedAtMs: number }[];
  readonly passkeys: readonly {
    readonly label: string;
    readonly isBackedUp: boolean;
    readonly addedAtMs: number;
    readonly lastUsedAtMs: number | null;
  }[];
  readonly recoveryCodesLeft: number;
  /** Browsers that the account was signed in with: how many, since they are known by a digest alone. */
  readonly knownBrowsers: number;
  readonly ownedApplications: readonly {
    readonly clientId: string;
    readonly name: string;
    readonly createdAtMs: number;
  }[];
}

/** Reads it. */
export interface PersonalDataStore {
  readPersonalData(accountId: AccountId): Promise<PersonalData>;
}
