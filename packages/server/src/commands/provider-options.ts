/** The options of `diapason provider …`. Owns parsing and help alone; what is done is `providers.ts`. */
import type { Command } from 'commander';
import { withJson } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds `provider` with its subcommands. */
export function addProviderCommands(program: Command, run: Run, terminal: Terminal): void {
  const provider = program
    .command('provider')
    .description('the providers elsewhere by which people sign in, as DIAPASON_PROVIDERS declares them');
  const load = () => import('./providers.ts');

  withJson(provider.command('list'))
    .description('list them, with the redirect URI to register at each')
    .action((options: { json?: true }) => run(async () => (await load()).listProviders(options, terminal)));
  withJson(provider.command('check'))
    .description('ask one for its metadata, as a sign-in does, and say what is wrong')
    .argument('<provider>', 'its id')
    .action((id: string, options: { json?: true }) =>
      run(async () => (await load()).checkProvider(id, options, terminal)),
    );
}
