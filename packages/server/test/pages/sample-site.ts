/**
 * Serves the samples over HTTP as the server would: with its assets and under its content security policy, so that what
 * the policy forbids is missing here too. For the browser test of the pages and for `scripts/gallery.ts`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locale } from '../../src/pages/messages.ts';
import type { PageContext } from '../../src/pages/models/context.ts';
import type { Page } from '../../src/pages/models/page.ts';
import { SAMPLES, sampleContext } from './samples.ts';

const WEBAUTHN = new URL('../dist/bundle/index.umd.min.js', import.meta.resolve('@simplewebauthn/browser'));
const assets = new URL('../../assets/', import.meta.url);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'";
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/** A running site: `GET /en/sign-in` is the sample of that name. */
export interface SampleSite {
  readonly origin: string;
  readonly close: () => void;
}

/**
 * Starts it on a free loopback port. The renderer is passed in: tests have the source, the script (Node reads no TSX) what
 * was compiled from it.
 */
export async function startSampleSite(pages: {
  readonly renderPage: (page: Page, context: PageContext) => string;
  readonly brandCss: string;
}): Promise<SampleSite> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', pages).then(
      ({ type, body }) => {
        response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
      },
      (error: unknown) => {
        response.writeHead(404).end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

async function answer(
  path: string,
  pages: Parameters<typeof startSampleSite>[0],
): Promise<{ readonly type: string; readonly body: string | Buffer }> {
  const [, first = '', second = ''] = path.split('/');
  if (path === '/assets/brand.css') return { type: 'text/css', body: pages.brandCss };
  // It would send the form away before anybody has looked at the page: what is shown is what whoever runs no script sees.
  if (path === '/assets/form-post.js') return { type: 'text/javascript', body: '' };
  if (path === '/assets/webauthn.js') return { type: 'text/javascript', body: await readFile(WEBAUTHN) };
  // The browser may offer passkeys, and knows none.
  if (path === '/login/passkey/options/') {
    const options = JSON.stringify({ challenge: 'YSBjaGFsbGVuZ2U', timeout: 600_000 });
    return { type: 'application/json', body: JSON.stringify({ options, challenge: 'c2VhbGVk' }) };
  }
  if (first === 'assets') {
    const type = TYPES[second.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    return { type, body: await readFile(new URL(second, assets)) };
  }
  const sample = SAMPLES.find(({ name }) => name === second);
  if (sample === undefined || (first !== 'en' && first !== 'fr')) throw new Error(`nothing at ${path}`);
  const locale: Locale = first;
  return {
    type: 'text/html; charset=utf-8',
    body: pages.renderPage(sample.page, sampleContext({ locale, person: sample.person })),
  };
}
