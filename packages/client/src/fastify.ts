/**
 * `@diapason/client/fastify`: the adapter for Fastify 5.
 *
 * Owns the plugin, which has a scope and parsers of its own: those of the application see nothing of it, and it nothing of them.
 * The network address is `request.ip`, as `trustProxy` says.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Accounts, Session } from './core/create-accounts.ts';
import { webRequest } from './web/node-http.ts';

const sessions = new WeakMap<object, Session>();

/** Answers what is the library's: `await app.register(accountsPlugin, { accounts })`. */
export const accountsPlugin: FastifyPluginAsync<{ readonly accounts: Accounts }> = async (scope, { accounts }) => {
  scope.removeAllContentTypeParsers();
  // The library reads forms itself, and says what is wrong with one.
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const { accounts: pages, admin } = accounts.paths;
  for (const path of admin === null ? [pages] : [pages, admin]) {
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

/** Who is signed in, behind {@link requireSession}. @throws Error where that did not run. */
export function signedIn(request: FastifyRequest): Session {
  const session = sessions.get(request);
  if (session === undefined) throw new Error('signedIn() needs requireSession() as preHandler of the route');
  return session;
}

function send(response: Response, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.code(response.status);
  // Cookies come one by one, and Fastify keeps each.
  for (const [name, value] of response.headers) reply.header(name, value);
  // A form that was refused half-read: what is left of it is not another request.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.send(response.body);
}
