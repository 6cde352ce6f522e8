/**
 * One kept-alive connection that sends one request at a time: thirty-two of them are the load.
 *
 * `undici`'s dispatch, one client a connection, without the promises and streams of its `request`: it leaves the load's core
 * twice the room. Owns sending and collecting; whether an answer is right is `works.ts`.
 */
import { Client } from 'undici';

/** A request, ready to be sent any number of times. Headers are a flat list of names and values. */
export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: string[];
  readonly body?: string;
}

/** An answer. */
export interface Reply {
  readonly status: number;
  /** The `Location` header, empty when there is none. */
  readonly location: string;
  /** Each `Set-Cookie` line. */
  readonly setCookies: readonly string[];
  readonly body: string;
}

/** A connection to one server. */
export interface Connection {
  send(request: Request): Promise<Reply>;
  close(): Promise<void>;
}

/** Opens a connection. Nothing is sent before the first request. */
export function openConnection(baseUrl: string): Connection {
  const client = new Client(baseUrl, { pipelining: 1 });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        let status = 0;
        let location = '';
        let setCookies: readonly string[] = [];
        const chunks: Buffer[] = [];
        client.dispatch(
          { ...request, body: request.body ?? null },
          {
            onRequestStart() {},
            onResponseStart(_controller, statusCode, headers) {
              status = statusCode;
              location = String(headers['location'] ?? '');
              setCookies = [headers['set-cookie'] ?? []].flat();
            },
            onResponseData(_controller, chunk) {
              chunks.push(chunk);
            },
            onResponseEnd() {
              resolve({ status, location, setCookies, body: Buffer.concat(chunks).toString('utf8') });
            },
            onResponseError(_controller, error) {
              reject(error);
            },
          },
        );
      }),
    close: () => client.close(),
  };
}
