/**
 * Runs the real `diapason` command on a database of its own, as an operator does: a process, standard input that is no
 * terminal, an exit status.
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

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly complaint: string;
}

/** A folder with an embedded database in it, and the command beside it. */
export interface Installation {
  readonly folder: string;
  /** Runs a command to its end. */
  run(argv: readonly string[], given?: Given): Promise<Ended>;
  /** Runs it with `--json` and answers the value. @throws when the status is not 0. */
  json(argv: readonly string[], given?: Given): Promise<unknown>;
  /** Starts `serve` on a free port and waits until it answers. */
  serve(given?: Given): Promise<Serving>;
  remove(): void;
}

/** A running server. */
export interface Serving {
  readonly process: ChildProcess;
  readonly port: number;
  /** How it ended, once it has. */
  readonly ended: Promise<Ended>;
}

/** What else a command gets. */
export interface Given {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The command's entry. */
export const DIAPASON = fileURLToPath(new URL('../../bin/diapason.js', import.meta.url));

/** A password that every rule accepts. */
export const PASSWORD = 'correct horse battery staple';

/** Makes an empty folder; the first command makes the database. */
export function install(): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'diapason-commands-'));
  const start = (argv: readonly string[], given: Given) => {
    const child = spawn(process.execPath, [DIAPASON, ...argv], {
      cwd: folder,
      env: { ...environmentWithoutSettings(), ...given.environment },
    });
    child.stdin.end(given.input ?? '');
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return {
      child,
      ended: ended.then(([output, complaint]): Ended => ({ status: child.exitCode, output, complaint })),
    };
  };
  const run = (argv: readonly string[], given: Given = {}): Promise<Ended> => start(argv, given).ended;
  return {
    folder,
    run,
    async json(argv, given) {
      const ended = await run([...argv, '--json'], given);
      if (ended.status !== 0) throw new Error(`${argv.join(' ')} ended with ${ended.status}: ${ended.complaint}`);
      return JSON.parse(ended.output);
    },
    async serve(given = {}) {
      const port = await freePort();
      const environment = {
        DIAPASON_URL: `http://localhost:${port}`,
        DIAPASON_LOG_LEVEL: 'warn',
        ...given.environment,
      };
      const { child, ended } = start(['serve', '--migrate'], { ...given, environment });
      await Promise.race([answers(port), ended.then(({ complaint }) => Promise.reject(new Error(complaint)))]);
      return { process: child, port, ended };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The environment, less whatever settings of Diapason the machine has. */
export function environmentWithoutSettings(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DIAPASON_')));
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
