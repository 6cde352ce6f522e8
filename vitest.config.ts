import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Hundreds of commands and servers are started: each reads what the one before compiled, which is a fifth of its start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

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
    // On two cores: a file often waits for a process that it started.
    maxWorkers: 3,
  },
});
