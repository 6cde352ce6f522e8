/**
 * `@diapason/client/fastify`: the adapter for Fastify 5.
 *
 * Owns the plugin, which has a scope and parsers of its own: those of the application see nothing of it, and it nothing of them.
 * The network address is `request.ip`, as `trustProxy` says.
 *
 * @module @diapason/client/fastify
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Accounts, Session } from './core/create-accounts.ts';
import type { AccessToken, ResourceServer, TokenDemand } from './resource-server.ts';
import { connectionOf, webRequest } from './web/node-http.ts';

const sessions = new WeakMap<object, Session>();
const tokens = new WeakMap<object, AccessToken>();

/** Answers what is the library's: `await app.register(accountsPlugin, { accounts })`. */
export const accountsPlugin: FastifyPluginAsync<{ readonly accounts: Accounts }> = async (scope, { accounts }) => {
  scope.removeAllContentTypeParsers();
  // The library reads forms itself, and says what is wrong with one.
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const { accounts: pages, admin, forward } = accounts.paths;
  for (const path of [pages, ...(admin === null ? [] : [admin]), ...forward]) {
    for (const url of [path, `${path}/*`]) {
      scope.all(url, async (request, reply) => {
        const response = await accounts.handle(webRequest(request.raw, accounts), { address: request.ip });
        if (response === null) return reply.callNotFound();
        return send(response, request, reply);
      });
    }
  }
};

/** Who sent this request, null when nobody is signed in. @throws when the store does. */
export function sessionOf(accounts: Accounts, request: FastifyRequest): Promise<Session | null> {
  return accounts.session(webRequest(request.raw, accounts));
}

/** Lets signed-in people through and sends the others to the sign-in page, and back: `{ preHandler: requireSession(accounts) }`. */
export function requireSession(accounts: Accounts): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const found = await accounts.requireSession(webRequest(request.raw, accounts));
    if (found instanceof Response) return send(found, request, reply);
    sessions.set(request, found);
    return undefined;
  };
}

/**
 * For routes that code in the browser calls: lets signed-in people through, and answers the others as JSON, with 401 where nobody is
 * signed in and 403 where a request that changes something came from no page of this application.
 */
export function requireApiSession(accounts: Accounts): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const found = await accounts.requireApiSession(webRequest(request.raw, accounts));
    if (found instanceof Response) return send(found, request, reply);
    sessions.set(request, found);
    return undefined;
  };
}

/** Refuses requests that change something and that no page of this application sent, signed in or not; a `preHandler` too. */
export function refuseCrossSite(accounts: Accounts): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const refused = accounts.refuseCrossSite(webRequest(request.raw, accounts));
    return refused === null ? undefined : send(refused, request, reply);
  };
}

/** Who is signed in, behind {@link requireSession} or {@link requireApiSession}. @throws Error where that did not run. */
export function signedIn(request: FastifyRequest): Session {
  const session = sessions.get(request);
  if (session === undefined) throw new Error('signedIn() needs requireSession() as preHandler of the route');
  return session;
}

/** How the certificate of the sender arrives (RFC 8705). */
export interface TokenOptions {
  /** Where TLS ends before this process: `proxyCertificate()` of `@diapason/client/node`, of `request.raw`. Default: the TLS connection's. */
  readonly certificate?: (request: FastifyRequest) => Uint8Array | undefined;
}

/** Lets requests through that bring an access token which is good for this: `{ preHandler: requireToken(api, { scope }) }`. */
export function requireToken(
  resourceServer: ResourceServer,
  demand: TokenDemand = {},
  options: TokenOptions = {},
): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const connection = connectionOf(request.raw, request, options.certificate);
    const at = { url: new URL(resourceServer.origin) };
    const found = await resourceServer.requireToken(webRequest(request.raw, at), demand, connection);
    if (found instanceof Response) return send(found, request, reply);
    tokens.set(request, found);
    return undefined;
  };
}

/** The access token of a request, behind {@link requireToken}. @throws Error where that did not run. */
export function tokenOf(request: FastifyRequest): AccessToken {
  const token = tokens.get(request);
  if (token === undefined) throw new Error('tokenOf() needs requireToken() as preHandler of the route');
  return token;
}

/** Answers the metadata of the resource (RFC 9728): `app.register(resourceMetadata, { resourceServer })`. */
export const resourceMetadata: FastifyPluginAsync<{ readonly resourceServer: ResourceServer }> = async (
  scope,
  { resourceServer },
) => {
  const at = { url: new URL(resourceServer.origin) };
  scope.get(new URL(resourceServer.metadataUrl).pathname, async (request, reply) => {
    const response = resourceServer.handle(webRequest(request.raw, at));
    return response === null ? reply.callNotFound() : send(response, request, reply);
  });
};

function send(response: Response, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.code(response.status);
  // Cookies come one by one, and Fastify keeps each.
  for (const [name, value] of response.headers) reply.header(name, value);
  // A form that was refused half-read: what is left of it is not another request.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.send(response.body);
}
