// Makes the secrets of compose.yaml, once, in the volume of this folder: DIAPASON_SECRET, the database's password, and the URL
// that holds it. What is there already stays. Files are readable by all: each container mounts only this volume, and
// PostgreSQL and the server run under different users.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '/secrets'] = process.argv.slice(2);

/** The text of a file, written first where it is not there. */
function kept(name, make) {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o444, flag: 'wx', flush: true });
  return readFileSync(file, 'utf8').trim();
}

kept('diapason-secret', () => randomBytes(32).toString('base64url'));
const password = kept('database-password', () => randomBytes(24).toString('base64url'));
kept('database-url', () => `postgres://diapason:${password}@database:5432/diapason`);
console.log(`secrets are in ${folder}`);
