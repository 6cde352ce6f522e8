/**
 * What was answered stays answered: the server is killed in the middle of its work, ended by Ctrl-C, and started where it
 * cannot run.
 */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../../packages/server/test/postgres.ts';
import { formOf, Person } from '../person.ts';
import { freePort, type RunningServer, run, SERVER_PROGRAM, startServer, temporaryFolder } from '../programs.ts';
import { CALLBACK, PASSWORD, type RegisteredApplication, register } from './site.ts';
import { exchange, request } from './wire.ts';

describe('kill -9 under load, on SQLite (design: Storage)', () => {
  const KILLS = 20;
  /** Answers that have to have come in a round before the server is killed in the middle of the next ones. */
  const ANSWERS_A_ROUND = 40;
  const JOBS = 8;
  const FAMILIES = 6;

  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let settings: Readonly<Record<string, string>>;
  let server: RunningServer;
  let application: RegisteredApplication;
  beforeAll(async () => {
    folder = await temporaryFolder();
    settings = { DIAPASON_PORT: String(await freePort()), DIAPASON_LOG_LEVEL: 'error' };
    server = await startServer(folder.path, settings);
  });
  afterAll(async () => {
    await server?.stop();
    await folder?.dispose();
  });

  const basic = () => `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}`;
  /** The token endpoint's answer; null where the server died before it was all there. */
  async function tokens(parameters: Record<string, string>): Promise<{ access: string; refresh: string } | null> {
    const asked = fetch(`${server.url}/o/token/`, {
      method: 'POST',
      headers: { authorization: basic() },
      body: new URLSearchParams(parameters),
    });
    const answer = await asked
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => null);
    if (answer === null) return null;
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    const { access_token, refresh_token } = JSON.parse(answer.text) as Record<string, string>;
    return { access: access_token ?? '', refresh: refresh_token ?? '' };
  }
  async function isActive(token: string): Promise<boolean> {
    const answer = await fetch(`${server.url}/o/introspect/`, {
      method: 'POST',
      headers: { authorization: basic() },
      body: new URLSearchParams({ token }),
    });
    return ((await answer.json()) as { active: boolean }).active;
  }
  async function firstRefreshToken(person: Person): Promise<string> {
    const query = new URLSearchParams({
      client_id: application.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'read',
    });
    const seen = await person.open(`/o/authorize/?${query}`);
    const back = seen.leftFor ?? (await person.allow(seen));
    const code = back.searchParams.get('code') ?? '';
    return (await tokens({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK }))?.refresh ?? '';
  }

  it(`${KILLS} times: every token that was answered is valid afterwards`, { timeout: 240_000 }, async () => {
    const person = new Person(server);
    await person.signUp({ username: 'survivor', password: PASSWORD });
    application = await register(person, { grants: ['authorization-code', 'client-credentials'] });
    /** The refresh token that each family was last answered. */
    const newest: string[] = [];
    for (let family = 0; family < FAMILIES; family += 1) newest.push(await firstRefreshToken(person));
    const answered: string[] = [];
    let lost = 0;

    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = answered.length;
      let alive = true;
      const work = async (step: () => Promise<boolean>) => {
        while (alive) if (!(await step())) return;
      };
      const job = async () => {
        const got = await tokens({ grant_type: 'client_credentials' });
        if (got !== null) answered.push(got.access);
        return got !== null;
      };
      // The answer to a rotation may be lost with the server: the token that it was asked with then has to do again.
      const renewal = async (family: number) => {
        const got = await tokens({ grant_type: 'refresh_token', refresh_token: newest[family] ?? '' });
        if (got === null) return false;
        newest[family] = got.refresh;
        answered.push(got.access);
        return true;
      };
      const load = [
        ...Array.from({ length: JOBS }, () => work(job)),
        ...newest.map((_token, family) => work(() => renewal(family))),
      ];
      await expect
        .poll(() => answered.length - before, { timeout: 60_000, interval: 5 })
        .toBeGreaterThan(ANSWERS_A_ROUND);
      const died = once(server.process, 'exit');
      server.process.kill('SIGKILL');
      await died;
      alive = false;
      await Promise.all(load);

      server = await startServer(folder.path, settings);
      const valid = await Promise.all(answered.slice(before).map(isActive));
      lost += valid.filter((active) => !active).length;
      // A refresh token that was answered does; so does one whose successor was lost on the way (D1).
      for (let family = 0; family < FAMILIES; family += 1) expect(await renewal(family)).toBe(true);
    }
    expect(lost).toBe(0);
    const valid = await Promise.all(answered.map(isActive));
    expect(valid.filter((active) => !active)).toEqual([]);
    // Whoever was signed in still is.
    expect((await person.open('/account/')).url).toBe(`${server.url}/account/`);
  });
});

describe('Ctrl-C in the middle of requests', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: each is answered, then the server ends with status 0',
    async (signal) => {
      const folder = await temporaryFolder();
      try {
        const server = await startServer(folder.path, { DIAPASON_HASH_CONCURRENCY: '1', DIAPASON_LOG_LEVEL: 'warn' });
        await new Person(server).signUp({ username: 'member', password: PASSWORD });
        // Sign-ins wait for each other at the one place for hashing, so that most of them are under way at the signal.
        const requests = await Promise.all(
          Array.from({ length: 15 }, async () => {
            const person = new Person(server);
            const form = formOf(await person.open('/login/'), { field: 'password' });
            const fields = new URLSearchParams(form.fields);
            fields.set('username', 'member');
            fields.set('password', PASSWORD);
            const headers = {
              'content-type': 'application/x-www-form-urlencoded',
              cookie: await person.cookies.getCookieString(server.url),
              origin: form.origin,
            };
            return request('POST', '/login/', headers, fields.toString());
          }),
        );
        const answers = requests.map((octets) => exchange(server.listening, octets));
        // Sent after them and answered: the server has read them all.
        for (let time = 0; time < 3; time += 1) await exchange(server.listening, request('GET', '/healthz'));
        const ended = once(server.process, 'exit');
        server.process.kill(signal);
        for (const { status, headers } of await Promise.all(answers)) {
          expect([status, headers.get('location')]).toEqual([303, '/account/']);
        }
        expect(await ended).toEqual([0, null]);
        expect(server.output()).toContain(signal);
        await expect(fetch(`${server.listening}/healthz`)).rejects.toThrow();
      } finally {
        await folder.dispose();
      }
    },
  );
});

describe('where it cannot run it says so in one line, and ends with another status than 0', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'notes.db'), 'These are notes, and no database at all. '.repeat(200));
    await mkdir(join(folder.path, 'folder.db'));
    await mkdir(join(folder.path, 'missing'));
  });
  afterAll(() => folder?.dispose());

  async function complaint(settings: Readonly<Record<string, string>>): Promise<string> {
    const environment = { DIAPASON_DATABASE: join(folder.path, 'fresh.db'), DIAPASON_PORT: '0', ...settings };
    const { status, stdout, stderr } = await run(SERVER_PROGRAM, ['serve'], environment);
    expect([status === 0, stdout]).toEqual([false, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(stderr).not.toMatch(/\bat .*\.js:\d+|Error:/);
    return lines[0] ?? '';
  }

  it('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    expect(await complaint({ DIAPASON_PORT: port })).toContain(`127.0.0.1:${port} is taken`);
    await new Promise((closed) => other.close(closed));
  });

  it.each([
    ['DIAPASON_URL', 'nonsense'],
    ['DIAPASON_URL', 'https://id.example/with/a/path'],
    ['DIAPASON_PORT', '70000'],
    ['DIAPASON_HOST', 'not a host'],
    ['DIAPASON_SECRET', 'too short'],
    ['DIAPASON_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['DIAPASON_LOG_LEVEL', 'loud'],
    ['DIAPASON_DATABASE', 'mysql://localhost/db'],
    ['DIAPASON_HASH_CONCURRENCY', '0'],
  ])('%s=%s: named, with an example, and without the value of a secret', async (name, value) => {
    const line = await complaint({ [name]: value });
    expect(line).toContain(name);
    expect(line).toMatch(/example|for instance|such as/i);
    if (name === 'DIAPASON_SECRET') expect(line).not.toContain(value);
  });

  it.each([
    ['is no database', 'notes.db'],
    ['is a folder', 'folder.db'],
    ['is below a file', 'notes.db/diapason.db'],
  ])('a SQLite file that %s', async (_what, file) => {
    const path = join(folder.path, file);
    expect(await complaint({ DIAPASON_DATABASE: path })).toContain(path);
  });

  it.each([
    ['that nobody listens for', (_url: string) => 'postgres://diapason:the-database-password@127.0.0.1:1/diapason'],
    ['with a wrong password', (url: string) => url.replace(/:[^:@/]+@/, ':the-database-password@')],
    ['that does not exist', (url: string) => url.replace(/[^/]+$/, 'no_such_database')],
  ])('a PostgreSQL database %s, without its password', async (_what, change) => {
    const database = change(await newPostgresDatabase());
    const line = await complaint({
      DIAPASON_DATABASE: database,
      DIAPASON_SECRET: 'a-secret-of-at-least-32-characters',
    });
    expect(line).not.toContain('the-database-password');
    // A server that trusts this machine has none to tell.
    const { password } = new URL(database);
    if (password !== '') expect(line).not.toContain(password);
  });

  it('PostgreSQL without a secret', async () => {
    expect(await complaint({ DIAPASON_DATABASE: 'postgres://localhost/diapason' })).toContain('DIAPASON_SECRET');
  });

  it('a database that was made under another secret', async () => {
    const settings = {
      DIAPASON_DATABASE: join(folder.path, 'kept.db'),
      DIAPASON_SECRET: 'the-first-secret-of-32-characters',
    };
    await (await startServer(folder.path, settings)).stop();
    const line = await complaint({ ...settings, DIAPASON_SECRET: 'another-secret-of-at-least-32-characters' });
    expect(line).toContain('DIAPASON_SECRET');
    expect(line).not.toContain('another-secret');
  });
});
