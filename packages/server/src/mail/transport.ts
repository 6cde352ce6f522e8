/**
 * Hands a message to the mail server, by `nodemailer`.
 *
 * Owns the connection and what its failures mean: that the server is not to be reached (which says nothing of the message), that the
 * message is not taken now, or that it never will be. When it is tried again is `delivery.ts`.
 */
import { createTransport } from 'nodemailer';
import type { ComposedMail } from './compose.tsx';

/** How an attempt ended. `detail` is for the operator and holds no secret. */
export type Handed =
  | { readonly outcome: 'taken'; readonly detail: string }
  | { readonly outcome: 'unreachable' | 'not_now' | 'never'; readonly detail: string };

/** Hands messages over. */
export interface MailTransport {
  /** Never throws: a mail server's failure is an outcome. */
  hand(mail: ComposedMail, messageId: string): Promise<Handed>;
}

/** RFC 5321 §4.5.3.2 allows minutes; whoever waits for a link does not, and the message is tried again. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;

/** What nodemailer calls a failure before or around the message. */
const UNREACHABLE = ['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'ETLS', 'EAUTH', 'EPROTOCOL', 'ENOAUTH', 'EOAUTH2'];

/**
 * A connection a message: a pool would save a handshake each, and would have to be told of every server that restarts.
 * @param smtpUrl `smtp://` (STARTTLS where it is offered) or `smtps://`, with the name and password in it.
 * @param from one mailbox, with or without a name.
 */
export function smtpTransport(smtpUrl: string, from: string): MailTransport {
  const timeouts = { connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: ANSWER_MS };
  const transport = createTransport({ url: smtpUrl, ...timeouts, disableFileAccess: true, disableUrlAccess: true });
  const host = new URL(smtpUrl).hostname;
  const domain = /@([^>\s]+)/.exec(from)?.[1] ?? host;
  return {
    async hand({ to, subject, text, html }, messageId) {
      try {
        const { response } = await transport.sendMail({
          from,
          // One address as an object: a text would be parsed for several (CVE-2022-35924).
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${messageId}@${domain}>`,
          // RFC 3834 §5: nobody's absence note answers a program.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { outcome: 'taken', detail: printable(response) };
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

/** Connects and signs in as a message would, and sends none. null: the mail server would take one; else what it said. */
export async function checkSmtp(smtpUrl: string): Promise<string | null> {
  const timeouts = { connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: CONNECT_MS };
  const transport = createTransport({ url: smtpUrl, ...timeouts, disableFileAccess: true, disableUrlAccess: true });
  try {
    await transport.verify();
    return null;
  } catch (error) {
    return failureOf(error).detail;
  } finally {
    transport.close();
  }
}

function failureOf(error: unknown): Exclude<Handed, { readonly outcome: 'taken' }> {
  const { code, responseCode, response, message } = detailsOf(error);
  const detail = printable(response ?? message);
  // RFC 5321 §4.2.1: 5yz is for good, 4yz for now. A refused sign-in to the mail server is the server's matter, whatever its number.
  if (code !== null && UNREACHABLE.includes(code)) return { outcome: 'unreachable', detail: `${code}: ${detail}` };
  if (responseCode === 421) return { outcome: 'unreachable', detail };
  if (responseCode !== null && responseCode >= 500) return { outcome: 'never', detail };
  if (responseCode !== null) return { outcome: 'not_now', detail };
  return code?.startsWith('EC') || code?.startsWith('EH') || code?.startsWith('EN') || code === 'EAI_AGAIN'
    ? { outcome: 'unreachable', detail: `${code}: ${detail}` }
    : { outcome: 'not_now', detail };
}

function detailsOf(error: unknown) {
  const of = (name: string): unknown =>
    error instanceof Error ? Object.getOwnPropertyDescriptor(error, name)?.value : undefined;
  const [code, responseCode, response] = [of('code'), of('responseCode'), of('response')];
  return {
    code: typeof code === 'string' ? code : null,
    responseCode: typeof responseCode === 'number' ? responseCode : null,
    response: typeof response === 'string' ? response : null,
    message: error instanceof Error ? error.message : 'failed',
  };
}

/** ASVS 16.4.1: what a server answered is printed by a command. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, 300);
}
