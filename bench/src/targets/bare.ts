/** The bare servers as targets: nothing to sign in to, one document. */
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startServerProcess } from '../server-process.ts';
import type { Target } from '../target.ts';
import type { StartOptions } from './peer.ts';

/** Starts one of them. */
export async function startBare(name: string, file: string, options: StartOptions): Promise<Target> {
  const script = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const process = await startServerProcess([script, String(options.port), tmpdir()], {
    core: options.core,
    isReady: (line) => line.startsWith('{'),
  });
  return {
    name,
    process,
    baseUrl: `http://localhost:${options.port}`,
    paths: { authorize: null, token: null, par: null, introspect: null, userinfo: null, discovery: '/document' },
    client: null,
    refreshing: null,
    redirectUri: '',
    sessions: [],
    signIns: [],
    accessToken: null,
    application: null,
    synchronous: null,
  };
}
