/**
 * `@diapason/client/node`: the adapter for plain `node:http`.
 *
 * Owns the client's address behind proxies, and the file that keeps the application's secret. The translation between Node's
 * requests and the web's is `web/node-http.ts`.
 *
 * @module @diapason/client/node
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Accounts, Session } from './core/create-accounts.ts';
import type { AccessToken, ResourceServer, TokenDemand } from './resource-server.ts';
import { makeFolder } from './store/make-folder.ts';
import { connectionOf, webRequest, writeResponse } from './web/node-http.ts';
import { type ProxyCertificateOptions, proxyCertificate } from './web/proxy-certificate.ts';

export { type ProxyCertificateOptions, proxyCertificate };

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
  return accounts.session(webRequest(incoming, accounts));
}

/** The same, or null after the redirect to the sign-in page was sent. @throws when the store does. */
export async function requireNodeSession(
  accounts: Accounts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Session | null> {
  const found = await accounts.requireSession(webRequest(incoming, accounts));
  if (!(found instanceof Response)) return found;
  await writeResponse(found, incoming, outgoing);
  return null;
}

/**
 * For a route that code in the browser calls: who sent this request, or null after the answer as JSON was sent, 401 where nobody is
 * signed in and 403 where a request that changes something came from no page of this application. @throws when the store does.
 */
export async function requireNodeApiSession(
  accounts: Accounts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Session | null> {
  const found = await accounts.requireApiSession(webRequest(incoming, accounts));
  if (!(found instanceof Response)) return found;
  await writeResponse(found, incoming, outgoing);
  return null;
}

/** The same without a session: true when the request changes something, no page of this application sent it, and it was refused. */
export async function refuseNodeCrossSite(
  accounts: Accounts,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<boolean> {
  const refused = accounts.refuseCrossSite(webRequest(incoming, accounts));
  if (refused !== null) await writeResponse(refused, incoming, outgoing);
  return refused !== null;
}

/** How the certificate of the sender arrives (RFC 8705). */
export interface NodeTokenOptions {
  /** Where TLS ends before this process: {@link proxyCertificate}. Default: that of the TLS connection. */
  readonly certificate?: (incoming: IncomingMessage) => Uint8Array | undefined;
}

/** The access token of a request, or null after the answer that says what is missing was sent. */
export async function requireNodeToken(
  resourceServer: ResourceServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  demand: TokenDemand = {},
  options: NodeTokenOptions = {},
): Promise<AccessToken | null> {
  const request = webRequest(incoming, { url: new URL(resourceServer.origin) });
  const found = await resourceServer.requireToken(
    request,
    demand,
    connectionOf(incoming, incoming, options.certificate),
  );
  if (!(found instanceof Response)) return found;
  await writeResponse(found, incoming, outgoing);
  return null;
}

/** True when this was the address of the metadata (RFC 9728), which is answered then. */
export async function nodeResourceMetadata(
  resourceServer: ResourceServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<boolean> {
  const response = resourceServer.handle(webRequest(incoming, { url: new URL(resourceServer.origin) }));
  if (response !== null) await writeResponse(response, incoming, outgoing);
  return response !== null;
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

function clientAddress(incoming: IncomingMessage, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return incoming.socket.remoteAddress;
  const forwarded = (incoming.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',');
  // Counted from the right: what stands further left was sent by the client itself.
  return forwarded.at(-trustedProxies)?.trim() || incoming.socket.remoteAddress;
}
