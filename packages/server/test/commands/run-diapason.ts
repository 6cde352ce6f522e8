/**
 * Runs the `diapason` command on a database of its own, with standard input that is no terminal. In this process, through
 * what `main.ts` calls, because a hundred processes take a hundred seconds; as a process of its own where that is the point.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/commands/program.ts';

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly complaint: string;
}

/** What else a command gets. */
export interface Given {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Pretends that somebody looks at the output. */
  readonly outputIsTerminal?: true;
}

/** A running server. */
export interface Serving {
  readonly process: ChildProcess;
  readonly port: number;
  /** How it ended, once it has. */
  readonly ended: Promise<Ended>;
}

/** A folder with an embedded database in it, and the command beside it. */
export interface Installation {
  readonly folder: string;
  /** Runs a command to its end. */
  run(argv: readonly string[], given?: Given): Promise<Ended>;
  /** Runs it with `--json` and answers the value. @throws when the status is not 0. */
  json(argv: readonly string[], given?: Given): Promise<unknown>;
  /** Runs it as a process of its own. */
  spawn(argv: readonly string[], given?: Given): Promise<Ended>;
  /** Starts `serve` on a free port, as a process of its own, and waits until it answers. */
  serve(given?: Given): Promise<Serving>;
  remove(): void;
}

/** A password that every rule accepts. */
export const PASSWORD = 'correct horse battery staple';

const DIAPASON = fileURLToPath(new URL('../../bin/diapason.js', import.meta.url));

/** Makes an empty folder; the first command makes the database. */
export function install(): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'diapason-commands-'));
  const run = (argv: readonly string[], given: Given = {}) => runHere(folder, argv, given);
  return {
    folder,
    run,
    async json(argv, given) {
      const ended = await run([...argv, '--json'], given);
      if (ended.status !== 0) throw new Error(`${argv.join(' ')} ended with ${ended.status}: ${ended.complaint}`);
      return JSON.parse(ended.output);
    },
    spawn: (argv, given = {}) => start(folder, argv, given).ended,
    async serve(given = {}) {
      const port = await freePort();
      const environment = {
        DIAPASON_URL: `http://localhost:${port}`,
        DIAPASON_LOG_LEVEL: 'warn',
        ...given.environment,
      };
      const { child, ended } = start(folder, ['serve', '--migrate'], { ...given, environment });
      await Promise.race([answers(port), ended.then(({ complaint }) => Promise.reject(new Error(complaint)))]);
      return { process: child, port, ended };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function runHere(directory: string, argv: readonly string[], given: Given): Promise<Ended> {
  let output = '';
  let complaint = '';
  const status = await runCommandLine(argv, {
    write: (written) => {
      output += written;
    },
    complain: (line) => {
      complaint += `${line}\n`;
    },
    interactive: false,
    outputIsTerminal: given.outputIsTerminal === true,
    progressBar: () => null,
    readInput: async () => given.input ?? '',
    source: { environment: given.environment ?? {}, directory },
    clock: Date.now,
  });
  return { status, output, complaint };
}

function start(cwd: string, argv: readonly string[], given: Given) {
  // Whatever settings of Diapason the machine has are not the test's.
  const machine = Object.entries(process.env).filter(([name]) => !name.startsWith('DIAPASON_'));
  const env = { ...Object.fromEntries(machine), ...given.environment };
  const child = spawn(process.execPath, [DIAPASON, ...argv], { cwd, env });
  child.stdin.end(given.input ?? '');
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { child, ended: ended.then(([output, complaint]): Ended => ({ status: child.exitCode, output, complaint })) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await setTimeout(50);
  }
}
