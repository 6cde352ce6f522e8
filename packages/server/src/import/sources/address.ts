/** Addresses of databases in messages, and what stands between us and one. */
import { SourceError } from './source.ts';

/** A URL without user, password and options. @throws SourceError `bad_url` */
export function shownUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (pathname.length > 1) return `${protocol}//${host}${pathname}`;
  } catch {
    // The same to whoever wrote it.
  }
  const scheme = /^\w+/.exec(url)?.[0] ?? 'postgres';
  throw new SourceError('bad_url', `This is no database URL; write ${scheme}://user:password@host/name.`);
}

const CONNECTION_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; correct host and port, or start the server',
  ENOTFOUND: 'the host name is not known; correct it',
  EAI_AGAIN: 'the host name is not known; correct it',
  EHOSTUNREACH: 'the host does not answer; see network and firewall',
  ENETUNREACH: 'the host does not answer; see network and firewall',
  ETIMEDOUT: 'the host does not answer; see network and firewall',
  ECONNRESET: 'the connection was lost; try again',
  EPIPE: 'the connection was lost; try again',
  PROTOCOL_CONNECTION_LOST: 'the connection was lost; try again',
};

/** A connection's error as a fault where it is one; otherwise the error itself. */
export function unreachable(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : '';
  const reason =
    CONNECTION_CODES[code] ??
    (/timeout/i.test(message) ? CONNECTION_CODES['ETIMEDOUT'] : undefined) ??
    (/terminated|closed/i.test(message) ? CONNECTION_CODES['ECONNRESET'] : undefined);
  return reason === undefined ? error : new SourceError('unreachable', `${name}: ${reason}.`, { cause: error });
}
