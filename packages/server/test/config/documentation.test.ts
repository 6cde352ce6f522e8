import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VARIABLE_NAMES, VARIABLES, type Variable } from '../../src/config/variables.ts';

/** Tables are aligned for reading; what counts is the text between the bars. */
const DOCUMENT = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8').replace(
  / +/g,
  ' ',
);

describe('docs/configuration.md', () => {
  it.each(VARIABLE_NAMES)('describes %s as it is', (name) => {
    const variable: Variable<unknown> = VARIABLES[name];
    const fallback = variable.fallback ? `\`${variable.fallback}\`` : '';
    const mark = variable.fromFile ? ' ᶠ' : '';
    const row = `| \`${name}\`${mark} | ${fallback} | ${variable.summary} | \`${variable.example}\` |`;
    expect(DOCUMENT).toContain(row.replace(/ +/g, ' '));
  });

  it('describes no variable that does not exist', () => {
    const named = new Set([...DOCUMENT.matchAll(/`(DIAPASON_[A-Z_]+?)(_FILE)?[`=]/g)].map(([, name]) => name));
    expect([...named].filter((name) => !VARIABLE_NAMES.some((known) => known === name))).toEqual([]);
  });

  it.each(VARIABLE_NAMES)('gives an example of %s that is accepted', (name) => {
    const variable: Variable<unknown> = VARIABLES[name];
    // The example of a secret is the command that makes one.
    expect(variable.parse(variable.example.startsWith('$(') ? 'x'.repeat(44) : variable.example)).toMatchObject({
      ok: true,
    });
  });
});

describe('deploy/', () => {
  const folder = new URL('../../../../deploy/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  it('names no variable that does not exist', () => {
    const named = files.flatMap(({ name, parentPath }) =>
      [...readFileSync(join(parentPath, name), 'utf8').matchAll(/\bDIAPASON_[A-Z_]*[A-Z]/g)].map(([variable]) =>
        variable.replace(/_FILE$/, ''),
      ),
    );
    expect(named).toContain('DIAPASON_URL');
    expect(named.filter((name) => !VARIABLE_NAMES.some((known) => known === name))).toEqual([]);
  });
});
