/**
 * Text of one setting → typed value, or what is wrong with it.
 *
 * Owns the syntax of single values. A fault is the second half of a sentence that starts with the variable's name; it never
 * repeats the value, since the value may be a secret or may hold one. Which variable has which syntax is `variables.ts`.
 */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A value, or the fault of its text. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: string };

/** Where data is kept. */
export type DatabaseSetting =
  /** `file`: absolute, or relative to the working directory. */
  { readonly engine: 'sqlite'; readonly file: string } | { readonly engine: 'postgres'; readonly url: string };

/** A scope that the operator declares beside the built-in ones. */
export interface DeclaredScope {
  readonly name: string;
  /** Shown to people on the consent page, as it is. */
  readonly description: string;
}

/** How many reverse proxies stand in front, or which networks they are in. 0: none, and forwarded headers are ignored. */
export type TrustedProxies = number | readonly string[];

const accept = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });
const refuse = (fault: string): Parsed<never> => ({ ok: false, fault });

/** Any text of `min` to `max` characters without control characters. */
export function text(min: number, max: number) {
  return (raw: string): Parsed<string> => {
    if (raw.length < min) return refuse(`is shorter than ${min} characters`);
    if (raw.length > max) return refuse(`is longer than ${max} characters`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    return /[\x00-\x1f\x7f]/.test(raw) ? refuse('holds a control character') : accept(raw);
  };
}

/** A number from `min` to `max`; whole unless `fractions`. */
export function number(min: number, max: number, fractions = false) {
  const kind = fractions ? 'number' : 'whole number';
  return (raw: string): Parsed<number> => {
    const value = /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
    const fits = value >= min && value <= max && (fractions || Number.isInteger(value));
    return fits ? accept(value) : refuse(`is not a ${kind} from ${min} to ${max}`);
  };
}

/** One of a few words. */
export function word<const Word extends string>(...words: readonly Word[]) {
  return (raw: string): Parsed<Word> => {
    const found = words.find((candidate) => candidate === raw);
    return found === undefined ? refuse(`is not one of ${words.join(', ')}`) : accept(found);
  };
}

/** Words separated by commas or white space. */
export function list(raw: string): Parsed<readonly string[]> {
  return accept(raw.split(/[\s,]+/).filter((entry) => entry !== ''));
}

/** Domains of e-mail addresses, in ASCII and lower case. */
export function domains(raw: string): Parsed<readonly string[]> {
  const names = raw.split(/[\s,]+/).filter((entry) => entry !== '');
  const ascii = names.map((name) => domainToASCII(name.replace(/^@/, '')));
  const bad = names.find((_name, index) => !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(ascii[index] ?? ''));
  return bad === undefined ? accept([...new Set(ascii)]) : refuse(`names ${bad.slice(0, 100)}, which is no domain`);
}

/** `#RRGGBB` or `#RGB`, answered as the former in lower case. */
export function colour(raw: string): Parsed<string> {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(raw);
  const long = short
    ? `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join('')}`
    : raw;
  return /^#[0-9a-f]{6}$/i.test(long) ? accept(long.toLowerCase()) : refuse('is not a colour of the form #RRGGBB');
}

/**
 * The public base URL: scheme and host alone, answered without a trailing slash. Plain http for another than the loopback
 * host is for `config.ts` to refuse (RFC 9700 §2.6), since that depends on a second setting.
 */
export function baseUrl(raw: string): Parsed<string> {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return refuse('is not an http or https URL');
  if (url.username !== '' || url.password !== '') return refuse('holds a user name or password');
  // A path would have to be repeated in each cookie, link and metadata document; a host of its own costs less.
  if (url.pathname !== '/') return refuse('has a path; Diapason needs a host name of its own');
  if (url.search !== '' || url.hash !== '') return refuse('has a query or fragment');
  return accept(url.origin);
}

/** An address that more is put behind: https, or http at the loopback interface, answered with a slash at its end. */
export function folderUrl(raw: string): Parsed<string> {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url === null) return refuse('is not a URL');
  const isLoopback = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  if (url.protocol !== 'https:' && !isLoopback) return refuse('is not an https URL');
  if (url.username !== '' || url.password !== '') return refuse('holds a user name or password');
  if (url.search !== '' || url.hash !== '') return refuse('has a query or fragment');
  return accept(url.href.endsWith('/') ? url.href : `${url.href}/`);
}

/** True for `localhost`, its subdomains and the loopback addresses (RFC 8252 §7.3, RFC 6761 §6.3). */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/** `postgres://…`, or the path of a SQLite file. */
export function database(raw: string): Parsed<DatabaseSetting> {
  if (raw.startsWith(':memory:')) return refuse('is a database in memory, which would lose every account at its end');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(raw)) return accept({ engine: 'sqlite', file: raw });
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url === null) return refuse('is neither a file path nor a URL that can be read');
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    return refuse(`is a URL of the unknown kind ${url.protocol}// (known: postgres://, or a file path for SQLite)`);
  }
  return accept({ engine: 'postgres', url: raw });
}

/** `smtp://` or `smtps://`. */
export function smtpUrl(raw: string): Parsed<string> {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  const known = url !== null && (url.protocol === 'smtp:' || url.protocol === 'smtps:') && url.hostname !== '';
  return known ? accept(raw) : refuse('is not an smtp:// or smtps:// URL');
}

/** An address, alone or as `Name <address>`. */
export function mailbox(raw: string): Parsed<string> {
  const plain = /^[^\s@<>,;]+@[^\s@<>,;]+$/;
  const address = /^[^<>\r\n]*<([^<>]+)>$/.exec(raw)?.[1] ?? raw;
  return plain.test(address) ? accept(raw) : refuse('is not one e-mail address');
}

/** The name of a header (RFC 9110 §5.6.2), answered in lower case. Not one that has a meaning already. */
export function headerName(raw: string): Parsed<string> {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/i.test(raw)) return refuse('is not the name of a header');
  const name = raw.toLowerCase();
  const taken = ['authorization', 'cookie', 'dpop', 'host', 'content-type', 'content-length', 'origin', 'accept'];
  return taken.includes(name) ? refuse('names a header that clients send themselves') : accept(name);
}

/** A host name or an IP address to listen on. */
export function listenHost(raw: string): Parsed<string> {
  const name = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
  return isIP(raw) !== 0 || name.test(raw) ? accept(raw) : refuse('is neither an IP address nor a host name');
}

/** A count of proxies, or addresses and CIDR ranges separated by commas. */
export function trustedProxies(raw: string): Parsed<TrustedProxies> {
  if (/^\d+$/.test(raw)) {
    return Number(raw) <= 10 ? accept(Number(raw)) : refuse('counts more than 10 proxies');
  }
  const ranges = raw.split(/[\s,]+/).filter((entry) => entry !== '');
  if (ranges.length === 0 || !ranges.every(isRange))
    return refuse('is neither a count nor a list of addresses and CIDR ranges');
  // "Trust everybody" lets anybody choose the address that limits count by (RFC 9700 §2.6, allauth 65.14.2).
  if (ranges.some((range) => range.endsWith('/0'))) return refuse('trusts the whole Internet (a range of /0)');
  return accept(ranges);
}

/** Addresses and CIDR ranges, separated by commas. */
export function networks(raw: string): Parsed<readonly string[]> {
  const ranges = wordsOf(raw);
  if (ranges.length === 0 || !ranges.every(isRange)) return refuse('is not a list of addresses and CIDR ranges');
  return ranges.some((range) => range.endsWith('/0')) ? refuse('names every address (a range of /0)') : accept(ranges);
}

/** Hosts as a URL has them, with a port or without one. */
export function hosts(raw: string): Parsed<readonly string[]> {
  const names = wordsOf(raw.toLowerCase());
  const isHost = (name: string) => URL.parse(`https://${name}/`)?.host === name;
  return names.length > 0 && names.every(isHost)
    ? accept(names)
    : refuse('is not a list of hosts such as app.example.org');
}

/** Of an application. */
const RESOURCES_MAX = 50;

/** Resource indicators (RFC 8707 §2): absolute URIs without a fragment. */
export function resources(raw: string): Parsed<readonly string[]> {
  const uris = wordsOf(raw);
  const isGood = (uri: string) =>
    uri.length <= 500 && /^[a-z][a-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i.test(uri);
  return uris.length > 0 && uris.length <= RESOURCES_MAX && uris.every(isGood)
    ? accept(uris)
    : refuse(`is not 1 to ${RESOURCES_MAX} absolute URIs without fragments`);
}

function isRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

/** Scopes that exist without being declared. */
const BUILT_IN_SCOPES = ['openid', 'profile', 'email', 'groups', 'read', 'write', 'offline_access', 'introspection'];

/** `name=description` pairs, separated by semicolons or line ends; `#` starts a comment line. */
export function declaredScopes(raw: string): Parsed<readonly DeclaredScope[]> {
  const scopes: DeclaredScope[] = [];
  const lines = raw.split(/[;\r\n]+/).map((line) => line.trim());
  for (const line of lines.filter((candidate) => candidate !== '' && !candidate.startsWith('#'))) {
    const separator = line.indexOf('=');
    const name = line.slice(0, separator < 0 ? line.length : separator).trim();
    const description = separator < 0 ? '' : line.slice(separator + 1).trim();
    // RFC 6749 §A.4: scope-token, less the "=" that separates.
    if (!/^[\x21\x23-\x3c\x3e-\x5b\x5d-\x7e]{1,64}$/.test(name))
      return refuse('has a scope name that is not 1 to 64 printable characters');
    if (BUILT_IN_SCOPES.includes(name)) return refuse(`declares the scope ${name}, which exists already`);
    if (scopes.some((scope) => scope.name === name)) return refuse(`declares the scope ${name} twice`);
    if (description === '') return refuse(`gives the scope ${name} no description for the consent page`);
    scopes.push({ name, description });
  }
  return accept(scopes);
}

/** Scopes that what nobody verified may have: never one that opens others' tokens. */
export function unverifiedScopes(raw: string): Parsed<readonly string[]> {
  const names = wordsOf(raw);
  if (names.length === 0) return refuse('names no scope');
  const bad = names.find((name) => !/^[\x21\x23-\x3c\x3e-\x5b\x5d-\x7e]{1,64}$/.test(name));
  if (bad !== undefined) return refuse('has a scope name that is not 1 to 64 printable characters');
  if (names.includes('introspection')) return refuse("names introspection, which opens every application's tokens");
  if (names.includes('groups')) return refuse('names groups, which only a superuser gives an application');
  return accept(names);
}

/** Grants of such an application. Whose tokens it may exchange is for a superuser to say, so that one is not among them. */
const UNVERIFIED_GRANTS = ['authorization-code', 'refresh-token', 'device-code', 'client-credentials'] as const;

/** Some of {@link UNVERIFIED_GRANTS}. */
export function unverifiedGrants(raw: string): Parsed<readonly (typeof UNVERIFIED_GRANTS)[number][]> {
  const names = wordsOf(raw);
  const grants = UNVERIFIED_GRANTS.filter((grant) => names.includes(grant));
  if (grants.length === 0 || grants.length < names.length)
    return refuse(`is not some of ${UNVERIFIED_GRANTS.join(', ')}`);
  return accept(grants);
}

function wordsOf(raw: string): readonly string[] {
  return [...new Set(raw.split(/[\s,]+/).filter((word) => word !== ''))];
}

/** A URL with its password hidden, also where it stands in the query as PostgreSQL allows. For output and logs. */
export function withoutPassword(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):.*@/i, '$1:(hidden)@')
    .replace(/([?&][a-z]*password=)[^&]*/gi, '$1(hidden)');
}
