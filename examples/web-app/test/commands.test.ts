/**
 * The example client's command, as a process: what it prints, how it ends, and what it does with signals.
 */
import { spawn } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_PROGRAM, type CommandRun, freePort, run, start, temporaryFolder } from '../../../test/programs.ts';

const PASSWORD = 'demo-password-9977';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await temporaryFolder();
  environment = {
    CLIENT_URL: `http://localhost:${await freePort()}`,
    CLIENT_DATABASE: join(folder.path, 'deep', 'client.db'),
    OAUTH_SERVER_BASEURL: 'http://server:9977',
    OAUTH_SERVER_PUBLIC_URL: 'http://localhost:9977',
  };
});
afterAll(() => folder.dispose());

const client = (options: string[], input = '', more: Record<string, string> = {}) =>
  run(CLIENT_PROGRAM, options, { ...environment, ...more }, input);
const url = () => environment['CLIENT_URL'] ?? '';
const serve = () => start([process.execPath, CLIENT_PROGRAM, 'serve'], `${url()}/accounts/profile`, environment);

/** One line of complaint and a status that is not 0. */
function expectRefusal(refused: CommandRun, complaint: RegExp): void {
  expect(refused.stderr).toMatch(complaint);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  expect(refused.status).toBe(1);
}

describe('create-superuser', () => {
  it('makes an account that may enter credentials, in a database that only its owner reads', async () => {
    const made = await client(['create-superuser', '--username', 'admin', '--password-stdin'], `${PASSWORD}\n`);
    expect(made).toMatchObject({ status: 0, stdout: 'superuser admin created\n', stderr: '' });
    for (const file of ['client.db', 'client.db.secret']) {
      expect((await stat(join(folder.path, 'deep', file))).mode & 0o077).toBe(0);
    }
  });

  it.each([
    ['a second time', ['--username', 'admin', '--password-stdin'], PASSWORD, /already/],
    ['without a username', ['--password-stdin'], PASSWORD, /--username is missing/],
    ['without a password', ['--username', 'root', '--password-stdin'], '', /nothing came/],
    ['without saying where the password comes from', ['--username', 'root'], PASSWORD, /--password-stdin is missing/],
    [
      'with a common password',
      ['--username', 'root', '--password-stdin'],
      'password123',
      /Too many people|too many people/,
    ],
    ['with a password as argument', ['--username', 'root', '--password', PASSWORD], '', /--password/],
  ])('%s is refused in one line', async (_what, options, input, complaint) => {
    expectRefusal(await client(['create-superuser', ...options], input), complaint);
  });
});

describe('social-app set', () => {
  it('enters credentials, and changes them, without a browser', async () => {
    const options = [
      'social-app',
      'set',
      '--provider',
      'customprovider',
      '--client-id',
      'the-client',
      '--secret-stdin',
    ];
    expect(await client(options, 'the secret')).toMatchObject({ status: 0, stderr: '' });
    expect(await client(options, 'another secret')).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['an unknown provider', ['--provider', 'nobody', '--client-id', 'x'], /provider/],
    ['no client id', ['--provider', 'customprovider'], /--client-id is missing/],
    [
      'a malformed address',
      ['--provider', 'customprovider', '--client-id', 'x', '--server-url', 'server'],
      /server_url/,
    ],
  ])('with %s is refused in one line', async (_what, options, complaint) => {
    expectRefusal(await client(['social-app', 'set', ...options]), complaint);
  });
});

describe('serve', () => {
  it('sends the browser to the public address of the server, with what was entered', async () => {
    const running = await serve();
    const sent = await fetch(`${url()}/accounts/customprovider/login/`, { redirect: 'manual' });
    const target = new URL(sent.headers.get('location') ?? '');
    expect(target.origin).toBe('http://localhost:9977');
    expect(target.searchParams.get('client_id')).toBe('the-client');
    expect(target.searchParams.get('redirect_uri')).toBe(`${url()}/accounts/customprovider/login/callback/`);
    expect(running.output()).toContain('http://server:9977');
    expect((await fetch(`${url()}/`)).url).toBe(`${url()}/accounts/profile`);
    expect((await fetch(`${url()}/nothing`)).status).toBe(404);
    await running.stop();
    expect(running.process.exitCode).toBe(0);
  });

  it('reaches the server by its back-channel address: a request there names that host', async () => {
    const hosts: string[] = [];
    const server = createServer((incoming, outgoing) => {
      hosts.push(incoming.headers.host ?? '');
      outgoing.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
    });
    const port = await freePort();
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    environment['OAUTH_SERVER_BASEURL'] = `http://127.0.0.1:${port}`;
    const running = await serve();
    const sent = await fetch(`${url()}/accounts/customprovider/login/`, { redirect: 'manual' });
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state');
    const cookie = sent.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    const back = await fetch(`${url()}/accounts/customprovider/login/callback/?code=a&state=${state}`, {
      headers: { cookie },
    });
    expect(await back.text()).toContain('code_refused');
    expect(hosts).toEqual([`127.0.0.1:${port}`]);
    await running.stop();
    await new Promise((closed) => server.close(closed));
  });

  it('answers what is under way before it ends', async () => {
    const running = await serve();
    // A form that is sent slowly: the request has begun and is not complete when the signal comes.
    const begun = request(`${url()}/accounts/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 10, origin: url() },
    });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      begun.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      begun.on('error', reject);
    });
    begun.write('usern');
    await fetch(`${url()}/accounts/profile`);
    const ended = running.stop();
    await new Promise((later) => setTimeout(later, 200));
    begun.end('ame=a');
    expect(await answered).toBe(403);
    await ended;
    expect(running.process.exitCode).toBe(0);
  });

  it('refuses a taken port in one line', async () => {
    const running = await serve();
    expectRefusal(await client(['serve']), /port is taken/);
    await running.stop();
  });

  it.each([
    ['CLIENT_URL', 'example', /CLIENT_URL is "example"/],
    ['CLIENT_URL', 'ftp://localhost', /CLIENT_URL/],
    ['CLIENT_PORT', 'many', /CLIENT_PORT is "many"/],
    ['CLIENT_SECRET', 'short', /CLIENT_SECRET has fewer than 32/],
    ['OAUTH_SERVER_BASEURL', 'server:9977', /OAUTH_SERVER_BASEURL/],
    ['OAUTH_SERVER_PUBLIC_URL', 'nowhere', /OAUTH_SERVER_PUBLIC_URL/],
    ['CLIENT_DATABASE', '/proc/nobody/client.db', /cannot open \/proc\/nobody\/client\.db/],
  ])('refuses %s=%s in one line, which shows no secret', async (name, value, complaint) => {
    const refused = await client(['serve'], '', { [name]: value });
    expectRefusal(refused, complaint);
    if (name === 'CLIENT_SECRET') expect(refused.stderr).not.toContain('short');
  });

  it('refuses a database that is a folder, or something else', async () => {
    const path = join(folder.path, 'a-folder.db');
    await mkdir(path);
    expectRefusal(await client(['serve'], '', { CLIENT_DATABASE: path }), /cannot open/);
  });
});

describe('everything else', () => {
  it('explains itself', async () => {
    const help = await client(['--help']);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('OAUTH_SERVER_PUBLIC_URL');
  });

  it('refuses a command that there is not', async () => {
    expectRefusal(await client(['server']), /no command "server"/);
  });

  it.skipIf(process.platform === 'win32')('says which Node it needs before it loads anything', async () => {
    // The version is the only thing that the entry asks of Node, so an older one is played by a preloaded line.
    const preload = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})';
    const child = spawn(process.execPath, ['--import', preload, CLIENT_PROGRAM, 'serve'], {
      env: { ...process.env, ...environment },
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const status = await new Promise((ended) => child.once('close', ended));
    expect(complaint).toMatch(/^client: Node 24 or newer is needed, this is 20\.20\.2/);
    expect(status).toBe(1);
  });
});
