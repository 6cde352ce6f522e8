/**
 * The secret that is made and kept beside an embedded database, as `<database>.secret`.
 *
 * Owns its making, so that of any number of processes that start at once exactly one makes it and all read the same.
 * A database whose secret is lost gets no new one: its signing keys would be unreadable and every sign-in would fail later.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../vocabulary/make-folder.ts';
import { errorCode } from './error-code.ts';

/** The secret, or why there is none. */
export type SecretKept =
  | { readonly outcome: 'kept'; readonly secret: string; readonly warning: string | null }
  | { readonly outcome: 'refused'; readonly fault: string };

/** Path of the secret of the embedded database in `file`. */
export function secretFileOf(file: string): string {
  return `${file}.secret`;
}

/** Reads the secret beside the database, making it (32 random octets, mode 0600) where neither it nor the database is there. */
export function keepSecret(databaseFile: string): SecretKept {
  const file = secretFileOf(databaseFile);
  try {
    const present = readIfThere(file);
    if (present !== null) return checked(file, present);
    if (isDatabase(databaseFile)) {
      return {
        outcome: 'refused',
        fault: `is not set, and ${file}, which was made with the database, is gone; put it back`,
      };
    }
    makeFolder(dirname(file));
    make(file);
    return checked(file, readFileSync(file, 'utf8'));
  } catch (error) {
    return { outcome: 'refused', fault: `is not set, and ${file} can be neither read nor made (${errorCode(error)})` };
  }
}

/**
 * Written under a name of its own first, then linked: the link fails where the name exists (as O_EXCL does), and nobody
 * ever reads half a secret, which with O_EXCL alone a second process could.
 */
function make(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    // File systems without hard links (FAT, some network volumes): the exclusive creation alone.
    writeFileSync(file, readFileSync(draft), { mode: 0o600, flag: 'wx', flush: true });
  } finally {
    rmSync(draft, { force: true });
  }
}

function checked(file: string, content: string): SecretKept {
  const secret = content.trim();
  if (secret.length < 32)
    return { outcome: 'refused', fault: `is not set, and ${file} holds fewer than 32 characters` };
  const readableByOthers = (statSync(file).mode & 0o077) !== 0;
  return {
    outcome: 'kept',
    secret,
    warning: readableByOthers ? `${file} can be read by others: chmod 600 ${file}` : null,
  };
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function isDatabase(file: string): boolean {
  const status = statSync(file, { throwIfNoEntry: false });
  return status !== undefined && status.size > 0;
}
