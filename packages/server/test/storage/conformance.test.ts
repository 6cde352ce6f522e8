/** Runs the conformance suite against each engine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { movableClock } from '../../src/storage/conformance/case.ts';
import { CONFORMANCE } from '../../src/storage/conformance.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { newPostgresDatabase } from '../postgres.ts';

const START_MS = Date.UTC(2030, 0, 1);

describe.each(['sqlite', 'postgres'] as const)('storage on %s', (engine) => {
  const clock = movableClock(START_MS);
  let storage: Storage;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'diapason-conformance-'));
    const database = engine === 'sqlite' ? join(folder, 'diapason.db') : await newPostgresDatabase();
    storage = await openStorage({ database, clock: clock.read });
    await storage.migrate();
  });

  afterAll(async () => {
    await storage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { name, run } of CONFORMANCE) it(name, () => run(storage, clock));
});
