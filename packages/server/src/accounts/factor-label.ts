/** What people call their factors ("Telephone", "Key at work"): one rule for authenticator apps and passkeys. */
import { type FieldProblem, fieldProblem } from './problems.ts';

const LABEL_CHARACTERS_MAX = 60;

/** What is wrong with a name, trimmed; null: nothing. It may be empty. */
export function labelProblem(label: string): FieldProblem | null {
  if (label.length > LABEL_CHARACTERS_MAX) {
    return fieldProblem('label', 'problem.text.tooLong', { maximum: LABEL_CHARACTERS_MAX });
  }
  return /\p{C}/u.test(label) ? fieldProblem('label', 'problem.text.controlCharacters') : null;
}
