/** The options of `diapason import …` and `diapason export`. Owns parsing and help alone; what is done is `import-….ts` and `export.ts`. */
import type { Command } from 'commander';
import type { ExportOptions } from './export.ts';
import type { ImportDiapasonOptions } from './import-diapason.ts';
import type { ImportDjangoOptions } from './import-django.ts';
import type { ImportUsersOptions } from './import-users.ts';
import { withJson } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds `import` with its subcommands. */
export function addImportCommands(program: Command, run: Run, terminal: Terminal): void {
  const group = program.command('import').description('bring in what another server has');
  addDiapasonImport(group, run, terminal);
  addUsersImport(group, run, terminal);
  withJson(group.command('django'))
    .description('bring over a Django installation: all of it or, where something stands against it, nothing')
    .requiredOption(
      '--from <source>',
      'an SQLite file, postgres://…, mysql://…, or a JSON fixture of "manage.py dumpdata"',
    )
    .option('--dry-run', 'print the same report, and write nothing')
    .option('--verify', 'instead: compare what is here with the source')
    .option('--user-table <name>', 'the table of a user model of your own; unless said: auth_user')
    .option('--scopes-file <file>', 'the setting SCOPES of django-oauth-toolkit as JSON: {"read": "See your data"}')
    .option('--issuer-key <file>', 'the RSA key that ID tokens were signed with (OIDC_RSA_PRIVATE_KEY), in PEM form')
    .option('--trust-emails', 'addresses in the user table count as verified, too (allauth says so of its own)')
    .option('--drop-unreadable-passwords', 'accounts whose password cannot be verified come without one')
    .addHelpText(
      'after',
      '\nRun again, it brings only what changed at the source since. Exit status 1: nothing was written, or --verify found a difference.',
    )
    .action((options: ImportDjangoOptions) =>
      run(async () => (await import('./import-django.ts')).importDjangoCommand(options, terminal)),
    );
}

function addDiapasonImport(group: Command, run: Run, terminal: Terminal): void {
  withJson(group.command('diapason'))
    .description('bring back what "diapason export" wrote: all of it or nothing')
    .requiredOption('--from <file>', 'the export')
    .option('--dry-run', 'print the same report, and write nothing')
    .option('--drop-sealed', 'the file was made under another DIAPASON_SECRET: leave out what only that one opens')
    .addHelpText(
      'after',
      '\nAn export of everything needs an empty database; one of the applications comes beside others. Exit status 1: nothing was written.',
    )
    .action((options: ImportDiapasonOptions) =>
      run(async () => (await import('./import-diapason.ts')).importDiapasonCommand(options, terminal)),
    );
}

function addUsersImport(group: Command, run: Run, terminal: Terminal): void {
  withJson(group.command('users'))
    .description('bring in people from a file: all of them or, where something stands against it, nobody')
    .requiredOption(
      '--from <file>',
      'CSV, JSON, JSON Lines, a realm export of Keycloak, or what "firebase auth:export" wrote',
    )
    .option('--dry-run', 'print the same report, and write nothing')
    .option('--verify', 'instead: compare what is here with the file')
    .option('--firebase-hash-config <file>', 'JSON with signerKey, saltSeparator, rounds and memCost of the project')
    .option('--drop-unreadable-passwords', 'accounts whose password cannot be verified come without one')
    .addHelpText(
      'after',
      '\nRun again, it brings only what changed in the file since. Exit status 1: nothing was written, or --verify found a difference.',
    )
    .action((options: ImportUsersOptions) =>
      run(async () => (await import('./import-users.ts')).importUsersCommand(options, terminal)),
    );
}

/** Adds `export`. */
export function addExportCommand(program: Command, run: Run, terminal: Terminal): void {
  withJson(program.command('export'))
    .description('write everything that "import diapason" takes back, as JSON lines (docs/export.md)')
    .argument('<file>', 'a file that is not there yet; - for standard output that is no terminal')
    .option('--apps', 'the applications with their secrets, and the declared scopes, alone')
    .action((file: string, options: ExportOptions) =>
      run(async () => (await import('./export.ts')).exportCommand(file, options, terminal)),
    );
}
