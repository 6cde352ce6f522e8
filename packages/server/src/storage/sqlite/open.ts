/**
 * Opens the embedded database's file and sets the connection up.
 *
 * Owns the settings and the messages for everything that can be wrong with a path. Statements are `engine.ts`.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { makeFolder } from '../../vocabulary/make-folder.ts';
import { StorageError } from '../storage-error.ts';

/**
 * How long a write waits for another process's, in milliseconds: a command's transaction takes a few. Requests that only read
 * are answered meanwhile (`group-commit.ts`).
 */
const BUSY_TIMEOUT_MS = 5_000;
/** Attempts at turning a new file to WAL while other processes open it too; the driver does not wait for this one. */
const WAL_ATTEMPTS_MAX = 100;
const WAL_PAUSE_MS = 20;

/**
 * Opens the file, made with its folder when it is not there (readable by its owner alone: it holds encrypted keys and
 * password hashes). `:memory:` opens one that nobody else sees and that ends with the process.
 * @throws StorageError `cannot_open` with what to do.
 */
export function openSqliteFile(path: string): Database.Database {
  try {
    if (path !== ':memory:') makeFile(path);
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      setUp(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw new StorageError('cannot_open', `cannot open the database ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function makeFile(path: string): void {
  makeFolder(dirname(path));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
  }
  closeSync(openSync(path, 'a', 0o600));
}

function setUp(db: Database.Database): void {
  useWal(db);
  // FULL: a commit that was answered survives a power cut. NORMAL would flush at checkpoints alone.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  // Negative: KiB. The default 2 MiB holds too little of the indexes of a busy server.
  db.pragma('cache_size = -16384');
  db.pragma('temp_store = MEMORY');
  // 4,096 pages (16 MiB) before the log is copied back: four times fewer pauses than the default, a log still small.
  db.pragma('wal_autocheckpoint = 4096');
  db.pragma('journal_size_limit = 67108864');
}

function useWal(db: Database.Database): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (db.pragma('journal_mode', { simple: true }) === 'wal') return;
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_BUSY' || attempt >= WAL_ATTEMPTS_MAX) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_PAUSE_MS);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_PERM':
      return 'permission denied; give this user write permission on the file and its folder, or set another path';
    case 'EROFS':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
    case 'SQLITE_READONLY_DBMOVED':
      return 'it cannot be written; give this user write permission on the file and its folder, or set another path';
    case 'EISDIR':
      return 'it is a directory; name a file in it, such as diapason.db';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is a file, not a folder; set another path';
    case 'ENOSPC':
    case 'SQLITE_FULL':
      return 'the disk is full; free some space';
    case 'SQLITE_NOTADB':
      return 'the file is not an SQLite database; set another path, or restore a backup';
    case 'SQLITE_CORRUPT':
      return 'the file is damaged; restore a backup';
    case 'SQLITE_BUSY':
      return 'another process has it locked; end that process and try again';
    default:
      return `${error instanceof Error ? error.message : 'unknown error'}${code === '' ? '' : ` (${code})`}`;
  }
}

/**
 * Copies a database, as it is at one moment, into a file that is not there yet. Whoever writes it goes on meanwhile.
 * @throws StorageError `cannot_open` with what to do.
 */
export function copySqliteFile(from: string, to: string): void {
  try {
    const db = new Database(from, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      // Not the backup API: that begins again whenever another process writes, and beside a busy server never ends.
      db.prepare('vacuum into ?').run(to);
    } finally {
      db.close();
    }
  } catch (error) {
    throw new StorageError('cannot_open', `cannot copy the database ${from} to ${to}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
