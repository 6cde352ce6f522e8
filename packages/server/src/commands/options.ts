/**
 * Options that several commands share: lists, secrets, JSON.
 *
 * Owns how a repeated or comma-separated option becomes a list. What a value means is the use case's.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Words: `--scope a --scope b`, `--scope a,b` and `--scope "a b"` are the same. Each is kept once. */
export function words(value: string, previous: readonly string[] = []): readonly string[] {
  return [...new Set([...previous, ...value.split(/[\s,]+/).filter((word) => word !== '')])];
}

/**
 * URIs: repeated, or separated by white space, or by commas before a scheme. A comma inside a URI stays where it is, since
 * redirect URIs are compared octet for octet.
 */
export function uris(value: string, previous: readonly string[] = []): readonly string[] {
  const separated = value.split(/\s+|,(?=[a-z][a-z0-9+.-]*:)/i).filter((uri) => uri !== '');
  return [...new Set([...previous, ...separated])];
}

/** A whole number of seconds above zero. */
export function seconds(value: string): number {
  const parsed = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (parsed < 1) throw new InvalidArgumentError('It is a whole number of seconds, 1 or more.');
  return parsed;
}

/** A whole number of seconds above zero, or `none`: no limit. (commander takes a null for a missing value.) */
export function secondsOrNone(value: string): number | 'none' {
  return value === 'none' ? value : seconds(value);
}

/** `on` or `off`. */
export function onOff(value: string): boolean {
  if (value !== 'on' && value !== 'off') throw new InvalidArgumentError('It is on or off.');
  return value === 'on';
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, as docs/commands.md describes it');
}

/** Adds the three ways to give a password, of which one may be used. */
export function withPassword(command: Command): Command {
  const others = (own: string) => ['passwordStdin', 'passwordFile', 'passwordEnv'].filter((name) => name !== own);
  return command
    .addOption(
      new Option('--password-stdin', 'read the password from standard input').conflicts(others('passwordStdin')),
    )
    .addOption(new Option('--password-file <file>', 'read the password from a file').conflicts(others('passwordFile')))
    .addOption(
      new Option('--password-env <name>', 'take the password from that environment variable').conflicts(
        others('passwordEnv'),
      ),
    );
}
