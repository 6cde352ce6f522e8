/**
 * Puts messages into the outbox: implements `MailOutbox`.
 *
 * Owns that a message is kept sealed, since it may hold a link that opens an account, and how long each kind is of use. Sending is
 * `delivery.ts`.
 */
import type { MailOutbox, OutgoingMessage } from '../accounts/ports/mail.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { OutboxStore } from './ports.ts';

/** Seals and opens the content of one message. */
export interface MailSealing {
  seal(id: string, content: Buffer): Buffer;
  /** @throws when it was sealed under another secret. */
  open(id: string, sealed: Buffer): Buffer;
}

/**
 * `smtp`: mail is sent. `development`: it is kept to be read at `/dev/mail/`. `none`: there is no mail, and nothing is kept that a
 * later setting would send to people long after.
 */
export type Mailing = 'smtp' | 'development' | 'none';

/** What the outbox uses. */
export interface OutboxDeps {
  readonly outbox: Pick<OutboxStore, 'queueMail'>;
  readonly sealing: MailSealing;
  readonly mailing: Mailing;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Hears that a message waits, so that it goes out at once. */
  readonly queued: () => void;
}

/** News older than this is none. */
const NOTICE_USEFUL_MS = 3 * 86_400_000;

/** Makes the outbox. */
export function createOutbox(deps: OutboxDeps): MailOutbox {
  return {
    async enqueue(message, secret) {
      if (deps.mailing === 'none') return;
      const id = deps.randomness(12).toString('base64url');
      const nowMs = deps.clock();
      await deps.outbox.queueMail(
        {
          id,
          kind: message.kind,
          to: message.to,
          sealedContent: deps.sealing.seal(id, Buffer.from(JSON.stringify(message), 'utf8')),
          queuedAtMs: nowMs,
          givesUpAtMs: usefulUntilMs(message, nowMs),
          kept: deps.mailing === 'development',
        },
        secret,
      );
      deps.queued();
    },
  };
}

/** Opens what {@link createOutbox} sealed. @throws what `sealing.open` throws. */
export function openMessage(mail: { readonly id: string; readonly sealedContent: Buffer }, sealing: MailSealing) {
  // It was written by this program and is authenticated: its shape needs no second look.
  return JSON.parse(sealing.open(mail.id, mail.sealedContent).toString('utf8')) as OutgoingMessage;
}

function usefulUntilMs(message: OutgoingMessage, nowMs: number): number {
  if ('secret' in message) return message.secret.expiresAtMs;
  if (message.kind === 'invitation') return message.expiresAtMs;
  return nowMs + NOTICE_USEFUL_MS;
}
