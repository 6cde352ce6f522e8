/**
 * An account's security log: what happened to it, for its owner to read (`/account/log/`).
 *
 * Owns the kinds of events and the shape of the log. The words are the pages'; how long an event is kept is `storage/cleanup.ts`.
 * The operator's log of the server is another: this one holds nothing of anybody else.
 */
import type { AccountId } from '../../vocabulary/identifiers.ts';

/** Every kind of event, in the order of the files that record them. Each is a message `event.<kind>` of the pages. */
export const ACCOUNT_EVENT_KINDS = [
  'signed-up',
  'signed-in',
  'signed-out',
  /** So many wrong passwords that further ones wait. */
  'many-failures',
  'session-ended',
  'other-sessions-ended',
  /** By an operator: all of them. */
  'sessions-ended',
  'password-changed',
  'password-reset-asked',
  'password-reset',
  /** Detail of each: the address. */
  'address-added',
  'address-verified',
  'address-removed',
  'primary-address-changed',
  /** Detail of the three: the passkey's name. */
  'passkey-added',
  'passkey-removed',
  /** Refused: its count says that there is a copy. */
  'passkey-cloned',
  'authenticator-added',
  'authenticator-removed',
  'recovery-codes-made',
  'recovery-code-used',
  'device-remembered',
  'device-forgotten',
  /** Detail of both: the provider's name. */
  'identity-linked',
  'identity-unlinked',
  /** By an operator. */
  'factors-reset',
  /** Detail: the former username, where it changed. */
  'profile-changed',
  'picture-changed',
  'picture-removed',
  /** Detail of both: the application's name. */
  'application-allowed',
  'application-disconnected',
  /** Detail: the address that was invited. */
  'invitation-accepted',
  /** Detail of both: the group's name. */
  'group-joined',
  'group-left',
  'data-exported',
  'deletion-asked',
  'deletion-taken-back',
] as const;

/** One of {@link ACCOUNT_EVENT_KINDS}. */
export type AccountEventKind = (typeof ACCOUNT_EVENT_KINDS)[number];

/** What happened. */
export interface AccountEvent {
  readonly kind: AccountEventKind;
  /** What it was done to or with, as its owner named it; never a secret. For `signed-in`: the factors (RFC 8176), by spaces. */
  readonly detail?: string;
}

/** The browser that it came from; a `Visitor` is one. */
export interface EventOrigin {
  readonly networkAddress: string;
  readonly userAgent: string;
}

/** Writes the log. */
export interface AccountEvents {
  /**
   * Adds an event, at the present. Call it after the change is made. An account that is gone meanwhile is no error.
   * @param origin null: not a browser's doing (the operator, the server itself).
   */
  record(accountId: AccountId, event: AccountEvent, origin: EventOrigin | null): Promise<void>;
  /** The same line unwritten, for a change that writes it in its own step. */
  line(accountId: AccountId, event: AccountEvent, origin: EventOrigin | null): AccountEventRecord;
}

/** An event as it is kept. */
export interface AccountEventRecord {
  readonly id: string;
  readonly accountId: AccountId;
  readonly kind: AccountEventKind;
  readonly detail: string | null;
  readonly userAgent: string | null;
  readonly networkAddress: string | null;
  readonly occurredAtMs: number;
}

/** Where the log is kept. */
export interface AccountEventStore {
  /** Nothing is written where there is no such account. */
  addEvent(event: AccountEventRecord): Promise<void>;
  /** The newest first, from before `before` on (null: from the newest). */
  listEvents(
    accountId: AccountId,
    page: { readonly before: Pick<AccountEventRecord, 'id' | 'occurredAtMs'> | null; readonly limit: number },
  ): Promise<readonly AccountEventRecord[]>;
}
