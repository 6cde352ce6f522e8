/** The diapason command: hands the arguments to `commands/program.ts` and takes its exit status. Owns nothing else. */
import { runCommandLine } from './commands/program.ts';
import { processTerminal } from './commands/terminal.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
