/**
 * `diapason mail`: what waits in the outbox, what could not be sent and why, and another try (D34).
 *
 * Owns the output. What is in a message is shown nowhere, since it may open an account; when a message is tried again by itself is
 * `mail/delivery.ts`.
 */
import * as admin from '../admin/mail.ts';
import type { MailRecord } from '../mail/ports.ts';
import { withDatabase } from './database.ts';
import { operatorOfMachine } from './operator.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The latest ones. */
const MAIL_MAX = 1_000;

/** `mail list`: what waits or failed, or all of the last 14 days, the latest first. */
export async function listMail(
  options: { readonly all?: true; readonly json?: true },
  terminal: Terminal,
): Promise<Outcome> {
  return withDatabase(terminal, async (storage, config) => {
    if (config.mail.smtpUrl === null) {
      terminal.complain('diapason: DIAPASON_SMTP_URL is not set: no mail is sent.');
    }
    const listed = await storage.outbox.listMail(MAIL_MAX);
    const wanted = listed.filter(({ state }) => options.all === true || state === 'waiting' || state === 'failed');
    if (options.json) return json(wanted.map(mailJson));
    const rows = wanted.map((mail) => [
      mail.id,
      mail.kind,
      mail.to,
      mail.state,
      String(mail.attempts),
      instant(mail.queuedAtMs),
      mail.detail ?? '',
    ]);
    return done(table(['ID', 'FOR', 'TO', 'STATE', 'ATTEMPTS', 'SINCE', 'LAST ANSWER'], rows, 'No mail.'));
  });
}

/** `mail retry`: failed messages that are still of use go out at once. */
export async function retryMail(
  id: string | undefined,
  options: { readonly all?: true },
  terminal: Terminal,
): Promise<Outcome> {
  if ((id === undefined) === (options.all === undefined)) return usage('Give the id of one message, or --all.');
  return withDatabase(terminal, async (storage) => {
    const { outbox } = storage.administration(operatorOfMachine());
    const retried = await admin.retryMail(id ?? null, { outbox, clock: terminal.clock });
    if (retried === 0 && id !== undefined) {
      return refused(
        `No failed message that is still of use has the id ${JSON.stringify(id)}. See: diapason mail list`,
      );
    }
    return done(retried === 1 ? '1 message is tried again.' : `${retried} messages are tried again.`);
  });
}

function mailJson(mail: MailRecord): object {
  return {
    id: mail.id,
    for: mail.kind,
    to: mail.to,
    state: mail.state,
    attempts: mail.attempts,
    detail: mail.detail,
    queued_at: isoInstant(mail.queuedAtMs),
    next_attempt_at: isoInstant(mail.nextAttemptAtMs),
    gives_up_at: isoInstant(mail.givesUpAtMs),
    settled_at: isoInstant(mail.settledAtMs),
  };
}
