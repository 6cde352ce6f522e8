/**
 * Tokens in a file that nobody else on the machine can read.
 *
 * Owns the format, the mode (0600), writing in one step, the checks before it is believed, and the lock under which one of
 * several processes refreshes.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { readDpopKey } from '../protocol/dpop-key.ts';
import { makeFolder } from '../store/make-folder.ts';
import { ProgramError } from './program-client.ts';
import type { TokenSet } from './token-set.ts';

const VERSION = 1;
const FILE_BYTES_MAX = 256 * 1024;
/** Longer than any refresh takes: whoever held the lock then is gone. */
const LOCK_AGE_MAX_MS = 30_000;
const LOCK_POLL_MS = 25;

/** A file with the tokens of one sign-in. */
export interface TokenFile {
  readonly path: string;
  /** null when there is none. @throws ProgramError `token_file_unsafe`, `token_file_invalid` */
  read(): Promise<TokenSet | null>;
  /** In one step: a reader sees the former or the new ones. */
  write(tokens: TokenSet): Promise<void>;
  /** Forgets the tokens; there may be none. */
  remove(): Promise<void>;
  /** Runs this while no other process does. */
  locked<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** The file at this path; it and its folder are made at the first write. */
export function tokenFile(path: string): TokenFile {
  return {
    path,
    read: () => readTokens(path),
    write: async (tokens) => {
      makeFolder(dirname(path));
      const draft = `${path}.${randomUUID()}`;
      // `wx` follows no link that somebody put there.
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ version: VERSION, ...tokens })}\n`);
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
    locked: async (work) => {
      const lock = await takeLock(`${path}.lock`);
      try {
        return await work();
      } finally {
        await lock.close();
        await rm(`${path}.lock`, { force: true });
      }
    },
  };
}

async function readTokens(path: string): Promise<TokenSet | null> {
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
    return parse(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

function parse(text: string, path: string): TokenSet {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    read = null;
  }
  const said = (typeof read === 'object' && read !== null ? read : {}) as Readonly<Record<string, unknown>>;
  const { issuer, clientId, accessToken, expiresAtMs, claims } = said;
  const optional = (name: string) => (typeof said[name] === 'string' ? said[name] : null);
  if (
    said['version'] !== VERSION ||
    typeof issuer !== 'string' ||
    typeof clientId !== 'string' ||
    typeof accessToken !== 'string' ||
    // Tokens without their key are worth nothing, and sent without it they would tell others what they are.
    ((said['dpopKey'] ?? null) !== null && readDpopKey(said['dpopKey']) === null)
  ) {
    throw new ProgramError('token_file_invalid', `${path} holds no tokens that this version can read: sign in again`);
  }
  return {
    issuer,
    clientId,
    accessToken,
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null,
    refreshToken: optional('refreshToken'),
    idToken: optional('idToken'),
    scope: optional('scope'),
    dpopKey: readDpopKey(said['dpopKey']),
    claims: typeof claims === 'object' && claims !== null ? (claims as Readonly<Record<string, unknown>>) : null,
  };
}

/** A file that can be made once is a lock on every system. One that is older than any work under it is taken away. */
async function takeLock(path: string): Promise<FileHandle> {
  makeFolder(dirname(path));
  for (;;) {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_AGE_MAX_MS) await rm(path, { force: true });
    else await later(LOCK_POLL_MS);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
