/**
 * The audit log: who did what to whom, from where, each line bound to the one before it by a hash.
 *
 * Owns the shapes and the names of what is done. How a line is bound and checked is `admin/audit-chain.ts`; that a change and its line
 * are one transaction is `storage/audited.ts`.
 */
import type { AddressStore } from '../../accounts/ports/addresses.ts';
import type { FactorStore } from '../../accounts/ports/factors.ts';
import type { GroupStore } from '../../accounts/ports/groups.ts';
import type { InvitationStore } from '../../accounts/ports/invitations.ts';
import type { MailedSecretStore } from '../../accounts/ports/mail.ts';
import type { PictureStore } from '../../accounts/ports/pictures.ts';
import type { AccountStore, SessionStore } from '../../accounts/ports.ts';
import type { ImportStore } from '../../import/ports.ts';
import type { ServerKeyStore, SigningKeyStore } from '../../keys/ports.ts';
import type { OutboxStore } from '../../mail/ports.ts';
import type { Audited } from '../../vocabulary/audited.ts';
import type { AccountId } from '../../vocabulary/identifiers.ts';
import type { ApplicationStore, RegistrationStore } from '../ports.ts';

/** Whoever acts, and where. */
export type AuditActor =
  /** Somebody who is signed in, or whose token an API was called with. */
  | {
      readonly kind: 'account';
      readonly accountId: AccountId;
      readonly door: 'page' | 'api';
      /** The browser's or the program's network address; null: not known. */
      readonly from: string | null;
    }
  /** Whoever may run `diapason` on the machine: the name of their account there, and the machine's. */
  | { readonly kind: 'command-line'; readonly systemUser: string; readonly from: string | null };

/** Everything that is written down. A name is never given another meaning. */
export const AUDIT_ACTIONS = [
  'application.add-secret',
  'application.create',
  'application.delete',
  'application.disable',
  'application.enable',
  'application.remove-secret',
  'application.update',
  'group.add-member',
  'group.create',
  'group.delete',
  'group.remove-member',
  'group.update',
  'installation.backup',
  'installation.export',
  'installation.import',
  'installation.restore',
  'invitation.create',
  'invitation.revoke',
  'key.rotate',
  'key.rotate-refresh-tokens',
  'mail.retry',
  'registration-token.create',
  'user.add-address',
  'user.create',
  'user.delete',
  'user.disable',
  'user.enable',
  'user.end-sessions',
  'user.keep',
  'user.make-address-primary',
  'user.remove-address',
  'user.remove-picture',
  'user.reset-factors',
  'user.set-email',
  'user.set-fields',
  'user.set-password',
  'user.set-superuser',
  'user.start-reset',
  'user.update',
] as const;

/** What was done. */
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What it was done to. */
export interface AuditSubject {
  readonly kind: 'account' | 'application' | 'group' | 'installation' | 'invitation' | 'key' | 'mail' | 'registration';
  /** Empty: there is one alone, or all are meant. */
  readonly id: string;
  /** A name that says nothing of a person; null: none. People are named by their id, which says nothing once the account is gone. */
  readonly label: string | null;
}

/** What a line says besides: never a secret, and nothing of a person but ids. */
export type AuditDetail = { readonly [name: string]: AuditValue };
/** JSON. */
export type AuditValue =
  | string
  | number
  | boolean
  | null
  | readonly AuditValue[]
  | { readonly [name: string]: AuditValue };

/** What is to be written. */
export interface AuditNote {
  readonly action: AuditAction;
  readonly subject: AuditSubject;
  readonly detail: AuditDetail;
}

/** A line of the log. */
export interface AuditLine extends AuditNote {
  /** From 1, without a gap. */
  readonly sequence: number;
  readonly atMs: number;
  readonly actor: AuditActor;
  /** SHA-256 over this line and the hash of the line before it, in hexadecimal. */
  readonly hash: string;
}

/** A line as it is read: with the names that the people in it have now. */
export interface ListedAuditLine extends AuditLine {
  /** null: it is no account's, or the account is gone. */
  readonly actorUsername: string | null;
  readonly subjectUsername: string | null;
}

/** Where the chain begins and ends, as the database has it apart from the lines. */
export interface AuditHead {
  /** How many lines were ever written. */
  readonly count: number;
  /** Of the last line; 64 zeros: there is none. */
  readonly hash: string;
  /** Lines up to this one were deleted when their time was over; 0: none. */
  readonly deletedUpTo: number;
  /** Of that line. */
  readonly deletedHash: string;
}

/** Which lines are looked for; null: whichever. */
export interface AuditFilter {
  readonly sinceMs: number | null;
  /** Ids of accounts, and names of accounts of the machine. */
  readonly actors: readonly string[] | null;
  /** Ids. */
  readonly subjects: readonly string[] | null;
  /** A whole name, or the part before its dot. */
  readonly action: string | null;
}

/** Reading the log. */
export interface AuditStore {
  /** null: the row that keeps it is gone. */
  readHead(): Promise<AuditHead | null>;
  /** In their order, after `after`. */
  readLines(after: number, limit: number): Promise<readonly AuditLine[]>;
  /** The latest first, before `before`. */
  listLines(filter: AuditFilter, before: number, limit: number): Promise<readonly ListedAuditLine[]>;
  /** Reads all of one moment, while others write on. Nothing of this process may write meanwhile. */
  reading<Result>(work: (lines: Pick<AuditStore, 'readHead' | 'readLines'>) => Promise<Result>): Promise<Result>;
}

/**
 * Everything that administrators and application owners change, in one actor's name: each change and its line are one transaction.
 * What reads is the same as elsewhere.
 */
export interface Administration {
  readonly applications: Audited<ApplicationStore>;
  readonly accounts: Audited<AdministeredAccounts>;
  readonly groups: Audited<GroupStore>;
  readonly invitations: Audited<AdministeredInvitations>;
  readonly addresses: Audited<AdministeredAddresses>;
  readonly pictures: Audited<Pick<PictureStore, 'removePicture'>>;
  readonly sessions: Audited<Pick<SessionStore, 'endSessionsOf' | 'endSessionOf'>>;
  readonly factors: Audited<Pick<FactorStore, 'resetFactors'>>;
  readonly keys: Audited<Pick<SigningKeyStore, 'rotateKey' | 'listKeys'>>;
  readonly serverKeys: Audited<ServerKeyStore>;
  readonly registrations: Audited<Pick<RegistrationStore, 'createInitialAccess'>>;
  /** A message that brings a reset is written down as the start of one; others are not, which follow from something that is. */
  readonly outbox: Audited<OutboxStore>;
  readonly mailedSecrets: Audited<Pick<MailedSecretStore, 'keepSecret'>>;
  /** A run that is kept is one line, in its transaction. @param from what is read: `django`, `users`, `export` */
  imports(from: string): ImportStore;
  /** Writes what happens outside a store: an export, a backup. */
  note(note: AuditNote): Promise<void>;
}

/** Of accounts what an operator does to them. */
export type AdministeredAccounts = Pick<
  AccountStore,
  | 'createAccount'
  | 'setFields'
  | 'updateProfile'
  | 'setEmail'
  | 'setPasswordHash'
  | 'setSuperuser'
  | 'disableAccount'
  | 'enableAccount'
  | 'takeBackDeletion'
  | 'deleteAccount'
  | 'findAccount'
  | 'findByUsername'
  | 'findByEmail'
  | 'listAccounts'
>;

/** Of addresses what an operator does. */
export type AdministeredAddresses = Pick<
  AddressStore,
  'listAddresses' | 'addVerifiedAddress' | 'removeAddress' | 'makePrimary'
>;

/** Of invitations what is done before somebody accepts. */
export type AdministeredInvitations = Omit<InvitationStore, 'acceptInvitation' | 'acceptBySignUp'>;
