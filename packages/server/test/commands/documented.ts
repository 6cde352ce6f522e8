/** The JSON examples of docs/commands.md, and the comparison of their shape with what a command prints. */
import { readFileSync } from 'node:fs';

const DOCUMENT = readFileSync(new URL('../../../../docs/commands.md', import.meta.url), 'utf8');

/** The example under the heading of `diapason <command>`. */
export function documented(command: string): unknown {
  const section = DOCUMENT.split(/^###? /m).find((part) => part.startsWith(`\`diapason ${command} `));
  const example = section === undefined ? undefined : /```json\n([\s\S]*?)```/.exec(section)?.[1];
  if (example === undefined) throw new Error(`docs/commands.md has no example for ${command}`);
  return JSON.parse(example);
}

/** Names of members and kinds of values, deep; of a list, of its first entry. What may be null has no kind. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
  }
  return typeof value === 'number' || typeof value === 'boolean' ? typeof value : 'text or null';
}
