import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKeyOf, parseEmailAddress } from '../../src/accounts/email-address.ts';

const refusal = (text: string) => {
  const parsed = parseEmailAddress(text);
  return parsed.outcome === 'invalid' ? parsed.problem.code : 'accepted';
};

describe('an e-mail address', () => {
  it.each([
    ['alice@example.com', 'alice@example.com', 'alice@example.com'],
    [' Alice@Example.COM ', 'Alice@example.com', 'alice@example.com'],
    ['a.b+c_d-e@mail.example.co.uk', 'a.b+c_d-e@mail.example.co.uk', 'a.b+c_d-e@mail.example.co.uk'],
    ["o'neil@example.org", "o'neil@example.org", "o'neil@example.org"],
    ['anna@bücher.example', 'anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
    ['anna@BÜCHER.example', 'anna@xn--bcher-kva.example', 'anna@xn--bcher-kva.example'],
    ['root@localhost', 'root@localhost', 'root@localhost'],
  ])('%j is kept as %s under the key %s', (text, address, key) => {
    expect(parseEmailAddress(text)).toEqual({ outcome: 'valid', address, key });
  });

  it.each([
    'alice',
    '@example.com',
    'alice@',
    'alice@example',
    'alice@.example.com',
    'alice@example..com',
    'alice@-example.com',
    'alice@example.com.',
    'alice@127.0.0.1',
    'alice@[127.0.0.1]',
    '.alice@example.com',
    'alice.@example.com',
    'al..ice@example.com',
    'al ice@example.com',
    '"al ice"@example.com',
    'alice@exa mple.com',
    'alice@example.com/..',
    'alice@example.com:25',
    'alice@example.com#x',
    'alice\u0000@example.com',
    'alice\r\nBcc: x@example.com',
    `${'a'.repeat(65)}@example.com`,
    `alice@${'a'.repeat(64)}.com`,
    'älice@example.com',
    'alice@exa\u200bmple.com',
  ])('refuses %j', (text) => expect(refusal(text)).toBe('problem.email.invalid'));

  it('refuses an empty field by its own code, and one that is too long', () => {
    expect(refusal('  ')).toBe('problem.required');
    expect(refusal(`a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}`)).toBe(
      'problem.text.tooLong',
    );
    expect(refusal('a'.repeat(1_000_000))).toBe('problem.text.tooLong');
  });
});

describe('CVE-2022-35924', () => {
  it.each([
    'victim@example.com,attacker@example.org',
    'victim@example.com, attacker@example.org',
    'victim@example.com;attacker@example.org',
    'attacker@example.org,victim@example.com',
    'Victim <victim@example.com>',
    '<victim@example.com>',
    'victim@example.com attacker@example.org',
    'victim@attacker.example@example.com',
  ])('takes exactly one address from one field: refuses %j', (text) => {
    expect(refusal(text)).toBe('problem.email.invalid');
  });
});

describe('GHSA-7rqj-j65f-68wh', () => {
  it('judges after normalisation: no character becomes an @ or a dot behind the check', () => {
    expect(refusal('victim＠example.com')).toBe('problem.email.invalid');
    expect(refusal('a@b＠example.com')).toBe('problem.email.invalid');
  });

  it('keeps nothing but ASCII, and of its own result it makes the same', () => {
    fc.assert(
      fc.property(fc.emailAddress({ size: 'small' }), fc.string({ unit: 'binary', maxLength: 3 }), (address, extra) => {
        for (const text of [address, `${extra}${address}`, `${address}${extra}`]) {
          const parsed = parseEmailAddress(text);
          if (parsed.outcome === 'invalid') continue;
          expect(parsed.address).toMatch(/^[\x21-\x7e]+$/);
          expect(parsed.address.split('@')).toHaveLength(2);
          expect(parseEmailAddress(parsed.address)).toEqual(parsed);
          expect(emailKeyOf(parsed.address)).toBe(parsed.key);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
