/**
 * Processes that the bench starts: pinned to one core, waited for, measured, and ended.
 *
 * Owns start and end of exactly the processes that it started. What they serve is `targets/`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A running server. */
export interface ServerProcess {
  /** The line that it announced itself with. */
  readonly firstLine: string;
  /** Processor time that it has used so far, in ms; null where the system does not say. */
  cpuMs(): number | null;
  /** Resident memory in MiB; null where the system does not say. */
  residentMiB(): number | null;
  /** Ends it and waits for its end. */
  stop(): Promise<void>;
}

/** Whether processes can be pinned here. */
export const canPin = spawnSync('taskset', ['--version']).status === 0;

/** Runs this Node with `argv` on one core and waits until it prints a line that `isReady` takes. */
export async function startServerProcess(
  argv: readonly string[],
  options: {
    readonly core: number;
    readonly environment?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly isReady: (line: string) => boolean;
  },
): Promise<ServerProcess> {
  const command = canPin ? ['taskset', '-c', String(options.core), process.execPath] : [process.execPath];
  const [program = process.execPath, ...rest] = [...command, ...argv];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk).slice(-4000);
  });
  const firstLine = await readyLine(child, options.isReady, () => complaints);
  return {
    firstLine,
    cpuMs: () => cpuMsOf(child),
    residentMiB: () => residentMiBOf(child),
    stop: () => stop(child),
  };
}

async function readyLine(
  child: ChildProcess,
  isReady: (line: string) => boolean,
  complaints: () => string,
): Promise<string> {
  if (child.stdout === null) throw new Error('no standard output');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (!isReady(line)) continue;
      // Whatever it prints later is thrown away, so that a full pipe does not stop it.
      child.stdout.resume();
      return line;
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${child.spawnargs.join(' ')} ended before it was ready:\n${complaints()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

/** proc(5): fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function cpuMsOf(child: ChildProcess): number | null {
  const stat = procFile(child, 'stat');
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMiBOf(child: ChildProcess): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(child, 'status') ?? '')?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

function procFile(child: ChildProcess, name: string): string | null {
  try {
    return readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}

/** Pins this process, every thread of it, to one core. */
export function pinSelf(core: number): void {
  if (canPin) spawnSync('taskset', ['-acp', String(core), String(process.pid)]);
}
