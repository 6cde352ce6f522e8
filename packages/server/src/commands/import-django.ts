/**
 * `diapason import django`. Owns output, and that a dry run makes no database where there is none; what is brought is `import/`.
 * The JSON form of the report is documented in docs/commands.md and changes only by additions.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readSettings } from '../config.ts';
import { accountsPart } from '../import/django/accounts.ts';
import { applicationsPart } from '../import/django/applications.ts';
import { grantsPart } from '../import/django/grants.ts';
import { type ImportDeps, importDjango, verifyDjango } from '../import/django.ts';
import type { DjangoOptions, ImportSecrets } from '../import/part.ts';
import type { Finding, ImportReport } from '../import/report.ts';
import { openSource } from '../import/sources/open.ts';
import { SourceError } from '../import/sources/source.ts';
import { factorSecretsOf } from '../keys/factor-secrets.ts';
import { takeOverSigningKey } from '../keys/foreign-key.ts';
import type { KeyEncryption } from '../keys/key-encryption.ts';
import { type ClientSecretKey, clientSecretMac } from '../protocol/client-secret.ts';

import { type ImportFiles, readImportFiles } from './import-files.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

/** What the command was given. */
export interface ImportDjangoOptions {
  readonly from: string;
  readonly dryRun?: true;
  readonly verify?: true;
  readonly userTable?: string;
  readonly trustEmails?: true;
  readonly dropUnreadablePasswords?: true;
  readonly scopesFile?: string;
  readonly issuerKey?: string;
  readonly json?: true;
}

/** Runs it. */
export async function importDjangoCommand(options: ImportDjangoOptions, terminal: Terminal): Promise<Outcome> {
  if (options.dryRun && options.verify) return usage('--verify writes nothing in any case; leave --dry-run out.');
  const files = await readImportFiles(options, terminal);
  if (files.outcome === 'refused') return refused(files.line);
  return withTarget(options, terminal, (target) =>
    withWorkbench(target, async (workbench) => {
      const from = /^\w+:\/\//.test(options.from) ? options.from : resolve(terminal.source.directory, options.from);
      try {
        const source = await openSource(from);
        try {
          return options.verify
            ? await verify(source, { ...options, files }, workbench, terminal)
            : await bring(source, { ...options, files }, workbench, terminal);
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

type Source = Awaited<ReturnType<typeof openSource>>;
/** The options with what their files hold. */
type Given = ImportDjangoOptions & { readonly files: ImportFiles & { readonly outcome: 'read' } };

async function bring(source: Source, options: Given, workbench: Workbench, terminal: Terminal): Promise<Outcome> {
  const keep = options.dryRun !== true;
  const report = await withBar(terminal, (deps) => importDjango(source, { ...asked(options), keep }, deps), workbench);
  const written = keep && !report.isRefused;
  if (written && options.files.issuerKey !== null) {
    // After the rest: it is a step of its own, and the same command again takes it where this one was interrupted.
    const { storage, encryption } = workbench;
    await takeOverSigningKey(options.files.issuerKey, { keys: storage.keys, encryption, clock: terminal.clock });
  }
  terminal.write(
    options.json ? `${JSON.stringify(reportJson(report, written), null, 2)}\n` : `${reportText(report, written)}\n`,
  );
  if (report.isRefused) {
    return refused('Nothing was written: see what the report refuses. Correct it and run the same command again.');
  }
  return done();
}

async function verify(source: Source, options: Given, workbench: Workbench, terminal: Terminal): Promise<Outcome> {
  const { differences, report } = await withBar(
    terminal,
    (deps) => verifyDjango(source, asked(options), deps),
    workbench,
  );
  const kinds = Object.entries(report.kinds).map(([kind, { inSource, leftOut }]) => ({
    kind,
    in_source: inSource,
    here: inSource - leftOut,
  }));
  const output = options.json
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
}

function asked(options: Given): DjangoOptions {
  return {
    userTable: options.userTable ?? null,
    trustEmails: options.trustEmails === true,
    dropUnreadablePasswords: options.dropUnreadablePasswords === true,
    scopes: options.files.scopes,
  };
}

async function withBar<Result>(
  terminal: Terminal,
  work: (deps: ImportDeps) => Promise<Result>,
  { storage, encryption, users, applications }: Workbench,
): Promise<Result> {
  const bar = terminal.progressBar();
  try {
    return await work({
      store: storage.imports,
      parts: [accountsPart, applicationsPart, grantsPart],
      secrets: secretsOf(encryption, applications.clientSecretKey),
      randomness: users.randomness,
      nowMs: terminal.clock(),
      ...(bar === null ? {} : { progress: (rows: number, total: number) => bar.show(rows, total) }),
    });
  } finally {
    bar?.end();
  }
}

function secretsOf(encryption: KeyEncryption, clientSecretKey: ClientSecretKey): ImportSecrets {
  const factors = factorSecretsOf(encryption);
  return {
    sealTotpSeed: factors.sealSeed,
    clientSecretMac: (secret) => clientSecretMac(secret, clientSecretKey),
    recoveryCodeMac: factors.recoveryCodeMac,
  };
}

/** A dry run where there is no embedded database yet is done on an empty one that goes again. */
async function withTarget(
  options: ImportDjangoOptions,
  terminal: Terminal,
  work: (terminal: Terminal) => Promise<Outcome>,
): Promise<Outcome> {
  const settings = readSettings(terminal.source);
  const isMissing =
    options.dryRun === true &&
    settings.outcome === 'read' &&
    settings.config.database.engine === 'sqlite' &&
    !existsSync(settings.config.database.file);
  if (!isMissing) return work(terminal);
  const folder = mkdtempSync(join(tmpdir(), 'diapason-dry-run-'));
  try {
    const environment = { ...terminal.source.environment, DIAPASON_DATABASE: join(folder, 'diapason.db') };
    return await work({ ...terminal, source: { ...terminal.source, environment } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reportJson(report: ImportReport, written: boolean) {
  return {
    written,
    refused: report.isRefused,
    kinds: Object.entries(report.kinds).map(([kind, counts]) => ({
      kind,
      in_source: counts.inSource,
      brought: counts.brought,
      changed: counts.changed,
      unchanged: counts.unchanged,
      kept_as_here: counts.keptAsHere,
      left_out: counts.leftOut,
    })),
    finding_counts: report.findingCounts,
    findings: report.findings,
  };
}

const HEADINGS = ['KIND', 'AT THE SOURCE', 'BROUGHT', 'CHANGED', 'UNCHANGED', 'KEPT AS HERE', 'LEFT OUT'];

function reportText(report: ImportReport, written: boolean): string {
  const rows = Object.entries(report.kinds).map(([kind, counts]) => [
    kind.replaceAll('_', ' '),
    ...[counts.inSource, counts.brought, counts.changed, counts.unchanged, counts.keptAsHere, counts.leftOut].map(
      String,
    ),
  ]);
  const kept = new Map<string, number>();
  for (const { code } of report.findings) kept.set(code, (kept.get(code) ?? 0) + 1);
  const more = Object.entries(report.findingCounts)
    .filter(([code, count]) => count > (kept.get(code) ?? 0))
    .map(([code, count]) => `… and ${count - (kept.get(code) ?? 0)} more like "${code}".`);
  return [
    table(HEADINGS, rows, 'There is nothing to bring.'),
    ...report.findings.map(findingText),
    ...more,
    written ? 'Written.' : 'Nothing was written.',
  ].join('\n');
}

function findingText({ severity, row, what, outcome }: Finding): string {
  return `${severity}: ${row}: ${what} ${outcome}`.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
