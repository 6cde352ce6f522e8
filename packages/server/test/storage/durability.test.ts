/** What was acknowledged stays, also when the process is killed, and with several processes on one file. */
import { afterEach, describe, expect, it } from 'vitest';
import { newApplication } from '../../src/storage/conformance/case.ts';
import { openStorage } from '../../src/storage/storage.ts';
import type { Digest } from '../../src/vocabulary/credentials.ts';
import { type EmptyDatabase, emptyDatabase, runProcess, startProcess } from './databases.ts';

const NOW_MS = 1_900_000_000_000;
const clock = () => NOW_MS;
let empty: EmptyDatabase;

afterEach(() => empty.remove());

describe('design §4, embedded: what was answered survives', () => {
  it('loses no acknowledged token when the writing process is killed, five times', async () => {
    empty = await emptyDatabase('sqlite');
    const { database } = empty;
    const application = newApplication(NOW_MS);
    const first = await openStorage({ database, clock });
    await first.migrate();
    await first.applications.createApplication(application);
    await first.close();
    const acknowledged: string[] = [];
    for (let round = 1; round <= 5; round += 1) {
      acknowledged.push(...(await writeUntilKilled(database, application.id, 40 * round)));
    }
    const storage = await openStorage({ database, clock });
    for (const digest of acknowledged) {
      const found = await storage.grants.findAccessToken(Buffer.from(digest, 'hex') as Digest);
      expect(found?.isActive, digest).toBe(true);
    }
    await storage.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(600);
    expect(await empty.sql('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('counts every failure of three processes that write one file at once', async () => {
    empty = await emptyDatabase('sqlite');
    const { database } = empty;
    const storage = await openStorage({ database, clock });
    await storage.migrate();
    const key = { key: 'shared', windowMs: 3_600_000 };
    await Promise.all([
      runProcess('count-failures.ts', database, key.key, '50'),
      runProcess('count-failures.ts', database, key.key, '50'),
      Promise.all(Array.from({ length: 50 }, () => storage.failures.recordFailures([key], NOW_MS))),
    ]);
    expect((await storage.failures.readFailures([key], NOW_MS))[0]?.count).toBe(150);
    await storage.close();
  });
});

/** What a writer acknowledged until it was killed, after `lines` acknowledgements and wherever it then was. */
function writeUntilKilled(database: string, application: string, lines: number): Promise<readonly string[]> {
  const child = startProcess('write-tokens.ts', database, application);
  let printed = '';
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split('\n').length > lines) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('close', (_status, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the writer ended by itself: ${complaint}`));
      // The last line may have been cut short by the kill; it was acknowledged all the same, but not told whole.
      resolve(printed.split('\n').filter((line) => line.length === 64));
    });
  });
}
