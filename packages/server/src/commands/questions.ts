/**
 * Questions to the person at the terminal. None is asked when standard input is not a terminal: a script gets a refusal that
 * names the option instead.
 *
 * Owns the wording of questions and that Ctrl-C at one is an end and no crash.
 */
import { type Outcome, refused, usage } from './outcome.ts';
import { readSecret, type SecretOptions, type Terminal } from './terminal.ts';

/** An answer, or the end of the command. */
export type Answer<Value> = { readonly value: Value } | { readonly end: Outcome };

/** The value of an option, or what the person types. */
export async function askText(
  given: string | undefined,
  option: string,
  question: string,
  terminal: Terminal,
): Promise<Answer<string>> {
  if (given !== undefined) return { value: given };
  if (!terminal.interactive) return { end: usage(`Give ${option}.`) };
  return asked(({ input }) => input({ message: question, required: true }));
}

/** The password from where the options say, or typed twice; null when nothing was given and nobody can be asked. */
export async function askPassword(options: SecretOptions, terminal: Terminal): Promise<Answer<string | null>> {
  const given = await readSecret(options, terminal);
  if (given.outcome === 'refused') return { end: refused(given.line) };
  if (given.outcome === 'given') return { value: given.secret };
  if (!terminal.interactive) return { value: null };
  const first = await asked(({ password }) => password({ message: 'Password' }));
  if ('end' in first) return first;
  const second = await asked(({ password }) => password({ message: 'Password again' }));
  if ('end' in second) return second;
  return first.value === second.value ? first : { end: refused('The two passwords differ. Nothing was changed.') };
}

/** True when the person agrees, `--yes` was given, or there is nobody to ask: then the command line is the decision. */
export async function askToGoOn(
  options: { readonly yes?: true },
  question: string,
  terminal: Terminal,
): Promise<Answer<boolean>> {
  if (options.yes || !terminal.interactive) return { value: true };
  return asked(({ confirm }) => confirm({ message: question, default: false }));
}

/** The library is loaded at the first question: a script, which is asked none, starts in half the time. */
async function asked<Value>(
  question: (prompts: typeof import('@inquirer/prompts')) => Promise<Value>,
): Promise<Answer<Value>> {
  try {
    return { value: await question(await import('@inquirer/prompts')) };
  } catch (error) {
    // @inquirer/core throws this at Ctrl-C and at the end of the input.
    if (error instanceof Error && error.name === 'ExitPromptError') return { end: refused('Nothing was changed.') };
    throw error;
  }
}
