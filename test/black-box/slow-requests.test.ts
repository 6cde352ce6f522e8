/** Requests that never end: each is told so and its connection closed, while others are answered (CWE-400). */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite('SQLite');
});
afterAll(() => site?.dispose());

/** Sends the beginning of a request, then a piece each second. @returns what was answered until the connection closed. */
function drip(beginning: string, piece: string): Promise<string> {
  const { hostname, port } = new URL(site.listening);
  return new Promise((closed) => {
    const socket = connect(Number(port), hostname, () => socket.write(beginning));
    const dripping = setInterval(() => socket.write(piece), 1_000);
    let answer = '';
    socket.on('data', (part) => {
      answer += part;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dripping);
      closed(answer);
    });
  });
}

describe('RFC 9110 §15.5.9: a request that does not arrive', () => {
  it('is answered 408 and its connection closed: a head, a body, a body in chunks', { timeout: 120_000 }, async () => {
    const post = 'POST /o/token/ HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n';
    const slow = Promise.all([
      drip('GET / HTTP/1.1\r\nhost: localhost\r\n', 'x: y\r\n'),
      drip(`${post}content-length: 1000\r\n\r\n`, 'a'),
      drip(`${post}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
    ]);
    expect((await fetch(`${site.url}/healthz`)).status).toBe(200);
    for (const answer of await slow) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('did not arrive within 30 seconds');
    }
  });
});
