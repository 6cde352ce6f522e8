/**
 * The example's settings: environment → Config. The only reader of `process.env`.
 *
 * Owns the variables' names, defaults and faults. A fault is one line: the variable, what is wrong with it, an example.
 */
import { resolve } from 'node:path';

/** Everything that can be set. */
export interface Config {
  /** Where people reach this application. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** null: made and kept beside the database. */
  readonly secret: string | null;
  readonly secretFile: string;
  readonly trustedProxies: number;
  /** The sign-in server as this application reaches it. */
  readonly serverBaseUrl: string;
  /** The sign-in server as the browser reaches it. */
  readonly serverPublicUrl: string;
}

/** A setting that cannot be used. `message` is the one line that is printed. */
export class ConfigError extends Error {}

/** @throws ConfigError */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const text = (name: string, otherwise: string) => environment[name]?.trim() || otherwise;
  const url = readUrl('CLIENT_URL', text('CLIENT_URL', 'http://localhost:9988'), 'http://localhost:9988');
  const database = resolve(text('CLIENT_DATABASE', './data/client.db'));
  const baseUrl = text('OAUTH_SERVER_BASEURL', 'http://localhost:9977');
  const secret = environment['CLIENT_SECRET']?.trim() || null;
  if (secret !== null && secret.length < 32) {
    throw new ConfigError(
      'CLIENT_SECRET has fewer than 32 characters; use for example the output of: openssl rand -base64 32',
    );
  }
  return {
    url: url.origin,
    host: text('CLIENT_HOST', '127.0.0.1'),
    port: readNumber(
      'CLIENT_PORT',
      text('CLIENT_PORT', url.port || (url.protocol === 'https:' ? '443' : '80')),
      65_535,
    ),
    database,
    secret,
    secretFile: `${database}.secret`,
    trustedProxies: readNumber('CLIENT_TRUSTED_PROXIES', text('CLIENT_TRUSTED_PROXIES', '0'), 10),
    serverBaseUrl: readUrl('OAUTH_SERVER_BASEURL', baseUrl, 'http://server:9977').href,
    serverPublicUrl: readUrl(
      'OAUTH_SERVER_PUBLIC_URL',
      text('OAUTH_SERVER_PUBLIC_URL', baseUrl),
      'http://localhost:9977',
    ).href,
  };
}

function readUrl(name: string, value: string, example: string): URL {
  const url = URL.parse(value);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '')
    return url;
  throw new ConfigError(`${name} is "${value}", which is no http or https address; expected for example ${example}`);
}

function readNumber(name: string, value: string, max: number): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= max) return number;
  throw new ConfigError(`${name} is "${value}"; expected a number from 0 to ${max}`);
}
