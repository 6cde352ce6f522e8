/** Starts a peer from `peers/` and signs its person in. Owns the preparation that is the same for both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, openBrowser } from '../browser.ts';
import type { Handshake } from '../peers/handshake.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import type { Target } from '../target.ts';
import { firstToken } from './first-token.ts';

/** Where and how a target starts. */
export interface StartOptions {
  readonly core: number;
  readonly port: number;
  /** Browsers to sign in. */
  readonly sessions: number;
}

/** A peer, its person signed in in so many browsers. */
export async function startPeer(
  name: string,
  file: string,
  signIn: (browser: Browser, handshake: Handshake) => Promise<void>,
  options: StartOptions,
): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-bench-'));
  const script = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const started = await startServerProcess([script, String(options.port), folder], {
    core: options.core,
    isReady: (line) => line.startsWith('{'),
  });
  const process = removing(started, folder);
  try {
    const handshake: Handshake = JSON.parse(started.firstLine);
    const browsers = Array.from({ length: options.sessions }, openBrowser);
    for (const browser of browsers) await signIn(browser, handshake);
    const target = {
      ...handshake,
      name,
      process,
      sessions: browsers.map((browser) => browser.cookies()),
      signIns: [],
      application: null,
    };
    return { ...target, accessToken: await firstToken({ ...target, accessToken: null }) };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** The same process, whose end also removes its folder. */
export function removing(process: ServerProcess, folder: string): ServerProcess {
  return {
    ...process,
    async stop() {
      await process.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
