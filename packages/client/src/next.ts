/**
 * `@diapason/client/next`: the adapter for the app router of Next.
 *
 * Owns the route handlers and what server components ask for. In a route handler of your own, `accounts.session(request)` and
 * `accounts.requireSession(request)` do.
 *
 * @module @diapason/client/next
 */
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { Accounts, Session } from './core/create-accounts.ts';
import type { AccessToken, ResourceServer, TokenDemand } from './resource-server.ts';

/** The library, or what opens it at the first request: `next build` loads every module, and should open no database. */
export type AccountsSource = Accounts | (() => Accounts | Promise<Accounts>);

/** How requests arrive. */
export interface NextOptions {
  /** How many proxies of one's own add an address to `X-Forwarded-For`. Default 0: failures are limited for each account alone. */
  readonly trustedProxies?: number;
}

/** What a file `app/accounts/[[...path]]/route.ts` exports. */
export interface AccountsRoute {
  /** Pages, and the ways to and from a provider. */
  readonly GET: (request: Request) => Promise<Response>;
  /** Forms, and what a provider sends. */
  readonly POST: (request: Request) => Promise<Response>;
  /** Below a path of `forward` alone. */
  readonly PUT: (request: Request) => Promise<Response>;
  /** Below a path of `forward` alone. */
  readonly PATCH: (request: Request) => Promise<Response>;
  /** The end of a session, for code in the browser. */
  readonly DELETE: (request: Request) => Promise<Response>;
}

/** The handlers of `/accounts/`, `/admin/` and each path of `forward`: `export const { GET, POST, DELETE } = accountsRoute(accounts);` */
export function accountsRoute(source: AccountsSource, options: NextOptions = {}): AccountsRoute {
  const answer = async (request: Request): Promise<Response> => {
    const accounts = await open(source);
    const address = senderOf(request, options.trustedProxies ?? 0);
    const response = await accounts.handle(request, address === undefined ? {} : { address });
    return response ?? new Response('Not found\n', { status: 404 });
  };
  return { GET: answer, POST: answer, PUT: answer, PATCH: answer, DELETE: answer };
}

/** Who is looking at this server component, null when nobody is signed in. @throws when the store does. */
export async function sessionOf(source: AccountsSource): Promise<Session | null> {
  const accounts = await open(source);
  return accounts.session(await requestFor(accounts, '/'));
}

/** The same; whoever is not signed in is sent to the sign-in page and comes back to `path`. @throws when the store does. */
export async function requireSession(source: AccountsSource, path: string): Promise<Session> {
  const accounts = await open(source);
  const found = await accounts.requireSession(await requestFor(accounts, path));
  if (!(found instanceof Response)) return found;
  return redirect(found.headers.get('location') ?? accounts.paths.accounts);
}

/**
 * A route handler that code in the browser calls: `export const POST = apiRoute(accounts, (request, session) => …);`. Whoever is not
 * signed in is answered as JSON with 401, a request that changes something and that no page of this application sent with 403.
 */
export function apiRoute<Context>(
  source: AccountsSource,
  answer: (request: Request, session: Session, context: Context) => Response | Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const found = await (await open(source)).requireApiSession(request);
    return found instanceof Response ? found : answer(request, found, context);
  };
}

/** The same without a session: refuses requests that change something and that no page of this application sent. */
export function refuseCrossSite<Context>(
  source: AccountsSource,
  answer: (request: Request, context: Context) => Response | Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => (await open(source)).refuseCrossSite(request) ?? answer(request, context);
}

/** A route handler for whoever brings an access token: `export const GET = requireToken(api, { scope: 'read' }, answer);` */
export function requireToken<Context>(
  resourceServer: ResourceServer,
  demand: TokenDemand,
  answer: (request: Request, token: AccessToken, context: Context) => Response | Promise<Response>,
  options: { readonly certificate?: (request: Request) => Uint8Array | undefined } = {},
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const certificate = options.certificate?.(request);
    const connection = certificate === undefined ? {} : { certificate };
    const found = await resourceServer.requireToken(request, demand, connection);
    return found instanceof Response ? found : answer(request, found, context);
  };
}

/** What the route file of the metadata exports. */
export interface ResourceMetadataRoute {
  /** The document. */
  readonly GET: (request: Request) => Response;
}

/** The metadata of the resource (RFC 9728), in `app/.well-known/oauth-protected-resource/[[...path]]/route.ts`. */
export function resourceMetadata(resourceServer: ResourceServer): ResourceMetadataRoute {
  return { GET: (request) => resourceServer.handle(request) ?? new Response('Not found\n', { status: 404 }) };
}

async function open(source: AccountsSource): Promise<Accounts> {
  return typeof source === 'function' ? source() : source;
}

async function requestFor(accounts: Accounts, path: string): Promise<Request> {
  return new Request(new URL(path, accounts.url), { headers: { cookie: (await headers()).get('cookie') ?? '' } });
}

function senderOf(request: Request, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return undefined;
  const forwarded = (request.headers.get('x-forwarded-for') ?? '').split(',');
  // Counted from the right: what stands further left was sent by the client itself.
  return forwarded.at(-trustedProxies)?.trim() || undefined;
}
