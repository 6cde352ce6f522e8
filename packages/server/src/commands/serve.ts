/**
 * `diapason serve`: the server, from start to a clean end.
 *
 * Owns signals, and the one line for a start that cannot succeed. What is served is `app.ts`.
 */
import { once } from 'node:events';
import { startServer } from '../app.ts';
import { errorCode } from '../config/error-code.ts';
import { type Config, sizeThreadPool } from '../config.ts';
import { WrongSecretError } from '../keys/key-encryption.ts';
import { StorageError } from '../storage/storage-error.ts';
import { configured, withStorage } from './database.ts';
import { done, type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Conventional statuses of a process that a signal ended at once: 128 and the signal's number. */
const STATUS_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Starts the server and runs until SIGINT or SIGTERM: requests under way are answered, then it ends. A second signal ends
 * the process at once.
 */
export async function serve(options: { readonly migrate: boolean }, terminal: Terminal): Promise<Outcome> {
  const settings = configured(terminal);
  if ('refusal' in settings) return settings.refusal;
  const { config } = settings;
  const missing = notYetThere(config);
  if (missing !== null) return refused(missing);
  sizeThreadPool(config);
  const stopped = firstSignal();
  try {
    const prepared = await prepareDatabase(config, options.migrate, terminal);
    if (prepared.outcome !== 'done') return prepared;
    const server = await startServer(config);
    // Standard output is the log's, one JSON object a line.
    terminal.complain(`Diapason answers at ${config.url} (listening on ${server.url}). Ctrl-C ends it.`);
    const signal = await stopped;
    terminal.complain(`${signal}: answering what is under way, then ending. Once more ends at once.`);
    await server.close();
    return done();
  } catch (error) {
    const line = lineOf(error, config);
    if (line === null) throw error;
    return refused(line);
  }
}

async function prepareDatabase(config: Config, apply: boolean, terminal: Terminal): Promise<Outcome> {
  return withStorage(config, terminal, apply ? 'by the work' : 'embedded', async (storage) => {
    const applied = apply ? await storage.migrate() : [];
    for (const { version, name } of applied) terminal.complain(`migration ${version} applied: ${name}`);
    return done();
  });
}

/** Resolves with the first signal; the next one ends the process. */
async function firstSignal(): Promise<keyof typeof STATUS_OF_SIGNAL> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const first = await Promise.race(signals.map((signal) => once(process, signal).then(() => signal)));
  for (const signal of signals) process.on(signal, () => process.exit(STATUS_OF_SIGNAL[signal]));
  return first;
}

/** Settings that this version accepts and cannot honour yet: better no start than a promise that is not kept. */
function notYetThere(config: Config): string | null {
  if (config.workers > 1) return 'This version runs one process a port. Leave DIAPASON_WORKERS at 1.';
  return null;
}

/** The line for what an operator can mend; null for a bug. */
function lineOf(error: unknown, config: Config): string | null {
  if (error instanceof StorageError || error instanceof WrongSecretError) return error.message;
  // Only what `listen` itself says: an EACCES of a file is another matter.
  if (!(error instanceof Error && 'syscall' in error && ['listen', 'getaddrinfo'].includes(String(error.syscall))))
    return null;
  const place = `${config.host}:${config.port}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `${place} is taken by another process. End that one, or set DIAPASON_PORT to another port.`;
    case 'EACCES':
      return `Listening on ${place} is not allowed. Set DIAPASON_PORT to a port above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${config.host} is not an address of this machine. Set DIAPASON_HOST to one, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return null;
  }
}
