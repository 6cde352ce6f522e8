import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBreachedPasswords } from '../../src/fetch/breached-passwords.ts';
import { createHardenedFetch } from '../../src/fetch/hardened-fetch.ts';

/** SHA-1 of `correct horse battery staple`, in two parts. */
const PREFIX = 'ABF7A';
const ENDING = 'AD6438836DBE526AA231ABDE2D0EEF74D42';
const PASSWORD = 'correct horse battery staple';

const asked: string[] = [];
let answer: { readonly status: number; readonly body: string };
const list = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.body);
});
let rangeUrl: string;
beforeAll(async () => {
  await new Promise<void>((listening) => list.listen(0, '127.0.0.1', listening));
  rangeUrl = `http://127.0.0.1:${(list.address() as AddressInfo).port}/range/`;
});
afterAll(() => {
  list.close();
});

function lookUp() {
  const faults: string[] = [];
  const fetcher = createHardenedFetch({
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    allowLoopback: true,
  });
  const breaches = createBreachedPasswords({ rangeUrl, fetcher, unanswered: (fault) => faults.push(fault) });
  return { breaches, faults };
}

describe('ASVS 6.2.12', () => {
  it('finds a password by the ending of its digest, and sends no more than five digits of it', async () => {
    answer = { status: 200, body: `0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n${ENDING}:2\r\n` };
    asked.length = 0;
    expect(await lookUp().breaches.isBreached(PASSWORD)).toBe(true);
    expect(asked).toEqual([`GET /range/${PREFIX}`]);
  });

  it.each([
    ['another ending', `0018A45C4D1DEF81644B54AB7F969B88D65:3`],
    ['padding, which counts 0', `${ENDING}:0`],
    ['nothing', ''],
    ['something else', '<html>hello</html>'],
  ])('takes %s for a password that is not listed', async (_, body) => {
    answer = { status: 200, body };
    const { breaches, faults } = lookUp();
    expect(await breaches.isBreached(PASSWORD)).toBe(false);
    expect(faults).toEqual([]);
  });

  it('reads an answer as large as they have become', async () => {
    const others = Array.from({ length: 4_000 }, (_, at) => `${at.toString(16).toUpperCase().padStart(35, '0')}:12`);
    answer = { status: 200, body: [...others, `${ENDING}:1`].join('\r\n') };
    expect(await lookUp().breaches.isBreached(PASSWORD)).toBe(true);
  });

  it('refuses nothing where the list is down, and tells', async () => {
    answer = { status: 503, body: '' };
    const { breaches, faults } = lookUp();
    expect(await breaches.isBreached(PASSWORD)).toBe(false);
    expect(faults).toEqual(['bad_status']);
  });
});
