/**
 * Tokens in the system's keyring: in a real Secret Service where this machine has one, what is said where there is none, and how
 * tokens fit into keyrings with small entries.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningServer,
  run,
  SERVER_PROGRAM,
  startServer,
  succeed,
  temporaryFolder,
} from '../../../test/programs.ts';
import { ProgramError, type TokenSet, tokenKeyring } from '../src/command-line.ts';
import { createKeyringStore, type KeyringEntries } from '../src/programs/token-keyring.ts';
import { newDpopKey } from '../src/protocol/dpop-key.ts';
import { Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';
const EXAMPLE = fileURLToPath(new URL('../../../examples/command-line/dist/main.js', import.meta.url));

const ended: (() => Promise<void>)[] = [];
let folder = '';
beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

const tokens: TokenSet = {
  issuer: 'https://accounts.example.org/o',
  clientId: 'client-1',
  accessToken: 'a'.repeat(2_000),
  expiresAtMs: 1,
  refreshToken: 'refresh',
  idToken: null,
  scope: 'read',
  dpopKey: newDpopKey(),
  claims: { sub: 'subject-1', name: 'Zoë 🎵 Müller' },
};

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProgramError) return error.code;
  throw new Error('it did not fail as expected', { cause: error });
}

/** Entries as Windows has them: longer ones are refused. */
function memory(longest: number) {
  const kept = new Map<string, string>();
  const entries: KeyringEntries & { readonly kept: Map<string, string>; broken: boolean } = {
    kept,
    broken: false,
    get: async (name) => kept.get(name) ?? null,
    set: async (name, text) => {
      if (Buffer.byteLength(text, 'utf16le') > longest || entries.broken) throw new Error('too long');
      kept.set(name, text);
    },
    remove: async (name) => {
      kept.delete(name);
    },
  };
  return entries;
}

describe('tokens in entries that are too small for them', () => {
  const open = (entries: KeyringEntries) =>
    createKeyringStore({ entries, account: 'tokens', lockPath: join(folder, 'lock'), entryCharactersMax: 600 });

  it('are kept in several, and nothing of before is left', async () => {
    const entries = memory(1_280);
    const store = open(entries);
    expect(await store.read()).toBe(null);
    await store.write(tokens);
    const first = [...entries.kept.keys()];
    expect(first.length).toBeGreaterThan(4);
    expect(await store.read()).toEqual(tokens);
    await store.write({ ...tokens, accessToken: 'b'.repeat(2_000) });
    expect((await store.read())?.accessToken).toBe('b'.repeat(2_000));
    expect([...entries.kept.keys()].filter((name) => first.includes(name))).toEqual(['tokens']);
    await store.write({ ...tokens, accessToken: 'short', dpopKey: null });
    expect([...entries.kept.keys()]).toEqual(['tokens']);
    await store.remove();
    expect(entries.kept.size).toBe(0);
    await store.remove();
  });

  it('are those of before when a write fails half-way', async () => {
    const entries = memory(1_280);
    const store = open(entries);
    await store.write(tokens);
    const before = new Map(entries.kept);
    entries.broken = true;
    await expect(store.write({ ...tokens, accessToken: 'c'.repeat(2_000) })).rejects.toThrow();
    expect(entries.kept).toEqual(before);
    expect(await store.read()).toEqual(tokens);
  });

  it('are not believed when one is missing, or when the entry holds something else', async () => {
    const entries = memory(1_280);
    const store = open(entries);
    await store.write(tokens);
    entries.kept.delete([...entries.kept.keys()].find((name) => name !== 'tokens') ?? '');
    expect(await failureOf(store.read())).toBe('keyring_invalid');
    for (const text of ['', 'no JSON', '[]', '{"version":2}', '{"pieces":["../../x"]}', '{"pieces":"x"}']) {
      entries.kept.set('tokens', text);
      expect(await failureOf(store.read())).toBe('keyring_invalid');
    }
  });

  it('are refused when they are longer than any', async () => {
    const store = open(memory(1_280));
    expect(await failureOf(store.write({ ...tokens, accessToken: 'a'.repeat(40_000) }))).toBe('keyring_unavailable');
  });

  it('are refreshed by one process at a time', async () => {
    const store = open(memory(1_280));
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => store.locked(work)));
    expect(most).toBe(1);
  });
});

it('says which option of tokenKeyring() is wrong', () => {
  expect(() => tokenKeyring({ service: '' })).toThrow(/^service is ""/);
  expect(() => tokenKeyring({ service: 'x', account: 'a\0b' })).toThrow(/^account is /);
});

const missing = ['dbus-run-session', 'gnome-keyring-daemon'].filter(
  (program) => spawnSync('which', [program]).status !== 0,
);
const usable = process.platform === 'linux' && missing.length === 0;
if (!usable) console.log(`not tried: a real Secret Service, as this machine has no ${missing.join(' and no ')}`);

describe('examples/command-line with TOKENS=keyring', () => {
  let server: RunningServer;
  let environment: Record<string, string> = {};
  beforeAll(async () => {
    server = await startServer(folder, { DIAPASON_LOG_LEVEL: 'warn' });
    ended.push(server.stop);
    const user = ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'];
    await succeed(SERVER_PROGRAM, user, server.environment, PASSWORD);
    const app = 'app create --name Program --type public --grant device-code,refresh-token --json';
    const created = JSON.parse(await succeed(SERVER_PROGRAM, app.split(' '), server.environment));
    await mkdir(join(folder, 'home'));
    environment = {
      SERVER_URL: `${server.url}/o`,
      CLIENT_ID: created.client_id,
      TOKENS: 'keyring',
      DPOP: '1',
      HOME: join(folder, 'home'),
      XDG_DATA_HOME: join(folder, 'home', 'data'),
      // Where there is a session of a desktop, it is not ours to write into.
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
    };
  });

  it.runIf(process.platform === 'linux')(
    'says where there is no keyring, names the file, and writes nothing',
    async () => {
      for (const command of ['whoami', 'logout']) {
        const ran = await run(EXAMPLE, [command], environment);
        expect([ran.status, ran.stderr]).toEqual([
          1,
          expect.stringMatching(
            /^keyring_unavailable: the system's keyring cannot be used \(.*keep the tokens in a file: tokenFile\(\)\n$/,
          ),
        ]);
      }
      expect(await readdir(join(folder, 'home')).catch(() => [])).toEqual([]);
    },
  );

  it.runIf(usable)('signs in, is signed in as another process, and signs out', async () => {
    const session = spawn(
      'dbus-run-session',
      [
        '--',
        'sh',
        '-c',
        'printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null; echo "$DBUS_SESSION_BUS_ADDRESS"; read end',
      ],
      { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'ignore'] },
    );
    const over = new Promise((resolve) => session.once('close', resolve));
    try {
      const address = await new Promise<string>((resolve) => {
        session.stdout.once('data', (text: Buffer) => resolve(String(text).trim()));
      });
      const inSession = { ...environment, DBUS_SESSION_BUS_ADDRESS: address };
      expect((await run(EXAMPLE, ['whoami'], inSession)).stderr).toBe('signed_out: nobody is signed in\n');
      expect(await login(inSession)).toMatch(/signed in\n$/);
      const who = await run(EXAMPLE, ['whoami'], inSession);
      expect(JSON.parse(who.stdout)).toMatchObject({ username: 'alice' });
      // In the keyring, and nowhere in clear.
      const files = await readdir(join(folder, 'home'), { recursive: true });
      expect(files.filter((file) => file.endsWith('tokens.json'))).toEqual([]);
      expect((await run(EXAMPLE, ['logout'], inSession)).stdout).toBe('signed out\n');
      expect((await run(EXAMPLE, ['whoami'], inSession)).stderr).toBe('signed_out: nobody is signed in\n');
    } finally {
      session.stdin.end('\n');
      await over;
    }
  });

  /** By the device flow; the person agrees as soon as the code is shown. */
  async function login(env: Record<string, string>): Promise<string> {
    const child = spawn(process.execPath, [EXAMPLE, 'login', '--device'], { env: { ...process.env, ...env } });
    let output = '';
    let answered = false;
    await new Promise((resolve, reject) => {
      child.once('close', resolve);
      child.stderr.on('data', (text: Buffer) => reject(new Error(String(text))));
      child.stdout.on('data', (text: Buffer) => {
        output += String(text);
        const shown = /Open (\S+) and type (\S+)/.exec(output);
        if (answered || shown === null) return;
        answered = true;
        agree(shown[1] ?? '', shown[2] ?? '').catch(reject);
      });
    });
    return output;
  }

  async function agree(verificationUri: string, userCode: string): Promise<void> {
    const visitor = new Visitor();
    const form = await visitor.open(verificationUri);
    const page = await visitor.submit(form, { username: 'alice', password: PASSWORD }, 'name="password"');
    const question = await visitor.submit(page, { user_code: userCode }, 'name="user_code"');
    await visitor.submit(question, { allow: 'Authorize' }, 'name="allow"');
  }
});
