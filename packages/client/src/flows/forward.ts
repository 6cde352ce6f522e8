/**
 * A request of code in a browser, sent on to an API with the access token of whoever is signed in.
 *
 * Owns what goes through and what does not: a list of headers each way, no cookie, no credential, no redirect, and no header
 * that would open the answer to another origin. The browser never sees the token (OAuth 2.0 for Browser-Based Applications §6.1).
 */
import type { ApiRefusal } from '../core/api-refusal.ts';
import { type Forwarding, forwardedUrl, publicPath } from '../core/forward-targets.ts';
import type { Kit } from '../core/kit.ts';
import { refuseApi } from '../core/refuse-api.ts';
import { provesOwnPage } from '../web/cross-site.ts';
import { refuseCrossSite } from './own-page.ts';
import { sessionFetch } from './session-fetch.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = [
  'accept',
  'accept-language',
  'content-type',
  'content-encoding',
  'content-language',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'prefer',
  'idempotency-key',
];
const ANSWER_HEADERS = [
  'content-type',
  'content-language',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'retry-after',
  'preference-applied',
  'deprecation',
  'sunset',
];
/** Until the API begins to answer; the answer itself may take as long as it takes. */
const ANSWER_BEGINS_MS = 30_000;
/** Bodies up to this are kept, so that they can be sent again with the nonce that an API asks for (RFC 9449 §9). */
const KEPT_BODY_BYTES_MAX = 256 * 1024;

/** Answers a request below a forwarded path. @throws when the store does. */
export async function forward(request: Request, forwarding: Forwarding, kit: Kit): Promise<Response> {
  const refuse = (code: ApiRefusal, detail: string, headers?: Record<string, string>) =>
    refuseApi(code, headers === undefined ? { detail } : { detail, headers }, kit);
  if (!METHODS.includes(request.method)) {
    return refuse('method_not_allowed', `${request.method.replaceAll(/[^A-Z]/g, '')} ${forwarding.path}`, {
      allow: METHODS.join(', '),
    });
  }
  if (!provesOwnPage(request, kit.settings.url)) return refuseCrossSite(request, kit);
  const url = forwardedUrl(new URL(request.url), forwarding);
  if (url === null) return refuse('path_refused', `a path below ${forwarding.path} that leads out of it`);
  const session = await kit.sessions.find(kit.jar.read(request));
  if (session === null) return refuse('signed_out', 'nobody is signed in');

  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), ANSWER_BEGINS_MS);
  try {
    const init = { method: request.method, headers: through(request.headers, REQUEST_HEADERS, forwarding) };
    const body = await bodyOf(request);
    const more = { body, duplex: 'half', signal: timeout.signal };
    const outcome = await sessionFetch(session, { url, init: { ...init, ...more } as RequestInit }, kit);
    switch (outcome.kind) {
      case 'answered':
        return await answer(outcome.response, url, forwarding, kit);
      case 'none':
        return refuse('access_token_missing', 'the session has no token of a provider');
      case 'ended':
        return refuse('access_token_ended', 'the provider gives no new token');
      case 'unavailable':
        return refuse('provider_unavailable', `the provider gives no new token just now: ${outcome.code}`, {
          'retry-after': '5',
        });
    }
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
    return refuse('api_unreachable', `${url.origin}: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function answer(response: Response, asked: URL, forwarding: Forwarding, kit: Kit): Promise<Response> {
  const { status } = response;
  if (status === 401 || (status >= 300 && status < 400 && status !== 304)) {
    await response.body?.cancel();
    // What the API says of the token is for this application: its log, not its page.
    const code = status === 401 ? 'access_token_refused' : 'api_redirects';
    return refuseApi(code, { detail: `${asked.origin} answered with status ${status}` }, kit);
  }
  const headers = through(response.headers, ANSWER_HEADERS, forwarding);
  const location = response.headers.get('location');
  const here = location === null ? null : publicPath(location, asked, forwarding);
  if (here !== null) headers.set('location', here);
  // The answer is one person's, and data: an API's HTML is not a page of this application.
  headers.set('cache-control', 'no-store');
  headers.set('x-content-type-options', 'nosniff');
  headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  headers.set('cross-origin-resource-policy', 'same-origin');
  const empty = [204, 205, 304].includes(status);
  if (empty) await response.body?.cancel();
  return new Response(empty ? null : response.body, { status, headers });
}

function through(from: Headers, names: readonly string[], { headers: more }: Forwarding): Headers {
  const headers = new Headers();
  for (const name of [...names, ...more]) {
    const value = from.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

async function bodyOf(request: Request): Promise<RequestInit['body']> {
  if (request.method === 'GET' || request.method === 'HEAD' || request.body === null) return null;
  const length = request.headers.get('content-length');
  const short = length !== null && /^\d+$/.test(length) && Number(length) <= KEPT_BODY_BYTES_MAX;
  return short ? await request.arrayBuffer() : request.body;
}

/** `fetch` itself: a TypeError with the system's error as its cause, or our own time limit. */
function isNoAnswer(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'AbortError' || (error instanceof TypeError && 'cause' in error));
}

function reasonOf(error: Error): string {
  if (error.name === 'AbortError') return `no answer within ${ANSWER_BEGINS_MS / 1000} seconds`;
  const { cause } = error;
  return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : error.message;
}
