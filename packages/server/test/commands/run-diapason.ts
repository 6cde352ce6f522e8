/**
 * Runs the real `diapason` command on a database of its own, as an operator does: a process, standard input that is no
 * terminal, an exit status.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
  remove(): void;
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
  const run = async (argv: readonly string[], given: Given = {}): Promise<Ended> => {
    const child = spawn(process.execPath, [DIAPASON, ...argv], {
      cwd: folder,
      env: { ...environmentWithoutSettings(), ...given.environment },
    });
    child.stdin.end(given.input ?? '');
    const closed = once(child, 'close');
    const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return { status: child.exitCode, output, complaint };
  };
  return {
    folder,
    run,
    async json(argv, given) {
      const ended = await run([...argv, '--json'], given);
      if (ended.status !== 0) throw new Error(`${argv.join(' ')} ended with ${ended.status}: ${ended.complaint}`);
      return JSON.parse(ended.output);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The environment, less whatever settings of Diapason the machine has. */
export function environmentWithoutSettings(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DIAPASON_')));
}
