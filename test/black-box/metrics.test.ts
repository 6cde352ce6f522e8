/** `/metrics`: what it counts, of how many processes, and who may read it. */
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, openSite, PASSWORD, type Site } from './site.ts';

const TOKEN = 'a-token-for-the-figures';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A connection of its own each, so that of several processes any may take it. */
async function get(site: Site, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(new URL(path, site.listening), { headers, agent: false }, (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: body }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** The value of a series, by its beginning; 0 where there is none. */
function figure({ text: figures }: Answer, series: string): number {
  const line = figures.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

describe.each(ENGINES)('/metrics on %s', (engine) => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(engine);
  }, 120_000);
  afterAll(() => site.dispose());

  it('counts answers by the pattern of the route, never by what was asked', async () => {
    const health = 'diapason_http_requests_total{route="/healthz",method="GET",status="200"}';
    const before = await get(site, '/metrics');
    expect(before.headers['content-type']).toContain('text/plain');
    expect(before.headers['cache-control']).toBe('no-store');
    await get(site, '/healthz');
    await get(site, '/o/authorize/?client_id=hush-in-a-query');
    await get(site, '/password/reset/hush-in-a-path/');
    const after = await get(site, '/metrics');
    expect(figure(after, health)).toBe(figure(before, health) + 1);
    expect(figure(after, 'diapason_http_requests_total{route="/o/authorize/",method="GET",status="400"}')).toBe(1);
    expect(after.text).not.toContain('hush');
  });

  it('gives all addresses that do not exist one series', async () => {
    const before = await get(site, '/metrics');
    for (let at = 0; at < 30; at += 1) await get(site, `/nothing-${at}/`);
    const after = await get(site, '/metrics');
    const series = 'diapason_http_requests_total{route="none",method="GET",status="404"}';
    expect(figure(after, series)).toBe(figure(before, series) + 30);
    expect(after.text).not.toContain('nothing-');
  });

  it('counts what happens to accounts, and says that the database and mail are well', async () => {
    await site.member('counted');
    const { text: figures, ...answer } = await get(site, '/metrics');
    const seen = { text: figures, ...answer };
    expect(figure(seen, 'diapason_account_events_total{kind="signed-up"}')).toBe(1);
    expect(figure(seen, 'diapason_database_up')).toBe(1);
    expect(figures).toContain('diapason_mail{state="waiting"} 0');
    expect(figures).toContain('diapason_mail{state="failed"} 0');
    expect(figures).toContain('diapason_password_hashes{state="waiting"} 0');
    expect(figures).toMatch(
      new RegExp(
        `diapason_build_info\\{version="[^"]+",node="24[^"]+",engine="${engine === 'SQLite' ? 'sqlite' : 'postgres'}"\\} 1`,
      ),
    );
    expect(figures).not.toContain('counted');
    expect(figures).not.toContain(PASSWORD);
  });
});

describe('/metrics without a token', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('SQLite');
  }, 120_000);
  afterAll(() => site.dispose());

  it.each(['docs/metrics.md', 'deploy/grafana/diapason.json', 'deploy/prometheus/diapason-alerts.yaml'])(
    'has every figure that %s names',
    async (file) => {
      const document = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
      const { text: figures } = await get(site, '/metrics');
      const known = new Set([...figures.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
      const named = [...document.matchAll(/\b(?:diapason|nodejs|process)_[a-z0-9_]+[a-z0-9]/g)].map(([name]) =>
        name.replace(/_seconds_(?:bucket|sum|count)$/, '_seconds'),
      );
      expect(new Set(named).size).toBeGreaterThan(4);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it('names each figure of its own in docs/metrics.md', async () => {
    const document = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const { text: figures } = await get(site, '/metrics');
    const own = [...figures.matchAll(/^# TYPE (diapason_\S+)/gm)].map(([, name]) => name ?? '');
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it.each([
    ['x-forwarded-for', '203.0.113.7'],
    ['x-forwarded-proto', 'https'],
    ['x-real-ip', '203.0.113.7'],
    ['forwarded', 'for=203.0.113.7'],
    ['via', '1.1 proxy'],
    ['host', 'id.example.org'],
    ['host', 'localhost.example.org'],
  ])('is not for what comes through a proxy (%s: %s)', async (name, value) => {
    const refused = await get(site, '/metrics', { [name]: value });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('DIAPASON_METRICS_TOKEN');
    expect(refused.text).not.toContain('diapason_http_requests_total');
  });
});

describe('/metrics with DIAPASON_METRICS_TOKEN and two processes', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('SQLite', { DIAPASON_METRICS_TOKEN: TOKEN, DIAPASON_WORKERS: '2' });
  }, 120_000);
  afterAll(() => site.dispose());

  it('wants the token, from this machine too (RFC 6750 §3)', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer another-token-of-some-length' },
      { authorization: `Basic ${TOKEN}` },
    ]) {
      const refused = await get(site, '/metrics', headers);
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer realm="diapason metrics"']);
      expect(refused.text).not.toContain('diapason_http_requests_total');
    }
    const shown = await get(site, '/metrics', { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '203.0.113.7' });
    expect(shown.status).toBe(200);
  });

  it('adds up what each process answered', async () => {
    const authorization = `Bearer ${TOKEN}`;
    const series = 'diapason_http_requests_total{route="/readyz",method="GET",status="200"}';
    const before = figure(await get(site, '/metrics', { authorization }), series);
    for (let at = 0; at < 20; at += 1) expect((await get(site, '/readyz')).status).toBe(200);
    const seen = await get(site, '/metrics', { authorization });
    expect(figure(seen, series)).toBe(before + 20);
    // What every process sees alike is not added.
    expect(figure(seen, 'diapason_database_up')).toBe(1);
  });
});
