/**
 * What a command may do with the terminal: write, complain, read standard input, ask.
 *
 * Owns the rule that nothing is asked when standard input is not a terminal, and how a secret reaches a command. Tests pass
 * a terminal of their own.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { Presets, SingleBar } from 'cli-progress';
import { errorCode } from '../config/error-code.ts';
import type { ConfigSource } from '../config/reader.ts';
import { processSource } from '../config.ts';
import type { Clock } from '../vocabulary/time.ts';

/** How far a long command is. */
export interface ProgressBar {
  show(done: number, total: number): void;
  end(): void;
}

/** The terminal as commands see it. */
export interface Terminal {
  /** Standard output: what was asked for. */
  write(text: string): void;
  /** Standard error: one line for people. */
  complain(line: string): void;
  /** A bar on standard error that shows how far a long command is; null where nobody sees it. */
  progressBar(): ProgressBar | null;
  /** True when a person can answer. */
  readonly interactive: boolean;
  /** Whether somebody's screen is standard output. */
  readonly outputIsTerminal: boolean;
  /** Everything on standard input. */
  readInput(): Promise<string>;
  /** The environment, and the working directory. */
  readonly source: ConfigSource;
  /** The machine's clock. */
  readonly clock: Clock;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  // `diapason user list | head` closes the pipe early: no reason to crash.
  process.stdout.on('error', (error) => process.exit(errorCode(error) === 'EPIPE' ? 0 : 1));
  return {
    write: (text) => void process.stdout.write(text),
    complain: (line) => void process.stderr.write(`${line}\n`),
    progressBar: () => (process.stderr.isTTY === true ? barOn(process.stderr) : null),
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    outputIsTerminal: process.stdout.isTTY === true,
    readInput: () => readAll(process.stdin),
    source: processSource(),
    clock: Date.now,
  };
}

function barOn(stream: NodeJS.WriteStream): ProgressBar {
  const format = '{bar} {percentage} %  {value}/{total} rows  {eta_formatted} left';
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  let isStarted = false;
  return {
    show(done, total) {
      if (!isStarted) bar.start(total, done);
      else bar.update(done);
      isStarted = true;
    },
    end() {
      if (isStarted) bar.stop();
    },
  };
}

/** How a secret may be given: never as an argument, which other users of the machine could read. */
export interface SecretOptions {
  readonly passwordStdin?: true;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
}

/** The secret given; nothing given; or why what was given does not do. */
export type SecretGiven =
  | { readonly outcome: 'given'; readonly secret: string }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'refused'; readonly line: string };

/** Reads the secret from where the options say. One line end at its end is not a part of it. */
export async function readSecret(options: SecretOptions, terminal: Terminal): Promise<SecretGiven> {
  if (options.passwordStdin) return single('Standard input', await terminal.readInput());
  if (options.passwordFile !== undefined) {
    try {
      return single(
        options.passwordFile,
        await readFile(resolve(terminal.source.directory, options.passwordFile), 'utf8'),
      );
    } catch (error) {
      return { outcome: 'refused', line: `${options.passwordFile} cannot be read (${errorCode(error)}).` };
    }
  }
  if (options.passwordEnv !== undefined) {
    const value = terminal.source.environment[options.passwordEnv];
    if (value === undefined || value === '') {
      return { outcome: 'refused', line: `The environment variable ${options.passwordEnv} is not set.` };
    }
    return single(options.passwordEnv, value);
  }
  return { outcome: 'absent' };
}

function single(where: string, content: string): SecretGiven {
  const secret = content.replace(/\r?\n$/, '');
  if (secret === '') return { outcome: 'refused', line: `${where} is empty; it has to hold the password.` };
  if (/[\r\n]/.test(secret)) return { outcome: 'refused', line: `${where} holds more than one line.` };
  return { outcome: 'given', secret };
}
