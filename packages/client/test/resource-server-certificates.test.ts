/**
 * Access tokens bound to a certificate (RFC 8705 §3), in real TLS handshakes with every adapter that stands on Node, and behind a
 * proxy whose header is believed from its own address alone.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, request as requestPlain } from 'node:http';
import { createServer as createSecureServer, request as requestSecure } from 'node:https';
import type { Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateOf, type Identity } from '../../server/test/certificates.ts';
import * as forExpress from '../src/express.ts';
import * as forFastify from '../src/fastify.ts';
import * as forHono from '../src/hono.ts';
import { requireToken as nextRequireToken } from '../src/next.ts';
import { proxyCertificate, requireNodeToken } from '../src/node.ts';
import { createResourceServer } from '../src/resource-server.ts';
import { createAuthorizationServerStub, goodClaims, ISSUER, RESOURCE, signToken } from './authorization-server-stub.ts';

const authority = await certificateOf({ subject: 'CN=Authority', isAuthority: true });
const names = [{ type: 'dns', value: 'localhost' } as const];
const own = await certificateOf({ subject: 'CN=localhost', names, issuer: authority });
const [client, other] = [await certificateOf({ subject: 'CN=client' }), await certificateOf({ subject: 'CN=client' })];

const stub = createAuthorizationServerStub();
const key = await stub.key('key-1');
const reasons: string[] = [];
const api = createResourceServer({
  resource: RESOURCE,
  issuer: ISSUER,
  fetch: stub.fetch,
  log: ({ reason }) => reasons.push(reason),
});
const thumbprint = ({ x509 }: Identity) => createHash('sha256').update(x509.raw).digest('base64url');
const boundTo = (identity: Identity) =>
  signToken(key, { ...goodClaims(Date.now()), cnf: { 'x5t#S256': thumbprint(identity) } });

type Certificate = (incoming: IncomingMessage) => Uint8Array | undefined;
const ADAPTERS = ['express', 'fastify', 'hono', 'node'] as const;

/** The same route with each. */
async function listenerOf(adapter: (typeof ADAPTERS)[number], certificate?: Certificate): Promise<RequestListener> {
  const options = certificate === undefined ? {} : { certificate };
  switch (adapter) {
    case 'express': {
      const app = express();
      app.get('/things', forExpress.requireToken(api, { scope: 'read' }, options), (_request, response) => {
        response.json({ in: true });
      });
      return app;
    }
    case 'fastify': {
      let listener: RequestListener | null = null;
      const app = fastify({
        serverFactory: (handler) => {
          listener = handler;
          return createServer(handler);
        },
      });
      const named =
        certificate === undefined
          ? {}
          : { certificate: (request: { raw: IncomingMessage }) => certificate(request.raw) };
      app.get('/things', { preHandler: forFastify.requireToken(api, { scope: 'read' }, named) }, async () => ({
        in: true,
      }));
      await app.ready();
      if (listener === null) throw new Error('Fastify made no server');
      return listener;
    }
    case 'hono': {
      const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>();
      const named =
        certificate === undefined
          ? {}
          : { certificate: (context: { env: { incoming: IncomingMessage } }) => certificate(context.env.incoming) };
      app.get('/things', forHono.requireToken(api, { scope: 'read' }, named), (context) => context.json({ in: true }));
      return getRequestListener(app.fetch);
    }
    case 'node':
      return async (incoming, outgoing) => {
        const token = await requireNodeToken(api, incoming, outgoing, { scope: 'read' }, options);
        if (token !== null) outgoing.end('{"in":true}');
      };
  }
}

const ended: (() => void)[] = [];
afterAll(() => {
  for (const end of ended) end();
});

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ended.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Asks every client for a certificate and checks none by an authority: what it is worth, the token says. */
const secure = (listener: RequestListener) =>
  listen(
    createSecureServer({ cert: own.certificate, key: own.key, requestCert: true, rejectUnauthorized: false }, listener),
  );

interface Sent {
  readonly token: string;
  readonly identity?: Identity;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}
async function call(url: string, { token, identity, headers = {} }: Sent): Promise<{ status: number; body: string }> {
  const options = {
    headers: { authorization: `Bearer ${token}`, ...headers },
    agent: false,
    ca: authority.certificate,
  };
  const shown = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  const make = url.startsWith('https') ? requestSecure : requestPlain;
  const response = await new Promise<IncomingMessage>((answered, failed) => {
    make(url, { ...options, ...shown } as object)
      .once('response', answered)
      .once('error', failed)
      .end();
  });
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, body };
}

const LET_IN = { status: 200, body: '{"in":true}' };

describe.each(ADAPTERS)('RFC 8705 §3 in a TLS handshake: %s', (adapter) => {
  let url = '';
  beforeAll(async () => {
    url = `https://localhost:${await secure(await listenerOf(adapter))}/things`;
  });

  it('lets the token in with its certificate', async () => {
    expect(await call(url, { token: await boundTo(client), identity: client })).toEqual(LET_IN);
  });

  it('refuses it with another certificate, and with none', async () => {
    expect((await call(url, { token: await boundTo(client), identity: other })).status).toBe(401);
    expect(reasons.at(-1)).toBe('certificate_wrong');
    expect((await call(url, { token: await boundTo(client) })).status).toBe(401);
    expect(reasons.at(-1)).toBe('certificate_missing');
  });

  it('looks at no header: what stands there is the word of the sender', async () => {
    const headers = headersOf(client);
    expect((await call(url, { token: await boundTo(client), headers })).status).toBe(401);
    expect((await call(url, { token: await boundTo(client), identity: other, headers })).status).toBe(401);
  });
});

const byteSequence = ({ x509 }: Identity) => `:${x509.raw.toString('base64')}:`;
const headersOf = (identity: Identity) => ({
  'client-cert': byteSequence(identity),
  'x-client-cert': encodeURIComponent(identity.certificate),
});

describe.each(ADAPTERS)('proxyCertificate(), RFC 9440: %s', (adapter) => {
  it.each(['Client-Cert', 'X-Client-Cert'])('believes %s of the proxy', async (header) => {
    const certificate = proxyCertificate({ header, trustedProxies: ['127.0.0.0/8'] });
    const url = `http://localhost:${await listen(createServer(await listenerOf(adapter, certificate)))}/things`;
    const token = await boundTo(client);
    expect(await call(url, { token, headers: headersOf(client) })).toEqual(LET_IN);
    expect((await call(url, { token, headers: headersOf(other) })).status).toBe(401);
    expect((await call(url, { token })).status).toBe(401);
    const name = header.toLowerCase();
    const twice = { [name]: [headersOf(client)[name as 'client-cert'], headersOf(client)[name as 'client-cert']] };
    expect((await call(url, { token, headers: twice })).status).toBe(401);
    for (const garbled of ['', ':', '::', ':AAAA:', '%', 'null', `${'A'.repeat(20_000)}`]) {
      expect((await call(url, { token, headers: { [name]: garbled } })).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('believes it of nobody else, with a certificate of their own or without', async () => {
    const certificate = proxyCertificate({ header: 'client-cert', trustedProxies: ['10.0.0.0/8', 'fd00::/8'] });
    const listener = await listenerOf(adapter, certificate);
    const plain = `http://localhost:${await listen(createServer(listener))}/things`;
    const direct = `https://localhost:${await secure(listener)}/things`;
    const spoofed = { token: await boundTo(client), headers: headersOf(client) };
    for (const url of [plain, direct]) {
      expect((await call(url, spoofed)).status).toBe(401);
      expect(reasons.at(-1)).toBe('certificate_missing');
    }
    expect((await call(direct, { ...spoofed, identity: other })).status).toBe(401);
    expect(reasons.at(-1)).toBe('certificate_wrong');
    expect(await call(direct, { token: await boundTo(client), identity: client })).toEqual(LET_IN);
  });

  it('takes the certificate of the proxy itself for nobody’s', async () => {
    const certificate = proxyCertificate({ header: 'client-cert', trustedProxies: ['127.0.0.1'] });
    const url = `https://localhost:${await secure(await listenerOf(adapter, certificate))}/things`;
    expect((await call(url, { token: await boundTo(client), identity: client })).status).toBe(401);
    expect(await call(url, { token: await boundTo(client), identity: other, headers: headersOf(client) })).toEqual(
      LET_IN,
    );
  });
});

it('has no way for Next to say from where a header came: a certificate is what the application says', async () => {
  const answer = () => Response.json({ in: true });
  const request = async (headers: Record<string, string> = {}) =>
    new Request(`${RESOURCE}/things`, { headers: { authorization: `Bearer ${await boundTo(client)}`, ...headers } });
  const route = nextRequireToken(api, {}, answer);
  expect((await route(await request(headersOf(client)), {})).status).toBe(401);
  const said = nextRequireToken(api, {}, answer, { certificate: () => client.x509.raw });
  expect((await said(await request(), {})).status).toBe(200);
});

it('says which option of proxyCertificate() is wrong', () => {
  const make =
    (header: string, ...trustedProxies: string[]) =>
    () =>
      proxyCertificate({ header, trustedProxies });
  expect(make('client cert', '10.0.0.1')).toThrow(/^header is "client cert"/);
  expect(make('client-cert')).toThrow(/^trustedProxies: /);
  for (const range of ['proxy', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', '']) {
    expect(make('client-cert', range)).toThrow(/^trustedProxies has /);
  }
});
