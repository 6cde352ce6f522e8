/** The demo as a newcomer starts it, on free ports, for the tests of the whole story. */
import { fileURLToPath } from 'node:url';
import { freePort, type Running, start } from './programs.ts';

const DEMO = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url));

/** The password of every account of the demo. */
export const DEMO_PASSWORD = 'demo-password-9977';

/** The demo with its two addresses. */
export interface RunningDemo extends Running {
  readonly serverUrl: string;
  readonly clientUrl: string;
}

/** Starts it with its data in `folder`, and waits for its last line. */
export async function startDemo(folder: string): Promise<RunningDemo> {
  const [serverPort, clientPort] = [await freePort(), await freePort()];
  const serverUrl = `http://localhost:${serverPort}`;
  const clientUrl = `http://localhost:${clientPort}`;
  const running = await start([process.execPath, DEMO], `${clientUrl}/accounts/profile`, {
    SERVER_PORT: String(serverPort),
    CLIENT_PORT: String(clientPort),
    DEMO_DATA: folder,
  });
  const deadline = Date.now() + 30_000;
  while (!running.output().includes('ready: ')) {
    if (Date.now() > deadline) throw new Error(`the demo did not say that it is ready: ${running.output()}`);
    await new Promise((later) => setTimeout(later, 50));
  }
  return { ...running, serverUrl, clientUrl };
}
