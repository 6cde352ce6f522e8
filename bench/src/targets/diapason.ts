/**
 * Diapason as a target: started by its own command on an embedded database, set up by its own commands, as an operator
 * would; its person signs in by the form.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, openBrowser } from '../browser.ts';
import type { Request } from '../connection.ts';
import { REDIRECT_URI } from '../peers/handshake.ts';
import { startServerProcess } from '../server-process.ts';
import type { Target } from '../target.ts';
import { firstToken } from './first-token.ts';
import { removing, type StartOptions } from './peer.ts';

const COMMAND = fileURLToPath(new URL('../../../packages/server/bin/diapason.js', import.meta.url));
const WITNESS = fileURLToPath(new URL('../synchronous-witness.ts', import.meta.url));
const PASSWORD = 'demo-password-9977';

/** Starts it. Its first client may be sent to these further addresses. */
export async function startDiapason(options: StartOptions, redirectUris: readonly string[] = []): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-bench-'));
  const baseUrl = `http://localhost:${options.port}`;
  // The peers write no line for a request; neither does this server at the level `warn`.
  const environment = { DIAPASON_URL: baseUrl, DIAPASON_LOG_LEVEL: 'warn' };
  const clients = await prepare(folder, environment, redirectUris);
  const started = await startServerProcess(['--import', WITNESS, COMMAND, 'serve'], {
    core: options.core,
    cwd: folder,
    environment,
    isReady: (line) => line.includes('"synchronous"'),
  });
  const process = removing(started, folder);
  try {
    const witnessed: { readonly synchronous: number } = JSON.parse(started.firstLine);
    const browsers = Array.from({ length: options.sessions }, openBrowser);
    for (const browser of browsers) await signIn(browser, baseUrl);
    const sessions = browsers.map((browser) => browser.cookies());
    const signIns = await Promise.all(browsers.map((browser) => filledForm(browser, baseUrl)));
    const target: Target = {
      name: 'diapason',
      process,
      baseUrl,
      paths: {
        authorize: '/o/authorize/',
        token: '/o/token/',
        par: '/o/par/',
        introspect: '/o/introspect/',
        userinfo: '/o/userinfo/',
        discovery: '/o/.well-known/openid-configuration',
      },
      ...clients,
      redirectUri: REDIRECT_URI,
      sessions,
      signIns,
      accessToken: null,
      application: null,
      synchronous: witnessed.synchronous,
    };
    return { ...target, accessToken: await firstToken(target) };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

async function prepare(folder: string, environment: Readonly<Record<string, string>>, redirectUris: readonly string[]) {
  const diapason = async (...argv: readonly string[]): Promise<unknown> => {
    const env = { ...process.env, ...environment, ALICES_PASSWORD: PASSWORD };
    const ran = await promisify(execFile)(process.execPath, [COMMAND, ...argv, '--json'], { cwd: folder, env });
    return JSON.parse(ran.stdout);
  };
  const person = [
    '--username',
    'alice',
    '--email',
    'alice@example.org',
    '--first-name',
    'Alice',
    '--last-name',
    'Ames',
  ];
  await diapason('user', 'create', ...person, '--password-env', 'ALICES_PASSWORD');
  const create = async (name: string, grants: string, scope: string, further: readonly string[] = []) => {
    const addresses = [REDIRECT_URI, ...further].flatMap((uri) => ['--redirect-uri', uri]);
    const settings = ['--type', 'confidential', '--grant', grants, '--skip-consent', ...addresses];
    const scopes = scope.split(' ').flatMap((one) => ['--scope', one]);
    const made = await diapason('app', 'create', '--name', name, ...settings, ...scopes);
    const { client_id: id, client_secret: secret } = made as {
      readonly client_id: string;
      readonly client_secret: string;
    };
    return { id, secret };
  };
  const scope = 'openid profile email';
  return {
    client: await create('bench', 'authorization-code,client-credentials', `${scope} read`, redirectUris),
    refreshing: { ...(await create('bench with refresh', 'authorization-code,refresh-token', scope)), scope },
  };
}

async function signIn(browser: Browser, baseUrl: string): Promise<void> {
  const fields = await signInFields(browser, baseUrl);
  const answer = await browser.visit(`${baseUrl}/login/`, fields, { origin: baseUrl, 'sec-fetch-site': 'same-origin' });
  if (answer.status !== 303) throw new Error(`diapason: sign-in answered ${answer.status}`);
}

/** What a browser that alice has used before sends when she signs in again. */
async function filledForm(browser: Browser, baseUrl: string): Promise<Request> {
  browser.forget('diapason_session');
  const body = new URLSearchParams(await signInFields(browser, baseUrl)).toString();
  const headers = { cookie: browser.cookies(), origin: baseUrl, 'sec-fetch-site': 'same-origin', accept: 'text/html' };
  const sent = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', path: '/login/', headers: Object.entries(sent).flat(), body };
}

async function signInFields(browser: Browser, baseUrl: string): Promise<Record<string, string>> {
  const page = await browser.visit(`${baseUrl}/login/`);
  const form = page.body.match(/<form\b[\s\S]*?<\/form>/g)?.find((text) => text.includes('name="username"')) ?? '';
  const hidden = [...form.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
    /name="([^"]*)"/.exec(tag)?.[1] ?? '',
    /value="([^"]*)"/.exec(tag)?.[1] ?? '',
  ]);
  return { ...Object.fromEntries(hidden), username: 'alice', password: PASSWORD };
}
