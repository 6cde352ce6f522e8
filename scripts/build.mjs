// Compiles every package. A plain script, so that it runs on the Node that ran `npm ci`, whichever that is.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const examples = ['web-app', 'express', 'fastify', 'hono', 'next', 'node', 'single-page', 'command-line'].map(
  (name) => `examples/${name}`,
);
const built = spawnSync(process.execPath, [tsc, '-b', 'packages/server', 'packages/client', ...examples], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(built.status ?? 1);
