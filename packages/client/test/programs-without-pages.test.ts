/**
 * Programs without pages, against Diapason itself: with a device, with the browser of the machine, for themselves; and the
 * example program as its own process.
 */
import { spawn } from 'node:child_process';
import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
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
import {
  clientCredentials,
  type DevicePrompt,
  deviceLogin,
  type LoopbackLoginOptions,
  loopbackLogin,
  ProgramError,
  signedIn,
  type TokenSet,
  tokenFile,
} from '../src/command-line.ts';
import { newDpopKey } from '../src/protocol/dpop-key.ts';
import { type Page, Visitor } from './visitor.ts';

const PASSWORD = 'demo-password-9977';
const EXAMPLE = fileURLToPath(new URL('../../../examples/command-line/dist/main.js', import.meta.url));

const ended: (() => Promise<void>)[] = [];
let folder = '';
let server: RunningServer;
let native: { readonly issuer: string; readonly clientId: string };
let files = 0;

const newFile = () => {
  files += 1;
  return tokenFile(join(folder, `tokens-${files}`, 'tokens.json'));
};

async function register(options: string): Promise<{ client_id: string; client_secret: string }> {
  return JSON.parse(
    await succeed(SERVER_PROGRAM, ['app', 'create', ...options.split(' '), '--json'], server.environment),
  );
}

beforeAll(async () => {
  const made = await temporaryFolder();
  ended.push(made.dispose);
  folder = made.path;
  server = await startServer(folder, { DIAPASON_LOG_LEVEL: 'warn' });
  ended.push(server.stop);
  const user = ['user', 'create', '--username', 'alice', '--email', 'alice@example.org', '--password-stdin'];
  await succeed(SERVER_PROGRAM, user, server.environment, PASSWORD);
  const created = await register(
    '--name Program --type public --grant authorization-code,device-code,refresh-token --redirect-uri http://127.0.0.1/callback',
  );
  native = { issuer: `${server.url}/o`, clientId: created.client_id };
});
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

/** Signs in at the server and presses the button, as far as it asks. */
async function agree(visitor: Visitor, url: string, choice: 'allow' | 'cancel' = 'allow'): Promise<Page> {
  let page = await visitor.open(url);
  for (let steps = 0; steps < 4 && page.url.href.startsWith(server.url); steps += 1) {
    if (page.html.includes('name="password"')) {
      page = await visitor.submit(page, { username: 'alice', password: PASSWORD }, 'name="password"');
    } else if (page.html.includes('name="allow"')) {
      page = await visitor.submit(page, choice === 'allow' ? { allow: 'Authorize' } : {}, 'name="allow"');
    } else return page;
  }
  return page;
}

async function agreeOnDevice(prompt: DevicePrompt, choice: 'allow' | 'cancel' = 'allow'): Promise<void> {
  const visitor = new Visitor();
  let page = await visitor.open(prompt.verificationUri);
  if (page.html.includes('name="password"')) {
    page = await visitor.submit(page, { username: 'alice', password: PASSWORD }, 'name="password"');
  }
  const question = await visitor.submit(page, { user_code: prompt.userCode }, 'name="user_code"');
  await visitor.submit(question, choice === 'allow' ? { allow: 'Authorize' } : {}, 'name="allow"');
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ProgramError) return error.code;
  throw new Error('it did not fail as expected', { cause: error });
}

describe('deviceLogin()', () => {
  it('shows a code, waits for the person, and gets verified tokens (RFC 8628)', async () => {
    const tokens = await deviceLogin({
      ...native,
      scope: 'openid profile read',
      show: (prompt) => agreeOnDevice(prompt),
    });
    expect(tokens.claims?.['sub']).toMatch(/^.{20,}$/);
    expect(tokens).toMatchObject({ issuer: native.issuer, clientId: native.clientId });
    expect(tokens.refreshToken).not.toBe(null);
    expect((tokens.expiresAtMs ?? 0) - Date.now()).toBeGreaterThan(0);
  });

  it('says when the person cancels, when it is given up, and when the server has no such grant', async () => {
    const cancelled = deviceLogin({ ...native, show: (prompt) => agreeOnDevice(prompt, 'cancel') });
    expect(await failureOf(cancelled)).toBe('access_denied');
    const giveUp = new AbortController();
    const abandoned = deviceLogin({ ...native, signal: giveUp.signal, show: () => giveUp.abort() });
    expect(await failureOf(abandoned)).toBe('aborted');
    const { client_id } = await register(
      '--name Other --type public --grant authorization-code --redirect-uri http://127.0.0.1/',
    );
    const other = deviceLogin({ issuer: native.issuer, clientId: client_id, show: () => undefined });
    expect(await failureOf(other)).toBe('client_refused');
  });

  it('says when the server is not there, or is another', async () => {
    const show = () => undefined;
    expect(await failureOf(deviceLogin({ issuer: 'http://localhost:1/o', clientId: 'x', show }))).toBe(
      'server_unreachable',
    );
    expect(await failureOf(deviceLogin({ issuer: server.url, clientId: 'x', show }))).toBe('server_unsuitable');
  });
});

describe('loopbackLogin() (RFC 8252)', () => {
  it('signs in by the browser, tells the person, and listens no longer', async () => {
    let shown: Promise<Page> | null = null;
    let redirectUri = '';
    const tokens = await loopbackLogin({
      ...native,
      scope: 'openid profile read',
      openBrowser: (url) => {
        redirectUri = new URL(url).searchParams.get('redirect_uri') ?? '';
        expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256');
        shown = agree(new Visitor('fr'), url);
      },
    });
    const page = await (shown as Promise<Page> | null);
    expect(redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(page?.html).toContain('Vous êtes connecté');
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(tokens.claims?.['sub']).toMatch(/^.{20,}$/);
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  it('says when the person cancels, on both sides', async () => {
    let shown: Promise<Page> | null = null;
    const openBrowser = (url: string) => {
      // Anything but what was asked for before, so that the server asks.
      const asked = new URL(url);
      asked.searchParams.set('prompt', 'consent');
      shown = agree(new Visitor(), asked.href, 'cancel');
    };
    expect(await failureOf(loopbackLogin({ ...native, openBrowser }))).toBe('access_denied');
    expect((await (shown as Promise<Page> | null))?.html).toContain('Nothing was allowed');
  });

  it('is not ended by others who call its port: another path, another method, another state', async () => {
    const openBrowser: LoopbackLoginOptions['openBrowser'] = async (url) => {
      const callback = new URL(url).searchParams.get('redirect_uri') ?? '';
      expect((await fetch(new URL('/', callback))).status).toBe(404);
      expect((await fetch(callback, { method: 'POST' })).status).toBe(404);
      expect((await fetch(`${callback}?code=stolen&state=guessed`)).status).toBe(400);
      expect((await fetch(`${callback}?error=access_denied`)).status).toBe(400);
      void agree(new Visitor(), url);
    };
    await loopbackLogin({ ...native, openBrowser });
  });

  it('refuses an answer of another issuer (RFC 9207, mix-up) and a code that is none', async () => {
    const answerWith = (more: Record<string, string>) => (url: string) => {
      const asked = new URL(url).searchParams;
      const callback = new URL(asked.get('redirect_uri') ?? '');
      callback.search = new URLSearchParams({ state: asked.get('state') ?? '', code: 'made-up', ...more }).toString();
      void fetch(callback);
    };
    const mixedUp = loopbackLogin({ ...native, openBrowser: answerWith({ iss: 'https://evil.example' }) });
    expect(await failureOf(mixedUp)).toBe('answer_invalid');
    const unknown = loopbackLogin({ ...native, openBrowser: answerWith({ iss: native.issuer }) });
    expect(await failureOf(unknown)).toBe('refused');
  });

  it('waits no longer than it was told', async () => {
    expect(await failureOf(loopbackLogin({ ...native, timeoutMs: 50, openBrowser: () => undefined }))).toBe('expired');
    const giveUp = new AbortController();
    const abandoned = loopbackLogin({ ...native, signal: giveUp.signal, openBrowser: () => giveUp.abort() });
    expect(await failureOf(abandoned)).toBe('aborted');
  });
});

describe('clientCredentials()', () => {
  it('asks once for many, keeps the token until shortly before it expires, and tries again after a failure', async () => {
    const created = await register('--name Job --type confidential --grant client-credentials --scope read');
    let requests = 0;
    let nowMs = Date.now();
    let broken = true;
    const source = clientCredentials({
      issuer: native.issuer,
      clientId: created.client_id,
      clientSecret: created.client_secret,
      scope: 'read',
      now: () => nowMs,
      fetch: (url, init) => {
        if (broken) throw new Error('down');
        if (url.includes('/token/')) requests += 1;
        return fetch(url, init);
      },
    });
    expect(await failureOf(source.accessToken())).toBe('server_unreachable');
    broken = false;
    const tokens = await Promise.all(Array.from({ length: 20 }, () => source.accessToken()));
    expect([new Set(tokens).size, requests]).toEqual([1, 1]);
    nowMs += 3_600_000 - 30_000 - 1_000;
    await source.accessToken();
    expect(requests).toBe(1);
    nowMs += 2_000;
    await source.accessToken();
    expect(requests).toBe(2);
  });

  it('says when the secret is wrong', async () => {
    const created = await register('--name Job --type confidential --grant client-credentials --scope read');
    const source = clientCredentials({ issuer: native.issuer, clientId: created.client_id, clientSecret: 'wrong' });
    expect(await failureOf(source.accessToken())).toBe('client_refused');
  });

  it('sends the token over https or to this machine alone, and along no redirect', async () => {
    const source = clientCredentials({
      issuer: native.issuer,
      clientId: 'x',
      clientSecret: 'y',
    });
    await expect(source.fetch('http://api.example.org/')).rejects.toThrow(/over https alone/);
  });
});

describe('tokenFile()', () => {
  const tokens: TokenSet = {
    issuer: 'https://accounts.example.org/o',
    clientId: 'client-1',
    accessToken: 'access',
    expiresAtMs: 1,
    refreshToken: 'refresh',
    idToken: null,
    scope: 'read',
    dpopKey: newDpopKey(),
    claims: { sub: 'subject-1' },
  };

  it('keeps what it was given, for its owner alone, and leaves no draft behind', async () => {
    const file = newFile();
    expect(await file.read()).toBe(null);
    await file.write(tokens);
    expect(await file.read()).toEqual(tokens);
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(file.path, '..'))).toEqual(['tokens.json']);
    await file.remove();
    await file.remove();
    expect(await file.read()).toBe(null);
  });

  it('is not believed when others can read it, when it is a link, or when it holds something else', async () => {
    const file = newFile();
    await file.write(tokens);
    await chmod(file.path, 0o640);
    expect(await failureOf(file.read())).toBe('token_file_unsafe');
    const link = newFile();
    await link.write(tokens);
    await link.remove();
    await symlink(file.path, link.path);
    expect(await failureOf(link.read())).toBe('token_file_unsafe');
    await chmod(file.path, 0o600);
    const halfKey = JSON.stringify({ version: 1, ...tokens, dpopKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } });
    for (const text of ['', 'no JSON', '[]', '{"version":2}', '{"version":1,"issuer":"x"}', halfKey]) {
      await writeFile(file.path, text);
      expect(await failureOf(file.read())).toBe('token_file_invalid');
    }
  });

  it('is read as it was or as it is while it is written', async () => {
    const file = newFile();
    await file.write(tokens);
    const writes = Array.from({ length: 20 }, (_, index) => file.write({ ...tokens, accessToken: `access-${index}` }));
    const reads = Array.from({ length: 50 }, () => file.read());
    for (const read of await Promise.all(reads)) expect(read?.accessToken).toMatch(/^access/);
    await Promise.all(writes);
  });
});

describe('signedIn()', () => {
  async function signIn() {
    const file = newFile();
    await file.write(
      await loopbackLogin({
        ...native,
        scope: 'openid profile read',
        openBrowser: (url) => void agree(new Visitor(), url),
      }),
    );
    return file;
  }

  it('refreshes once for twenty at a time in each of two processes, and nobody is signed out', async () => {
    const file = await signIn();
    const first = await file.read();
    let refreshes = 0;
    const openProcess = () =>
      signedIn({
        ...native,
        store: tokenFile(file.path),
        now: () => Date.now() + 3_600_000,
        fetch: (url, init) => {
          if (url.includes('/token/')) refreshes += 1;
          return fetch(url, init);
        },
      });
    // Two of them share nothing but the file, as processes do. After the refresh the clock is no longer ahead.
    const [one, other] = [openProcess(), openProcess()];
    const all = [one, other].flatMap((each) => Array.from({ length: 20 }, () => each.accessToken()));
    const found = new Set(await Promise.all(all));
    expect(found.size).toBe(1);
    expect(found.has(first?.accessToken ?? '')).toBe(false);
    expect(refreshes).toBe(1);
    const profile = await signedIn({ ...native, store: file }).fetch(`${server.url}/profile/`);
    expect(await profile.json()).toMatchObject({ username: 'alice' });
  });

  it('gets a new token when the API refuses the one it has', async () => {
    const file = await signIn();
    const tokens = await file.read();
    if (tokens === null) throw new Error('signed in a moment ago');
    await file.write({ ...tokens, accessToken: 'no-longer-good' });
    const answer = await signedIn({ ...native, store: file }).fetch(`${server.url}/profile/`);
    expect(await answer.json()).toMatchObject({ username: 'alice' });
  });

  it('revokes the tokens and forgets them when the person signs out', async () => {
    const file = await signIn();
    const tokens = await file.read();
    const account = signedIn({ ...native, store: file });
    await account.signOut();
    expect(await failureOf(account.accessToken())).toBe('signed_out');
    const headers = { authorization: `Bearer ${tokens?.accessToken}` };
    expect((await fetch(`${server.url}/profile/`, { headers })).status).toBe(401);
    // What is left elsewhere is worth nothing either.
    if (tokens !== null) await file.write({ ...tokens, expiresAtMs: 0 });
    expect(await failureOf(account.accessToken())).toBe('signed_out');
  });

  it('sends the tokens of one server to no other', async () => {
    const file = await signIn();
    const other = signedIn({ ...native, issuer: 'http://localhost:1/o', store: file });
    expect(await failureOf(other.accessToken())).toBe('signed_out');
  });
});

describe('examples/command-line', () => {
  const environment = () => ({
    SERVER_URL: native.issuer,
    CLIENT_ID: native.clientId,
    TOKENS: join(folder, 'example', 'tokens.json'),
  });

  it.each([
    ['with the browser of the machine', ['login', '--no-browser']],
    ['with another device', ['login', '--device']],
  ])('signs in %s, knows who, and signs out', async (_what, options) => {
    const child = spawn(process.execPath, [EXAMPLE, ...options], { env: { ...process.env, ...environment() } });
    let output = '';
    let answered = false;
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.stderr.on('data', (text: Buffer) => reject(new Error(String(text))));
      child.stdout.on('data', (text: Buffer) => {
        output += String(text);
        const device = /Open (\S+) and type (\S+)/.exec(output);
        const browser = /Open (http\S+\?\S+)\n/.exec(output);
        if (answered || (device === null && browser === null)) return;
        answered = true;
        const work =
          device === null
            ? agree(new Visitor(), browser?.[1] ?? '')
            : agreeOnDevice({
                verificationUri: device[1] ?? '',
                verificationUriComplete: null,
                userCode: device[2] ?? '',
                expiresAtMs: 0,
              });
        work.catch(reject);
      });
    });
    expect([status, output]).toEqual([0, expect.stringMatching(/signed in\n$/)]);
    expect(output).not.toContain(JSON.parse(await readFile(environment().TOKENS, 'utf8')).accessToken);
    const who = await run(EXAMPLE, ['whoami'], environment());
    expect(JSON.parse(who.stdout)).toMatchObject({ username: 'alice' });
    expect((await run(EXAMPLE, ['logout'], environment())).stdout).toBe('signed out\n');
    const nobody = await run(EXAMPLE, ['whoami'], environment());
    expect([nobody.status, nobody.stderr]).toEqual([1, 'signed_out: nobody is signed in\n']);
  });
});
