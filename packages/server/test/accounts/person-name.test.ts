import { describe, expect, it } from 'vitest';
import { parseFirstName, parseLastName } from '../../src/accounts/person-name.ts';

describe('a first or last name', () => {
  it.each(['', 'Anne-Marie', "O'Neil", 'José', 'علی\u200cرضا', 'Nguyễn Thị', '山田', 'Smith, Jr.', 'X Æ A-12'])(
    'may be %j',
    (name) => expect(parseFirstName(` ${name} `)).toEqual({ outcome: 'valid', name }),
  );

  it.each(['a\u0000b', 'a\nb', 'a\u202eb', 'a\u2066b', 'a\u200bb', 'a\ue000b', 'a\ud800b'])('refuses %j', (name) => {
    expect(parseLastName(name)).toEqual({
      outcome: 'invalid',
      problem: { field: 'last_name', code: 'problem.text.controlCharacters' },
    });
  });

  it('has 150 characters at most', () => {
    expect(parseFirstName('é'.repeat(150)).outcome).toBe('valid');
    expect(parseFirstName('é'.repeat(151))).toEqual({
      outcome: 'invalid',
      problem: { field: 'first_name', code: 'problem.text.tooLong', values: { maximum: 150 } },
    });
    expect(parseFirstName('a'.repeat(1_000_000)).outcome).toBe('invalid');
  });
});
