/**
 * Between Node's requests and responses and the web's, for every adapter that stands on `node:http`.
 *
 * Owns the translation alone. The origin is always the configured one: what `Host` and `X-Forwarded-Host` say is the sender's word.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';

/** What an adapter knows better than the request itself. */
export interface ArrivedRequest {
  /** The path and query as they arrived, where a router took a part of `incoming.url` away. */
  readonly target?: string;
  /** What a body parser made of the body. undefined: nobody has read it. */
  readonly parsedBody?: unknown;
}

/** The request as the library takes it. Of a body nothing is read before somebody asks for it, so that others still can. */
export function webRequest(
  incoming: IncomingMessage,
  at: { readonly url: URL },
  arrived: ArrivedRequest = {},
): Request {
  const target = URL.parse(arrived.target ?? incoming.url ?? '/', at.url.origin) ?? at.url;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    // HTTP/2 has its request line in headers of its own, such as `:method`.
    if (!name.startsWith(':')) for (const value of values ?? []) headers.append(name, value);
  }
  const method = incoming.method ?? 'GET';
  const body = method === 'GET' || method === 'HEAD' ? null : bodyOf(incoming, arrived.parsedBody);
  // A body that is written again has another length.
  if (body !== null && !(body instanceof ReadableStream)) headers.delete('content-length');
  // TypeScript's RequestInit does not know `duplex`, which a streamed body requires; TRACE and CONNECT are no web methods.
  const init = { method: /^(TRACE|CONNECT|TRACK)$/.test(method) ? 'OPTIONS' : method, headers, body, duplex: 'half' };
  return new Request(`${at.url.origin}${target.pathname}${target.search}`, init as unknown as RequestInit);
}

/** Sends a response, in the pieces in which it comes; headers that were set before stay unless the response has its own. */
export async function writeResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  for (const cookie of response.headers.getSetCookie()) outgoing.appendHeader('set-cookie', cookie);
  // A form that was refused half-read: what is left of it is not another request.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  if (incoming.method === 'HEAD' || response.body === null) {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

/** RFC 8705: the certificate that the other end proved in the TLS handshake, DER. Nothing where TLS ends before this process. */
export function peerCertificate(incoming: IncomingMessage): { readonly certificate?: Uint8Array } {
  const { socket } = incoming;
  // Without a certificate Node answers an empty object.
  const raw: unknown = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  return raw instanceof Uint8Array ? { certificate: raw } : {};
}

/** The connection of a request, by what the application says of it, or else by its TLS handshake. What it says is the last word. */
export function connectionOf<Arrived>(
  incoming: IncomingMessage,
  arrived: Arrived,
  certificateOf: ((arrived: Arrived) => Uint8Array | undefined) | undefined,
): { readonly certificate?: Uint8Array } {
  if (certificateOf === undefined) return peerCertificate(incoming);
  const certificate = certificateOf(arrived);
  return certificate === undefined ? {} : { certificate };
}

function bodyOf(incoming: IncomingMessage, parsed: unknown): BodyInit | null {
  if (parsed === undefined || parsed === null) return unreadBody(incoming);
  if (typeof parsed === 'string') return parsed;
  if (parsed instanceof Uint8Array) return new Uint8Array(parsed);
  if (typeof parsed !== 'object') return null;
  // Written again as what it was. (Numbers beyond 2^53 are not what they were since the parser read them.)
  if (/^application\/([\w.+-]+\+)?json\b/i.test(incoming.headers['content-type'] ?? '')) return JSON.stringify(parsed);
  // A field that was sent twice is still there twice, and is refused as ever.
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parsed)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof each !== 'object') form.append(name, `${each}`);
  }
  return form.toString();
}

/** `Readable.toWeb()` begins to read at once, and what it read nobody else gets: this one waits until it is asked. */
function unreadBody(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | null = null;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // Half of a form may be refused; the connection is still needed to say so.
        chunks ??= incoming.iterator({ destroyOnReturn: false });
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.once('drain', done);
    outgoing.once('close', done);
  });
}
