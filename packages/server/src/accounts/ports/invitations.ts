/** Invitations to have an account, or to join groups: each for one address, once, until it expires. Owns the shapes. */
import type { Digest } from '../../vocabulary/credentials.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { EmailKey, NewAccount } from '../ports.ts';
import type { NewIdentity } from './elsewhere.ts';

/** An invitation to be made. */
export interface NewInvitation {
  readonly id: string;
  readonly tokenDigest: Digest;
  readonly address: string;
  readonly addressKey: EmailKey;
  /** Groups to join; one that is deleted meanwhile is left out. */
  readonly groupIds: readonly string[];
  readonly isSuperuser: boolean;
  /** The superuser who invites; null: the operator, by command. */
  readonly invitedBy: AccountId | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** An invitation as it is kept. */
export interface InvitationRecord extends NewInvitation {
  /** The inviter's username; null: the operator, or somebody whose account is gone. */
  readonly inviterUsername: string | null;
  /** False: whoever invites is no enabled superuser any more, and what they promised counts no longer. */
  readonly isVouchedFor: boolean;
  readonly acceptedAtMs: number | null;
  readonly acceptedBy: AccountId | null;
  readonly revokedAtMs: number | null;
}

/** What accepting came to. */
export type Accepted =
  /** With the groups that were joined by it. */
  | { readonly outcome: 'accepted'; readonly joined: readonly string[] }
  /** Unknown, accepted, revoked, expired, or its inviter may not invite any more. */
  | { readonly outcome: 'not_open' };

/** Invitations. */
export interface InvitationStore {
  /** Whatever was open for the same address is revoked in the same step. */
  createInvitation(invitation: NewInvitation): Promise<void>;
  /** The newest first. */
  listInvitations(limit: number): Promise<readonly InvitationRecord[]>;
  /** In whatever state. */
  findInvitation(tokenDigest: Digest): Promise<InvitationRecord | null>;
  /** Only one that was neither accepted nor revoked. */
  revokeInvitation(id: string, nowMs: number): Promise<{ readonly outcome: 'revoked' | 'not_open' }>;
  /** Joins the groups, in one step with using the invitation up. Only an account that has verified its address. */
  acceptInvitation(
    tokenDigest: Digest,
    account: AccountId,
    nowMs: number,
  ): Promise<Accepted | { readonly outcome: 'other_address' }>;
  /**
   * Makes the account with the invitation's address, verified, and joins the groups, in one step with using it up.
   * @param identity what opens it, where it has no password.
   */
  acceptBySignUp(
    tokenDigest: Digest,
    account: Omit<NewAccount, 'email' | 'isSuperuser'>,
    nowMs: number,
    identity?: NewIdentity,
  ): Promise<
    | Accepted
    | { readonly outcome: 'username_taken' }
    /** It opens another account. */
    | { readonly outcome: 'identity_taken' }
    /** Somebody has verified the address: they sign in, and accept. */
    | { readonly outcome: 'email_taken' }
  >;
}
