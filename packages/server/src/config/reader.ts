/**
 * Looks variables up: the real environment first, then `.env`, then the default; by value, or by the path of a file that
 * holds it. Collects what is wrong and where each value came from.
 *
 * Owns precedence and the wording of faults. What the values mean together is `config.ts`.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { errorCode } from './error-code.ts';
import { unknownVariables } from './unknown-variables.ts';
import { type Parsed, withoutPassword } from './values.ts';
import { VARIABLE_NAMES, VARIABLES, type Variable, type VariableName, type VariableValue } from './variables.ts';

/** What the settings are read from. Tests pass their own. */
export interface ConfigSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for and relative paths start. */
  readonly directory: string;
}

/** One variable's value in force, as `diapason config` shows it. */
export interface Setting {
  readonly variable: VariableName;
  /** null: unset. `(hidden)` for a secret. A password inside a URL is hidden too. */
  readonly value: string | null;
  readonly from: 'default' | 'environment' | '.env';
  /** The file that it was read from, where it was given by one. */
  readonly file: string | null;
}

/** Reads variables one by one, then says what was wrong. */
export interface Reader {
  /** The value in force; null when unset or faulty. `derived` stands in for a default that follows from other settings. */
  read<Name extends VariableName>(name: Name): VariableValue<Name> | null;
  read<Name extends VariableName>(name: Name, derived: VariableValue<Name>): VariableValue<Name>;
  /** Adds a fault that the value's syntax alone does not show. */
  refuse(name: VariableName, fault: string): void;
  warn(line: string): void;
  /** In the order of the registry. */
  finish(): {
    readonly faults: readonly string[];
    readonly warnings: readonly string[];
    readonly settings: readonly Setting[];
  };
}

/** One line: the variable, its fault, an example. */
export function faultLine(name: VariableName, fault: string, given: string = name): string {
  return `${given} ${fault}. Example: ${given}=${given === name ? VARIABLES[name].example : `/run/secrets/${name.toLowerCase()}`}`;
}

/** Where one variable's text was found. */
interface Found {
  readonly text: string;
  readonly from: Setting['from'];
  readonly file: string | null;
}

/** Reads `.env` of the directory, if there is one, and answers the reader of both. */
export function openReader(source: ConfigSource): Reader {
  const faults: string[] = [];
  const dotenv = readDotenv(source.directory, faults);
  const warnings = unknownVariables([...Object.keys(source.environment), ...Object.keys(dotenv)]);
  const settings = new Map<VariableName, Setting>();

  const lookUp = (name: string): Omit<Found, 'file'> | null => {
    // An empty value is how compose files and CI systems write "unset".
    const real = source.environment[name];
    if (real !== undefined && real !== '') return { text: real, from: 'environment' };
    const written = dotenv[name];
    return written !== undefined && written !== '' ? { text: written, from: '.env' } : null;
  };

  const find = (name: VariableName): Found | null => {
    const entry: Variable<unknown> = VARIABLES[name];
    const direct = lookUp(name);
    const byFile = entry.fromFile ? lookUp(`${name}_FILE`) : null;
    if (direct !== null && byFile !== null) {
      faults.push(`${name} and ${name}_FILE are both set. Give one of them.`);
      return null;
    }
    if (byFile === null) return direct === null ? null : { ...direct, file: null };
    const file = resolve(source.directory, byFile.text);
    try {
      return { text: readFileSync(file, 'utf8').trim(), from: byFile.from, file };
    } catch (error) {
      faults.push(faultLine(name, `names a file that cannot be read (${errorCode(error)})`, `${name}_FILE`));
      return null;
    }
  };

  const read = (name: VariableName, derived: unknown = null): unknown => {
    const entry: Variable<unknown> = VARIABLES[name];
    const found = find(name);
    const fallback = entry.fallback === null ? derived : parsedValue(entry.parse(entry.fallback));
    const parsed = found === null ? null : entry.parse(found.text);
    if (parsed?.ok === false) {
      faults.push(
        found?.file
          ? faultLine(name, `names a file whose content ${parsed.fault}`, `${name}_FILE`)
          : faultLine(name, parsed.fault),
      );
    }
    const given = parsed?.ok === true;
    settings.set(name, {
      variable: name,
      value: shown(entry, given && found !== null ? found.text : (entry.fallback ?? textOf(derived))),
      from: found?.from ?? 'default',
      file: found?.file ?? null,
    });
    return given ? parsed.value : fallback;
  };

  return {
    read: read as Reader['read'],
    refuse: (name, fault) => void faults.push(faultLine(name, fault)),
    warn: (line) => void warnings.push(line),
    finish: () => ({
      faults,
      warnings,
      settings: VARIABLE_NAMES.flatMap((name) => settings.get(name) ?? []),
    }),
  };
}

function readDotenv(directory: string, faults: string[]): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(join(directory, '.env'), 'utf8'));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') faults.push(`.env in ${directory} cannot be read (${errorCode(error)}).`);
    return {};
  }
}

function parsedValue(parsed: Parsed<unknown>): unknown {
  return parsed.ok ? parsed.value : null;
}

function textOf(derived: unknown): string | null {
  return typeof derived === 'string' || typeof derived === 'number' ? String(derived) : null;
}

function shown(entry: Variable<unknown>, text: string | null): string | null {
  if (text === null || text === '') return null;
  return entry.hidden ? '(hidden)' : withoutPassword(text);
}
