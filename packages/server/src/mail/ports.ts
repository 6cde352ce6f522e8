/**
 * What the outbox needs of storage: messages that wait, survive a restart, and are taken by one process each.
 *
 * Owns the shapes. When a message is tried again is `mail/delivery.ts`; what is in one is sealed before storage sees it.
 */
import type { MailContent, NewMailedSecret } from '../accounts/ports/mail.ts';

/** What a message is for. */
export type MailKind = MailContent['kind'];

/** A message that goes into the outbox. */
export interface NewMail {
  readonly id: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly sealedContent: Buffer;
  readonly queuedAtMs: number;
  /** From then on it is of no use to anybody. */
  readonly givesUpAtMs: number;
  /** True where nothing is sent: it is kept to be read on this machine. */
  readonly kept: boolean;
}

/** A message that this process has taken. */
export interface ClaimedMail {
  readonly id: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly sealedContent: Buffer;
  readonly givesUpAtMs: number;
  /** This attempt's number, from 1. */
  readonly attempt: number;
}

/** A message as the operator sees it. */
export interface MailRecord {
  readonly id: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly state: 'waiting' | 'sent' | 'failed' | 'kept';
  readonly attempts: number;
  readonly detail: string | null;
  readonly queuedAtMs: number;
  readonly givesUpAtMs: number;
  readonly nextAttemptAtMs: number | null;
  readonly settledAtMs: number | null;
}

/** What an attempt came to. */
export type MailResult =
  | { readonly state: 'sent'; readonly detail: string; readonly nowMs: number }
  | { readonly state: 'failed'; readonly detail: string; readonly nowMs: number }
  /** `counted` false: the mail server was not reached, which says nothing of the message. */
  | {
      readonly state: 'waiting';
      readonly detail: string;
      readonly nextAttemptAtMs: number;
      readonly counted: boolean;
    };

/** The outbox as storage keeps it. */
export interface OutboxStore {
  /** Message and secret in one step. */
  queueMail(mail: NewMail, secret: NewMailedSecret | null): Promise<void>;
  /** Takes what is due, for `leaseMs`: of several processes one gets a message. */
  claimMail(step: {
    readonly nowMs: number;
    readonly leaseMs: number;
    readonly limit: number;
  }): Promise<readonly ClaimedMail[]>;
  /** False where another process took it meanwhile. A sent message loses its content. */
  settleMail(mail: Pick<ClaimedMail, 'id' | 'attempt'>, result: MailResult): Promise<boolean>;
  /** How many wait, and how many failed for good since then. */
  countMail(span: { readonly failedSinceMs: number }): Promise<{ readonly waiting: number; readonly failed: number }>;
  /** The latest first. */
  listMail(limit: number): Promise<readonly MailRecord[]>;
  /** The latest that are kept to be read here, with their content. */
  listKeptMail(limit: number): Promise<readonly (MailRecord & { readonly sealedContent: Buffer })[]>;
  /** Failed messages that are still of use are due at once, all or one; answers how many. */
  retryMail(id: string | null, nowMs: number): Promise<number>;
}
