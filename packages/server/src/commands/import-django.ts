/**
 * `diapason import django`. Owns what is asked of the run (`import-run.ts`); what is brought is `import/`.
 */
import { resolve } from 'node:path';
import { accountsPart } from '../import/django/accounts.ts';
import { applicationsPart } from '../import/django/applications.ts';
import { grantsPart } from '../import/django/grants.ts';
import { openSource } from '../import/sources/open.ts';
import { takeOverSigningKey } from '../keys/foreign-key.ts';
import { readImportFiles } from './import-files.ts';
import { runImport } from './import-run.ts';
import { type Outcome, refused, usage } from './outcome.ts';
import type { Terminal } from './terminal.ts';

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
  const { scopes, issuerKey } = files;
  const from = /^\w+:\/\//.test(options.from) ? options.from : resolve(terminal.source.directory, options.from);
  return runImport(
    {
      from: 'django',
      open: () => openSource(from),
      options: {
        origin: 'django',
        userTable: options.userTable ?? null,
        trustEmails: options.trustEmails === true,
        dropUnreadablePasswords: options.dropUnreadablePasswords === true,
        scopes,
      },
      parts: [accountsPart, applicationsPart, grantsPart],
      dryRun: options.dryRun === true,
      verify: options.verify === true,
      json: options.json === true,
      // After the rest: it is a step of its own, and the same command again takes it where this one was interrupted.
      async afterwards({ administration, encryption }) {
        if (issuerKey !== null)
          await takeOverSigningKey(issuerKey, { keys: administration.keys, encryption, clock: terminal.clock });
      },
    },
    terminal,
  );
}
