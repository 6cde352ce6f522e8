/**
 * Opens what a command works on: settings, then the database, at the schema of this version.
 *
 * Owns that an embedded database is migrated by every command and PostgreSQL by none but `migrate` and `serve --migrate`,
 * and the one line for a database that cannot be used. The commands run beside a running server.
 */
import { type Config, loadConfig } from '../config.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { StorageError } from '../storage/storage-error.ts';
import { type Outcome, refused } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Who applies pending migrations. `embedded`: they are applied to SQLite, and PostgreSQL is refused while it has some. */
export type Migrating = 'embedded' | 'by the work';

/** The settings, or the refusal that names the bad ones. Warnings go to the terminal. */
export function configured(terminal: Terminal): { readonly config: Config } | { readonly refusal: Outcome } {
  const loaded = loadConfig(terminal.source);
  if (loaded.outcome === 'refused') return { refusal: refused(loaded.faults.join('\ndiapason: ')) };
  for (const warning of loaded.warnings) terminal.complain(`warning: ${warning}`);
  return { config: loaded.config };
}

/** Runs `work` on the open database and closes it, whatever happens. A database that cannot be used is a refusal. */
export async function withDatabase(
  terminal: Terminal,
  work: (storage: Storage, config: Config) => Promise<Outcome>,
  migrating: Migrating = 'embedded',
): Promise<Outcome> {
  const settings = configured(terminal);
  if ('refusal' in settings) return settings.refusal;
  try {
    return await withStorage(settings.config, terminal, migrating, (storage) => work(storage, settings.config));
  } catch (error) {
    if (error instanceof StorageError) return refused(error.message);
    throw error;
  }
}

/** The same with settings that are loaded already. @throws StorageError */
export async function withStorage(
  config: Config,
  terminal: Terminal,
  migrating: Migrating,
  work: (storage: Storage) => Promise<Outcome>,
): Promise<Outcome> {
  const storage = await openStorage({
    database: config.database.engine === 'sqlite' ? config.database.file : config.database.url,
    poolSize: config.poolSize,
    clock: terminal.clock,
  });
  try {
    if (migrating === 'embedded') {
      const pending = await storage.pendingMigrations();
      if (pending.length > 0 && storage.engine === 'postgres') {
        return refused(`The database lacks ${pending.length} migration(s) of this version. Run: diapason migrate`);
      }
      if (pending.length > 0) await storage.migrate();
    }
    return await work(storage);
  } finally {
    await storage.close();
  }
}
