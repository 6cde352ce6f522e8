/**
 * A lock between the processes of one person on one machine.
 *
 * Owns when it counts as left behind. A file that can be made once is a lock on every system.
 */
import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { makeFolder } from '../store/make-folder.ts';

/** Longer than any refresh takes: whoever held the lock then is gone. */
const LOCK_AGE_MAX_MS = 30_000;
const LOCK_POLL_MS = 25;

/** Runs this while no other process does under the same file. */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await take(path);
  try {
    return await work();
  } finally {
    await lock.close();
    await rm(path, { force: true });
  }
}

/** One that is older than any work under it is taken away. */
async function take(path: string) {
  makeFolder(dirname(path));
  for (;;) {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_AGE_MAX_MS) await rm(path, { force: true });
    else await later(LOCK_POLL_MS);
  }
}
