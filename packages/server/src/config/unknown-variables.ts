/**
 * Names that look like ours and are not: a spelling mistake in a setting is otherwise found by its absence, weeks later.
 *
 * Owns the warning. It never holds a value.
 */
import { VARIABLE_NAMES, VARIABLES, type Variable, type VariableName } from './variables.ts';

/** Read by the tests alone. */
const FOREIGN = ['DIAPASON_TEST_POSTGRES_URL'];
/** More edits than this and the nearest name is no longer what was meant. */
const EDITS_MAX = 5;

/** One warning for each name that begins with `DIAPASON_` and means nothing. */
export function unknownVariables(names: readonly string[]): string[] {
  const known = VARIABLE_NAMES.flatMap((name) => (mayComeFromFile(name) ? [name, `${name}_FILE`] : [name]));
  const unknown = names.filter((name) => name.startsWith('DIAPASON_') && ![...known, ...FOREIGN].includes(name));
  return [...new Set(unknown)].map((name) => {
    const nearest = nearestTo(name, known);
    return `${name} is not a setting of Diapason and is ignored.${nearest === null ? '' : ` Did you mean ${nearest}?`}`;
  });
}

function mayComeFromFile(name: VariableName): boolean {
  const entry: Variable<unknown> = VARIABLES[name];
  return entry.fromFile === true;
}

function nearestTo(name: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .sort((left, right) => left.edits - right.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= EDITS_MAX ? best.candidate : null;
}

/** Levenshtein distance: insertions, deletions and replacements from one text to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_entry, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
