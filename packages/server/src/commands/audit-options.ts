/** The options of `diapason audit …`. What it does is `audit.ts`, loaded when it runs. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ListAuditOptions } from './audit.ts';
import { withJson } from './options.ts';
import type { Run } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Adds the commands. */
export function addAuditCommands(program: Command, run: Run, terminal: Terminal): void {
  const audit = program
    .command('audit')
    .description('who did what to whom: every change by an administrator or an owner');
  withJson(audit.command('verify'))
    .description('walk the chain from its beginning and say whether a line is missing, changed or moved')
    .option('--expect <hash>', 'a hash that was noted earlier, at another place: it has to be in the chain', hash)
    .action((options: { expect?: string; json?: true }) =>
      run(async () => (await import('./audit.ts')).verifyAudit(options, terminal)),
    );
  withJson(audit.command('list'))
    .description('list lines, the latest first')
    .option('--since <when>', 'from then on: 2026-01-31, 2026-01-31T14:05:00Z, or so long ago: 90m, 24h, 7d')
    .option('--actor <who>', 'a username, address or id; or an account of the machine, for what was done by command')
    .option('--subject <what>', 'a username, address or id; a client_id; the name of a group; the id of anything')
    .option('--action <name>', 'such as user.disable, or user for all of its kind')
    .option('--limit <number>', 'so many at most; unless said: 100', limit)
    .action((options: ListAuditOptions) => run(async () => (await import('./audit.ts')).listAudit(options, terminal)));
  audit
    .command('export')
    .description(
      'write every line as JSON Lines, the oldest first, with the hashes by which it can be checked elsewhere',
    )
    .argument('[file]', 'a new file, which its owner alone can read; unless said, standard output')
    .action((file: string | undefined) =>
      run(async () => (await import('./audit.ts')).exportAudit(file ?? '-', terminal)),
    );
}

function hash(value: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(value)) throw new InvalidArgumentError('It is 64 hexadecimal digits.');
  return value.toLowerCase();
}

const LIMIT_MAX = 100_000;

function limit(value: string): number {
  const parsed = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (parsed < 1 || parsed > LIMIT_MAX) throw new InvalidArgumentError(`It is a whole number from 1 to ${LIMIT_MAX}.`);
  return parsed;
}
