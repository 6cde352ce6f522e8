/** The run of an import from any kind of source: the bar, the report, and the output of --verify. What is brought is `import/`. */
import { type ImportDeps, importDjango, verifyDjango } from '../import/django.ts';
import type { DjangoOptions, ImportPart, ImportSecrets } from '../import/part.ts';
import type { Finding } from '../import/report.ts';
import { type Source, SourceError } from '../import/sources/source.ts';
import { factorSecretsOf } from '../keys/factor-secrets.ts';
import type { KeyEncryption } from '../keys/key-encryption.ts';
import { type ClientSecretKey, clientSecretMac } from '../protocol/client-secret.ts';
import { endOfImport } from './import-report.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { rehearsing } from './rehearsal.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** What is to be run. */
export interface ImportRun {
  /** What is read, as the audit log calls it. */
  readonly from: 'django' | 'users';
  readonly open: (workbench: Workbench) => Promise<Source & { readonly findings?: readonly Finding[] }>;
  readonly options: DjangoOptions;
  readonly parts: readonly ImportPart[];
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly json: boolean;
  /** What is done once everything is written. */
  readonly afterwards?: (workbench: Workbench) => Promise<void>;
}

/** Runs it. */
export async function runImport(run: ImportRun, terminal: Terminal): Promise<Outcome> {
  return rehearsing(run.dryRun || run.verify, terminal, (target) =>
    withWorkbench(target, async (workbench) => {
      try {
        const source = await run.open(workbench);
        try {
          return await withBar(
            terminal,
            workbench,
            { parts: run.parts, findings: source.findings ?? [], from: run.from },
            (deps) =>
              run.verify ? verify(source, run, deps, terminal) : bring(source, run, { deps, workbench }, terminal),
          );
        } finally {
          await source.close();
        }
      } catch (error) {
        if (error instanceof SourceError) return refused(`${error.message} Nothing was written.`);
        throw error;
      }
    }),
  );
}

async function bring(
  source: Source,
  run: ImportRun,
  { deps, workbench }: { readonly deps: ImportDeps; readonly workbench: Workbench },
  terminal: Terminal,
): Promise<() => Promise<Outcome>> {
  const keep = !run.dryRun;
  const report = await importDjango(source, { ...run.options, keep }, deps);
  return async () => {
    const written = keep && !report.isRefused;
    if (written) await run.afterwards?.(workbench);
    return endOfImport(report, written, run.json, terminal);
  };
}

async function verify(
  source: Source,
  run: ImportRun,
  deps: ImportDeps,
  terminal: Terminal,
): Promise<() => Promise<Outcome>> {
  const { differences, report } = await verifyDjango(source, run.options, deps);
  return async () => {
    const kinds = Object.entries(report.kinds).map(([kind, { inSource, leftOut }]) => ({
      kind,
      in_source: inSource,
      here: inSource - leftOut,
    }));
    const output = run.json
      ? json({ kinds, differences })
      : done(
          [
            table(
              ['KIND', 'AT THE SOURCE', 'HERE'],
              kinds.map((row) => [row.kind, String(row.in_source), String(row.here)]),
              '',
            ),
            ...differences,
          ].join('\n'),
        );
    if (differences.length === 0) return output;
    if (output.outcome === 'done') terminal.write(output.output);
    return refused(`What is here differs from the source (${differences.length} lines above).`);
  };
}

/** Shows the bar while `work` runs; what it answers is run when the bar is gone. */
async function withBar(
  terminal: Terminal,
  { administration, encryption, users, applications }: Workbench,
  { from, ...given }: Pick<ImportDeps, 'parts'> & { readonly findings: readonly Finding[]; readonly from: string },
  work: (deps: ImportDeps) => Promise<() => Promise<Outcome>>,
): Promise<Outcome> {
  const bar = terminal.progressBar();
  let end: () => Promise<Outcome>;
  try {
    end = await work({
      ...given,
      store: administration.imports(from),
      secrets: secretsOf(encryption, applications.clientSecretKey),
      randomness: users.randomness,
      nowMs: terminal.clock(),
      ...(bar === null ? {} : { progress: (rows: number, total: number) => bar.show(rows, total) }),
    });
  } finally {
    bar?.end();
  }
  return end();
}

function secretsOf(encryption: KeyEncryption, clientSecretKey: ClientSecretKey): ImportSecrets {
  const factors = factorSecretsOf(encryption);
  return {
    sealTotpSeed: factors.sealSeed,
    clientSecretMac: (secret) => clientSecretMac(secret, clientSecretKey),
    recoveryCodeMac: factors.recoveryCodeMac,
  };
}
