/**
 * `diapason export`: everything that `diapason import diapason` takes back, in a file that its owner alone can read.
 *
 * Owns where it goes: never to a screen, never over another file, and nothing is left of one that could not be finished. What is in
 * it is `import/diapason/export.ts` and docs/export.md.
 */
import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from '../config/error-code.ts';
import { type ExportCounts, type ExportHeader, writeExport } from '../import/diapason/export.ts';
import { done, type Outcome, refused, usage } from './outcome.ts';
import type { Terminal } from './terminal.ts';
import { versionOfProgram } from './version.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** What the command was given. */
export interface ExportOptions {
  readonly apps?: true;
  readonly json?: true;
}

/** What is sealed so that an import can tell whether it has the same secret. It says nothing. */
export const SECRET_CHECK = Buffer.from('diapason');

/** Runs it. @param file a path, or `-` for standard output */
export async function exportCommand(file: string, options: ExportOptions, terminal: Terminal): Promise<Outcome> {
  if (file === '-' && terminal.outputIsTerminal) {
    return refused(
      'An export holds password hashes and is not written to a screen. Name a file, or write it into a pipe.',
    );
  }
  if (file === '-' && options.json) return usage('With - the output is the export itself; leave --json out.');
  return withWorkbench(terminal, async (workbench, config) => {
    const header: ExportHeader = {
      contents: options.apps ? 'applications' : 'everything',
      madeAtMs: terminal.clock(),
      madeBy: versionOfProgram(),
      issuer: config.url,
      secretCheck: workbench.encryption.seal('exports', 'secret-check', SECRET_CHECK),
    };
    if (file !== '-') return toFile(resolve(terminal.source.directory, file), header, options, workbench);
    const counts = await writeExport(workbench.storage.exports, header, async (lines) => terminal.write(lines));
    await noteExport(header, counts, workbench);
    return done();
  });
}

async function toFile(
  path: string,
  header: ExportHeader,
  options: ExportOptions,
  workbench: Workbench,
): Promise<Outcome> {
  let isMade = false;
  try {
    const handle = await open(path, 'wx', 0o600);
    isMade = true;
    try {
      const counts = await writeExport(
        workbench.storage.exports,
        header,
        async (lines) => void (await handle.appendFile(lines)),
      );
      await handle.sync();
      await noteExport(header, counts, workbench);
      isMade = false;
      if (options.json) return done(JSON.stringify({ file: path, contents: header.contents, counts }, null, 2));
      const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
      return done(`Wrote ${rows} rows to ${path}. It holds ${secretsOf(header)}: keep it as you keep the database.`);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return refused(`${path} is there already, and is not written over. Name another file.`);
    if (/^E[A-Z]+$/.test(code)) return refused(`${path} cannot be written (${code}). Nothing is left of it.`);
    throw error;
  } finally {
    if (isMade) await rm(path, { force: true });
  }
}

/** Whoever has read everything stands in the audit log as whoever has changed something. */
function noteExport({ contents }: ExportHeader, counts: ExportCounts, { administration }: Workbench): Promise<void> {
  const subject = { kind: 'installation', id: '', label: null } as const;
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return administration.note({ action: 'installation.export', subject, detail: { contents, rows } });
}

function secretsOf({ contents }: ExportHeader): string {
  return contents === 'everything' ? 'password hashes and tokens’ digests' : 'the HMACs of client secrets';
}
