/**
 * How a command ends: done, or refused in one line. The exit status follows from it.
 *
 * Owns the statuses. Usage errors are commander's and end with {@link EXIT_USAGE}; a bug throws and ends with 70.
 */

/** A command's end. `output` goes to standard output as it is. */
export type Outcome =
  | { readonly outcome: 'done'; readonly output: string }
  /** `line`: what was wrong and what to do. */
  | { readonly outcome: 'refused'; readonly line: string }
  /** Another process of this command has said why. */
  | { readonly outcome: 'said'; readonly status: number }
  /** What was given on the command line does not fit together. */
  | { readonly outcome: 'usage'; readonly line: string };

/** The command did what it says. */
export const EXIT_DONE = 0;
/** It was refused: a setting, the database, or a rule stood against it. */
export const EXIT_REFUSED = 1;
/** The command line was wrong. */
export const EXIT_USAGE = 2;
/** A bug: sysexits.h calls it EX_SOFTWARE. */
export const EXIT_BUG = 70;

/** Ends well, with what to print. */
export function done(output = ''): Outcome {
  return { outcome: 'done', output: output === '' || output.endsWith('\n') ? output : `${output}\n` };
}

/** Ends well, with a value as JSON in two-space indentation. */
export function json(value: unknown): Outcome {
  return done(JSON.stringify(value, null, 2));
}

/** Ends with exit status 1. */
export function refused(line: string): Outcome {
  return { outcome: 'refused', line };
}

/** Ends with exit status 2. */
export function usage(line: string): Outcome {
  return { outcome: 'usage', line };
}

/** Runs a command with what commander parsed, and keeps its end. */
export type Run = (work: () => Promise<Outcome>) => Promise<void>;
