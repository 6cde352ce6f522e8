import { defineConfig } from 'vitest/config';

/** One project: unit, storage (both engines), black-box and browser tests. `globalSetup` starts what is started once. */
export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.{ts,tsx}',
      'examples/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/test/**/*.test.ts',
    ],
    globalSetup: ['packages/server/test/postgres-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
