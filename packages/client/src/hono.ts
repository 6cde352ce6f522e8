/**
 * `@diapason/client/hono`: the adapter for Hono 4.
 *
 * Owns the middleware. Hono speaks the web's `Request` and `Response` as the library does, so there is little to do.
 *
 * @module @diapason/client/hono
 */
import type { IncomingMessage } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import type { Accounts, Session } from './core/create-accounts.ts';
import type { AccessToken, ResourceConnection, ResourceServer, TokenDemand } from './resource-server.ts';
import { peerCertificate } from './web/node-http.ts';

const sessions = new WeakMap<Request, Session>();
const tokens = new WeakMap<Request, AccessToken>();

/** How requests arrive. */
export interface HonoOptions {
  /** The network address of the sender, which depends on the runtime: `(c) => getConnInfo(c).remote.address`. */
  readonly address?: (context: Context) => string | undefined;
}

/** Answers what is the library's and hands everything else on. */
export function accountsMiddleware(accounts: Accounts, options: HonoOptions = {}): MiddlewareHandler {
  return async (context, next) => {
    const address = options.address?.(context);
    const response = await accounts.handle(context.req.raw, address === undefined ? {} : { address });
    if (response !== null) return response;
    return next();
  };
}

/** Who sent this request, null when nobody is signed in. @throws when the store does. */
export function sessionOf(accounts: Accounts, context: Context): Promise<Session | null> {
  return accounts.session(context.req.raw);
}

/** Lets signed-in people through and sends the others to the sign-in page, and back. */
export function requireSession(accounts: Accounts): MiddlewareHandler {
  return async (context, next) => {
    const found = await accounts.requireSession(context.req.raw);
    if (found instanceof Response) return found;
    sessions.set(context.req.raw, found);
    return next();
  };
}

/**
 * For routes that code in the browser calls: lets signed-in people through, and answers the others as JSON, with 401 where nobody is
 * signed in and 403 where a request that changes something came from no page of this application.
 */
export function requireApiSession(accounts: Accounts): MiddlewareHandler {
  return async (context, next) => {
    const found = await accounts.requireApiSession(context.req.raw);
    if (found instanceof Response) return found;
    sessions.set(context.req.raw, found);
    return next();
  };
}

/** Refuses requests that change something and that no page of this application sent, signed in or not. */
export function refuseCrossSite(accounts: Accounts): MiddlewareHandler {
  return async (context, next) => accounts.refuseCrossSite(context.req.raw) ?? next();
}

/** Who is signed in, behind {@link requireSession} or {@link requireApiSession}. @throws Error where that did not run. */
export function signedIn(context: Context): Session {
  const session = sessions.get(context.req.raw);
  if (session === undefined) throw new Error('signedIn() needs requireSession() in front of the route');
  return session;
}

/** How the certificate of the sender arrives (RFC 8705). */
export interface TokenOptions {
  /**
   * It depends on the runtime, and on a proxy where TLS ends there: `(context) => proxy(context.env.incoming)`, where `proxy` is made by
   * `proxyCertificate()` of `@diapason/client/node`. Default: that of the TLS connection on `@hono/node-server`; elsewhere none.
   */
  readonly certificate?: (context: Context) => Uint8Array | undefined;
}

/** Lets requests through that bring an access token which is good for this, and answers the others. */
export function requireToken(
  resourceServer: ResourceServer,
  demand: TokenDemand = {},
  options: TokenOptions = {},
): MiddlewareHandler {
  return async (context, next) => {
    const found = await resourceServer.requireToken(context.req.raw, demand, connectionTo(context, options));
    if (found instanceof Response) return found;
    tokens.set(context.req.raw, found);
    return next();
  };
}

/** The access token of a request, behind {@link requireToken}. @throws Error where that did not run. */
export function tokenOf(context: Context): AccessToken {
  const token = tokens.get(context.req.raw);
  if (token === undefined) throw new Error('tokenOf() needs requireToken() in front of the route');
  return token;
}

/** Answers the metadata of the resource (RFC 9728) and hands everything else on. */
export function resourceMetadata(resourceServer: ResourceServer): MiddlewareHandler {
  return async (context, next) => resourceServer.handle(context.req.raw) ?? next();
}

function connectionTo(context: Context, options: TokenOptions): ResourceConnection {
  if (options.certificate !== undefined) {
    const certificate = options.certificate(context);
    return certificate === undefined ? {} : { certificate };
  }
  // `@hono/node-server` hands Node's own request over.
  const { incoming } = (context.env ?? {}) as { readonly incoming?: IncomingMessage };
  return incoming?.socket === undefined ? {} : peerCertificate(incoming);
}
