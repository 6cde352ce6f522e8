/** `diapason migrate`. Owns its output; what a migration does is `storage/`. */
import { withDatabase } from './database.ts';
import { done, json, type Outcome } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Applies what is pending, on either engine, and prints which migrations that were. */
export async function migrate(options: { readonly json?: true }, terminal: Terminal): Promise<Outcome> {
  return withDatabase(
    terminal,
    async (storage) => {
      const applied = await storage.migrate();
      if (options.json) return json(applied);
      const rows = applied.map(({ version, name }) => [String(version), name]);
      return done(table(['APPLIED', 'NAME'], rows, 'The database is up to date.'));
    },
    'by the work',
  );
}
