import fc from 'fast-check';
import confusables from 'unhomoglyph/data.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import type { EmailKey, UsernameKey } from '../../src/accounts/ports.ts';
import {
  normaliseUsername,
  parseUsername,
  USERNAME_CHARACTERS_MAX,
  usernameKeyOf,
} from '../../src/accounts/username.ts';
import { skeletonOf } from '../../src/accounts/username-skeleton.ts';

const accepted = (text: string, ownEmail: EmailKey | null = null) => {
  const parsed = parseUsername(text, ownEmail);
  if (parsed.outcome === 'invalid') throw new Error(`${JSON.stringify(text)} was refused: ${parsed.problem.code}`);
  return parsed;
};
const refusal = (text: string, ownEmail: EmailKey | null = null) => {
  const parsed = parseUsername(text, ownEmail);
  return parsed.outcome === 'invalid' ? parsed.problem.code : 'accepted';
};

/** Every code point that is no surrogate. */
const codePoint = fc.integer({ min: 0, max: 0x10_ff_ff }).filter((value) => value < 0xd800 || value > 0xdfff);
const anyText = fc
  .array(
    codePoint.map((value) => String.fromCodePoint(value)),
    { maxLength: 40 },
  )
  .map((c) => c.join(''));

describe('a username', () => {
  it.each([
    'alice',
    'Bob.Smith',
    'anne-marie_2',
    'o+o',
    'Ωμέγα',
    'владимир',
    '山田太郎',
    'ฐิติ',
    'देवनागरी',
    'José',
    'ab'.repeat(75),
  ])('may be %s', (name) => expect(accepted(name).username).toBe(name.normalize('NFKC')));

  it('keeps its case and gets a key without it', () => {
    expect(accepted('Alice')).toMatchObject({ username: 'Alice', key: 'alice' });
  });

  it('is freed of the space that a phone puts behind a completed name', () => {
    expect(accepted(' alice  ').username).toBe('alice');
  });

  it.each([
    ['', 'problem.required'],
    [' \t ', 'problem.required'],
    ['al ice', 'problem.username.notAllowed'],
    ['alice!', 'problem.username.notAllowed'],
    ['<b>', 'problem.username.notAllowed'],
    ['\u0301alice', 'problem.username.notAllowed'],
    [`a${'\u0316'.repeat(5)}`, 'problem.username.notAllowed'],
    ['a'.repeat(USERNAME_CHARACTERS_MAX + 1), 'problem.text.tooLong'],
    ['a'.repeat(100_000), 'problem.text.tooLong'],
  ])('refuses %j', (name, code) => expect(refusal(name)).toBe(code));

  it('counts characters, not UTF-16 units', () => {
    expect(refusal('𠮷'.repeat(USERNAME_CHARACTERS_MAX))).toBe('accepted');
    expect(refusal('𠮷'.repeat(USERNAME_CHARACTERS_MAX + 1))).toBe('problem.text.tooLong');
  });

  it('is measured after normalisation: one ligature can be eighteen characters', () => {
    expect(refusal('ﷺ'.repeat(9))).not.toBe('accepted');
  });

  it.each([
    ['control', 'a\u0000b'],
    ['line break', 'a\nb'],
    ['soft hyphen', 'al\u00adice'],
    ['zero-width space', 'al\u200bice'],
    ['zero-width joiner', 'al\u200dice'],
    ['right-to-left override', '\u202eecila'],
    ['isolate', '\u2066alice\u2069'],
    ['Arabic letter mark', 'alice\u061c'],
    ['word joiner', 'al\u2060ice'],
    ['Hangul filler', '\u3164\u3164'],
    ['variation selector', 'alice\ufe0f'],
    ['private use', 'alice\ue000'],
    ['unassigned', 'alice\u{e0fff}'],
    ['tag', 'alice\u{e0041}'],
    ['lone surrogate', 'alice\ud800'],
  ])('refuses an invisible character: %s', (_name, text) => {
    expect(refusal(text)).toBe('problem.username.invisibleCharacters');
  });

  it('refuses every control, format, private-use and ignorable character wherever it stands inside', () => {
    const unseen = codePoint
      .map((value) => String.fromCodePoint(value))
      .filter((character) => /[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]/u.test(character));
    fc.assert(
      fc.property(unseen, (character) => {
        expect(refusal(`a${character}b`)).toBe('problem.username.invisibleCharacters');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an @ in a username', () => {
  it("is refused, for sign-in takes addresses and a name must not stand in for somebody else's", () => {
    expect(refusal('victim@example.com')).toBe('problem.username.address');
    expect(refusal('victim@example.com', 'mallory@example.com' as EmailKey)).toBe('problem.username.address');
    expect(refusal('victim＠example.com')).toBe('problem.username.address');
    expect(refusal('@')).toBe('problem.username.address');
  });

  it("is fine in the account's own address, whatever its case", () => {
    expect(accepted('Alice@Example.com', 'alice@example.com' as EmailKey).key).toBe('alice@example.com');
  });
});

describe('the key of a username (NFKC and case folding)', () => {
  it.each([
    ['Bob', 'bOB'],
    ['ｂｏｂ', 'bob'],
    ['Straße', 'STRASSE'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['ﬁona', 'FIONA'],
    ['José', 'Jose\u0301'],
    ['Ⅷ', 'viii'],
  ])('is the same for %s and %s', (left, right) => expect(usernameKeyOf(left)).toBe(usernameKeyOf(right)));

  it('differs for different names', () => {
    expect(usernameKeyOf('alice')).not.toBe(usernameKeyOf('alicia'));
  });

  it('of a key is the key itself, and normalisation is idempotent, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const normalised = normaliseUsername(text);
        expect(normaliseUsername(normalised)).toBe(normalised);
        const key = usernameKeyOf(text);
        expect(usernameKeyOf(key)).toBe(key);
        expect(usernameKeyOf(normalised)).toBe(key);
      }),
      { numRuns: 3_000 },
    );
  });

  it('does not depend on the case in which a name is typed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(usernameKeyOf(text.toUpperCase())).toBe(usernameKeyOf(text));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('UTS #39 §4, the skeleton', () => {
  const skeleton = (text: string) => skeletonOf(usernameKeyOf(text));

  it.each([
    ['paypal', 'pаypаl', 'Cyrillic а'],
    ['paypal', 'paypa1', 'the digit one'],
    ['scope', 'ѕсоре', 'all Cyrillic'],
    ['admin', 'аdmіn', 'Cyrillic а and і'],
    ['corner', 'comer', 'rn and m'],
    ['bob', 'b0b', 'zero'],
    ['google', 'gооgle', 'Cyrillic о'],
    ['omega', 'οmega', 'Greek omicron'],
  ])('is one for %s and %s (%s)', (left, right) => {
    expect(usernameKeyOf(left)).not.toBe(usernameKeyOf(right));
    expect(skeleton(left)).toBe(skeleton(right));
  });

  it('keeps names apart that look different', () => {
    const names = [
      'alice',
      'bob',
      'carol',
      'dave',
      'eve',
      'mallory',
      'trent',
      'владимир',
      '山田太郎',
      'user2',
      'user3',
    ];
    expect(new Set(names.map(skeleton)).size).toBe(names.length);
  });

  it('is settled for every character of the table: the skeleton of a skeleton is itself', () => {
    for (const character of Object.keys(confusables)) {
      const made = skeletonOf(usernameKeyOf(`a${character}`));
      expect(skeletonOf(made as string as UsernameKey)).toBe(made);
    }
  });
});
