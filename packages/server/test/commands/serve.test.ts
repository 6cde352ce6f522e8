import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newPostgresDatabase } from '../postgres.ts';
import { freePort, type Installation, install, PASSWORD } from './run-diapason.ts';

let diapason: Installation;
beforeEach(() => {
  diapason = install();
});
afterEach(() => diapason.remove());

const SECRET = { DIAPASON_SECRET: 'a-secret-of-at-least-32-characters' };
const FORM = 'grant_type=client_credentials';

/** Sends the head of a request and half of its body: the server now waits for the rest, so the request is under way. */
async function halfARequest(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /o/token/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${FORM.length}\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n`,
  );
  // RFC 9110 §10.1.1: the interim answer says that the server has read the head.
  await once(socket, 'data');
  socket.write(FORM.slice(0, 10));
  return socket;
}

/** Sends a signal and waits until the server has said that it took it. */
async function signalled(server: ChildProcess, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  const said = new Promise<void>((resolve) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes(`${signal}:`)) resolve();
    });
  });
  server.kill(signal);
  await said;
}

describe('diapason serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'at %s answers what is under way, then ends with status 0',
    async (signal) => {
      const { process: server, port, ended } = await diapason.serve();
      const socket = await halfARequest(port);
      const answer = text(socket);
      server.kill(signal);
      await once(server.stderr ?? server, 'data');
      socket.write(FORM.slice(10));
      expect(await answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*invalid_client/);
      expect(await ended).toMatchObject({ status: 0, complaint: expect.stringContaining(signal) });
    },
  );

  it('ends at once at a second signal', async () => {
    const { process: server, port, ended } = await diapason.serve();
    const socket = await halfARequest(port);
    socket.on('error', () => undefined);
    await signalled(server, 'SIGINT');
    server.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130 });
    socket.destroy();
  });

  it('says in one line that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await diapason.spawn(['serve'], { environment: { DIAPASON_URL: `http://localhost:${port}` } });
    expect(ended).toMatchObject({ status: 1, output: '' });
    expect(ended.complaint).toBe(
      `diapason: 127.0.0.1:${port} is taken by another process. End that one, or set DIAPASON_PORT to another port.\n`,
    );
    await new Promise((closed) => other.close(closed));
  });

  it('says in one line that the address is not one of this machine', async () => {
    // RFC 5737: TEST-NET-1, which no machine has.
    const environment = { DIAPASON_HOST: '192.0.2.1', DIAPASON_PORT: String(await freePort()) };
    const ended = await diapason.spawn(['serve'], { environment });
    expect(ended).toMatchObject({
      status: 1,
      complaint: expect.stringMatching(/^diapason: 192\.0\.2\.1 is not .*\n$/),
    });
  });

  it.each([
    [
      'verification and no mail server',
      { DIAPASON_URL: 'https://id.example.org', DIAPASON_EMAIL_VERIFICATION: 'required' },
      'no mail can be sent without DIAPASON_SMTP_URL',
    ],
    ['a bad value', { DIAPASON_URL: 'http://id.example.org' }, 'DIAPASON_URL is plain http'],
  ])('refuses to start with %s', async (_what, environment, line) => {
    const ended = await diapason.run(['serve'], { environment });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringContaining(line) });
    expect(ended.complaint.trimEnd()).not.toContain('\n');
  });

  it('says in one line that the database was made with another secret', async () => {
    await diapason.json(['user', 'list']);
    const environment = { DIAPASON_PORT: String(await freePort()), DIAPASON_SECRET: 'x'.repeat(40) };
    const ended = await diapason.spawn(['serve'], { environment });
    expect(ended).toMatchObject({ status: 1, complaint: expect.stringMatching(/^diapason: .*DIAPASON_SECRET.*\n$/) });
  });

  it('writes nothing but the log to standard output, one JSON object a line', async () => {
    const { process: server, port, ended } = await diapason.serve({ environment: { DIAPASON_LOG_LEVEL: 'info' } });
    await fetch(`http://127.0.0.1:${port}/o/.well-known/openid-configuration`);
    server.kill('SIGTERM');
    const { output, complaint } = await ended;
    const lines = output.trimEnd().split('\n');
    expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
    expect(complaint).toContain(`Diapason answers at http://localhost:${port}`);
  });

  it('knows at once what a command changed beside it', async () => {
    const { process: server, port, ended } = await diapason.serve();
    const argv = ['app', 'create', '--name', 'Job', '--type', 'confidential', '--grant', 'client-credentials'];
    const app = (await diapason.json([...argv, '--scope', 'read'])) as { client_id: string; client_secret: string };
    const token = () =>
      fetch(`http://127.0.0.1:${port}/o/token/`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${app.client_id}:${app.client_secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
    expect((await token()).status).toBe(200);
    await diapason.run(['app', 'delete', app.client_id]);
    // A cached application is at most one second old (protocol/ports/applications.ts).
    await expect.poll(async () => (await token()).status, { timeout: 5_000 }).toBe(401);
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describe('Several processes (DIAPASON_WORKERS)', () => {
  const TWO = { environment: { DIAPASON_WORKERS: '2', DIAPASON_LOG_LEVEL: 'info' } };

  /** The process ids that the log lines of the requests so far name. */
  function processesIn(output: readonly string[]): ReadonlySet<number> {
    const lines = output.join('').split('\n').filter(Boolean);
    return new Set(lines.map((line): number => JSON.parse(line).pid));
  }

  it('all answer at one port, and one that is killed is replaced', async () => {
    const { process: server, port, ended } = await diapason.serve(TWO);
    const output: string[] = [];
    server.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const ask = async () => {
      // A connection of its own each time: a kept one stays with its process.
      const [answer] = await once(get({ port, host: '127.0.0.1', path: '/login/', agent: false }), 'response');
      answer.resume();
      expect(answer.statusCode).toBe(200);
      await once(answer, 'close');
      return processesIn(output);
    };
    const two = async (others: ReadonlySet<number>) => [...(await ask())].filter((id) => !others.has(id)).length;
    await expect.poll(() => two(new Set()), { timeout: 40_000, interval: 200 }).toBe(2);
    const [first = 0, second = 0] = processesIn(output);
    expect(first).not.toBe(server.pid);
    process.kill(first, 'SIGKILL');
    await expect.poll(() => two(new Set([first, second])), { timeout: 40_000, interval: 200 }).toBe(1);
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0, complaint: expect.stringContaining(`process ${first} ended`) });
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  }, 150_000);

  it('at SIGTERM answer what is under way, then end', async () => {
    const { process: server, port, ended } = await diapason.serve(TWO);
    const socket = await halfARequest(port);
    const answer = text(socket);
    await signalled(server, 'SIGTERM');
    socket.write(FORM.slice(10));
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*invalid_client/);
    expect(await ended).toMatchObject({ status: 0 });
  });

  it('say once that the port is taken', async () => {
    const { process: server, port, ended } = await diapason.serve(TWO);
    const environment = { ...TWO.environment, DIAPASON_URL: `http://localhost:${port}` };
    const refused = await diapason.spawn(['serve'], { environment });
    expect(refused).toMatchObject({ status: 1, output: '' });
    expect(refused.complaint).toMatch(/^diapason: 127\.0\.0\.1:\d+ is taken by another process\. .*\n$/);
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describe('On PostgreSQL', () => {
  it('serve refuses to start with pending migrations, and says what to run', async () => {
    const environment = { ...SECRET, DIAPASON_DATABASE: await newPostgresDatabase() };
    const ended = await diapason.spawn(['serve'], { environment });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringContaining('diapason migrate') });
    expect(await diapason.run(['user', 'list'], { environment })).toMatchObject({ status: 1 });
  });

  it('migrate applies them once, and the commands then work', async () => {
    const environment = { ...SECRET, DIAPASON_DATABASE: await newPostgresDatabase() };
    expect(await diapason.json(['migrate'], { environment })).not.toEqual([]);
    expect(await diapason.json(['migrate'], { environment })).toEqual([]);
    const argv = ['create-superuser', '--username', 'admin', '--email', 'admin@example.org', '--password-stdin'];
    await diapason.json(argv, { environment, input: PASSWORD });
    expect(await diapason.json(['user', 'list'], { environment })).toMatchObject([{ username: 'admin' }]);
  });

  it('serve --migrate applies them and starts', async () => {
    const environment = { ...SECRET, DIAPASON_DATABASE: await newPostgresDatabase() };
    const { process: server, ended } = await diapason.serve({ environment });
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0, complaint: expect.stringContaining('migration 1 applied') });
  });
});
