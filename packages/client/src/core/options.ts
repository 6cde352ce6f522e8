/**
 * What an application says to `createAccounts()`, read once.
 *
 * Owns the options, their defaults and their errors. Nothing else in the library reads an option.
 */

import type { Pages } from '../pages/views.ts';
import type { Fetch } from '../protocol/back-channel.ts';
import type { Provider } from '../providers/provider.ts';
import type { AccountStore } from '../store/account-store.ts';
import { readNextPath } from '../web/next-path.ts';
import { type Forwarding, type ForwardTarget, readForwarding } from './forward-targets.ts';
import type { Hooks } from './hooks.ts';
import type { Log } from './log.ts';

const SECRET_LENGTH_MIN = 32;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Everything that `createAccounts()` takes. */
export interface AccountsOptions {
  /** Where people reach the application, such as `https://app.example.org`. Redirect URIs and `https` cookies follow from it. */
  readonly url: string;
  /** 32 characters or more that nobody knows; several for a rotation, newest first. Encrypts cookies and stored secrets. */
  readonly secret: string | readonly string[];
  readonly store: AccountStore;
  /** The first one is the one that the profile page's sign-in link leads to. */
  readonly providers: readonly Provider[];
  /** The application's name on the pages. Default: the host of `url`. */
  readonly name?: string;
  /** Default `/accounts` and `/admin`; `admin: null` leaves the admin pages out. */
  readonly paths?: { readonly accounts?: string; readonly admin?: string | null };
  /** Where a sign-in leads unless it began elsewhere. Default: the profile page. */
  readonly signedInPath?: string;
  /** Accounts with a password of this application. Default: sign-in (the superuser needs it), but no sign-up. */
  readonly localAccounts?: { readonly signIn?: boolean; readonly signUp?: boolean };
  /** Default 7 days without use, 30 days in all. */
  readonly session?: {
    readonly idleMs?: number;
    readonly absoluteMs?: number;
    /** Keep the provider's access and refresh token for `accounts.accessToken()`, encrypted. Default false. */
    readonly keepTokens?: boolean;
  };
  /** The application's own say at a sign-up, a sign-in and a linking. */
  readonly hooks?: Hooks;
  /**
   * APIs that code in the browser calls with the session's access token, by path: `{ '/api/things': { to: 'https://…' } }`. Needs
   * `session: { keepTokens: true }`. Default: none.
   */
  readonly forward?: Readonly<Record<string, ForwardTarget>>;
  /** Pages of the application's own in the place of the library's, one by one. */
  readonly pages?: Partial<Pages>;
  /** Default: one JSON line on standard error for each entry. */
  readonly log?: Log;
  /** For the back channel. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Epoch milliseconds. Default: the system's clock. */
  readonly now?: () => number;
}

/** The options as the rest of the library reads them. */
export interface Settings {
  readonly url: URL;
  readonly secrets: readonly [string, ...string[]];
  readonly name: string;
  readonly paths: { readonly accounts: string; readonly admin: string | null };
  readonly signedInPath: string;
  readonly localSignIn: boolean;
  readonly localSignUp: boolean;
  readonly sessionIdleMs: number;
  readonly sessionAbsoluteMs: number;
  readonly keepTokens: boolean;
  readonly hooks: Hooks;
  /** Longest path first. */
  readonly forward: readonly Forwarding[];
  readonly providers: ReadonlyMap<string, Provider>;
}

/** @throws TypeError that names the option, what is wrong with it and what is expected. */
export function readOptions(options: AccountsOptions): Settings {
  const url = URL.parse(options.url);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      `url is "${options.url}": expected where people reach the application, such as https://app.example.org`,
    );
  }
  const base = url.pathname.replace(/\/+$/, '');
  const accounts = readPath(options.paths?.accounts ?? `${base}/accounts`, 'paths.accounts');
  const admin = options.paths?.admin === null ? null : readPath(options.paths?.admin ?? `${base}/admin`, 'paths.admin');
  const signedInPath = options.signedInPath ?? `${accounts}/profile`;
  if (readNextPath(signedInPath, url) === null) {
    throw new TypeError(`signedInPath is "${signedInPath}": expected a path of the application, such as /welcome`);
  }
  if (options.localAccounts?.signUp === true && options.store.localAccounts === 'superusers') {
    throw new TypeError('localAccounts.signUp is true: expected false, as the application keeps its users itself');
  }
  const keepTokens = options.session?.keepTokens ?? false;
  return {
    url,
    secrets: readSecrets(options.secret),
    name: options.name ?? url.host,
    paths: { accounts, admin },
    signedInPath,
    localSignIn: options.localAccounts?.signIn ?? true,
    localSignUp: options.localAccounts?.signUp ?? false,
    sessionIdleMs: options.session?.idleMs ?? 7 * DAY_MS,
    sessionAbsoluteMs: options.session?.absoluteMs ?? 30 * DAY_MS,
    hooks: options.hooks ?? {},
    keepTokens,
    forward: readForwarding(options.forward ?? {}, { accounts, admin, keepTokens }),
    providers: readProviders(options.providers),
  };
}

function readPath(path: string, option: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (/^(\/[A-Za-z0-9._~-]+)+$/.test(trimmed)) return trimmed;
  throw new TypeError(`${option} is "${path}": expected a path below the root, such as /accounts`);
}

function readSecrets(secret: string | readonly string[]): readonly [string, ...string[]] {
  const [first, ...others] = typeof secret === 'string' ? [secret] : secret;
  if (first === undefined || [first, ...others].some((each) => each.length < SECRET_LENGTH_MIN)) {
    throw new TypeError(
      `secret: expected ${SECRET_LENGTH_MIN} characters or more, such as the output of openssl rand -base64 32`,
    );
  }
  return [first, ...others];
}

function readProviders(providers: readonly Provider[]): ReadonlyMap<string, Provider> {
  const byId = new Map<string, Provider>();
  for (const provider of providers) {
    if (byId.has(provider.id)) throw new TypeError(`providers: two have the id "${provider.id}"`);
    byId.set(provider.id, provider);
  }
  return byId;
}
