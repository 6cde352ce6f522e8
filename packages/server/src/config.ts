/**
 * Environment → {@link Config}. The only reader of `process.env`.
 *
 * Owns which values are in force, where each came from, and the faults that end a start. The names and their syntax are
 * `config/variables.ts`; the secret that is made beside an embedded database is `config/secret-file.ts`.
 * A fault is one line: the variable, what is wrong with its value, an example. Values of secrets are in none of them.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { extname, resolve } from 'node:path';
import { errorCode } from './config/error-code.ts';
import { type MutualTlsSettings, readMutualTls } from './config/mutual-tls.ts';
import { type ConfigSource, faultLine, openReader, type Setting } from './config/reader.ts';
import { keepSecret, secretFileOf } from './config/secret-file.ts';
import { type DatabaseSetting, type DeclaredScope, isLoopbackHost, type TrustedProxies } from './config/values.ts';
import type { AuthorizationDetailTypes } from './vocabulary/authorization-detail-type.ts';
import type { IdentityProvider } from './vocabulary/identity-provider.ts';
import type { ProfileFields } from './vocabulary/profile-field.ts';

/** Everything that the operator decides. Paths are absolute. */
export interface Config {
  /** Public base URL without a trailing slash: `https://id.example.org`. */
  readonly url: string;
  /** RFC 8414 §2: `url` + `/o`. */
  readonly issuer: string;
  readonly database: DatabaseSetting;
  readonly host: string;
  readonly port: number;
  /** 32 characters or more. Never shown, never logged. */
  readonly secret: string;
  readonly trustedProxies: TrustedProxies;
  /** RFC 8705; null: certificates of clients do not arrive. */
  readonly mutualTls: MutualTlsSettings | null;
  readonly workers: number;
  /** `invitation`: an invitation is needed. It makes an account where sign-up is closed as well. */
  readonly signUp: 'open' | 'invitation' | 'closed';
  /** A mailed code signs in, in place of the password. */
  readonly signInByMail: boolean;
  /** Whose addresses may sign up; empty: all. */
  readonly signUpDomains: readonly string[];
  /** `token`: programs register themselves with an initial access token. `open`: without one as well. */
  readonly registration: 'off' | 'token' | 'open';
  /** RFC 8707: resources of whatever programs register and documents describe. */
  readonly registrationResources: readonly string[];
  /** null: a `client_id` is no address of a document. `hosts` null: any. */
  readonly clientDocuments: { readonly hosts: readonly string[] | null } | null;
  /** CIDR ranges that are fetched from though they are not public. */
  readonly fetchNetworks: readonly string[];
  /** What an application may be that nobody verified, and how long it stays without being used. */
  readonly unverified: {
    readonly scopes: readonly string[];
    readonly grants: readonly ('authorization-code' | 'refresh-token' | 'device-code' | 'client-credentials')[];
    readonly clientsMax: number;
    readonly unusedMs: number;
    readonly neverUsedMs: number;
  };
  readonly emailVerification: 'required' | 'optional';
  readonly mail: { readonly smtpUrl: string | null; readonly from: string };
  readonly sessionIdleMs: number;
  readonly sessionLifetimeMs: number;
  readonly deletionGraceMs: number;
  /** How long a sign-up stays whose address nobody confirmed. */
  readonly abandonedSignUpMs: number;
  /** How long a line of the audit log stays. */
  readonly auditKeptMs: number;
  /** How long, and how many an application, it can be seen what was attempted. */
  readonly activity: { readonly keptMs: number; readonly count: number };
  readonly declaredScopes: readonly DeclaredScope[];
  readonly detailTypes: AuthorizationDetailTypes;
  readonly profileFields: ProfileFields;
  /** Providers elsewhere by which people sign in, in the order of the sign-in page. */
  readonly identityProviders: readonly IdentityProvider[];
  readonly organisationWords: readonly string[];
  /** Where passwords known from breaches are asked for, with a slash at its end; null: nowhere. */
  readonly breachedPasswordsUrl: string | null;
  readonly brand: { readonly name: string; readonly logoFile: string | null; readonly accent: string | null };
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** What `/metrics` wants; null: to be on this machine. Never shown, never logged. */
  readonly metricsToken: string | null;
  /** PostgreSQL connections of this process, at most. */
  readonly poolSize: number;
  /** Password hashes at the same time, in this process. */
  readonly hashConcurrency: number;
}

/** The settings as read, before anything is made. */
export type SettingsRead =
  | {
      readonly outcome: 'read';
      /** `secret` is null where one is to be made beside the embedded database. */
      readonly config: Omit<Config, 'secret'> & { readonly secret: string | null };
      readonly settings: readonly Setting[];
      readonly warnings: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** The configuration, or one line for each fault. */
export type ConfigLoaded =
  | { readonly outcome: 'loaded'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

const DAY_MS = 86_400_000;

/** The process's own environment and working directory. */
export function processSource(): ConfigSource {
  return { environment: process.env, directory: process.cwd() };
}

/**
 * Makes room for password hashes: they run in libuv's thread pool, which has four threads unless the environment says
 * otherwise before its first use. The four stay for files and names. Call it before anything is opened.
 */
export function sizeThreadPool(config: Pick<Config, 'hashConcurrency'>, environment = process.env): void {
  environment['UV_THREADPOOL_SIZE'] ??= String(config.hashConcurrency + 4);
}

/** Reads the configuration; makes and keeps the secret of an embedded database where there is none yet. */
export function loadConfig(source: ConfigSource): ConfigLoaded {
  const read = readSettings(source);
  if (read.outcome === 'refused') return read;
  const { config, warnings } = read;
  if (config.secret !== null) return { outcome: 'loaded', config: { ...config, secret: config.secret }, warnings };
  if (config.database.engine === 'postgres') {
    return { outcome: 'refused', faults: [faultLine('DIAPASON_SECRET', 'is not set, and PostgreSQL needs it given')] };
  }
  const kept = keepSecret(config.database.file);
  if (kept.outcome === 'refused') return { outcome: 'refused', faults: [faultLine('DIAPASON_SECRET', kept.fault)] };
  return {
    outcome: 'loaded',
    config: { ...config, secret: kept.secret },
    warnings: kept.warning === null ? warnings : [...warnings, kept.warning],
  };
}

/** Reads the settings and changes nothing. */
export function readSettings(source: ConfigSource): SettingsRead {
  const reader = openReader(source);
  const read = reader.read;
  const url = read('DIAPASON_URL') ?? '';
  const database = inDirectory(read('DIAPASON_DATABASE') ?? { engine: 'sqlite', file: '' }, source.directory);
  const host = read('DIAPASON_HOST') ?? '';
  const port = read('DIAPASON_PORT', portOf(url));
  const secret = read('DIAPASON_SECRET');
  const insecureHttp = read('DIAPASON_INSECURE_HTTP');
  const trustedProxies = read('DIAPASON_TRUSTED_PROXIES') ?? 0;
  const mutualTls = readMutualTls(reader, { directory: source.directory, url, trustedProxies });
  const workers = read('DIAPASON_WORKERS') ?? 1;
  const signUp = read('DIAPASON_SIGN_UP') ?? 'open';
  const signInByMail = read('DIAPASON_SIGN_IN_BY_MAIL') === 'on';
  const signUpDomains = read('DIAPASON_SIGN_UP_DOMAINS') ?? [];
  const registration = read('DIAPASON_REGISTRATION') ?? 'off';
  const unverifiedScopes = read('DIAPASON_REGISTRATION_SCOPES') ?? [];
  const unverifiedGrants = read('DIAPASON_REGISTRATION_GRANTS') ?? [];
  const clientsMax = read('DIAPASON_REGISTRATION_CLIENTS') ?? 0;
  const unusedMs = (read('DIAPASON_REGISTRATION_UNUSED_DAYS') ?? 0) * DAY_MS;
  const registrationResources = read('DIAPASON_REGISTRATION_RESOURCES') ?? [];
  const documents = read('DIAPASON_CLIENT_ID_METADATA_DOCUMENTS') ?? 'off';
  const documentHosts = read('DIAPASON_CLIENT_ID_METADATA_HOSTS');
  const fetchNetworks = read('DIAPASON_FETCH_NETWORKS') ?? [];
  const smtpUrl = read('DIAPASON_SMTP_URL');
  const emailVerification = read('DIAPASON_EMAIL_VERIFICATION', smtpUrl === null ? 'optional' : 'required');
  const from = read('DIAPASON_MAIL_FROM', `no-reply@${new URL(url).hostname}`);
  const idleDays = read('DIAPASON_SESSION_IDLE_DAYS') ?? 0;
  const lifetimeDays = read('DIAPASON_SESSION_DAYS') ?? 0;
  const deletionGraceDays = read('DIAPASON_DELETION_GRACE_DAYS') ?? 0;
  const abandonedDays = read('DIAPASON_ABANDONED_SIGN_UP_DAYS') ?? 0;
  const auditDays = read('DIAPASON_AUDIT_DAYS') ?? 0;
  const activityDays = read('DIAPASON_ACTIVITY_DAYS') ?? 0;
  const activityCount = read('DIAPASON_ACTIVITY_COUNT') ?? 0;
  const declaredScopes = read('DIAPASON_SCOPES') ?? [];
  const detailTypes = read('DIAPASON_AUTHORIZATION_DETAILS') ?? new Map();
  const profileFields: ProfileFields = read('DIAPASON_PROFILE_FIELDS') ?? new Map();
  const identityProviders = read('DIAPASON_PROVIDERS') ?? [];
  const organisationWords = read('DIAPASON_ORGANISATION_WORDS') ?? [];
  const breachedPasswordsUrl = read('DIAPASON_BREACHED_PASSWORDS');
  const brandName = read('DIAPASON_BRAND_NAME') ?? '';
  const logo = read('DIAPASON_BRAND_LOGO');
  const accent = read('DIAPASON_BRAND_ACCENT');
  const logLevel = read('DIAPASON_LOG_LEVEL') ?? 'info';
  const metricsToken = read('DIAPASON_METRICS_TOKEN') ?? null;
  const poolSize = read('DIAPASON_POOL_SIZE') ?? 1;
  const hashConcurrency = read('DIAPASON_HASH_CONCURRENCY', Math.max(1, Math.floor(availableParallelism() / workers)));

  const logoFile = logo === null ? null : resolve(source.directory, logo);
  const logoFault = logoFile === null ? null : faultOfLogo(logoFile);
  if (logoFault !== null) reader.refuse('DIAPASON_BRAND_LOGO', logoFault);
  // RFC 9700 §2.6: passwords and tokens travel over TLS; only the loopback interface may do without.
  const plain = url.startsWith('http:') && !isLoopbackHost(new URL(url).hostname);
  if (plain && insecureHttp !== 'allowed') {
    const fault =
      'is plain http for another host than this one (a closed test network may set DIAPASON_INSECURE_HTTP=allowed)';
    reader.refuse('DIAPASON_URL', fault);
  }
  if (plain) reader.warn('DIAPASON_URL is plain http: whoever is on the network can read passwords and tokens.');
  const scopesOfFields = new Set(['profile', 'email', ...declaredScopes.map(({ name }) => name)]);
  const unscoped = [...profileFields.values()].find(({ scope }) => scope !== null && !scopesOfFields.has(scope));
  if (unscoped !== undefined) {
    const fault = `opens the field ${unscoped.name} by a scope that is neither profile, email nor one of DIAPASON_SCOPES`;
    reader.refuse('DIAPASON_PROFILE_FIELDS', fault);
  }
  // Anybody can type such an address: it counts for something once it is confirmed.
  if (signUpDomains.length > 0 && emailVerification === 'optional') {
    reader.refuse('DIAPASON_SIGN_UP_DOMAINS', 'needs DIAPASON_EMAIL_VERIFICATION=required, and mail for it');
  }
  if (smtpUrl !== null && emailVerification === 'optional') {
    reader.warn('DIAPASON_EMAIL_VERIFICATION is optional: anybody can sign up with an address that is not theirs.');
  }
  // Nobody could sign up, and nobody would know why. On this very machine mail is read at /dev/mail/.
  if (smtpUrl === null && emailVerification === 'required' && !isLoopbackHost(new URL(url).hostname)) {
    reader.refuse('DIAPASON_EMAIL_VERIFICATION', 'is required, and no mail can be sent without DIAPASON_SMTP_URL');
  }
  if (smtpUrl === null && signInByMail && !isLoopbackHost(new URL(url).hostname)) {
    reader.refuse('DIAPASON_SIGN_IN_BY_MAIL', 'is on, and no mail can be sent without DIAPASON_SMTP_URL');
  }
  const { faults, warnings, settings } = reader.finish();
  if (faults.length > 0) return { outcome: 'refused', faults };
  const config = {
    url,
    issuer: `${url}/o`,
    database,
    host,
    port,
    secret: secret ?? null,
    trustedProxies,
    mutualTls,
    workers,
    signUp,
    signInByMail,
    signUpDomains,
    registration,
    unverified: {
      scopes: unverifiedScopes,
      grants: unverifiedGrants,
      clientsMax,
      unusedMs,
      // Who registers signs somebody in at once. What never did is litter, and would fill the number that may exist.
      neverUsedMs: Math.min(unusedMs, DAY_MS),
    },
    registrationResources,
    clientDocuments: documents === 'on' ? { hosts: documentHosts } : null,
    fetchNetworks,
    emailVerification,
    mail: { smtpUrl, from },
    sessionIdleMs: Math.min(idleDays, lifetimeDays) * DAY_MS,
    sessionLifetimeMs: lifetimeDays * DAY_MS,
    deletionGraceMs: deletionGraceDays * DAY_MS,
    abandonedSignUpMs: abandonedDays * DAY_MS,
    auditKeptMs: auditDays * DAY_MS,
    activity: { keptMs: activityDays * DAY_MS, count: activityCount },
    declaredScopes,
    detailTypes,
    profileFields,
    identityProviders,
    organisationWords,
    breachedPasswordsUrl,
    brand: { name: brandName, logoFile, accent },
    logLevel,
    metricsToken,
    poolSize,
    hashConcurrency,
  };
  return { outcome: 'read', config, settings: settings.map((setting) => keptSecret(setting, database)), warnings };
}

/** The secret beside an embedded database, where it has been made and nothing else is given. */
function keptSecret(setting: Setting, database: DatabaseSetting): Setting {
  if (setting.variable !== 'DIAPASON_SECRET' || setting.value !== null || database.engine !== 'sqlite') return setting;
  const file = secretFileOf(database.file);
  return existsSync(file) ? { ...setting, value: '(hidden)', file } : setting;
}

/** The port that a URL means, its scheme's own where it names none. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function inDirectory(database: DatabaseSetting, directory: string): DatabaseSetting {
  return database.engine === 'sqlite' ? { engine: 'sqlite', file: resolve(directory, database.file) } : database;
}

function faultOfLogo(file: string): string | null {
  if (!['.svg', '.png', '.jpg', '.jpeg', '.webp'].includes(extname(file).toLowerCase())) {
    return 'is not the path of an SVG, PNG, JPEG or WebP file';
  }
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch (error) {
    return `names a file that cannot be read (${errorCode(error)})`;
  }
}
