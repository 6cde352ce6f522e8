// `npm run demo`: the sign-in server and the example client on this machine, seeded, in a folder that is thrown away.
// It uses nothing but the two programs' own commands, so that what it does can be done by hand.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
/** The demo's only password. It protects nothing: both programs listen on loopback alone. */
const PASSWORD = 'demo-password-9977';
const START_TIMEOUT_MS = 30_000;
const LOOPBACK = '127.0.0.1';

const SERVER = fileURLToPath(new URL('../packages/server/bin/diapason.js', import.meta.url));
const CLIENT = fileURLToPath(new URL('../examples/web-app/bin/client.js', import.meta.url));

/** A refusal to start, told in one line. */
class DemoError extends Error {}

/** @type {import('node:child_process').ChildProcess[]} */
const running = [];
let ending = false;

try {
  await demo();
} catch (error) {
  await end();
  if (!(error instanceof DemoError)) throw error;
  console.error(`demo: ${error.message}`);
  process.exit(1);
}

async function demo() {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
    throw new DemoError(
      `Node ${NODE_MAJOR_MIN} or newer is needed, this is ${process.versions.node}; npm run demo brings its own`,
    );
  }
  for (const name of ['DIAPASON_HOST', 'CLIENT_HOST']) {
    const host = process.env[name];
    if (host !== undefined && !['127.0.0.1', '::1', 'localhost'].includes(host)) {
      throw new DemoError(`${name} is ${host}, but the demo's passwords are public: it listens on loopback alone`);
    }
  }
  const serverUrl = `http://localhost:${port('SERVER_PORT', 9977)}`;
  const clientUrl = `http://localhost:${port('CLIENT_PORT', 9988)}`;
  if (serverUrl === clientUrl)
    throw new DemoError('SERVER_PORT and CLIENT_PORT are the same; the two programs need a port each');
  const { folder, kept } = await dataFolder();
  const serverEnvironment = environment('DIAPASON_', {
    DIAPASON_URL: serverUrl,
    DIAPASON_HOST: LOOPBACK,
    DIAPASON_DATABASE: join(folder, 'diapason.db'),
    DIAPASON_LOG_LEVEL: process.env.DIAPASON_LOG_LEVEL ?? 'warn',
  });
  const clientEnvironment = environment('CLIENT_', {
    CLIENT_URL: clientUrl,
    CLIENT_HOST: LOOPBACK,
    CLIENT_DATABASE: join(folder, 'client.db'),
    OAUTH_SERVER_BASEURL: serverUrl,
    OAUTH_SERVER_PUBLIC_URL: serverUrl,
  });
  await seed(serverEnvironment, clientEnvironment, clientUrl);
  // Both before the first wait: whichever fails to start is heard at once.
  const server = start('server', SERVER, serverEnvironment);
  const client = start('client', CLIENT, clientEnvironment);
  await Promise.all([answers(server, `${serverUrl}/healthz`), answers(client, `${clientUrl}/accounts/profile`)]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, async () => {
      await end();
      if (!kept) await rm(folder, { recursive: true, force: true });
      process.exit(0);
    });
  }
  console.log(`
Diapason's demo. Every password is ${PASSWORD}

  Sign-in server   ${serverUrl}     admin (superuser), alice, bob
  Example client   ${clientUrl}     its own superuser: admin, at ${clientUrl}/admin/login/
  Data             ${folder}${kept ? '' : '   (deleted at the end; DEMO_DATA=folder keeps it)'}

Open the client's profile page and choose "Login". Ctrl-C ends both.

ready: ${clientUrl}/accounts/profile`);
}

/** Accounts, the application and its credentials at the client; what a kept folder has already stays as it is. */
async function seed(serverEnvironment, clientEnvironment, clientUrl) {
  const users = JSON.parse(await command(SERVER, ['user', 'list', '--json'], serverEnvironment));
  const known = new Set(users.map((user) => user.username));
  if (!known.has('admin')) {
    await command(
      SERVER,
      ['create-superuser', '--username', 'admin', '--email', 'admin@demo.example', '--password-stdin'],
      serverEnvironment,
      PASSWORD,
    );
  }
  for (const [username, first, last] of [
    ['alice', 'Alice', 'Martin'],
    ['bob', 'Bob', 'Durand'],
  ]) {
    if (known.has(username)) continue;
    await command(
      SERVER,
      [
        'user',
        'create',
        '--username',
        username,
        '--email',
        `${username}@demo.example`,
        '--first-name',
        first,
        '--last-name',
        last,
        '--password-stdin',
      ],
      serverEnvironment,
      PASSWORD,
    );
  }
  const redirectUri = `${clientUrl}/accounts/customprovider/login/callback/`;
  const applications = JSON.parse(await command(SERVER, ['app', 'list', '--json'], serverEnvironment));
  if (applications.some((application) => application.redirect_uris.includes(redirectUri))) return;
  const application = JSON.parse(
    await command(
      SERVER,
      [
        'app',
        'create',
        '--name',
        'Example client',
        '--type',
        'confidential',
        '--grant',
        'authorization-code,refresh-token',
        '--redirect-uri',
        redirectUri,
        '--json',
      ],
      serverEnvironment,
    ),
  );
  await command(CLIENT, ['create-superuser', '--username', 'admin', '--password-stdin'], clientEnvironment, PASSWORD);
  await command(
    CLIENT,
    ['social-app', 'set', '--provider', 'customprovider', '--client-id', application.client_id, '--secret-stdin'],
    clientEnvironment,
    application.client_secret,
  );
}

/** Runs one of the two programs to its end and answers what it printed. */
async function command(program, options, env, input = '') {
  const child = spawn(process.execPath, [program, ...options], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((ended) => child.once('close', ended));
  if (code !== 0) throw new DemoError(complaint.trim() || `${options.slice(0, 2).join(' ')} ended with status ${code}`);
  return output;
}

function start(name, program, env) {
  // Detached: Ctrl-C reaches this process alone, which then ends both in order, once.
  const child = spawn(process.execPath, [program, 'serve'], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  running.push(child);
  child.once('exit', async (code, signal) => {
    if (ending) return;
    await end();
    console.error(`demo: the ${name} ended by itself (${signal ?? `status ${code}`}); what it printed above says why`);
    process.exit(1);
  });
  return child;
}

async function answers(child, url) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null) {
    const response = await fetch(url, { redirect: 'manual' }).catch(() => null);
    if (response !== null) return;
    if (Date.now() > deadline) throw new DemoError(`${url} did not answer within ${START_TIMEOUT_MS / 1000} s`);
    await new Promise((later) => setTimeout(later, 50));
  }
  // The listener on its exit says why.
  await new Promise(() => {});
}

async function end() {
  ending = true;
  await Promise.all(
    running.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
    }),
  );
}

async function dataFolder() {
  const wanted = process.env.DEMO_DATA;
  if (wanted === undefined || wanted === '')
    return { folder: await mkdtemp(join(tmpdir(), 'diapason-demo-')), kept: false };
  const folder = resolve(wanted);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw new DemoError(`DEMO_DATA: ${folder} cannot be made (${error.code}); name a folder that this user may write`);
  });
  return { folder, kept: true };
}

function port(name, otherwise) {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > 65_535) {
    throw new DemoError(`${name} is ${JSON.stringify(text)}; a port is a number from 1 to 65535, such as ${otherwise}`);
  }
  return number;
}

/** This process's environment without what would steer the program elsewhere, and with what the demo sets. */
function environment(prefix, settings) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith(prefix) || /_BRAND_/.test(name));
  return { ...Object.fromEntries(kept), ...settings };
}
