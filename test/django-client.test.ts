/**
 * A Django application with django-allauth, as organisations run it today, signs in through the server: nothing is changed
 * in it but the server's address and its credentials (design: the mission, point 2).
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

const versions = installedVersions();
if (versions === null) {
  console.warn(
    "skipped: the Django client needs Debian's python3-django-allauth (apt-get install python3-django-allauth)",
  );
}

describe.skipIf(versions === null)(`django-allauth ${versions ?? ''} with a custom provider`, () => {
  const ended: (() => Promise<void>)[] = [];
  let client: Running;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    ended.push(folder.dispose);
    server = await startServer(folder.path);
    ended.push(server.stop);
    await succeed(
      SERVER_PROGRAM,
      [
        'user',
        'create',
        '--username',
        'zoé',
        '--email',
        'zoe@example.org',
        '--first-name',
        'Zoé',
        '--last-name',
        'Noël',
        '--password-stdin',
      ],
      server.environment,
      PASSWORD,
    );
    const url = `http://localhost:${await freePort()}`;
    const application = JSON.parse(
      await succeed(
        SERVER_PROGRAM,
        [
          'app',
          'create',
          '--name',
          'Django client',
          '--type',
          'confidential',
          '--grant',
          'authorization-code',
          '--redirect-uri',
          `${url}/accounts/customprovider/login/callback/`,
          '--scope',
          'read',
          '--json',
        ],
        server.environment,
      ),
    );
    const environment = {
      OAUTH_SERVER_BASEURL: server.url,
      DJANGO_DATABASE: join(folder.path, 'client.sqlite3'),
      DJANGO_SETTINGS_MODULE: 'client_settings',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: PROJECT,
      CLIENT_ID: application.client_id,
      CLIENT_SECRET: application.client_secret,
    };
    const prepared = await run(join(PROJECT, 'prepare_client.py'), [], environment, '', PYTHON);
    expect(prepared.stderr).toBe('');
    client = await start(
      [PYTHON, '-m', 'django', 'runserver', new URL(url).port, '--noreload'],
      `${url}/accounts/profile`,
      environment,
      { cwd: PROJECT },
    );
    client = { ...client, url };
    ended.push(client.stop);
  });

  afterAll(async () => {
    for (const end of ended.reverse()) await end();
  });

  it('signs a person in, by name and with the uid of the server', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ locale: 'en' });
      await page.goto(`${client.url}/accounts/customprovider/login/`);
      await page.fill('input[name=username]', 'zoe@example.org');
      await page.fill('input[name=password]', PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL(`${client.url}/accounts/profile`);
      const profile = JSON.parse(await page.locator('body').innerText());
      const [user] = JSON.parse(await succeed(SERVER_PROGRAM, ['user', 'list', '--json'], server.environment));
      expect(profile).toEqual({ username: 'zoé', first_name: 'Zoé', last_name: 'Noël', uid: user.id });

      // A second sign-in asks nothing.
      await page.context().clearCookies({ name: 'sessionid' });
      await page.goto(`${client.url}/accounts/customprovider/login/`);
      await page.waitForURL(`${client.url}/accounts/profile`);
      expect(JSON.parse(await page.locator('body').innerText()).uid).toBe(user.id);
    } finally {
      await browser.close();
    }
  });
});

function installedVersions(): string | null {
  try {
    return execFileSync(PYTHON, ['-c', 'import allauth; print(allauth.__version__)'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
