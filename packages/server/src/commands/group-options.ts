/** The options of `diapason group …`. Owns parsing and help alone; what is done is `groups.ts`. */
import { type Command, Option } from 'commander';
import { withJson } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds `group` with its subcommands. */
export function addGroupCommands(program: Command, run: Run, terminal: Terminal): void {
  const group = program.command('group').description('groups of people, told to applications by the scope groups');
  const which = ['<group>', 'name of the group'] as const;
  const who = ['<user>', 'username, e-mail address or id'] as const;
  const load = () => import('./groups.ts');
  type Json = { json?: true };

  const secondFactor = () =>
    new Option('--second-factor <choice>', 'optional, or required: of whoever is in it').choices([
      'optional',
      'required',
    ] as const);
  type SecondFactor = { secondFactor?: 'optional' | 'required' };

  withJson(group.command('create'))
    .description('make a group')
    .argument(...which)
    .addOption(secondFactor())
    .action((name: string, options: Json & SecondFactor) =>
      run(async () => (await load()).createGroup(name, options, terminal)),
    );
  withJson(group.command('update'))
    .description('change what a group asks of its members')
    .argument(...which)
    .addOption(secondFactor().makeOptionMandatory())
    .action((name: string, options: Json & Required<SecondFactor>) =>
      run(async () => (await load()).updateGroup(name, options, terminal)),
    );
  withJson(group.command('list'))
    .description('list groups')
    .action((options: Json) => run(async () => (await load()).listGroups(options, terminal)));
  withJson(group.command('show'))
    .description('show who is in a group')
    .argument(...which)
    .action((name: string, options: Json) => run(async () => (await load()).showGroup(name, options, terminal)));
  group
    .command('add')
    .description('put somebody in a group')
    .argument(...which)
    .argument(...who)
    .action((name: string, user: string) => run(async () => (await load()).addToGroup(name, user, terminal)));
  group
    .command('remove')
    .description('take somebody out of a group')
    .argument(...which)
    .argument(...who)
    .action((name: string, user: string) => run(async () => (await load()).removeFromGroup(name, user, terminal)));
  group
    .command('delete')
    .description('delete a group; its members stay')
    .argument(...which)
    .option('--yes', 'do not ask')
    .action((name: string, options: { yes?: true }) =>
      run(async () => (await load()).deleteGroup(name, options, terminal)),
    );
}
