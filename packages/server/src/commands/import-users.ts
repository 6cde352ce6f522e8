/** `diapason import users`. Owns what is asked of the run (`import-run.ts`); what a file may say is `import/users-file/`. */
import { resolve } from 'node:path';
import { accountsPart } from '../import/django/accounts.ts';
import { openUsersFile } from '../import/users-file/open.ts';
import { LOCALES } from '../pages/messages.ts';
import { runImport } from './import-run.ts';
import { type Outcome, usage } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** What the command was given. */
export interface ImportUsersOptions {
  readonly from: string;
  readonly dryRun?: true;
  readonly verify?: true;
  readonly firebaseHashConfig?: string;
  readonly dropUnreadablePasswords?: true;
  readonly json?: true;
}

/** Runs it. */
export async function importUsersCommand(options: ImportUsersOptions, terminal: Terminal): Promise<Outcome> {
  if (options.dryRun && options.verify) return usage('--verify writes nothing in any case; leave --dry-run out.');
  const path = (file: string) => resolve(terminal.source.directory, file);
  const config = options.firebaseHashConfig === undefined ? null : path(options.firebaseHashConfig);
  return runImport(
    {
      from: 'users',
      open: ({ users: { profileFields } }) =>
        openUsersFile(path(options.from), config, { profileFields, locales: LOCALES }),
      options: {
        origin: 'file',
        userTable: null,
        trustEmails: false,
        dropUnreadablePasswords: options.dropUnreadablePasswords === true,
        scopes: null,
      },
      parts: [accountsPart],
      dryRun: options.dryRun === true,
      verify: options.verify === true,
      json: options.json === true,
    },
    terminal,
  );
}
