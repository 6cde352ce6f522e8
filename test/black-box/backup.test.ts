/**
 * A backup that is taken while people and programs work, and restored at another place, on each engine from each: nobody has to sign in
 * again, and every answer is as it was.
 */
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../packages/server/test/postgres.ts';
import { Person } from '../person.ts';
import { run, SERVER_PROGRAM, startServer, succeed, temporaryFolder } from '../programs.ts';
import { CALLBACK, ENGINES, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

const SECRET = 'the-secret-of-both-servers-32-characters';

type Json = Readonly<Record<string, unknown>>;
type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

describe.each(ENGINES)('a backup that is taken under load on %s', (engine) => {
  let site: Site;
  let folder: Folder;
  let alice: Person;
  let application: RegisteredApplication;
  let tokens: { readonly access: string; readonly refresh: string };
  let machine: RegisteredApplication;
  /** Issued while the backup was being taken, each with the answer before or after it. */
  const issuedBefore: string[] = [];
  let file: string;

  const post = async (url: string, path: string, form: Record<string, string>, by: RegisteredApplication) => {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${by.clientId}:${by.clientSecret}`).toString('base64')}` },
      body: new URLSearchParams(form),
    });
    return { status: answer.status, body: (await answer.json()) as Json };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'backup.gz');
    site = await openSite(engine, { DIAPASON_SECRET: SECRET });
    alice = await site.member('alice');
    application = await register(alice);
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: application.clientId, redirect_uri: CALLBACK },
      scope: 'openid profile email read',
    });
    const seen = await alice.open(`/o/authorize/?${query}`);
    const back = seen.leftFor ?? (await alice.allow(seen));
    const form = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
    };
    const { body } = await post(site.url, '/o/token/', form, application);
    tokens = { access: String(body['access_token']), refresh: String(body['refresh_token']) };
    const made = (await site.command([
      ...['app', 'create', '--name', 'Machine', '--type', 'confidential'],
      ...['--grant', 'client-credentials', '--scope', 'read,introspection'],
    ])) as Record<string, string>;
    machine = { path: '', clientId: made['client_id'] ?? '', clientSecret: made['client_secret'] ?? '' };
    let isOver = false;
    let begun = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const early = !begun;
        const answer = await post(site.url, '/o/token/', { grant_type: 'client_credentials' }, machine);
        expect(answer.status).toBe(200);
        if (early && !begun) issuedBefore.push(String(answer.body['access_token']));
      }
    });
    const loading = Promise.all(load);
    while (issuedBefore.length < 20) await new Promise((later) => setTimeout(later, 10));
    begun = true;
    const written = (await site.command(['backup', file])) as Json;
    isOver = true;
    await loading;
    expect(written).toMatchObject({ file, rows: expect.any(Number) });
  });
  afterAll(async () => {
    await site?.dispose();
    await folder?.dispose();
  });

  it('is readable by its owner alone, and never written over', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file);
    const again = await run(SERVER_PROGRAM, ['backup', file], site.environment);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('is there already, and is not written over');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('never holds the secret, and says so', () => {
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    expect(text).not.toContain(SECRET);
    expect(text).toContain('DIAPASON_SECRET is not in this file');
    for (const hidden of [PASSWORD, application.clientSecret ?? '?', tokens.access, tokens.refresh]) {
      expect(text).not.toContain(hidden);
    }
  });

  it('is whole, as restore --check says', async () => {
    const checked = await succeed(SERVER_PROGRAM, ['restore', file, '--check', '--json'], site.environment);
    expect(JSON.parse(checked)).toMatchObject({ restored: false });
  });

  it.each(ENGINES)('restores on %s to the same answers', async (into) => {
    const home = await temporaryFolder();
    const database = into === 'SQLite' ? join(home.path, 'new.db') : await newPostgresDatabase();
    const settings = { ...site.environment, DIAPASON_DATABASE: database, DIAPASON_SECRET: SECRET };
    const restored = await succeed(SERVER_PROGRAM, ['restore', file, '--json'], settings);
    expect(JSON.parse(restored)).toMatchObject({ restored: true });
    // Somewhere else at the same address: the public URL stays what it was.
    const server = await startServer(home.path, {
      ...{ DIAPASON_DATABASE: database, DIAPASON_SECRET: SECRET, DIAPASON_URL: site.url },
    });
    try {
      const here = server.listening;
      const userinfo = (url: string) =>
        fetch(new URL('/o/userinfo/', url), { headers: { authorization: `Bearer ${tokens.access}` } });
      expect(await (await userinfo(here)).json()).toEqual(await (await userinfo(site.listening)).json());
      for (const token of [tokens.access, ...issuedBefore.slice(0, 20)]) {
        const [there, now] = await Promise.all([
          post(site.listening, '/o/introspect/', { token }, machine),
          post(here, '/o/introspect/', { token }, machine),
        ]);
        expect(now.body).toEqual(there.body);
        expect(now.body['active']).toBe(true);
      }
      // The same successor of the same refresh token.
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh };
      const refreshed = await post(here, '/o/token/', form, application);
      expect(refreshed.status).toBe(200);
      const keys = async (url: string) => (await fetch(new URL('/o/.well-known/jwks.json', url))).json();
      expect(await keys(here)).toEqual(await keys(site.listening));
      // The browser that was signed in is still, and everybody gets in by their password.
      const cookie = await alice.cookies.getCookieString(site.url);
      const account = await fetch(new URL('/account/', here), { headers: { cookie }, redirect: 'manual' });
      expect(account.status).toBe(200);
      expect(await account.text()).toContain('alice');
      const other = new Person({ url: site.url, listening: here });
      const seen = await other.signIn('alice', PASSWORD);
      expect(seen.url).toContain('/account/');
      const verified = await succeed(SERVER_PROGRAM, ['audit', 'verify', '--json'], settings);
      expect(JSON.parse(verified)).toMatchObject({ whole: true });
      const [line] = JSON.parse(await succeed(SERVER_PROGRAM, ['audit', 'list', '--json'], settings)) as Json[];
      expect(line).toMatchObject({ action: 'installation.restore' });
    } finally {
      await server.stop();
      await home.dispose();
    }
  });

  it('is refused where there is something already, unless forced', async () => {
    const other = await temporaryFolder();
    const settings = { ...site.environment, DIAPASON_DATABASE: join(other.path, 'new.db') };
    try {
      await succeed(SERVER_PROGRAM, ['user', 'create', '--username', 'mallory', '--email', 'm@example.org'], settings);
      const refused = await run(SERVER_PROGRAM, ['restore', file], settings);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toMatch(/not empty\. With --force/);
      await succeed(SERVER_PROGRAM, ['restore', file, '--force'], settings);
      const users = JSON.parse(await succeed(SERVER_PROGRAM, ['user', 'list', '--json'], settings)) as Json[];
      expect(users.map(({ username }) => username)).toEqual(['alice']);
    } finally {
      await other.dispose();
    }
  });

  it('names a wrong secret', async () => {
    const other = await temporaryFolder();
    const database = join(other.path, 'new.db');
    const settings = { ...site.environment, DIAPASON_DATABASE: database, DIAPASON_SECRET: 'x'.repeat(40) };
    try {
      const refused = await run(SERVER_PROGRAM, ['restore', file], settings);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('made under another DIAPASON_SECRET');
      expect(refused.stderr).toContain('Nothing was written');
    } finally {
      await other.dispose();
    }
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2)), /cut off or was changed/],
    [
      'cut off by its last octet',
      (path: string) => truncateSync(path, statSync(path).size - 1),
      /cut off or was changed/,
    ],
    [
      'changed in one place',
      (path: string) => {
        const octets = readFileSync(path);
        const middle = Math.floor(octets.length / 2);
        octets[middle] = (octets[middle] ?? 0) ^ 1;
        writeFileSync(path, octets);
      },
      /cut off or was changed/,
    ],
    ['empty', (path: string) => truncateSync(path, 0), /no backup|cut off/],
    ['something else', (path: string) => writeFileSync(path, 'hello'), /is no backup of diapason/],
  ])('refuses a file that is %s before anything is written', async (_what, spoil, words) => {
    const other = await temporaryFolder();
    const copy = join(other.path, 'copy.gz');
    const settings = { ...site.environment, DIAPASON_DATABASE: join(other.path, 'new.db') };
    try {
      writeFileSync(copy, readFileSync(file));
      spoil(copy);
      await succeed(SERVER_PROGRAM, ['user', 'create', '--username', 'kept', '--email', 'k@example.org'], settings);
      const refused = await run(SERVER_PROGRAM, ['restore', copy, '--force'], settings);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toMatch(words);
      const users = JSON.parse(await succeed(SERVER_PROGRAM, ['user', 'list', '--json'], settings)) as Json[];
      expect(users.map(({ username }) => username)).toEqual(['kept']);
    } finally {
      await other.dispose();
    }
  });

  it('leaves nothing of a file that cannot be finished', async () => {
    const target = join(folder.path, 'no-such-folder', 'backup.gz');
    const refused = await run(SERVER_PROGRAM, ['backup', target], site.environment);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('cannot be written (ENOENT)');
    expect(existsSync(target)).toBe(false);
  });
});
