// Runs every static check and says which failed: format and lint, types, import rules, dead code.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {[string, string[]][]} */
const checks = [
  ['format and lint', ['biome', 'check', '.']],
  ['types', ['tsc', '-b', 'tsconfig.json']],
  ['import rules', ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'examples']],
  ['dead code', ['knip']],
  // What is published is ESM, for Node 24 and bundlers.
  ['published package', ['publint', 'packages/client', '--strict']],
  [
    'published types',
    ['attw', '--pack', 'packages/client', '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '-q'],
  ],
  // A public name without its docstring, or a link that leads nowhere, is an error (packages/client/typedoc.json).
  ['API reference', ['--workspace', 'packages/client', 'typedoc', '--emit', 'none']],
];
let failed = 0;
for (const [name, [tool, ...options]] of checks) {
  const run = spawnSync('npx', ['--no-install', tool, ...options], { cwd: root, stdio: 'inherit' });
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (run.status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
