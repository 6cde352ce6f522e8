/**
 * A dry run, and comparing: on a copy of the embedded database, or an empty one where there is none yet, which goes again.
 *
 * So a server beside it writes on meanwhile: the transaction of a run would hold it up for minutes. The price is as much disk as
 * the database takes, in the folder for temporary files. PostgreSQL needs none of it: there a transaction holds nobody up.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../config.ts';
import { copyEmbedded } from '../storage/storage.ts';
import { StorageError } from '../storage/storage-error.ts';
import { type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Runs `work` with a terminal whose settings name the copy, where it only rehearses; otherwise with the one given. */
export async function rehearsing(
  isRehearsal: boolean,
  terminal: Terminal,
  work: (terminal: Terminal) => Promise<Outcome>,
): Promise<Outcome> {
  const settings = readSettings(terminal.source);
  if (!isRehearsal || settings.outcome !== 'read' || settings.config.database.engine !== 'sqlite')
    return work(terminal);
  const { file } = settings.config.database;
  // Only its owner can look into it.
  const folder = mkdtempSync(join(tmpdir(), 'diapason-rehearsal-'));
  try {
    const database = join(folder, 'diapason.db');
    if (existsSync(file)) copyEmbedded(file, database);
    const { environment } = terminal.source;
    const secret = settings.config.secret === null && existsSync(`${file}.secret`) ? `${file}.secret` : undefined;
    return await work({
      ...terminal,
      source: {
        ...terminal.source,
        environment: {
          ...environment,
          DIAPASON_DATABASE: database,
          DIAPASON_DATABASE_FILE: undefined,
          ...(secret === undefined ? {} : { DIAPASON_SECRET_FILE: secret }),
        },
      },
    });
  } catch (error) {
    if (error instanceof StorageError) return refused(error.message);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
