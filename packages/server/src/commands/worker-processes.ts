/**
 * Several processes at one port (`DIAPASON_WORKERS`), by `node:cluster`: each is a server of its own over the same database, as on several
 * machines. One that ends by itself is started anew; all end together.
 *
 * Owns the children and what is said to them. What each answers is `app.ts`.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';

/** Between the end of a process and the start of the next: one that cannot live does not keep a core busy. */
const PAUSE_MS = 1_000;
/** What the first process says to the others at the end. A signal would be their second where the terminal sent them one too. */
const END = 'end';

/** True in a process that {@link startWorkers} started. */
export function isWorkerProcess(): boolean {
  return cluster.isWorker;
}

/** In a worker: resolves when the first process wants it to end. */
export async function toldToEnd(): Promise<typeof END> {
  await new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (message === END) resolve();
    });
  });
  return END;
}

/** In a worker, behind its last answer: lets go of the first process, which would keep it alive. */
export function leaveFirstProcess(): void {
  cluster.worker?.disconnect();
}

/** Those that run. */
export interface WorkerProcesses {
  /** Has them answer what is under way and end. */
  end(): Promise<void>;
  /** Ends them at once. */
  kill(): void;
}

/**
 * Starts `count` processes with this command line, one first: if that one cannot answer, it has said why on standard error.
 * @param lost told of each that ended by itself.
 */
export async function startWorkers(
  count: number,
  lost: (processId: number | undefined) => void,
): Promise<
  | { readonly outcome: 'started'; readonly workers: WorkerProcesses }
  | { readonly outcome: 'failed'; readonly status: number }
> {
  const running = new Set<Worker>();
  let isEnding = false;
  const start = (): Worker => {
    const worker = cluster.fork();
    running.add(worker);
    worker.once('exit', () => running.delete(worker));
    return worker;
  };
  const keep = (worker: Worker): void => {
    worker.once('exit', () => {
      if (isEnding) return;
      lost(worker.process.pid);
      setTimeout(() => {
        if (!isEnding) keep(start());
      }, PAUSE_MS);
    });
  };
  const first = start();
  const status = await Promise.race([once(first, 'listening').then(() => null), statusOf(first)]);
  if (status !== null) return { outcome: 'failed', status };
  const others = Array.from({ length: count - 1 }, start);
  await Promise.all(others.map((worker) => Promise.race([once(worker, 'listening'), once(worker, 'exit')])));
  for (const worker of [first, ...others]) {
    if (worker.isDead()) keep(start());
    else keep(worker);
  }
  const workers: WorkerProcesses = {
    async end() {
      isEnding = true;
      await Promise.all(
        [...running].map((worker) => {
          const ended = once(worker, 'exit');
          if (worker.isConnected()) worker.send(END);
          return ended;
        }),
      );
    },
    kill() {
      for (const worker of running) worker.process.kill('SIGKILL');
    },
  };
  return { outcome: 'started', workers };
}

async function statusOf(worker: Worker): Promise<number> {
  const [status]: (number | null)[] = await once(worker, 'exit');
  return status ?? 1;
}
