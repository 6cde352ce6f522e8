/** The options of `diapason invitation …`. Owns parsing and help alone; what is done is `invitations.ts`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { CreateInvitationOptions } from './invitations.ts';
import { withJson } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds `invitation` with its subcommands. */
export function addInvitationCommands(program: Command, run: Run, terminal: Terminal): void {
  const invitation = program
    .command('invitation')
    .description('who may have an account, or join groups, by a link; whether sign-up is open or not');
  const load = () => import('./invitations.ts');

  withJson(invitation.command('create'))
    .description('invite somebody: the link is mailed, or printed where there is no mail')
    .requiredOption('--email <address>', 'for whom; the invitation counts for this address alone')
    .option('--group <name>', 'a group to join; may be repeated', repeated)
    .option('--superuser', 'they may do everything')
    .option('--language <tag>', 'of the message: en or fr; unless said: en')
    .option('--days <number>', 'days until it expires; unless said: 7', days)
    .action((options: CreateInvitationOptions) => run(async () => (await load()).createInvitation(options, terminal)));
  withJson(invitation.command('list'))
    .description('list the latest invitations, the newest first')
    .action((options: { json?: true }) => run(async () => (await load()).listInvitations(options, terminal)));
  invitation
    .command('revoke')
    .description('take an invitation back')
    .argument('<invitation>', 'its id, or the address')
    .action((name: string) => run(async () => (await load()).revokeInvitation(name, terminal)));
}

/** A group's name may hold anything, commas too. */
function repeated(value: string, previous: readonly string[] = []): readonly string[] {
  return [...new Set([...previous, value])];
}

function days(value: string): number {
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new InvalidArgumentError('It is a whole number of days, 1 or more.');
  return Number(value);
}
