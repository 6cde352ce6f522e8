/**
 * Which paths of the application are forwarded to which APIs, as `createAccounts({ forward })` says it.
 *
 * Owns the option, its errors, and the address that a request goes to. Sending it is `flows/forward.ts`.
 */
import { requireTokenAddress } from '../protocol/token-fetch.ts';

/** An API that is called with the access token of whoever is signed in. */
export interface ForwardTarget {
  /** What stands for the path here; the rest of a request's path and its query are appended. https, or this machine. */
  readonly to: string;
  /** Further headers that go through, to the API and back, such as `link`. Cookies and credentials never do. */
  readonly headers?: readonly string[];
}

/** The option, read. */
export interface Forwarding {
  /** Without its trailing slash. */
  readonly path: string;
  readonly to: URL;
  readonly headers: readonly string[];
}

/** These belong to one connection, say who somebody is, or open an answer to other origins. */
const HEADERS_NEVER =
  /^(cookie|set-cookie|authorization|www-authenticate|authentication-info|proxy-.*|host|origin|referer|forwarded|x-forwarded-.*|x-real-ip|sec-.*|access-control-.*|dpop|dpop-nonce|connection|keep-alive|te|trailer|transfer-encoding|upgrade|content-length|clear-site-data|refresh|cache-control|content-security-policy|x-content-type-options)$/;

/** @throws TypeError that names the entry, what is wrong with it and what is expected. */
export function readForwarding(
  option: Readonly<Record<string, ForwardTarget>>,
  taken: { readonly accounts: string; readonly admin: string | null; readonly keepTokens: boolean },
): readonly Forwarding[] {
  const read = Object.entries(option).map(([key, target]) => readTarget(key, target, taken));
  if (read.length > 0 && !taken.keepTokens) {
    throw new TypeError(
      'forward: expected session: { keepTokens: true } beside it, as there is no token to send otherwise',
    );
  }
  // The longest path is the one that was meant.
  return read.sort((one, other) => other.path.length - one.path.length);
}

function readTarget(
  key: string,
  { to, headers = [] }: ForwardTarget,
  taken: { readonly accounts: string; readonly admin: string | null },
): Forwarding {
  const path = key.replace(/\/+$/, '');
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path)) {
    throw new TypeError(`forward: "${key}" is no path below the root, such as /api/things`);
  }
  for (const own of [taken.accounts, taken.admin]) {
    if (own !== null && (isBelow(path, own) || isBelow(own, path))) {
      throw new TypeError(`forward: "${key}" overlaps the library's own ${own}`);
    }
  }
  const url = URL.parse(to);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new TypeError(
      `forward["${key}"].to is "${to}": expected the address of an API, such as https://api.example.org/v1`,
    );
  }
  try {
    requireTokenAddress(url);
  } catch {
    throw new TypeError(`forward["${key}"].to is "${to}": tokens are sent over https alone, or to this machine`);
  }
  const lower = headers.map((name) => name.toLowerCase());
  for (const name of lower) {
    if (HEADERS_NEVER.test(name) || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      throw new TypeError(`forward["${key}"].headers: "${name}" is not forwarded`);
    }
  }
  return { path, to: url, headers: lower };
}

/** Where requests for this path go, null where they are the application's. */
export function findForwarding(path: string, all: readonly Forwarding[]): Forwarding | null {
  return all.find((each) => isBelow(path, each.path)) ?? null;
}

/** The address that is asked, or null when the path would lead elsewhere than below it, as the API may read it. */
export function forwardedUrl(url: URL, { path, to }: Forwarding): URL | null {
  const rest = url.pathname.slice(path.length);
  if (leadsOut(rest)) return null;
  const target = new URL(to);
  target.pathname = rest === '' ? to.pathname : `${to.pathname.replace(/\/+$/, '')}${rest}`;
  target.search = url.search;
  return target;
}

/** The other way round, for `Location`: null where the address is not below the API. */
export function publicPath(location: string, asked: URL, { path, to }: Forwarding): string | null {
  const url = URL.parse(location, asked);
  const base = to.pathname.replace(/\/+$/, '');
  if (url === null || url.origin !== to.origin || !isBelow(url.pathname, base)) return null;
  return `${path}${url.pathname.slice(base.length)}${url.search}`;
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

/** `URL` takes `..` and `%2e%2e` away, but not what an API decodes to them: `..%2f`, `%252e%252e%252f`. */
function leadsOut(rest: string): boolean {
  let text = rest;
  for (let rounds = 0; rounds < 5; rounds += 1) {
    if (text.split(/[/\\]/).some((segment) => segment === '..' || segment === '.')) return true;
    let decoded: string;
    try {
      decoded = decodeURIComponent(text);
    } catch {
      return true;
    }
    if (decoded === text) return /\p{Cc}/u.test(text);
    text = decoded;
  }
  return true;
}
