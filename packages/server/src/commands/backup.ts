/**
 * `diapason backup` and `diapason restore`: everything that an installation is, sessions and tokens included, so that nobody has to sign
 * in again. Owns the output and the settings that they need; what the file looks like is `import/backup/`.
 */
import { resolve } from 'node:path';
import type { BackupOpening } from '../import/backup/read.ts';
import { BackupError, checkBackup, restoreBackup } from '../import/backup/read.ts';
import { type BackupWritten, writeBackup } from '../import/backup/write.ts';
import { createKeyEncryption, type KeyEncryption, WrongSecretError } from '../keys/key-encryption.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import { withDatabase } from './database.ts';
import { makeFile } from './new-file.ts';
import { operatorOfMachine } from './operator.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';
import { versionOfProgram } from './version.ts';
import { withWorkbench } from './workbench.ts';

/** Says nothing: whoever opens it has the secret. */
const SECRET_CHECK = Buffer.from('diapason');

/** `backup FILE`. */
export async function backup(file: string, options: { readonly json?: true }, terminal: Terminal): Promise<Outcome> {
  const path = resolve(terminal.source.directory, file);
  // Under a secret that is not the database's the file would be of no use: that is seen first.
  return withWorkbench(terminal, async ({ storage, administration, encryption }, config) => {
    const about = {
      madeAtMs: terminal.clock(),
      madeBy: versionOfProgram(),
      engine: storage.engine,
      issuer: config.issuer,
      secretCheck: encryption.seal('backups', 'secret-check', SECRET_CHECK),
      macKey: encryption.deriveKey('backups'),
    };
    const made = await makeFile(path, (append) => writeBackup(storage.backups(operatorOfMachine()), about, append));
    if (made.outcome === 'failed') return refused(made.line);
    const { rows, tables } = made.result;
    const subject = { kind: 'installation', id: '', label: null } as const;
    await administration.note({ action: 'installation.backup', subject, detail: { rows } });
    return options.json ? json({ file: path, rows, tables }) : done(words(path, made.result));
  });
}

function words(path: string, { rows }: BackupWritten): string {
  return (
    `Wrote ${rows} rows to ${path}. It holds password hashes and what opens sessions: keep it as you keep the database.\n` +
    'DIAPASON_SECRET is not in it, and without that it is of no use: keep the secret too, at another place.'
  );
}

/** Options of `restore`. */
export interface RestoreOptions {
  readonly force?: true;
  readonly check?: true;
  readonly json?: true;
}

/** `restore FILE`. */
export async function restore(file: string, options: RestoreOptions, terminal: Terminal): Promise<Outcome> {
  const path = resolve(terminal.source.directory, file);
  return withDatabase(
    terminal,
    async (storage, config) => {
      const opening = openingOf(createKeyEncryption(config.secret, systemRandomness));
      try {
        if (options.check) {
          const { header, rows } = await checkBackup(path, opening);
          if (options.json) return json({ file: path, made_at: header.made_at, rows, restored: false });
          return done(`${path} is whole: ${rows} rows of ${header.made_at}. Nothing was changed.`);
        }
        // Of this version, whatever state it is in: all of it is replaced.
        await storage.migrate();
        const { header, rows } = await restoreBackup(
          path,
          opening,
          options.force === true,
          storage.backups(operatorOfMachine()),
        );
        if (options.json) return json({ file: path, made_at: header.made_at, rows, restored: true });
        const moved =
          header.issuer === config.issuer
            ? ''
            : `\nIt was made at ${header.issuer}, and DIAPASON_URL makes this ${config.issuer}: applications expect the former.`;
        return done(`Restored ${rows} rows, as they were at ${header.made_at}.${moved}`);
      } catch (error) {
        if (error instanceof BackupError) return refused(`${error.message} Nothing was written.`);
        throw error;
      }
    },
    'by the work',
  );
}

function openingOf(encryption: KeyEncryption): BackupOpening {
  return {
    macKey: encryption.deriveKey('backups'),
    opensSecretCheck(sealed) {
      try {
        return encryption.open('backups', 'secret-check', sealed).equals(SECRET_CHECK);
      } catch (error) {
        if (error instanceof WrongSecretError) return false;
        throw error;
      }
    },
  };
}
