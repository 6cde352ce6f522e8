import { describe, expect, it } from 'vitest';
import { createPasswordPolicy, type OwnWords, PASSWORD_CHARACTERS_MAX } from '../../src/accounts/password-policy.ts';
import { createPasswordStrength } from '../../src/accounts/password-strength.ts';

const nobody: OwnWords = { username: '', email: '' };
const strength = createPasswordStrength();
const policy = createPasswordPolicy({ organisationWords: [], strength, breaches: null });
const check = async (password: string, own: OwnWords = nobody, judge = policy) =>
  (await judge.check(password, own))?.code ?? 'accepted';

describe('ASVS 6.2.1', () => {
  it('accepts 8 characters and refuses 7, saying how many', async () => {
    expect(await check('gk3-vbwz')).toBe('accepted');
    expect(await policy.check('gk3-vbw', nobody)).toEqual({
      field: 'password',
      code: 'problem.password.tooShort',
      values: { minimum: 8 },
    });
  });

  it('counts characters, not UTF-16 units', async () => {
    expect(await check('🐢🐇🐢🐇')).toBe('problem.password.tooShort');
    expect(await check('🐢🐇🦊🦉🐝🦀🐙🦔')).toBe('accepted');
  });

  it('wants one at all', async () => {
    expect(await check('')).toBe('problem.required');
  });
});

describe('ASVS 6.2.4', () => {
  it.each(['password', 'PASSWORD', '12345678', 'qwertyuiop', 'iloveyou', 'trustno1', 'Sunshine'])(
    'refuses the common %s',
    async (password) => expect(await check(password)).toBe('problem.password.common'),
  );

  it('knows at least the first 3,000 that are long enough', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    const first = dictionary['passwords-common'].filter((password) => password.length >= 8).slice(0, 3_000);
    expect(first).toHaveLength(3_000);
    for (const password of first) expect(await check(password)).toBe('problem.password.common');
  });
});

describe('ASVS 6.2.5', () => {
  it.each(['zvkwqmtr', '48205719', 'ÄQÖXÜŻŁĘ', 'correct horse battery staple', '   spaces   '])(
    'has no composition rules: accepts %j',
    async (password) => expect(await check(password)).toBe('accepted'),
  );
});

describe('ASVS 6.2.9', () => {
  it('accepts 1,024 characters and refuses 1,025', async () => {
    const varied = Array.from({ length: PASSWORD_CHARACTERS_MAX }, (_, at) =>
      String.fromCodePoint(0x1f400 + ((at * 37) % 199)),
    );
    expect(await check(varied.join(''))).toBe('accepted');
    expect(await check('a'.repeat(PASSWORD_CHARACTERS_MAX + 1))).toBe('problem.password.tooLong');
  });
});

describe('ASVS 6.2.11', () => {
  const own = { username: 'Hortensie', email: 'h.franklin@example.com' };
  const judge = createPasswordPolicy({ organisationWords: ['Diapason', 'Acme'], strength, breaches: null });

  it.each([
    'hortensie',
    'HORTENSIE1',
    'hortensiehortensie',
    'h.franklin@example.com',
    'h.franklin!',
    'diapason-2026',
    'acme-acme',
    'acme2026!',
  ])('refuses %s, which is made of own words', async (password) =>
    expect(await check(password, own, judge)).toBe('problem.password.personal'),
  );

  it.each(['hortensie likes crystals', 'diapason of 440 hertz', 'demo-password-9977'])(
    'accepts %s, where an own word is a small part',
    async (password) => expect(await check(password, own, judge)).toBe('accepted'),
  );
});

describe('ASVS 6.2.4, by the number of guesses', () => {
  it.each([
    ['soleil1234', 'words'],
    ['Jeanpierre7', 'words'],
    ['azertyuiop^$', 'keyboard'],
    ['aaaaaaaaaaab', 'repeat'],
    ['abcdefghijk', 'sequence'],
    ['19840612', 'date'],
  ])('refuses %s and says why: %s', async (password, why) =>
    expect(await check(password)).toBe(`problem.password.${why}`),
  );

  it('holds what people write in place of letters for the word that it is', async () =>
    expect(await check('P@ssw0rd!')).toBe('problem.password.words'));

  it('comes to an end with text made to be slow', async () =>
    expect(await check('@$1!0|3(7'.repeat(113))).not.toBe('problem.password.tooLong'));
});

describe('ASVS 6.2.12', () => {
  it('refuses one that the list knows, asked last and of strong ones alone', async () => {
    const asked: string[] = [];
    const breaches = { isBreached: async (password: string) => asked.push(password) > 0 };
    const judge = createPasswordPolicy({ organisationWords: [], strength, breaches });
    expect(await check('correct horse battery staple', nobody, judge)).toBe('problem.password.breached');
    expect(await check('password', nobody, judge)).toBe('problem.password.common');
    expect(asked).toEqual(['correct horse battery staple']);
  });
});
