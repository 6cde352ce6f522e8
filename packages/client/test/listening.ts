/**
 * Servers of a test, on free ports.
 */
import type { Server } from 'node:http';

/** A server that listens. */
export interface Listening {
  /** `http://localhost:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it on a port that the system chooses, on loopback. */
export async function listenOnFreePort(server: Server, port = 0): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://localhost:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
