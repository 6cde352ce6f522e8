/**
 * Tokens in a file that nobody else on the machine can read.
 *
 * Owns the mode (0600), writing in one step, and the checks before it is believed.
 */
import { randomUUID } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../store/make-folder.ts';
import { withFileLock } from './file-lock.ts';
import { ProgramError } from './program-client.ts';
import type { TokenSet } from './token-set.ts';
import { readTokens, type TokenStore, writeTokens } from './token-store.ts';

const FILE_BYTES_MAX = 256 * 1024;

/** A file with the tokens of one sign-in. */
export interface TokenFile extends TokenStore {
  readonly path: string;
  /** null when there is none. @throws ProgramError `token_file_unsafe`, `token_file_invalid` */
  read(): Promise<TokenSet | null>;
}

/** The file at this path; it and its folder are made at the first write. */
export function tokenFile(path: string): TokenFile {
  return {
    path,
    read: () => readTokenFile(path),
    write: async (tokens) => {
      makeFolder(dirname(path));
      const draft = `${path}.${randomUUID()}`;
      // `wx` follows no link that somebody put there.
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(`${writeTokens(tokens)}\n`);
        await file.sync();
        await file.close();
        await rename(draft, path);
      } catch (error) {
        await file.close().catch(() => undefined);
        await rm(draft, { force: true });
        throw error;
      }
    },
    remove: () => rm(path, { force: true }),
    locked: (work) => withFileLock(`${path}.lock`, work),
  };
}

async function readTokenFile(path: string): Promise<TokenSet | null> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (found === null) return null;
  if (!found.isFile()) throw new ProgramError('token_file_unsafe', `${path} is no regular file`);
  // Windows keeps no such modes: a person's own folder is theirs by its access list.
  if (process.platform !== 'win32') {
    if ((found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8);
      throw new ProgramError(
        'token_file_unsafe',
        `${path} can be read by others (mode ${mode}): chmod 600, or sign in again`,
      );
    }
    if (found.uid !== process.getuid?.()) {
      throw new ProgramError('token_file_unsafe', `${path} belongs to another user`);
    }
  }
  if (found.size > FILE_BYTES_MAX) throw new ProgramError('token_file_invalid', `${path} is too long for tokens`);
  const file = await open(path, 'r');
  try {
    return readTokens(await file.readFile('utf8'), path, 'token_file_invalid');
  } finally {
    await file.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
