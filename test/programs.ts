/**
 * Starts the real programs for a test, on free ports and a database of their own, and ends them.
 *
 * Owns processes and their environment. What is asked of them is each test's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The `diapason` command. */
export const SERVER_PROGRAM = fileURLToPath(new URL('../packages/server/bin/diapason.js', import.meta.url));
/** The example client's command. */
export const CLIENT_PROGRAM = fileURLToPath(new URL('../examples/web-app/bin/client.js', import.meta.url));

/** A folder that is deleted by `dispose`. */
export async function temporaryFolder(): Promise<{ readonly path: string; dispose(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'diapason-test-'));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}

/** What a command printed. */
export interface CommandRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  options: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
  command: string = process.execPath,
): Promise<CommandRun> {
  const child = spawn(command, [program, ...options], { env: { ...inherited(), ...environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  const status = await new Promise<number | null>((ended) => child.once('close', ended));
  return { status, stdout, stderr };
}

/** Runs a program that has to succeed, and answers its output. @throws with what it complained of. */
export async function succeed(
  program: string,
  options: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<string> {
  const { status, stdout, stderr } = await run(program, options, environment, input);
  if (status !== 0) throw new Error(`${options.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

/** A program that runs until it is ended. */
export interface Running {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything that it printed so far, both streams. */
  output(): string;
  /** Ends it as an operator does, and waits. */
  stop(): Promise<void>;
}

/** Starts a program and waits until `url` answers at all. @throws with its output when it ends before that. */
export async function start(
  command: readonly [string, ...string[]],
  url: string,
  environment: Readonly<Record<string, string>>,
  options: { readonly cwd?: string } = {},
): Promise<Running> {
  const [file, ...rest] = command;
  const child = spawn(file, rest, {
    env: { ...inherited(), ...environment },
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = Date.now() + 60_000;
  while ((await fetch(url, { redirect: 'manual' }).catch(() => null)) === null) {
    if (child.exitCode !== null) throw new Error(`${rest.join(' ')} ended with ${child.exitCode}: ${output}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${url} did not answer: ${output}`);
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  return { url, process: child, output: () => output, stop };
}

/** A server that was started with its settings. */
export interface RunningServer extends Running {
  /** Where it listens: not `url` where a test sets `DIAPASON_URL`. */
  readonly listening: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A server on a free port, with an embedded database in `folder` unless the settings name another. */
export async function startServer(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const port = settings['DIAPASON_PORT'] ?? String(await freePort());
  const listening = `http://localhost:${port}`;
  const environment = {
    DIAPASON_URL: listening,
    DIAPASON_PORT: port,
    DIAPASON_DATABASE: join(folder, 'diapason.db'),
    DIAPASON_LOG_LEVEL: 'info',
    ...settings,
  };
  const command = [process.execPath, SERVER_PROGRAM, 'serve', '--migrate'] as const;
  const running = await start([...command], `${listening}/healthz`, environment);
  return { ...running, url: environment.DIAPASON_URL, listening, environment };
}

/** The machine's environment without what steers our programs. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(DIAPASON|CLIENT|OAUTH|DEMO)_/.test(entry[0]),
    ),
  );
}
