#!/usr/bin/env node
// Entry of the `diapason` command. Plain JavaScript that any Node understands: on one that is too old it says so before
// anything native is loaded, since better-sqlite3 would crash it. Everything else is src/main.ts.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const wanted = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < wanted) {
  console.error(
    `Diapason needs Node ${wanted} or newer, and this is Node ${process.versions.node}. ` +
      'In a clone, "npm ci" brings the right one: start it as "npx diapason".',
  );
  process.exitCode = 1;
} else {
  // Password hashes take one thread of libuv's pool for each core; files and signatures must not wait behind them. The pool
  // reads this once, when it is first used.
  process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism() + 4);
  const main = new URL('../dist/main.js', import.meta.url);
  if (existsSync(main)) import(main.href);
  else {
    console.error('Diapason is not built yet: run "npm run build" in the clone.');
    process.exitCode = 1;
  }
}
