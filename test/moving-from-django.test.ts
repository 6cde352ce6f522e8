/**
 * The afternoon in which an organisation moves, as one test: a Django server with a Django client that somebody is signed in
 * at → stopped → imported → ours on the same port. The client is not touched: its next request, its next refresh and the next
 * sign-in go on, nobody is asked anything again, and the account at the client is the same one.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import {
  freePort,
  type Running,
  run,
  SERVER_PROGRAM,
  start,
  startServer,
  succeed,
  temporaryFolder,
} from './programs.ts';

const PYTHON = '/usr/bin/python3';
const PROJECT = fileURLToPath(new URL('django/', import.meta.url));
const PASSWORD = 'correct horse battery';
const CREDENTIALS = { CLIENT_ID: 'the-django-client', CLIENT_SECRET: 'a secret, chosen by a person' };

const versions = installedVersions();
if (versions === null) {
  console.warn(
    "skipped: the story needs Debian's python3-django-oauth-toolkit and python3-django-allauth (apt-get install …)",
  );
}

describe.skipIf(versions === null)(`moving from ${versions ?? 'Django'}`, () => {
  const ended: (() => Promise<void>)[] = [];
  let folder: string;
  let serverUrl: string;
  let client: Running;
  let old: Running;
  let browser: Browser;

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    ended.push(temporary.dispose);
    folder = temporary.path;
    serverUrl = `http://localhost:${await freePort()}`;
    const clientUrl = `http://localhost:${await freePort()}`;
    const shared = { PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: PROJECT, PASSWORD, ...CREDENTIALS };
    const server = {
      ...shared,
      DJANGO_SETTINGS_MODULE: 'story_settings',
      DJANGO_DATABASE: join(folder, 'server.sqlite3'),
      REDIRECT_URI: `${clientUrl}/accounts/customprovider/login/callback/`,
    };
    const application = {
      ...shared,
      DJANGO_SETTINGS_MODULE: 'client_settings',
      DJANGO_DATABASE: join(folder, 'client.sqlite3'),
      OAUTH_SERVER_BASEURL: serverUrl,
    };
    await prepare('prepare_server.py', server);
    await prepare('prepare_client.py', application);
    old = await django(serverUrl, '/login/', server);
    client = await django(clientUrl, '/accounts/profile', application);
    ended.push(() => client.stop());
    browser = await launchBrowser();
    ended.push(() => browser.close());
  });

  afterAll(async () => {
    await old?.stop();
    for (const end of ended.reverse()) await end();
  });

  it('goes on where the old server stopped', async () => {
    // Somebody signs in at the client, through the old server.
    const before = await browser.newContext({ locale: 'en' });
    const page = await before.newPage();
    await page.goto(`${client.url}/accounts/customprovider/login/`);
    await page.fill('input[name=username]', 'zoé');
    await page.fill('input[name=password]', PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('input[name=allow]').click();
    await page.waitForURL(`${client.url}/accounts/profile`);
    const known = JSON.parse(await page.locator('body').innerText());
    expect(known).toMatchObject({ username: 'zoé', first_name: 'Zoé', last_name: 'Noël', uid: '2' });
    const { token, refresh } = storedTokens(folder);
    const old0 = await profile(serverUrl, token);
    expect(old0).toMatchObject({ status: 200, body: { id: 2, username: 'zoé' } });

    // The old server stops; its database is brought over; ours starts at the same address.
    await old.stop();
    const settings = { DIAPASON_URL: serverUrl, DIAPASON_DATABASE: join(folder, 'diapason.db') };
    await writeFile(join(folder, 'scopes.json'), JSON.stringify({ read: 'Reading scope', write: 'Writing scope' }));
    const source = ['--from', join(folder, 'server.sqlite3'), '--scopes-file', join(folder, 'scopes.json')];
    await succeed(SERVER_PROGRAM, ['import', 'django', ...source], settings);
    await succeed(SERVER_PROGRAM, ['import', 'django', ...source, '--verify'], settings);
    const server = await startServer(folder, { ...settings, DIAPASON_PORT: new URL(serverUrl).port });
    ended.push(server.stop);

    // The client's next request, with the token that it has.
    expect(await profile(serverUrl, token)).toEqual(old0);
    // Its next refresh.
    const refreshed = await refreshTokens(serverUrl, refresh);
    expect(refreshed).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 36_000, scope: 'read' } });
    expect(await profile(serverUrl, String(refreshed.body['access_token']))).toEqual(old0);
    // Whoever is signed in at the client still is.
    await page.goto(`${client.url}/accounts/profile`);
    expect(JSON.parse(await page.locator('body').innerText())).toEqual(known);

    // The next sign-in, in another browser: the old password, no consent page, and the same account at the client.
    const after = await (await browser.newContext({ locale: 'en' })).newPage();
    await after.goto(`${client.url}/accounts/customprovider/login/`);
    await after.fill('input[name=username]', 'zoé');
    await after.fill('input[name=password]', PASSWORD);
    await after.getByRole('button', { name: 'Sign in' }).click();
    await after.waitForURL(`${client.url}/accounts/profile`);
    expect(JSON.parse(await after.locator('body').innerText())).toEqual(known);
    expect(accountsAtClient(folder)).toEqual([{ username: 'zoé', uid: '2' }]);
    // And the administrator is one here.
    const users = JSON.parse(await succeed(SERVER_PROGRAM, ['user', 'list', '--json'], settings));
    expect(users.find((user: { username: string }) => user.username === 'admin')).toMatchObject({ is_superuser: true });
  });
});

async function prepare(script: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const prepared = await run(join(PROJECT, script), [], environment, '', PYTHON);
  expect(prepared.stderr).toBe('');
}

async function django(url: string, path: string, environment: Readonly<Record<string, string>>): Promise<Running> {
  const command = [PYTHON, '-m', 'django', 'runserver', new URL(url).port, '--noreload'] as const;
  return { ...(await start([...command], `${url}${path}`, environment, { cwd: PROJECT })), url };
}

/** What django-allauth keeps of its sign-in. */
function storedTokens(folder: string): { readonly token: string; readonly refresh: string } {
  const db = new DatabaseSync(join(folder, 'client.sqlite3'), { readOnly: true });
  try {
    const row = db.prepare('select token, token_secret from socialaccount_socialtoken').get();
    if (row === undefined) throw new Error('the client kept no token');
    return { token: String(row['token']), refresh: String(row['token_secret']) };
  } finally {
    db.close();
  }
}

function accountsAtClient(folder: string): readonly unknown[] {
  const db = new DatabaseSync(join(folder, 'client.sqlite3'), { readOnly: true });
  try {
    const rows = db
      .prepare('select u.username, s.uid from auth_user u join socialaccount_socialaccount s on s.user_id = u.id')
      .all();
    return rows.map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function profile(server: string, token: string): Promise<Answer> {
  const answer = await fetch(`${server}/profile/`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: await answer.json() };
}

async function refreshTokens(server: string, refresh: string): Promise<Answer> {
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  const credentials = { client_id: CREDENTIALS.CLIENT_ID, client_secret: CREDENTIALS.CLIENT_SECRET };
  const body = new URLSearchParams({ ...form, ...credentials });
  const answer = await fetch(`${server}/o/token/`, { method: 'POST', body });
  return { status: answer.status, body: await answer.json() };
}

function installedVersions(): string | null {
  const ask =
    'import allauth, oauth2_provider; print(f"DOT {oauth2_provider.__version__}, allauth {allauth.__version__}")';
  try {
    return execFileSync(PYTHON, ['-c', ask], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
