/**
 * `@diapason/client/node`: the adapter for plain `node:http`.
 *
 * Owns the translation between Node's requests and the web's, the client's address behind proxies, and the file that keeps the
 * application's secret.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { Accounts, Session } from './core/create-accounts.ts';
import { makeFolder } from './store/make-folder.ts';

/** How requests arrive. */
export interface NodeOptions {
  /**
   * How many proxies of one's own stand in front; each adds one address to `X-Forwarded-For`. Default 0: the header is
   * ignored, because anybody can send it.
   */
  readonly trustedProxies?: number;
}

/** Answers what is the library's and hands everything else to `otherwise`; without it the answer is 404. */
export function nodeListener(
  accounts: Accounts,
  otherwise?: (request: IncomingMessage, response: ServerResponse) => unknown,
  options: NodeOptions = {},
): RequestListener {
  return async (incoming, outgoing) => {
    try {
      const address = clientAddress(incoming, options.trustedProxies ?? 0);
      const response = await accounts.handle(webRequest(incoming, accounts), address === undefined ? {} : { address });
      if (response !== null) await writeResponse(response, incoming, outgoing);
      else if (otherwise !== undefined) await otherwise(incoming, outgoing);
      else await writeResponse(new Response('Not found\n', { status: 404 }), incoming, outgoing);
    } catch (error) {
      // accounts.handle() does not throw; this is a request that is no URL, a browser that went away, or the application's own.
      console.error(error);
      if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' });
      outgoing.end();
    }
  };
}

/** Who sent this request, null when nobody is signed in. @throws when the store does. */
export function nodeSession(accounts: Accounts, incoming: IncomingMessage): Promise<Session | null> {
  return accounts.session(webRequest(incoming, accounts, false));
}

/** The same, or null after the redirect to the sign-in page was sent. @throws when the store does. */
export async function requireNodeSession(
  accounts: Accounts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Session | null> {
  const found = await accounts.requireSession(webRequest(incoming, accounts, false));
  if (!(found instanceof Response)) return found;
  await writeResponse(found, incoming, outgoing);
  return null;
}

/**
 * The secret in this file, made when there is none. Keep the file: without it stored provider secrets cannot be read.
 * @throws Error when the file cannot be read or written, or holds something else.
 */
export function secretFromFile(path: string): string {
  makeFolder(dirname(path));
  try {
    // `wx`: of two processes that start together, one writes and both read the same.
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < 32) throw new Error(`${path} holds no secret of 32 characters or more`);
  return secret;
}

function webRequest(incoming: IncomingMessage, accounts: Accounts, withBody = true): Request {
  // The origin is the configured one: what `Host` says is the sender's word.
  const target = URL.parse(incoming.url ?? '/', accounts.url.origin) ?? accounts.url;
  const url = `${accounts.url.origin}${target.pathname}${target.search}`;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const method = incoming.method ?? 'GET';
  const body = withBody && method !== 'GET' && method !== 'HEAD' ? Readable.toWeb(incoming) : null;
  // TypeScript's RequestInit does not know `duplex`, which a streamed body requires; TRACE and CONNECT are no web methods.
  const init = { method: /^(TRACE|CONNECT|TRACK)$/.test(method) ? 'OPTIONS' : method, headers, body, duplex: 'half' };
  return new Request(url, init as unknown as RequestInit);
}

async function writeResponse(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  outgoing.setHeader('content-length', body.length);
  // A form that was refused half-read: what is left of it is not another request.
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

function clientAddress(incoming: IncomingMessage, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return incoming.socket.remoteAddress;
  const forwarded = (incoming.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',');
  // Counted from the right: what stands further left was sent by the client itself.
  return forwarded.at(-trustedProxies)?.trim() || incoming.socket.remoteAddress;
}
