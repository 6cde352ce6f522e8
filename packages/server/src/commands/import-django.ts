/**
 * `diapason import django`. Owns the order around the run and the output of --verify; what is brought is `import/`.
 */
import { resolve } from 'node:path';
import { accountsPart } from '../import/django/accounts.ts';
import { applicationsPart } from '../import/django/applications.ts';
import { grantsPart } from '../import/django/grants.ts';
import { type ImportDeps, importDjango, verifyDjango } from '../import/django.ts';
import type { DjangoOptions, ImportSecrets } from '../import/part.ts';
import { openSource } from '../import/sources/open.ts';
import { SourceError } from '../import/sources/source.ts';
import { factorSecretsOf } from '../keys/factor-secrets.ts';
import { takeOverSigningKey } from '../keys/foreign-key.ts';
import type { KeyEncryption } from '../keys/key-encryption.ts';
import { type ClientSecretKey, clientSecretMac } from '../protocol/client-secret.ts';

import { type ImportFiles, readImportFiles } from './import-files.ts';
import { endOfImport } from './import-report.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { rehearsing } from './rehearsal.ts';
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
  return rehearsing(options.dryRun === true || options.verify === true, terminal, (target) =>
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
  return endOfImport(report, written, options.json === true, terminal);
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
