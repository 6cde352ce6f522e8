/** A real mail server in this process: it takes what is sent and reads it back. */
import { once } from 'node:events';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A message as it arrived. */
export interface Arrived {
  readonly to: readonly string[];
  readonly mail: ParsedMail;
}

/** A mail server. */
export interface MailServer {
  readonly port: number;
  readonly url: string;
  readonly arrived: Arrived[];
  /** The first message that the test accepts. Polls: mail comes when it comes. */
  next(accepts: (arrived: Arrived) => boolean, withinMs?: number): Promise<Arrived>;
  close(): Promise<void>;
}

/** Starts one. @param refuse what it answers to a recipient instead of taking the message; null: it takes it. */
export async function startMailServer(
  port = 0,
  refuse: (recipient: string) => { readonly code: number; readonly text: string } | null = () => null,
): Promise<MailServer> {
  const arrived: Arrived[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo({ address }, _session, callback) {
      const refusal = refuse(address);
      if (refusal === null) return callback();
      callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData(stream, session, callback) {
      simpleParser(stream).then((mail) => {
        arrived.push({ to: session.envelope.rcptTo.map(({ address }) => address), mail });
        callback();
      }, callback);
    },
  });
  const listening = server.listen(port, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    url: `smtp://127.0.0.1:${address.port}`,
    arrived,
    async next(accepts, withinMs = 5_000) {
      const endsAtMs = Date.now() + withinMs;
      for (;;) {
        const found = arrived.find(accepts);
        if (found !== undefined) return found;
        if (Date.now() > endsAtMs) throw new Error(`no such message within ${withinMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The one link of a message that leads to a path of ours. */
export function linkIn(arrived: Arrived): string {
  const link = /^https?:\/\/\S+token=\S+$/m.exec(arrived.mail.text ?? '')?.[0];
  if (link === undefined) throw new Error(`no link in ${arrived.mail.text}`);
  return link;
}

/** The code of a message, as people type it. */
export function codeIn(arrived: Arrived): string {
  const code = /^\d{4} \d{4}$/m.exec(arrived.mail.text ?? '')?.[0];
  if (code === undefined) throw new Error(`no code in ${arrived.mail.text}`);
  return code;
}
