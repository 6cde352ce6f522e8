/** `diapason config`: the settings in force. Owns their presentation; what they are is `config.ts`. Changes nothing. */
import type { Setting } from '../config/reader.ts';
import { readSettings } from '../config.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Prints each variable with its value and where that came from. Values of secrets are shown as `(hidden)`. */
export async function showConfig(options: { readonly json?: true }, terminal: Terminal): Promise<Outcome> {
  const read = readSettings(terminal.source);
  if (read.outcome === 'refused') return refused(read.faults.join('\ndiapason: '));
  for (const warning of read.warnings) terminal.complain(`warning: ${warning}`);
  if (options.json) return json(read.settings);
  const rows = read.settings.map((setting) => [setting.variable, shown(setting.value ?? '-'), origin(setting)]);
  return done(table(['VARIABLE', 'VALUE', 'FROM'], rows, ''));
}

/** A value that is a file by itself would push all others out of sight; `--json` has it whole. */
const VALUE_CHARACTERS_MAX = 80;

function shown(value: string): string {
  const line = value.replace(/\s+/g, ' ');
  return line.length <= VALUE_CHARACTERS_MAX ? line : `${line.slice(0, VALUE_CHARACTERS_MAX - 1)}…`;
}

function origin(setting: Setting): string {
  return setting.file === null ? setting.from : `${setting.from}, file ${setting.file}`;
}
