/** The version of this program, as its package says. */
import { readFileSync } from 'node:fs';

/** Such as `0.1.0`. */
export function versionOfProgram(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
