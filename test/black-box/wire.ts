/**
 * One request as octets over a socket of its own, for what no honest client library would send.
 *
 * Owns the socket and the reading of the answer. Nothing is normalised on the way.
 */
import { connect } from 'node:net';

/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** By their names in small letters; of a repeated one the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The longest that a test waits for an answer. */
const PATIENCE_MS = 20_000;

/**
 * Sends the octets and reads until the server closes (so ask for `Connection: close`).
 * @param listening where the server listens, such as `http://localhost:9977`.
 * @throws when the server closes without an answer, or none comes.
 */
export async function exchange(listening: string, octets: string | Buffer): Promise<WireAnswer> {
  const { hostname, port } = new URL(listening);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer came')));
  const parts: Buffer[] = [];
  await new Promise<void>((ended, failed) => {
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.once('end', ended);
    // A server that refuses a body half-way may close before it was all sent: what it said counts.
    socket.once('error', (error) => (parts.length > 0 ? ended() : failed(error)));
    socket.once('close', ended);
    socket.write(octets);
  });
  socket.destroy();
  return parsed(Buffer.concat(parts).toString('utf8'));
}

/** The octets of a request that asks for the connection's end. Names and values go out as they are. */
export function request(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = '',
): Buffer {
  const content = Buffer.from(body);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...Object.entries({
      host: 'localhost',
      connection: 'close',
      ...(content.length === 0 ? {} : { 'content-length': String(content.length) }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`),
  ];
  // latin1: one octet a character, so that a test can send any octet.
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}

function parsed(text: string): WireAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end === -1 ? undefined : end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new Error(`no answer but: ${text.slice(0, 200)}`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(status), headers, body: end === -1 ? '' : text.slice(end + 4) };
}
