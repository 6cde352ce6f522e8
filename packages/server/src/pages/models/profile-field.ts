/** Model of the fields that the operator declares, as forms and the consent page show them. Owns the types. */
import type { Locale, Problem } from '../messages.ts';

/** The same words in every language of the pages. */
export type LocalWords = Readonly<Record<Locale, string>>;

/** A field in a form. */
export interface ProfileFieldView {
  /** Wire name. */
  readonly name: string;
  readonly label: LocalWords;
  readonly kind: 'text' | 'choice' | 'date' | 'url';
  readonly choices: readonly { readonly value: string; readonly words: LocalWords }[];
  readonly value: string;
  readonly required: boolean;
  /** False: it is the operator's, and is shown alone. */
  readonly canChange: boolean;
  readonly problem: Problem | undefined;
}
