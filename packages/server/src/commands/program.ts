/**
 * The command line as a whole: which commands there are, their options, and how an end becomes an exit status.
 *
 * Owns parsing and help. What a command does is its own file, loaded when it runs, so that `--help` and `config` start
 * without a database driver.
 */
import { Command, CommanderError, Option } from 'commander';
import { addApplicationCommands } from './application-options.ts';
import { addAuditCommands } from './audit-options.ts';
import type { RestoreOptions } from './backup.ts';
import { addGroupCommands } from './group-options.ts';
import { addExportCommand, addImportCommands } from './import-options.ts';
import { addInvitationCommands } from './invitation-options.ts';
import type { RotateOptions } from './keys.ts';
import { withJson, withPassword } from './options.ts';
import { EXIT_BUG, EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, type Outcome, type Run } from './outcome.ts';
import { addProviderCommands } from './provider-options.ts';
import type { CreateTokenOptions } from './registration-tokens.ts';
import type { SecretOptions, Terminal } from './terminal.ts';
import { addUserCommands } from './user-options.ts';
import { versionOfProgram } from './version.ts';

/**
 * Runs one command line and answers its exit status: 0 done, 1 refused, 2 wrong command line, 70 a bug.
 * Everything that people should read goes to the terminal; nothing is thrown.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let end: Outcome | null = null;
  const program = buildProgram(terminal, async (work) => {
    end = await work();
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    terminal.complain(`diapason: this is a bug, please report it. ${error instanceof Error ? error.stack : error}`);
    return EXIT_BUG;
  }
  return finish(end, terminal);
}

function finish(end: Outcome | null, terminal: Terminal): number {
  switch (end?.outcome) {
    case 'done':
      terminal.write(end.output);
      return EXIT_DONE;
    case 'refused':
      terminal.complain(`diapason: ${end.line}`);
      return EXIT_REFUSED;
    case 'said':
      return end.status;
    case 'usage':
      terminal.complain(`diapason: ${end.line}`);
      return EXIT_USAGE;
    default:
      return EXIT_USAGE;
  }
}

function buildProgram(terminal: Terminal, run: Run): Command {
  const program = new Command('diapason')
    .description("Diapason: one account for all of an organisation's applications.")
    .version(versionOfProgram(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ writeOut: terminal.write, writeErr: (text) => terminal.complain(text.trimEnd()) })
    .exitOverride()
    .addHelpText(
      'after',
      '\nSettings come from the environment and from .env in the working directory: see "diapason config".' +
        '\nExit status: 0 done, 1 refused (one line says why), 2 wrong command line.',
    );

  program
    .command('serve')
    .description('start the server')
    .option('--migrate', 'apply pending migrations to PostgreSQL first (an embedded database always gets them)')
    .action((options: { migrate?: true }) =>
      run(async () => (await import('./serve.ts')).serve({ migrate: options.migrate === true }, terminal)),
    );
  withJson(program.command('migrate'))
    .description('bring the database to the schema of this version')
    .action((options: { json?: true }) => run(async () => (await import('./migrate.ts')).migrate(options, terminal)));
  withJson(program.command('config'))
    .description('print the settings in force and where each comes from; secrets are hidden')
    .action((options: { json?: true }) =>
      run(async () => (await import('./show-config.ts')).showConfig(options, terminal)),
    );
  const createSuperuser = program
    .command('create-superuser')
    .description('make an account that may do everything')
    .option('--username <name>', 'asked for when absent and there is a terminal')
    .option('--email <address>', 'asked for when absent and there is a terminal; counts as verified');
  withJson(withPassword(createSuperuser)).action(
    (options: SecretOptions & { username?: string; email?: string; json?: true }) =>
      run(async () => (await import('./create-superuser.ts')).createSuperuser(options, terminal)),
  );
  addUserCommands(program, run, terminal);
  addGroupCommands(program, run, terminal);
  addInvitationCommands(program, run, terminal);
  addProviderCommands(program, run, terminal);
  addApplicationCommands(program, run, terminal);
  addKeyCommands(program, run, terminal);
  addRegistrationTokenCommands(program, run, terminal);
  addMailCommands(program, run, terminal);
  addImportCommands(program, run, terminal);
  addExportCommand(program, run, terminal);
  addAuditCommands(program, run, terminal);
  addBackupCommands(program, run, terminal);
  withJson(program.command('doctor'))
    .description('look for what is wrong with the installation; status 0: nothing, 2: a fault')
    .option('--strict', 'status 1 where there are warnings alone')
    .action((options: { strict?: true; json?: true }) =>
      run(async () => (await import('./doctor.ts')).doctor(options, terminal)),
    );
  withJson(program.command('cleanup'))
    .description('delete what nobody can use any more: expired codes, tokens, sessions')
    .action((options: { json?: true }) => run(async () => (await import('./cleanup.ts')).cleanup(options, terminal)));
  return program;
}

function addBackupCommands(program: Command, run: Run, terminal: Terminal): void {
  withJson(program.command('backup'))
    .description('write everything into a new file, while the server works; DIAPASON_SECRET is not in it')
    .argument('<file>', 'it must not be there yet; its owner alone can read it')
    .action((file: string, options: { json?: true }) =>
      run(async () => (await import('./backup.ts')).backup(file, options, terminal)),
    );
  withJson(program.command('restore'))
    .description('put a backup in the place of what is in the database, SQLite or PostgreSQL: all of it or nothing')
    .argument('<file>', 'a file that diapason backup wrote')
    .option('--force', 'replace what is in the database; stop the servers first')
    .option(
      '--check',
      'only read the file to its end, and say whether it is whole and opens under this DIAPASON_SECRET',
    )
    .action((file: string, options: RestoreOptions) =>
      run(async () => (await import('./backup.ts')).restore(file, options, terminal)),
    );
}

function addRegistrationTokenCommands(program: Command, run: Run, terminal: Terminal): void {
  const token = program
    .command('registration-token')
    .description('tokens with which programs register applications by themselves (RFC 7591)');
  withJson(token.command('create'))
    .description('make a token and print it, this once; it is of use where DIAPASON_REGISTRATION is token or open')
    .option('--uses <number>', 'how many applications it registers; unless said: 1')
    .option('--expires <hours>', 'hours until it is of no use any more; unless said: 24')
    .action((options: CreateTokenOptions) =>
      run(async () => (await import('./registration-tokens.ts')).createRegistrationToken(options, terminal)),
    );
}

function addMailCommands(program: Command, run: Run, terminal: Terminal): void {
  const mail = program.command('mail').description('messages that wait to be sent, and those that could not be');
  withJson(mail.command('list'))
    .description('list messages that wait or failed, the latest first; what is in them is not shown')
    .option('--all', 'those that were sent in the last 14 days too')
    .action((options: { all?: true; json?: true }) =>
      run(async () => (await import('./mail.ts')).listMail(options, terminal)),
    );
  mail
    .command('retry')
    .description('send a failed message once more, unless the link in it has expired')
    .argument('[id]', 'as mail list shows it')
    .option('--all', 'every failed message')
    .action((id: string | undefined, options: { all?: true }) =>
      run(async () => (await import('./mail.ts')).retryMail(id, options, terminal)),
    );
}

function addKeyCommands(program: Command, run: Run, terminal: Terminal): void {
  const key = program.command('key').description('signing keys');
  withJson(key.command('list'))
    .description('list the signing keys')
    .action((options: { json?: true }) => run(async () => (await import('./keys.ts')).listKeys(options, terminal)));
  withJson(key.command('rotate'))
    .description('make new signing keys; the former ones stay published until nothing they signed is valid')
    .option('--algorithm <name>', 'RS256, ES256 or EdDSA; unless said, each')
    .addOption(
      new Option(
        '--refresh-tokens',
        'instead: a new key for making refresh tokens; the former ones stay good',
      ).conflicts('algorithm'),
    )
    .action((options: RotateOptions) => run(async () => (await import('./keys.ts')).rotateKeys(options, terminal)));
  withJson(key.command('import'))
    .description('take over the RSA key that another server signed with; it signs RS256 from now on')
    .argument('<file>', 'the private key in PEM form, not encrypted')
    .action((file: string, options: { json?: true }) =>
      run(async () => (await import('./keys.ts')).importKey(file, options, terminal)),
    );
}
