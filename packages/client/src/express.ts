/**
 * `@diapason/client/express`: the adapter for Express 5.
 *
 * Owns the middleware. Works before and after body parsers, below any mount path, and behind proxies as `trust proxy` says.
 */
import type { Request as ExpressRequest, RequestHandler } from 'express';
import type { Accounts, Session } from './core/create-accounts.ts';
import { webRequest, writeResponse } from './web/node-http.ts';

const sessions = new WeakMap<object, Session>();

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

/** Who is signed in, behind {@link requireSession}. @throws Error where that did not run. */
export function signedIn(incoming: ExpressRequest): Session {
  const session = sessions.get(incoming);
  if (session === undefined) throw new Error('signedIn() needs requireSession() in front of the route');
  return session;
}

function arrived(incoming: ExpressRequest, accounts: Accounts): Request {
  // Express 4's parsers leave `{}` where they read nothing; a body that is still to come is not one of theirs.
  const parsedBody: unknown = incoming.readableEnded || incoming.readableDidRead ? (incoming.body ?? '') : undefined;
  return webRequest(incoming, accounts, { target: incoming.originalUrl, parsedBody });
}
