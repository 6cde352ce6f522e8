/**
 * Answers to what is not an HTTP request, has too large a head, or does not arrive in time: there is no request yet that a
 * route could answer, only a connection.
 *
 * Owns those three answers. They have the form of every other answer to a program, with a reference that the log holds too.
 * The octets that came are in neither: they may hold credentials.
 */
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { baseHeaders } from './security-headers.ts';

/** What the answers need. */
export interface UnreadableDeps {
  readonly logger: FastifyBaseLogger;
  readonly secure: boolean;
  readonly newReference: () => string;
}

interface Refusal {
  readonly line: string;
  readonly description: string;
}

const TOO_SLOW: Refusal = {
  line: '408 Request Timeout',
  description: 'The request did not arrive within 30 seconds.',
};
const HEAD_TOO_LARGE: Refusal = {
  line: '431 Request Header Fields Too Large',
  description:
    'The address and the headers are larger than 16 KiB together. Cookies of other programs on this host count.',
};
const NOT_HTTP: Refusal = {
  line: '400 Bad Request',
  description: 'This is not an HTTP/1.1 request. Addresses are ASCII: percent-encode everything else.',
};

/** Answers on the bare connection, and ends it (RFC 9110 §15.5.9, RFC 6585 §5). */
export function answerUnreadable(deps: UnreadableDeps): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const { line, description } = refusalOf(error.code);
    const reference = deps.newReference();
    deps.logger.info({ reqId: reference, reason: error.code, status: Number(line.slice(0, 3)) }, 'unreadable');
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const body = JSON.stringify({ error: 'invalid_request', error_description: description, reference });
    const headers = {
      ...baseHeaders(deps.secure),
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end(`HTTP/1.1 ${[line, ...head].join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  };
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return TOO_SLOW;
    case 'HPE_HEADER_OVERFLOW':
      return HEAD_TOO_LARGE;
    default:
      return NOT_HTTP;
  }
}
