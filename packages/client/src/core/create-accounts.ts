/**
 * `createAccounts()`: the library, wired.
 *
 * Owns the wiring, the dispatch of requests, and what an application calls. The only place that reads the clock, randomness
 * and the global `fetch`.
 */
import { randomBytes } from 'node:crypto';
import { forward } from '../flows/forward.ts';
import { refuseCrossSite } from '../flows/own-page.ts';
import { type SessionFetchOutcome, sessionFetch } from '../flows/session-fetch.ts';
import { sessionAccessToken } from '../flows/session-tokens.ts';
import { type CreateLocalUserOutcome, createLocalUser } from '../flows/sign-up.ts';
import type { SocialAppInput } from '../flows/social-app-input.ts';
import { type SetSocialAppOutcome, setSocialApp } from '../flows/social-apps.ts';
import { defaultPages } from '../pages/default-pages.ts';
import { stylesheet, stylesheetName } from '../pages/stylesheet.ts';
import type { Fetch } from '../protocol/back-channel.ts';
import { createProtocolClients } from '../protocol/client-configuration.ts';
import { createTokenFetch, requireTokenAddress } from '../protocol/token-fetch.ts';
import { createPasswords } from '../security/passwords.ts';
import { createSealer } from '../security/sealing.ts';
import type { SocialAccount, User } from '../store/account-store.ts';
import { createCookieJar } from '../web/cookies.ts';
import { provesOwnPage } from '../web/cross-site.ts';
import { readForm } from '../web/forms.ts';
import { readNextPath } from '../web/next-path.ts';
import { textResponse } from '../web/responses.ts';
import { failure } from './failure.ts';
import { type Forwarding, findForwarding } from './forward-targets.ts';
import type { Kit } from './kit.ts';
import { lineLog } from './log.ts';
import { type AccountsOptions, readOptions } from './options.ts';
import { refuseApi } from './refuse-api.ts';
import { redirectTo, renderFailure } from './render.ts';
import { findRoute, type Route, withoutTrailingSlash } from './routes.ts';
import { type AccessTokenOutcome, createSessions } from './sessions.ts';
import { readPostedForm, readVisit, type Visit } from './visit.ts';

/** Who is signed in. */
export interface Session {
  readonly user: User;
  /** The social account that was signed in with; null after a sign-in with a password. */
  readonly account: SocialAccount | null;
  /** The provider that was used, null after a sign-in with a password. */
  readonly provider: string | null;
  readonly signedInAtMs: number;
}

/** What an adapter knows about the connection. */
export interface Connection {
  /** The network address at the other end. Left out, failures are limited for each account alone, not for each network. */
  readonly address?: string;
}

/** A superuser as a command makes one. */
export interface SuperuserInput {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
}

/** The library, ready to answer requests. */
export interface Accounts {
  /** The configured URL of the application. */
  readonly url: URL;
  /** Below which paths it answers; `admin: null`: no admin pages. */
  readonly paths: {
    readonly accounts: string;
    readonly admin: string | null;
    /** What `forward` says. */
    readonly forward: readonly string[];
  };
  /**
   * Answers a request below `/accounts/`, `/admin/` and the paths of `forward`, and null for every other: the application answers those. Never throws:
   * a bug or a lost database is a page with status 500 and a line in the log.
   */
  handle(request: Request, connection?: Connection): Promise<Response | null>;
  /** Who sent this request, null when nobody is signed in. @throws when the store does. */
  session(request: Request): Promise<Session | null>;
  /** The same, or the redirect that lets the person sign in and come back. @throws when the store does. */
  requireSession(request: Request): Promise<Session | Response>;
  /**
   * For a route that code in the browser calls: who sent this request, or the answer as JSON, 401 `signed_out` or, for a request that
   * changes something and that no page of this application sent, 403 `cross_site`. @throws when the store does.
   */
  requireApiSession(request: Request): Promise<Session | Response>;
  /** For a route that changes something without a session: null, or the answer 403 `cross_site`. */
  refuseCrossSite(request: Request): Response | null;
  /**
   * The provider's access token of whoever sent this request, refreshed if need be: once for all tabs and processes. Needs
   * `session: { keepTokens: true }`. @throws when the store does.
   */
  accessToken(request: Request): Promise<AccessTokenOutcome>;
  /**
   * `fetch` with that token, and with a proof of its key where the provider has `dpop: true`. https alone, or to this machine; a redirect
   * is answered, not followed. @throws TypeError for another address; what `fetch` throws; when the store does.
   */
  fetch(request: Request, url: string | URL, init?: RequestInit): Promise<SessionFetchOutcome>;
  /** Creates a superuser, who may use `/admin/`. @throws when the store does. */
  createSuperuser(input: SuperuserInput): Promise<CreateLocalUserOutcome>;
  /** Enters the credentials at a provider, as the admin page does. @throws when the store does. */
  setSocialApp(input: SocialAppInput): Promise<SetSocialAppOutcome>;
  /** Closes the store. */
  close(): Promise<void>;
}

/**
 * Sign-in for an application, in one object.
 * @throws TypeError that names the option which is wrong.
 */
export function createAccounts(options: AccountsOptions): Accounts {
  const kit = wire(options);
  const { settings } = kit;
  const activeSession = (request: Request) => kit.sessions.find(kit.jar.read(request));
  const session = async (request: Request): Promise<Session | null> => {
    const active = await activeSession(request);
    return active === null
      ? null
      : {
          user: active.user,
          account: active.account,
          provider: active.stored.provider,
          signedInAtMs: active.stored.createdAtMs,
        };
  };
  return {
    url: settings.url,
    paths: { ...settings.paths, forward: settings.forward.map(({ path }) => path) },
    handle: (request, connection) => handle(request, connection ?? {}, kit),
    session,
    requireSession: async (request) => {
      const found = await session(request);
      if (found !== null) return found;
      const here = new URL(request.url);
      // What a form posted is lost on the way: come back to where pages are.
      const path = request.method === 'GET' ? `${here.pathname}${here.search}` : here.pathname;
      const next = readNextPath(path, settings.url);
      const query = next === null ? '' : `?${new URLSearchParams({ next })}`;
      return redirectTo(`${settings.paths.accounts}/login/${query}`, kit, {
        status: request.method === 'GET' ? 302 : 303,
      });
    },
    requireApiSession: async (request) => {
      if (!provesOwnPage(request, settings.url)) return refuseCrossSite(request, kit);
      return (await session(request)) ?? refuseApi('signed_out', { detail: 'nobody is signed in' }, kit);
    },
    refuseCrossSite: (request) => (provesOwnPage(request, settings.url) ? null : refuseCrossSite(request, kit)),
    accessToken: async (request) => {
      const active = await activeSession(request);
      return active === null ? { kind: 'none' } : sessionAccessToken(active, kit);
    },
    fetch: async (request, url, init = {}) => {
      const to = { url: new URL(url), init };
      requireTokenAddress(to.url);
      const active = await activeSession(request);
      return active === null ? { kind: 'none' } : sessionFetch(active, to, kit);
    },
    createSuperuser: ({ username, password, email }) =>
      createLocalUser(
        { username, password, email: email ?? '', first_name: '', last_name: '', isSuperuser: true },
        kit,
      ),
    setSocialApp: (input) => setSocialApp(input, kit),
    close: () => kit.store.close(),
  };
}

function wire(options: AccountsOptions): Kit {
  const settings = readOptions(options);
  const now = options.now ?? Date.now;
  const sealer = createSealer(settings.secrets, randomBytes);
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  return {
    settings,
    store: options.store,
    sealer,
    sessions: createSessions({
      store: options.store,
      sealer,
      randomBytes,
      now,
      idleMs: settings.sessionIdleMs,
      absoluteMs: settings.sessionAbsoluteMs,
    }),
    passwords: createPasswords(randomBytes),
    refreshing: new Map(),
    protocolClient: createProtocolClients({ fetch: send, now }),
    tokenFetch: createTokenFetch({ fetch: send, now }),
    pages: { ...defaultPages, ...options.pages },
    jar: createCookieJar(settings.url),
    log: options.log ?? lineLog(now, (line) => console.error(line)),
    now,
    randomBytes,
  };
}

async function handle(request: Request, connection: Connection, kit: Kit): Promise<Response | null> {
  const url = new URL(request.url);
  const path = withoutTrailingSlash(url.pathname);
  if (path === `${kit.settings.paths.accounts}/assets/${stylesheetName}`) return stylesheetResponse();
  const forwarding = findForwarding(url.pathname, kit.settings.forward);
  if (forwarding !== null) return forwardSafely(request, forwarding, kit);
  const route = findRoute(path, kit.settings);
  if (route === null) return null;
  let visit: Visit | null = null;
  try {
    const at = { path, query: url.searchParams, address: connection.address ?? null };
    visit = await readVisit(request, { ...at, method: request.method === 'POST' ? 'POST' : 'GET' }, kit);
    return await answer(request, visit, route, kit);
  } catch (error) {
    return unexpected(error, visit, kit);
  }
}

async function answer(request: Request, visit: Visit, route: Route, kit: Kit): Promise<Response> {
  if (request.method === 'GET' || request.method === 'HEAD') return route.get(visit, kit);
  if (request.method === 'POST' && route.postFromElsewhere !== undefined) {
    const form = await readForm(request);
    if (typeof form === 'string') return renderFailure(visit, kit, failure(form, `a form for ${visit.path}`));
    return route.postFromElsewhere(visit, form, kit);
  }
  if (request.method === 'DELETE' && route.delete !== undefined) {
    return provesOwnPage(request, kit.settings.url) ? route.delete(visit, kit) : refuseCrossSite(request, kit);
  }
  if (request.method !== 'POST' || route.post === undefined) {
    const takesForms = route.post !== undefined || route.postFromElsewhere !== undefined;
    const allow = ['GET, HEAD', ...(takesForms ? ['POST'] : []), ...(route.delete === undefined ? [] : ['DELETE'])];
    const headers = { allow: allow.join(', ') };
    const refused = failure('method_not_allowed', `${request.method.replaceAll(/[^A-Z]/g, '')} ${visit.path}`);
    return renderFailure(visit, kit, refused, { headers });
  }
  const form = await readPostedForm(request, visit, kit.settings);
  if (typeof form === 'string') {
    const origin = (request.headers.get('origin') ?? 'no origin').slice(0, 200);
    const hint = form === 'form_cross_site' ? { hint: `the configured url is ${kit.settings.url.origin}` } : {};
    return renderFailure(visit, kit, failure(form, `a form for ${visit.path} from ${origin}`, hint));
  }
  return route.post(visit, form, kit);
}

async function forwardSafely(request: Request, forwarding: Forwarding, kit: Kit): Promise<Response> {
  try {
    return await forward(request, forwarding, kit);
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return refuseApi('unexpected', { detail }, kit);
  }
}

function unexpected(error: unknown, visit: Visit | null, kit: Kit): Response {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (visit !== null) return renderFailure({ ...visit, session: null }, kit, failure('unexpected', detail));
  // Without its session a visit cannot be read: the store is gone, and no page can be drawn for anybody.
  kit.log({ level: 'error', event: 'refused', code: 'unexpected', detail });
  return textResponse('Something went wrong in this application. Try again in a moment.\n', { status: 500 });
}

function stylesheetResponse(): Response {
  return new Response(stylesheet, {
    headers: {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    },
  });
}
