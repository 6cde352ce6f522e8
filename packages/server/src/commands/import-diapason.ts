/** `diapason import diapason`: brings back an export. Owns the output; what is brought is `import/diapason/`. */
import { resolve } from 'node:path';
import { importExport } from '../import/diapason/import.ts';
import { SourceError } from '../import/sources/source.ts';
import { type KeyEncryption, WrongSecretError } from '../keys/key-encryption.ts';
import { endOfImport } from './import-report.ts';
import { type Outcome, refused } from './outcome.ts';
import { rehearsing } from './rehearsal.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from './workbench.ts';

/** What the command was given. */
export interface ImportDiapasonOptions {
  readonly from: string;
  readonly dryRun?: true;
  readonly dropSealed?: true;
  readonly json?: true;
}

/** Runs it. */
export async function importDiapasonCommand(options: ImportDiapasonOptions, terminal: Terminal): Promise<Outcome> {
  const keep = options.dryRun !== true;
  return rehearsing(!keep, terminal, (target) =>
    withWorkbench(target, async ({ administration, encryption }) => {
      const bar = terminal.progressBar();
      try {
        const report = await importExport(
          resolve(terminal.source.directory, options.from),
          { keep, dropSealed: options.dropSealed === true },
          {
            store: administration.imports('export'),
            opensSecretCheck: (sealed) => isOpenedBy(encryption, sealed),
            ...(bar === null ? {} : { progress: (rows: number, total: number) => bar.show(rows, total) }),
          },
        );
        return endOfImport(report, keep && !report.isRefused, options.json === true, terminal);
      } catch (error) {
        if (error instanceof SourceError) return refused(`${error.message} Nothing was written.`);
        throw error;
      } finally {
        bar?.end();
      }
    }),
  );
}

function isOpenedBy(encryption: KeyEncryption, sealed: Buffer): boolean {
  try {
    encryption.open('exports', 'secret-check', sealed);
    return true;
  } catch (error) {
    if (error instanceof WrongSecretError) return false;
    throw error;
  }
}
