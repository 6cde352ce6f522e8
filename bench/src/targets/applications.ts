/**
 * Applications as targets: each a client of one server of ours, which runs on the load's core, so that what is measured is the application
 * alone.
 *
 * Owns their start, and how the click on "Login" goes at each.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openConnection } from '../connection.ts';
import { json, WrongAnswer } from '../requests.ts';
import { startServerProcess } from '../server-process.ts';
import type { Application, Target, Visit } from '../target.ts';
import { startDiapason } from './diapason.ts';
import { removing, type StartOptions } from './peer.ts';

/** One kind of application. */
interface Kind {
  readonly name: string;
  readonly file: string;
  readonly callbackPath: string;
  readonly begin: (visit: Visit) => Promise<string>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'diapason',
    file: 'diapason-client.ts',
    callbackPath: '/accounts/diapason/login/callback/',
    begin: async (visit) => {
      const { status, location } = await visit({ method: 'GET', path: '/accounts/diapason/login/', headers: [] });
      return leavingFor(status, location);
    },
  },
  {
    name: 'Auth.js',
    file: 'auth-js.ts',
    callbackPath: '/auth/callback/diapason',
    // Its sign-in is a form with a token of its own: the application's page has to fetch one.
    begin: async (visit) => {
      const { csrfToken } = json(await visit({ method: 'GET', path: '/auth/csrf', headers: [] }), 200);
      const { status, location } = await visit({
        method: 'POST',
        path: '/auth/signin/diapason',
        headers: ['content-type', 'application/x-www-form-urlencoded'],
        body: new URLSearchParams({ csrfToken: String(csrfToken) }).toString(),
      });
      return leavingFor(status, location);
    },
  },
];

/** How each of them is started, behind the server that they share, which takes the first port. */
export function applicationStarts(options: StartOptions, providerCore: number): (() => Promise<Target>)[] {
  const portOf = (index: number) => options.port + 1 + index;
  let provider: Promise<Target> | null = null;
  const sharedProvider = () => {
    const callbacks = KINDS.map(({ callbackPath }, index) => `http://localhost:${portOf(index)}${callbackPath}`);
    provider ??= startDiapason({ ...options, core: providerCore }, callbacks);
    return provider;
  };
  return KINDS.map((kind, index) => async () => {
    const server = await sharedProvider();
    const started = await startApplication(kind, { ...options, port: portOf(index) }, server);
    // The server ends with the first of those that need it; by then nothing is measured any more.
    return index > 0 ? started : { ...started, process: endingWith(started, server) };
  });
}

async function startApplication(kind: Kind, options: StartOptions, server: Target): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-bench-'));
  const script = fileURLToPath(new URL(`../peers/${kind.file}`, import.meta.url));
  const started = await startServerProcess([script, String(options.port), folder], {
    core: options.core,
    environment: {
      ISSUER: `${server.baseUrl}/o`,
      CLIENT_ID: server.client?.id ?? '',
      CLIENT_SECRET: server.client?.secret ?? '',
      NODE_ENV: 'production',
    },
    isReady: (line) => line.startsWith('{'),
  });
  const application: Application = {
    begin: kind.begin,
    profilePath: '/me',
    provider: server.sessions.map((cookie) => ({ connection: openConnection(server.baseUrl), cookie })),
  };
  const process = removing(started, folder);
  return {
    name: kind.name,
    process: {
      ...process,
      async stop() {
        await Promise.all(application.provider.map(({ connection }) => connection.close()));
        await process.stop();
      },
    },
    baseUrl: `http://localhost:${options.port}`,
    paths: { authorize: null, token: null, par: null, introspect: null, userinfo: null, discovery: null },
    client: null,
    refreshing: null,
    redirectUri: '',
    sessions: [],
    signIns: [],
    accessToken: null,
    application,
    synchronous: null,
  };
}

function endingWith({ process }: Target, server: Target): Target['process'] {
  return {
    ...process,
    async stop() {
      await process.stop();
      await server.process.stop();
    },
  };
}

function leavingFor(status: number, location: string): string {
  if (status !== 302 && status !== 303) throw new WrongAnswer(`the click on "Login" answered ${status}`);
  return location;
}
