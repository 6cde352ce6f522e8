/**
 * `@diapason/client/hono`: the adapter for Hono 4.
 *
 * Owns the middleware. Hono speaks the web's `Request` and `Response` as the library does, so there is little to do.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Accounts, Session } from './core/create-accounts.ts';

const sessions = new WeakMap<Request, Session>();

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

/** Who is signed in, behind {@link requireSession}. @throws Error where that did not run. */
export function signedIn(context: Context): Session {
  const session = sessions.get(context.req.raw);
  if (session === undefined) throw new Error('signedIn() needs requireSession() in front of the route');
  return session;
}
