import { describe, expect, it } from 'vitest';
import { checkPassword, type OwnWords, PASSWORD_CHARACTERS_MAX } from '../../src/accounts/password-policy.ts';

const nobody: OwnWords = { username: '', email: '', organisationWords: [] };
const check = async (password: string, own: OwnWords = nobody) =>
  (await checkPassword(password, own))?.code ?? 'accepted';

describe('ASVS 6.2.1', () => {
  it('accepts 8 characters and refuses 7, saying how many', async () => {
    expect(await check('gk3-vbwz')).toBe('accepted');
    expect(await checkPassword('gk3-vbw', nobody)).toEqual({
      field: 'password',
      code: 'problem.password.tooShort',
      values: { minimum: 8 },
    });
  });

  it('counts characters, not UTF-16 units', async () => {
    expect(await check('🐢🐇🐢🐇')).toBe('problem.password.tooShort');
    expect(await check('🐢🐇🐢🐇🐢🐇🐢🐇')).toBe('accepted');
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
  it.each(['zvkwqmtr', '48205719', 'ÄÖÜÄÖÜÄÖÜ', 'correct horse battery staple', '   spaces   '])(
    'has no composition rules: accepts %j',
    async (password) => expect(await check(password)).toBe('accepted'),
  );
});

describe('ASVS 6.2.9', () => {
  it('accepts 1,024 characters and refuses 1,025', async () => {
    expect(await check('🐢'.repeat(PASSWORD_CHARACTERS_MAX))).toBe('accepted');
    expect(await check('a'.repeat(PASSWORD_CHARACTERS_MAX + 1))).toBe('problem.password.tooLong');
  });
});

describe('ASVS 6.2.11', () => {
  const own = { username: 'Hortensie', email: 'h.franklin@example.com', organisationWords: ['Diapason', 'Acme'] };

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
    expect(await check(password, own)).toBe('problem.password.personal'),
  );

  it.each(['hortensie likes crystals', 'diapason of 440 hertz', 'demo-password-9977'])(
    'accepts %s, where an own word is a small part',
    async (password) => expect(await check(password, own)).toBe('accepted'),
  );
});
