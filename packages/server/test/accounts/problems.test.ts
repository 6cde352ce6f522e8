import { describe, expect, it } from 'vitest';
import { PROBLEM_VALUES, type ProblemCode } from '../../src/accounts/problems.ts';
import { LOCALES, messagesIn, type ProblemKey } from '../../src/pages/messages.ts';

describe.each(LOCALES)('the problems in %s', (locale) => {
  it.each(Object.keys(PROBLEM_VALUES) as ProblemCode[])(
    '%s has its words, made with the values that it brings',
    (code) => {
      const values = Object.fromEntries(PROBLEM_VALUES[code].map((name) => [name, name === 'uri' ? 'x:y' : 42]));
      const words = messagesIn(locale, 'Diapason').sayProblem({ key: code as ProblemKey, values });
      expect(words).not.toBe('');
      for (const name of PROBLEM_VALUES[code]) expect(words).toContain(String(values[name]));
    },
  );
});
