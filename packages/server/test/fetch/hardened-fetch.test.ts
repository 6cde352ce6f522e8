import type { LookupAddress } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHardenedFetch, type HardenedFetchOptions } from '../../src/fetch/hardened-fetch.ts';
import { publicDetail } from '../../src/protocol/fetcher.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** A real server on this machine, and its port. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };
const JSON_ONLY = ['application/json'];
function fetcher(options: Partial<HardenedFetchOptions> = {}) {
  return createHardenedFetch({ resolve: async () => [LOOPBACK], allowLoopback: true, ...options });
}
const outside = (addresses: readonly LookupAddress[]) =>
  fetcher({ allowLoopback: false, timeLimitMs: 200, resolve: async () => addresses });

describe('what may be fetched', () => {
  it.each([
    'http://app.example/keys',
    'ftp://app.example/',
    'file:///etc/passwd',
    'https://user@app.example/',
    'https://user:secret@app.example/',
    'https://app.example/#part',
    `https://app.example/${'a'.repeat(2_000)}`,
    'not a url',
    '',
  ])('refuses %s', async (url) => {
    expect(await outside([]).fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ fault: 'bad_url' });
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
  ])('refuses the address %s, however it is written', async (url) => {
    const outcome = await outside([]).fetch({ url, contentTypes: JSON_ONLY });
    expect(outcome).toMatchObject({ outcome: 'failed', fault: 'private_address' });
  });

  it('refuses a name of which a single address is not public', async () => {
    const mixed = [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const outcome = await outside(mixed).fetch({ url: 'https://app.example/', contentTypes: JSON_ONLY });
    expect(outcome).toMatchObject({ fault: 'private_address', detail: expect.stringContaining('10.0.0.1') });
  });

  it('takes addresses of the networks that the operator named, on https alone, and no others (DIAPASON_FETCH_NETWORKS)', async () => {
    const networks = ['10.20.0.0/16', 'fd00::/8', '192.168.4.2'];
    const faultAt = async (address: string, url = 'https://app.example:1/') => {
      const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
      const outcome = await fetcher({ allowLoopback: false, networks, resolve, timeLimitMs: 200 }).fetch({
        url,
        contentTypes: JSON_ONLY,
      });
      return outcome.outcome === 'failed' ? outcome.fault : null;
    };
    for (const address of ['10.20.3.4', 'fd00::1', '::ffff:10.20.3.4', '192.168.4.2']) {
      expect(await faultAt(address), address).toMatch(/unreachable|timed_out/);
    }
    for (const address of ['10.21.0.1', '127.0.0.1', '169.254.169.254', 'fe80::1', '::ffff:10.21.0.1', '192.168.4.3']) {
      expect(await faultAt(address), address).toBe('private_address');
    }
    expect(await faultAt('10.20.3.4', 'http://app.example:1/')).toBe('bad_url');
  });

  it('tells whoever chose the address none of what a name or a port inside would tell', () => {
    const inside = ['not_found', 'private_address', 'unreachable', 'timed_out', 'busy'] as const;
    const told = inside.map((fault) => publicDetail({ fault, detail: 'its address is 10.0.0.1' }));
    expect([...new Set(told)]).toEqual(['it cannot be reached from here']);
    expect(publicDetail({ fault: 'redirected', detail: 'it answered 302' })).toBe('it answered 302');
  });

  it('says with which status and for how long an answer may be kept', async () => {
    const port = await serve((request, response) =>
      response
        .writeHead(request.url === '/gone' ? 410 : 200, {
          'content-type': 'application/json',
          'cache-control': 'max-age=60',
        })
        .end('{}'),
    );
    const url = `http://app.localhost:${port}`;
    const found = await fetcher().fetch({ url: `${url}/`, contentTypes: JSON_ONLY });
    expect(found).toMatchObject({ outcome: 'fetched', status: 200, cacheControl: 'max-age=60' });
    const gone = await fetcher().fetch({ url: `${url}/gone`, contentTypes: JSON_ONLY });
    expect(gone).toMatchObject({ outcome: 'failed', fault: 'bad_status', status: 410 });
  });

  it('in development takes http of this machine, and of no other', async () => {
    const port = await serve((_, response) => response.setHeader('content-type', 'application/json').end('{}'));
    const url = `http://app.localhost:${port}/`;
    expect(await fetcher().fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ outcome: 'fetched', body: '{}' });
    for (const address of ['93.184.216.34', '10.0.0.1']) {
      const elsewhere = fetcher({ resolve: async () => [{ address, family: 4 }] });
      expect(await elsewhere.fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ fault: 'private_address' });
    }
  });

  it('says so when a name does not resolve', async () => {
    const nowhere = fetcher({
      resolve: async () => {
        throw new Error('ENOTFOUND');
      },
    });
    const url = 'https://nowhere.example/';
    expect(await nowhere.fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ fault: 'not_found' });
    expect(await outside([]).fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ fault: 'not_found' });
  });

  it('resolves a name once and connects to what was checked (DNS rebinding)', async () => {
    const asked: string[] = [];
    const port = await serve((request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ host: request.headers.host })),
    );
    const rebinding = fetcher({
      resolve: async (name) => {
        asked.push(name);
        return asked.length === 1 ? [LOOPBACK] : [{ address: '10.0.0.1', family: 4 }];
      },
    });
    const outcome = await rebinding.fetch({ url: `http://app.example:${port}/`, contentTypes: JSON_ONLY });
    expect(outcome).toMatchObject({ body: JSON.stringify({ host: `app.example:${port}` }) });
    expect(asked).toEqual(['app.example']);
  });
});

describe('what comes back', () => {
  const answered = async (listener: RequestListener, options: Partial<HardenedFetchOptions> = {}) =>
    fetcher(options).fetch({ url: `http://localhost:${await serve(listener)}/`, contentTypes: JSON_ONLY });

  it('does not follow a redirect, not even to a good address', async () => {
    const good = await serve((_, response) => response.setHeader('content-type', 'application/json').end('{}'));
    const outcome = await answered((_, response) =>
      response.writeHead(302, { location: `http://localhost:${good}/` }).end(),
    );
    expect(outcome).toMatchObject({ fault: 'redirected' });
  });

  it('refuses another status than 2xx', async () => {
    expect(await answered((_, response) => response.writeHead(500).end('{}'))).toMatchObject({ fault: 'bad_status' });
  });

  it('refuses another content type, and takes one that ends in +json', async () => {
    const of = (type: string) =>
      answered((_, response) => {
        response.setHeader('content-type', type).end('{}');
      });
    expect(await of('text/html')).toMatchObject({ fault: 'wrong_type' });
    expect(await of('application/json; charset=utf-8')).toMatchObject({ outcome: 'fetched' });
    expect(await of('application/jwk-set+json')).toMatchObject({ outcome: 'fetched' });
    expect(await answered((_, response) => response.end('{}'))).toMatchObject({ fault: 'wrong_type' });
  });

  it('takes 64 KiB and refuses one octet more, announced or not', async () => {
    const of = (bytes: number) =>
      answered((_, response) => {
        response.setHeader('content-type', 'application/json');
        response.write('x'.repeat(10));
        response.end('x'.repeat(bytes - 10));
      });
    expect(await of(65_536)).toMatchObject({ outcome: 'fetched' });
    expect(await of(65_537)).toMatchObject({ fault: 'too_large' });
  });

  it('stops reading a body without an end', async () => {
    const outcome = await answered((_, response) => {
      response.setHeader('content-type', 'application/json');
      const more = () => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', more);
      };
      more();
    });
    expect(outcome).toMatchObject({ fault: 'too_large' });
  });

  it('gives up on a server that does not answer, and on one that answers drop by drop', async () => {
    const timeLimitMs = 100;
    expect(await answered(() => undefined, { timeLimitMs })).toMatchObject({ fault: 'timed_out' });
    const dropping = await answered(
      (_, response) => {
        response.setHeader('content-type', 'application/json');
        const drop = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drop));
      },
      { timeLimitMs },
    );
    expect(dropping).toMatchObject({ fault: 'timed_out' });
    const unresolved = fetcher({ timeLimitMs, resolve: () => new Promise(() => undefined) });
    const url = 'https://slow.example/';
    expect(await unresolved.fetch({ url, contentTypes: JSON_ONLY })).toMatchObject({ fault: 'timed_out' });
  });

  it('survives what is no HTTP and a connection that breaks', async () => {
    expect(await answered((request) => request.socket.end('not http'))).toMatchObject({ fault: 'unreachable' });
    expect(await answered((request) => request.socket.destroy())).toMatchObject({ fault: 'unreachable' });
    const outcome = await answered((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{');
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(outcome).toMatchObject({ fault: 'unreachable' });
  });
});

describe('what is sent', () => {
  it('posts a body, without cookies or credentials, and does not look at the answer unless asked to', async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        seen.push([request.method, request.headers['content-type'], body, request.headers.authorization]);
        response.writeHead(200).end('x'.repeat(100_000));
      });
    });
    const body = { contentType: 'application/x-www-form-urlencoded', text: 'logout_token=é' };
    const outcome = await fetcher().fetch({ url: `http://localhost:${port}/`, contentTypes: [], body });
    expect(outcome).toMatchObject({ outcome: 'fetched', status: 200, cacheControl: null, body: '' });
    expect(seen).toEqual([['POST', 'application/x-www-form-urlencoded', 'logout_token=é', undefined]]);
  });

  it('sends what headers are asked for, and brings what a refusal says where that is asked for; a redirect never', async () => {
    const port = await serve((request, response) => {
      const status = request.url === '/away' ? 302 : 401;
      response.writeHead(status, { 'content-type': 'text/html', 'www-authenticate': 'Bearer', location: '/' });
      response.end(String(request.headers.authorization));
    });
    const asked = { contentTypes: JSON_ONLY, headers: { authorization: 'Bearer token' } };
    const get = (path: string, anyStatus: boolean) =>
      fetcher().fetch({ ...asked, url: `http://localhost:${port}${path}`, ...(anyStatus ? { anyStatus: true } : {}) });
    expect(await get('/', true)).toMatchObject({
      outcome: 'fetched',
      status: 401,
      wwwAuthenticate: 'Bearer',
      contentType: 'text/html',
      body: 'Bearer token',
    });
    expect(await get('/', false)).toMatchObject({ outcome: 'failed', fault: 'bad_status' });
    expect(await get('/away', true)).toMatchObject({ outcome: 'failed', fault: 'redirected' });
  });
});

describe('how many at once', () => {
  it('is bounded for one host and in all, and free again afterwards', async () => {
    const waiting: (() => void)[] = [];
    const port = await serve((_, response) => {
      response.setHeader('content-type', 'application/json');
      waiting.push(() => response.end('{}'));
    });
    const bounded = fetcher();
    const get = (host: string) => bounded.fetch({ url: `http://${host}:${port}/`, contentTypes: JSON_ONLY });
    const eight = Array.from({ length: 8 }, () => get('one.localhost'));
    expect(await get('one.localhost')).toMatchObject({ fault: 'busy' });
    const others = ['two', 'three', 'four'].flatMap((name) =>
      Array.from({ length: 8 }, () => get(`${name}.localhost`)),
    );
    expect(await get('five.localhost')).toMatchObject({ fault: 'busy' });
    while (waiting.length < 32) await new Promise((turn) => setTimeout(turn, 5));
    for (const answer of waiting.splice(0)) answer();
    for (const outcome of await Promise.all([...eight, ...others])) expect(outcome.outcome).toBe('fetched');
    const again = get('one.localhost');
    while (waiting.length < 1) await new Promise((turn) => setTimeout(turn, 5));
    waiting.pop()?.();
    expect(await again).toMatchObject({ outcome: 'fetched' });
  });
});
