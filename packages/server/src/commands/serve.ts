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
import { answerWithAll, metricsOfAll } from '../telemetry/metrics-of-processes.ts';
import { configured, withStorage } from './database.ts';
import { done, type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';
import { isWorkerProcess, leaveFirstProcess, startWorkers, toldToEnd } from './worker-processes.ts';

/** Conventional statuses of a process that a signal ended at once: 128 and the signal's number. */
const STATUS_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Starts the server and runs until SIGINT or SIGTERM: requests under way are answered, then it ends. A second signal ends
 * the process at once.
 */
export async function serve(options: { readonly migrate: boolean }, terminal: Terminal): Promise<Outcome> {
  if (isWorkerProcess()) return serveAsWorker(terminal);
  const settings = configured(terminal);
  if ('refusal' in settings) return settings.refusal;
  const { config } = settings;
  sizeThreadPool(config);
  return withLines(config, async () => {
    const signals = watchSignals();
    const prepared = await prepareDatabase(config, options.migrate, terminal);
    if (prepared.outcome !== 'done') return prepared;
    const server = await start(config, terminal, signals);
    if (server.outcome !== 'started') return server;
    // Standard output is the log's, one JSON object a line.
    terminal.complain(`Diapason answers at ${config.url} (listening on ${server.place}). Ctrl-C ends it.`);
    const signal = await signals.first;
    terminal.complain(`${signal}: answering what is under way, then ending. Once more ends at once.`);
    await server.end();
    return done();
  });
}

/** One of several processes: the first one has prepared the database and says what there is to say. */
async function serveAsWorker(terminal: Terminal): Promise<Outcome> {
  const settings = configured({ ...terminal, complain: () => undefined });
  if ('refusal' in settings) return settings.refusal;
  const { config } = settings;
  sizeThreadPool(config);
  try {
    return await withLines(config, async () => {
      const ended = Promise.race([watchSignals().first, toldToEnd()]);
      const server = await startServer(config, metricsOfAll);
      await ended;
      await server.close();
      return done();
    });
  } finally {
    leaveFirstProcess();
  }
}

/** In this process, or in several. */
async function start(config: Config, terminal: Terminal, signals: Signals) {
  if (config.workers === 1) {
    const server = await startServer(config);
    return { outcome: 'started', place: server.url, end: () => server.close() } as const;
  }
  answerWithAll();
  const started = await startWorkers(config.workers, (processId) =>
    terminal.complain(`process ${processId} ended by itself; another takes its place.`),
  );
  if (started.outcome === 'failed') return { outcome: 'said', status: started.status } as const;
  signals.atSecond(() => started.workers.kill());
  const place = `${config.host}:${config.port}, ${config.workers} processes`;
  return { outcome: 'started', place, end: () => started.workers.end() } as const;
}

async function prepareDatabase(config: Config, apply: boolean, terminal: Terminal): Promise<Outcome> {
  return withStorage(config, terminal, apply ? 'by the work' : 'embedded', async (storage) => {
    const applied = apply ? await storage.migrate() : [];
    for (const { version, name } of applied) terminal.complain(`migration ${version} applied: ${name}`);
    return done();
  });
}

interface Signals {
  /** Resolves with the first one. */
  readonly first: Promise<keyof typeof STATUS_OF_SIGNAL>;
  /** What is done at the second one, before the process ends at once. */
  atSecond(last: () => void): void;
}

function watchSignals(): Signals {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let last: () => void = () => undefined;
  const first = Promise.race(signals.map((signal) => once(process, signal).then(() => signal))).then((signal) => {
    for (const second of signals) {
      process.on(second, () => {
        last();
        process.exit(STATUS_OF_SIGNAL[second]);
      });
    }
    return signal;
  });
  return {
    first,
    atSecond(then) {
      last = then;
    },
  };
}

async function withLines(config: Config, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const line = lineOf(error, config);
    if (line === null) throw error;
    return refused(line);
  }
}

/** The line for what an operator can mend; null for a bug. */
function lineOf(error: unknown, config: Config): string | null {
  if (error instanceof StorageError || error instanceof WrongSecretError) return error.message;
  // Only what `listen` itself says (`bind` in one of several processes): an EACCES of a file is another matter.
  if (
    !(error instanceof Error && 'syscall' in error && ['listen', 'bind', 'getaddrinfo'].includes(String(error.syscall)))
  )
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
