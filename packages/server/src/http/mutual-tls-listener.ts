/**
 * A port with TLS of its own, which asks each client for a certificate (RFC 8705) and serves what the usual port serves.
 *
 * Owns the socket. A client without a certificate is served too: whether one is needed is the endpoint's to say.
 */
import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** As the usual port has it (`server.ts`). */
const REQUEST_TIMEOUT_MS = 30_000;

/** The open port. */
export interface MutualTlsListener {
  readonly port: number;
  /** Takes no more connections and resolves when those that are open have ended. */
  close(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

/** Opens it. @throws what `listen` throws (`EADDRINUSE` and the like). */
export async function listenWithMutualTls(
  options: { readonly host: string; readonly port: number; readonly certificate: string; readonly key: KeyObject },
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<MutualTlsListener> {
  const { host, port, certificate, key } = options;
  const server = createServer(
    {
      cert: certificate,
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      requestCert: true,
      // RFC 8705 §2.2: a self-signed certificate has no authority to be checked against. No names of authorities are sent
      // either, since many clients then send a certificate of those alone; `protocol/client-certificate.ts` checks.
      rejectUnauthorized: false,
      // RFC 9325 §3.1.1
      minVersion: 'TLSv1.2',
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    serve,
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, listening);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
      }),
    cut: () => server.closeAllConnections(),
  };
}
