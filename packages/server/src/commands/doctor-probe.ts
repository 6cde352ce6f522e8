/**
 * Asks the installation's own public address, as a browser would, and says what it saw: status, headers, certificate.
 *
 * A certificate that is not trusted is looked at all the same, since that is what is to be said of it; nothing secret is sent.
 */
import { type IncomingMessage, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Probe, Probed } from '../admin/doctor/finding.ts';

const TIME_LIMIT_MS = 5_000;
const BODY_BYTES_MAX = 256 * 1_024;

/** Gets an address once; follows nothing. */
export function probe(address: string): Promise<Probed> {
  const url = new URL(address);
  const request = url.protocol === 'https:' ? requestByHttps : requestByHttp;
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ fault: reasonOf(error) });
    const sent = request(
      url,
      { method: 'GET', rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(TIME_LIMIT_MS) },
      (answer) => {
        readBody(answer).then((body) => resolve({ seen: seenIn(answer, body) }), failed);
      },
    );
    sent.on('error', failed);
    sent.end();
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    octets += (chunk as Buffer).length;
    if (octets > BODY_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function seenIn(answer: IncomingMessage, body: string): Probe {
  const { headers, socket } = answer;
  const dateMs = Date.parse(headers.date ?? '');
  return {
    status: answer.statusCode ?? 0,
    location: headers.location ?? null,
    setCookies: headers['set-cookie'] ?? [],
    strictTransportSecurity: textOf(headers['strict-transport-security']),
    dateMs: Number.isNaN(dateMs) ? null : dateMs,
    body,
    certificate: socket instanceof TLSSocket ? certificateOf(socket) : null,
  };
}

function certificateOf(socket: TLSSocket): Probe['certificate'] {
  const { valid_to } = socket.getPeerCertificate();
  const fault = socket.authorized ? null : String(socket.authorizationError);
  return { validToMs: Date.parse(valid_to), fault };
}

function textOf(header: string | readonly string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}

function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'it takes longer than 5 seconds';
  const code = 'code' in error ? String(error.code) : error.message;
  return code === 'ECONNREFUSED' ? 'nothing listens there' : code === 'ENOTFOUND' ? 'the name is not known' : code;
}
