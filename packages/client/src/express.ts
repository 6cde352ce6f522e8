/**
 * `@diapason/client/express`: the adapter for Express 5.
 *
 * Owns the middleware. Works before and after body parsers, below any mount path, and behind proxies as `trust proxy` says.
 *
 * @module @diapason/client/express
 */
import type { Request as ExpressRequest, RequestHandler } from 'express';
import type { Accounts, Session } from './core/create-accounts.ts';
import type { AccessToken, ResourceServer, TokenDemand } from './resource-server.ts';
import { connectionOf, webRequest, writeResponse } from './web/node-http.ts';

const sessions = new WeakMap<object, Session>();
const tokens = new WeakMap<object, AccessToken>();

/** Answers what is the library's and hands everything else on. */
export function accountsMiddleware(accounts: Accounts): RequestHandler {
  return async (incoming, outgoing, next) => {
    const address = incoming.ip === undefined ? {} : { address: incoming.ip };
    const response = await accounts.handle(arrived(incoming, accounts), address);
    if (response === null) next();
    else await writeResponse(response, incoming, outgoing);
  };
}

/** Who sent this request, null when nobody is signed in. @throws when the store does. */
export function sessionOf(accounts: Accounts, incoming: ExpressRequest): Promise<Session | null> {
  return accounts.session(arrived(incoming, accounts));
}

/** Lets signed-in people through and sends the others to the sign-in page, and back. */
export function requireSession(accounts: Accounts): RequestHandler {
  return async (incoming, outgoing, next) => {
    const found = await accounts.requireSession(arrived(incoming, accounts));
    if (found instanceof Response) return writeResponse(found, incoming, outgoing);
    sessions.set(incoming, found);
    next();
  };
}

/**
 * For routes that code in the browser calls: lets signed-in people through, and answers the others as JSON, with 401 where nobody is
 * signed in and 403 where a request that changes something came from no page of this application.
 */
export function requireApiSession(accounts: Accounts): RequestHandler {
  return async (incoming, outgoing, next) => {
    const found = await accounts.requireApiSession(arrived(incoming, accounts));
    if (found instanceof Response) return writeResponse(found, incoming, outgoing);
    sessions.set(incoming, found);
    next();
  };
}

/** Refuses requests that change something and that no page of this application sent, signed in or not. */
export function refuseCrossSite(accounts: Accounts): RequestHandler {
  return async (incoming, outgoing, next) => {
    const refused = accounts.refuseCrossSite(arrived(incoming, accounts));
    if (refused === null) next();
    else await writeResponse(refused, incoming, outgoing);
  };
}

/** Who is signed in, behind {@link requireSession} or {@link requireApiSession}. @throws Error where that did not run. */
export function signedIn(incoming: ExpressRequest): Session {
  const session = sessions.get(incoming);
  if (session === undefined) throw new Error('signedIn() needs requireSession() in front of the route');
  return session;
}

/** How the certificate of the sender arrives (RFC 8705). */
export interface TokenOptions {
  /** Where TLS ends before this process: `proxyCertificate()` of `@diapason/client/node`. Default: that of the TLS connection. */
  readonly certificate?: (incoming: ExpressRequest) => Uint8Array | undefined;
}

/** Lets requests through that bring an access token which is good for this, and answers the others. */
export function requireToken(
  resourceServer: ResourceServer,
  demand: TokenDemand = {},
  options: TokenOptions = {},
): RequestHandler {
  return async (incoming, outgoing, next) => {
    const connection = connectionOf(incoming, incoming, options.certificate);
    const at = { url: new URL(resourceServer.origin) };
    const found = await resourceServer.requireToken(arrived(incoming, at), demand, connection);
    if (found instanceof Response) return writeResponse(found, incoming, outgoing);
    tokens.set(incoming, found);
    next();
  };
}

/** The access token of a request, behind {@link requireToken}. @throws Error where that did not run. */
export function tokenOf(incoming: ExpressRequest): AccessToken {
  const token = tokens.get(incoming);
  if (token === undefined) throw new Error('tokenOf() needs requireToken() in front of the route');
  return token;
}

/** Answers the metadata of the resource (RFC 9728) and hands everything else on. */
export function resourceMetadata(resourceServer: ResourceServer): RequestHandler {
  return async (incoming, outgoing, next) => {
    const response = resourceServer.handle(arrived(incoming, { url: new URL(resourceServer.origin) }));
    if (response === null) next();
    else await writeResponse(response, incoming, outgoing);
  };
}

function arrived(incoming: ExpressRequest, at: { readonly url: URL }): Request {
  // Express 4's parsers leave `{}` where they read nothing; a body that is still to come is not one of theirs.
  const parsedBody: unknown = incoming.readableEnded || incoming.readableDidRead ? (incoming.body ?? '') : undefined;
  return webRequest(incoming, at, { target: incoming.originalUrl, parsedBody });
}
