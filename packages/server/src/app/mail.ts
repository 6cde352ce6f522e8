/**
 * Mail in a running server: the outbox that flows put messages into, and the work of sending them.
 *
 * Owns the joining of `mail/` with settings, keys and log, and when delivery looks for work: at once where this process queued
 * something, and every second for what others queued or what comes due again.
 */
import type { Logger } from 'pino';
import type { MailOutbox } from '../accounts/ports/mail.ts';
import { isLoopbackHost } from '../config/values.ts';
import type { Config } from '../config.ts';
import { type ComposedMail, composeMail } from '../mail/compose.tsx';
import { BATCH_MESSAGES, deliverMail } from '../mail/delivery.ts';
import { createOutbox, type Mailing, type MailSealing, openMessage } from '../mail/outbox.ts';
import type { OutboxStore } from '../mail/ports.ts';
import { MAIL_LANGUAGES } from '../mail/texts.ts';
import { smtpTransport } from '../mail/transport.ts';
import { DEFAULT_ACCENT } from '../pages/brand-stylesheet.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';

const LOOK_EVERY_MS = 1_000;
/** Of the messages that are kept to be read here. */
const SHOWN_MESSAGES_MAX = 50;

/** Mail of a server. */
export interface RunningMail {
  readonly mailing: Mailing;
  readonly outbox: MailOutbox;
  /** Where nothing is sent: the latest messages, the newest first. */
  readKept(): Promise<readonly (ComposedMail & { readonly id: string; readonly queuedAtMs: number })[]>;
  /** Starts sending. `stop` waits for what is on its way. */
  start(): { stop(): Promise<void> };
}

/** What mail uses of its surroundings. */
export interface MailDeps {
  readonly store: OutboxStore;
  readonly sealing: MailSealing;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * How this installation mails. Without a mail server, one whose public address is this very machine is somebody's development;
 * any other has no mail.
 */
export function mailingOf(config: Pick<Config, 'url' | 'mail'>): Mailing {
  if (config.mail.smtpUrl !== null) return 'smtp';
  return isLoopbackHost(new URL(config.url).hostname) ? 'development' : 'none';
}

/** The outbox of a command, which leaves the sending to the server. */
export function outboxFor(
  config: Config,
  deps: MailDeps,
): { readonly mailing: Mailing; readonly outbox: MailOutbox; readonly languages: readonly string[] } {
  const mailing = mailingOf(config);
  return {
    mailing,
    outbox: createOutbox({ ...deps, outbox: deps.store, mailing, queued: () => undefined }),
    languages: MAIL_LANGUAGES,
  };
}

/** Makes the outbox; sends nothing yet. */
export function openMail(config: Config, deps: MailDeps, logger: Logger): RunningMail {
  const mailing = mailingOf(config);
  const letterhead = {
    url: config.url,
    brand: config.brand.name,
    accent: config.brand.accent ?? DEFAULT_ACCENT,
  };
  let kick: () => void = () => undefined;
  return {
    mailing,
    outbox: createOutbox({ ...deps, outbox: deps.store, mailing, queued: () => kick() }),
    async readKept() {
      const kept = await deps.store.listKeptMail(SHOWN_MESSAGES_MAX);
      return kept.map((mail) => ({
        ...composeMail(openMessage(mail, deps.sealing), letterhead),
        id: mail.id,
        queuedAtMs: mail.queuedAtMs,
      }));
    },
    start() {
      const { smtpUrl, from } = config.mail;
      if (smtpUrl === null) return { stop: async () => undefined };
      const attempted = attemptLog(logger);
      const work = whenThereIsWork(
        () =>
          deliverMail({ ...deps, outbox: deps.store, transport: smtpTransport(smtpUrl, from), letterhead, attempted }),
        logger,
      );
      kick = work.kick;
      return { stop: work.stop };
    },
  };
}

/** Says once that the server is gone, and once that it is back; else one line a message. Addresses stay in the database. */
function attemptLog(logger: Logger): Parameters<typeof deliverMail>[0]['attempted'] {
  let isDown = false;
  return ({ id, kind, attempt }, { state, detail }, unreachable) => {
    if (unreachable) {
      if (!isDown)
        logger.error({ event: 'mail_server_unreachable', detail }, 'the mail server is not reached; mail waits');
      isDown = true;
      return;
    }
    if (isDown) logger.warn({ event: 'mail_server_reached' }, 'the mail server is reached again');
    isDown = false;
    const line = { event: 'mail', mailId: id, kind, attempt, state, detail };
    if (state === 'failed') logger.error(line, 'a message could not be sent');
    else logger.info(line, state === 'sent' ? 'a message was sent' : 'a message was not taken yet');
  };
}

/** Rounds one after the other; never two at once. */
function whenThereIsWork(round: () => ReturnType<typeof deliverMail>, logger: Logger) {
  let stopped = false;
  let again = false;
  let running: Promise<void> | null = null;
  const work = async () => {
    try {
      for (;;) {
        again = false;
        const { taken, reachable } = await round();
        const more = (taken === BATCH_MESSAGES || again) && reachable;
        if (stopped || !more) return;
      }
    } catch (error) {
      // What was taken comes due again by itself.
      logger.error({ err: error }, 'mail could not be delivered');
    }
  };
  const kick = () => {
    again = true;
    if (stopped || running !== null) return;
    running = work().finally(() => {
      running = null;
    });
  };
  const timer = setInterval(kick, LOOK_EVERY_MS);
  timer.unref();
  return {
    kick,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
