/**
 * Making the folder of a file that is about to be written.
 *
 * Owns one workaround: `mkdir` with `recursive: true` never returns in places such as `/proc`, where a folder that exists answers
 * "no such file" to what is made in it (seen with Node 24.21).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder and those above it that are missing, for their owner alone. @throws Error when one cannot be made. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
