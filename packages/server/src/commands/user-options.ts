/** The options of `diapason user …`. Owns parsing and help alone; what is done is `users.ts`. */
import type { Command } from 'commander';
import { onOff, withJson, withPassword } from './options.ts';
import type { Run } from './outcome.ts';
import type { SecretOptions, Terminal } from './terminal.ts';
import type { UpdateUserOptions } from './user-changes.ts';
import type { CreateUserOptions } from './users.ts';

/** Adds `user` with its subcommands. */
export function addUserCommands(program: Command, run: Run, terminal: Terminal): void {
  const user = program.command('user').description('accounts of people');
  const who = ['<user>', 'username, e-mail address or id'] as const;
  const load = () => import('./users.ts');

  const create = user
    .command('create')
    .description('make an account; the address counts as verified')
    .requiredOption('--username <name>', 'what the person signs in with')
    .requiredOption('--email <address>', 'e-mail address')
    .option('--first-name <name>', 'first name')
    .option('--last-name <name>', 'last name')
    .option('--field <name=value>', 'a field of DIAPASON_PROFILE_FIELDS; may be repeated', repeated)
    .addHelpText(
      'after',
      '\nWithout a password option a script makes an account that has no password until one is set.',
    );
  withJson(withPassword(create)).action((options: CreateUserOptions) =>
    run(async () => (await load()).createUser(options, terminal)),
  );
  withJson(user.command('list'))
    .description('list accounts in the order of usernames')
    .option('--search <text>', 'only those whose username, address or name holds the text')
    .action((options: { search?: string; json?: true }) =>
      run(async () => (await load()).listUsers(options, terminal)),
    );
  withJson(user.command('show'))
    .description('show one account')
    .argument(...who)
    .action((name: string, options: { json?: true }) =>
      run(async () => (await load()).showUser(name, options, terminal)),
    );
  user
    .command('set-field')
    .description('fill in fields of DIAPASON_PROFILE_FIELDS, whoever edits them')
    .argument(...who)
    .argument('<field...>', 'name=value; an empty value takes a field out')
    .action((name: string, fields: readonly string[]) =>
      run(async () => (await load()).setUserFields(name, fields, terminal)),
    );
  addUserChanges(user, run, terminal);
  withPassword(user.command('set-password'))
    .description('set a password; every session of the account ends')
    .argument(...who)
    .action((name: string, options: SecretOptions) =>
      run(async () => (await load()).setUserPassword(name, options, terminal)),
    );
  withJson(user.command('reset-password'))
    .description('mail somebody a link by which they choose a password; printed where there is no mail')
    .argument(...who)
    .option('--end-sessions', 'sign them out everywhere now')
    .action((name: string, options: { endSessions?: true; json?: true }) =>
      run(async () => (await load()).resetPassword(name, options, terminal)),
    );
  user
    .command('reset-factors')
    .description('take second factors away from somebody who lost them: sessions end')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).resetFactors(name, terminal)));
  user
    .command('disable')
    .description('keep a person out: sessions end and tokens are revoked at once')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).disableUser(name, terminal)));
  user
    .command('enable')
    .description('let a disabled person in again')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).enableUser(name, terminal)));
  user
    .command('keep')
    .description('keep an account whose owner asked for its deletion')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).keepUser(name, terminal)));
  user
    .command('delete')
    .description('delete an account with its sessions, tokens and consents')
    .argument(...who)
    .option('--yes', 'do not ask')
    .action((name: string, options: { yes?: true }) =>
      run(async () => (await load()).deleteUser(name, options, terminal)),
    );
}

/** What is changed of an account beside passwords, factors and whether there is one. */
function addUserChanges(user: Command, run: Run, terminal: Terminal): void {
  const who = ['<user>', 'username, e-mail address or id'] as const;
  const load = () => import('./user-changes.ts');
  withJson(user.command('update'))
    .description('change a profile; what is not named stays')
    .argument(...who)
    .option('--username <name>', 'what the person signs in with')
    .option('--first-name <name>', 'first name')
    .option('--last-name <name>', 'last name')
    .option('--language <tag>', 'of pages and mail: en or fr; empty: as the browser says')
    .option('--time-zone <zone>', 'such as Europe/Paris; empty: none')
    .option(
      '--field <name=value>',
      'a field of DIAPASON_PROFILE_FIELDS; may be repeated; an empty value takes it out',
      repeated,
    )
    .option('--superuser <on|off>', 'whether they may do everything', onOff)
    .action((name: string, options: UpdateUserOptions) =>
      run(async () => (await load()).updateUser(name, options, terminal)),
    );
  const address = user.command('address').description('e-mail addresses of somebody');
  const email = ['<email>', 'the address'] as const;
  withJson(address.command('list'))
    .description('list them, the primary one first')
    .argument(...who)
    .action((name: string, options: { json?: true }) =>
      run(async () => (await load()).listAddresses(name, options, terminal)),
    );
  address
    .command('add')
    .description('add one that counts as verified: make sure that it is theirs, and the account too')
    .argument(...who)
    .argument(...email)
    .option('--primary', 'it becomes the primary one')
    .action((name: string, text: string, options: { primary?: true }) =>
      run(async () => (await load()).addAddress(name, text, options, terminal)),
    );
  address
    .command('primary')
    .description('make a verified one the primary one')
    .argument(...who)
    .argument(...email)
    .action((name: string, text: string) => run(async () => (await load()).makePrimary(name, text, terminal)));
  address
    .command('remove')
    .description('remove one that is not the primary one')
    .argument(...who)
    .argument(...email)
    .action((name: string, text: string) => run(async () => (await load()).removeAddress(name, text, terminal)));
  user
    .command('remove-picture')
    .description('remove the picture of somebody')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).removePicture(name, terminal)));
  user
    .command('end-sessions')
    .description('sign somebody out everywhere; tokens of applications stay')
    .argument(...who)
    .action((name: string) => run(async () => (await load()).endSessions(name, terminal)));
}

/** A value may hold anything, commas too. */
function repeated(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
