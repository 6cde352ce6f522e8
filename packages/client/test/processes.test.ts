/**
 * Two processes of one application behind a balancer that gives each request to the next of them, on one database: twenty requests
 * with one expired token, and ten tabs that sign in at once. What reaches the provider is counted on the way there.
 */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/browser.ts';
import {
  freePort,
  type RunningServer,
  SERVER_PROGRAM,
  start,
  startServer,
  succeed,
  temporaryFolder,
} from '../../../test/programs.ts';
import { newPostgresDatabase } from '../../server/test/postgres.ts';
import { listenOnFreePort } from './listening.ts';

const PASSWORD = 'demo-password-9977';
/** Ten pages of one browser beside four servers: half a minute on a busy machine, and more on a busier one. */
const TEN_TABS_MS = 240_000;
const APPLICATION = fileURLToPath(new URL('./application-process.ts', import.meta.url));

const ended: (() => Promise<void>)[] = [];
let folder = '';
let server: RunningServer;
let browser: Browser;
let backChannelUrl = '';
/** The grants that were asked for at the provider's token endpoint. */
let grants: string[] = [];

/** Hands a request on; `seen` gets its body. */
function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: string, seen: (body: string) => void): void {
  const { method, url = '/', headers } = incoming;
  const onward = send(`${to}${url}`, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headersDistinct as Record<string, string[]>);
    answer.pipe(outgoing);
  });
  onward.on('error', (error) => outgoing.writeHead(502).end(`balancer: ${error.message}`));
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    seen(Buffer.concat(chunks).toString());
    onward.end(Buffer.concat(chunks));
  });
}

beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
  server = await startServer(folder, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  const user = ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'];
  await succeed(SERVER_PROGRAM, user, server.environment, PASSWORD);
  const counting = createServer((incoming, outgoing) =>
    pass(incoming, outgoing, server.url, (body) => {
      if (incoming.url === '/o/token/') grants.push(new URLSearchParams(body).get('grant_type') ?? '');
    }),
  );
  const listening = await listenOnFreePort(counting);
  ended.push(listening.close);
  backChannelUrl = listening.url;
  browser = await launchBrowser();
  ended.push(() => browser.close());
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

const DATABASES = {
  SQLite: async () => `${folder}/client.db`,
  PostgreSQL: () => newPostgresDatabase(),
} as const;

describe.each(['SQLite', 'PostgreSQL'] as const)('two processes on one %s', (engine) => {
  let url = '';
  const urls: string[] = [];
  let context: BrowserContext;

  beforeAll(async () => {
    let turn = 0;
    const balancer = await listenOnFreePort(
      createServer((incoming, outgoing) => {
        turn += 1;
        pass(incoming, outgoing, urls[turn % urls.length] ?? '', () => undefined);
      }),
    );
    ended.push(balancer.close);
    url = balancer.url;
    const created = await succeed(
      SERVER_PROGRAM,
      [
        ...'app create --name Tabs --type confidential --grant authorization-code,refresh-token --json'.split(' '),
        ...['--skip-consent', '--redirect-uri', `${url}/accounts/diapason/login/callback/`],
      ],
      server.environment,
    );
    const { client_id: clientId, client_secret: clientSecret } = JSON.parse(created);
    const database = await DATABASES[engine]();
    // Both at once: whoever comes first makes the tables.
    const started = await Promise.all(
      [await freePort(), await freePort()].map((port) =>
        start([process.execPath, APPLICATION], `http://localhost:${port}`, {
          PORT: String(port),
          APP_URL: url,
          DATABASE: database,
          SERVER_URL: server.url,
          BACK_CHANNEL_URL: backChannelUrl,
          CLIENT_ID: clientId,
          CLIENT_SECRET: clientSecret,
        }),
      ),
    );
    for (const each of started) {
      urls.push(each.url);
      ended.push(each.stop);
    }
    context = await browser.newContext({ locale: 'en' });
    ended.push(() => context.close());
    context.setDefaultTimeout(60_000);
  });

  it('are two processes, and share the requests', async () => {
    const pids = new Set<string>();
    for (let asked = 0; asked < 4; asked += 1) pids.add(await (await fetch(`${url}/pid`)).text());
    expect(pids.size).toBe(2);
  });

  it(
    'sign ten tabs of one browser in at once, the last of them too',
    async () => {
      const tabs = await Promise.all(Array.from({ length: 10 }, () => context.newPage()));
      await Promise.all(tabs.map((tab) => tab.goto(`${url}/accounts/diapason/login/`)));
      await Promise.all(tabs.map(signIn));
      // Meanwhile a tab may have asked with the session that another's sign-in replaced. When all are through, each is signed in.
      await Promise.all(tabs.map((tab) => tab.goto(`${url}/accounts/profile`)));
      expect(await Promise.all(tabs.map((tab) => tab.textContent('#username')))).toEqual(Array(10).fill('alice'));
      for (const tab of tabs.slice(1)) await tab.close();
    },
    TEN_TABS_MS,
  );

  it('ask the provider once for twenty requests with one expired token, again and again, and nobody is signed out', async () => {
    const [session] = (await context.cookies(url)).filter(({ name }) => name === 'diapason_client_session');
    const cookie = `${session?.name}=${session?.value}`;
    const profile = async () => {
      const response = await fetch(`${url}/api/profile`, { headers: { cookie } });
      return [response.status, ((await response.json()) as { username?: string }).username];
    };
    expect(await profile()).toEqual([200, 'alice']);
    for (const hours of [1, 2, 3]) {
      for (const each of urls) await fetch(`${each}/clock?offset=${hours * 3_600_000}`, { method: 'POST' });
      grants = [];
      const answers = await Promise.all(Array.from({ length: 20 }, profile));
      expect(answers).toEqual(Array(20).fill([200, 'alice']));
      expect(grants).toEqual(['refresh_token']);
    }
    const [tab] = context.pages();
    await tab?.goto(`${url}/accounts/profile`);
    expect(await tab?.textContent('#username')).toBe('alice');
  });
});

/** The first who is through makes the server show the others' forms once more. */
async function signIn(tab: Page): Promise<void> {
  for (let steps = 0; steps < 12; steps += 1) {
    const again = tab.getByText('Start again', { exact: true });
    await tab
      .locator('input[name=password], #username, #login')
      .or(again)
      .first()
      .waitFor({ timeout: 30_000 })
      .catch(async () => {
        throw new Error(`neither form nor profile at ${tab.url()}: ${await tab.innerText('body')}`);
      });
    // A sign-in in another tab ends the session that this one's code was of. The page says so, and the way on works.
    if ((await again.count()) > 0) {
      const next = tab.waitForEvent('framenavigated');
      await again.click();
      await next;
      continue;
    }
    if ((await tab.locator('input[name=password]').count()) === 0) return;
    await tab.fill('input[name=username]', 'alice');
    await tab.fill('input[name=password]', PASSWORD);
    // Until the next page is there, the form of this one still is.
    const next = tab.waitForEvent('framenavigated');
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await next;
    await tab.waitForLoadState();
  }
  throw new Error(`not signed in at ${tab.url()}: ${await tab.innerText('body')}`);
}
