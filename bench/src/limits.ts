/** Runs `peers/bare-work.ts` on the server's core. Owns the list of limits, each beside the work that it bounds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServerProcess } from './server-process.ts';

/** What bounds whom: one commit may hold many tokens (group commit), one signature never more than one ID token. */
export const LIMITS = [
  { name: 'RS256 signatures', bounds: 'code flows with an RS256 ID token' },
  { name: 'ES256 signatures', bounds: 'code flows with an ES256 ID token' },
  { name: 'Argon2id verifications', bounds: 'sign-ins with a password', work: 'sign-in', wanted: 0.95 },
  { name: 'SQLite commits, synchronous=FULL', bounds: 'writes that do not share a commit' },
] as const;

/** One measurement of a limit. */
export interface LimitSample {
  readonly perSecond: number;
  /** Share of the core that it had, 0 to 1. */
  readonly busy: number;
}

/** How often a core does it in a second. */
export async function measureLimit(name: string, durationMs: number, core: number): Promise<LimitSample> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-bench-'));
  const script = fileURLToPath(new URL('peers/bare-work.ts', import.meta.url));
  try {
    const worker = await startServerProcess([script, name, String(durationMs), folder], {
      core,
      isReady: (line) => line.startsWith('{'),
    });
    await worker.stop();
    return JSON.parse(worker.firstLine) as LimitSample;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
