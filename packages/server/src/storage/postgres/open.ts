/**
 * Connects to PostgreSQL.
 *
 * Owns the pool's settings and the messages for everything that can be wrong with an address. Statements are `engine.ts`.
 */
import pg from 'pg';
import { StorageError } from '../storage-error.ts';

/** Enough for one process: a request holds a connection for a statement or two. */
export const POOL_SIZE = 10;
/** How long a request waits for a connection before it is told that none came free. */
const CONNECT_TIMEOUT_MS = 5_000;
/** No statement of ours takes a tenth of it; a stuck one gives its connection back. */
const STATEMENT_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 300_000;
/** OID of int8. */
const INT8 = 20;

/**
 * Opens a pool and connects once.
 * @throws StorageError `cannot_open` with what to do; it never shows the password.
 */
export async function openPostgresPool(url: string, poolSize: number): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // A connection keeps its prepared statements: it is kept through a quiet minute, and through a firewall.
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'diapason',
    types: { getTypeParser },
  });
  // A connection that the server closes is replaced at the next query, and a query that it was at fails by itself. Unheard,
  // these events would end the process: the pool's is of idle connections, a client's own also comes while it is in use.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    const client = await pool.connect();
    client.release();
    return pool;
  } catch (error) {
    await pool.end();
    throw new StorageError('cannot_open', `cannot open the database ${shown(url)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Whole numbers of 64 bits as `number`: every one here is an instant or a count, far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/** The address without user, password and options. */
function shown(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return 'of DIAPASON_DATABASE';
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there; start PostgreSQL, or correct host and port';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is not known; correct it';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return 'the host does not answer; see network and firewall';
    case '28P01':
      return 'wrong user or password; correct them in the URL';
    case '28000':
      return 'the server does not let this user in; correct the user in the URL, or see pg_hba.conf of the server';
    case '3D000':
      return 'there is no such database; create it (createdb), or correct its name';
    case '42501':
      return 'this user may not connect to it; grant it CONNECT';
    case '53300':
      return 'the server has no connection left; raise max_connections, or end other clients';
    case '57P03':
      return 'the server is starting up; try again';
    case 'ERR_INVALID_URL':
      return 'this is not a URL; write postgres://user:password@host:5432/name';
    default:
      if (/timeout/i.test(message)) return 'the host does not answer; see network and firewall';
      if (/SASL|password/i.test(message)) return 'a password is needed; write postgres://user:password@host:5432/name';
      return `${message === '' ? 'unknown error' : message}${code === '' ? '' : ` (${code})`}`;
  }
}
