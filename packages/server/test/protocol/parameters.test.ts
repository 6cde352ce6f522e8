import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseParameters } from '../../src/protocol/parameters.ts';

describe('RFC 6749 §3.1, §3.2: parameters', () => {
  it('decodes + and percent-encoding, in names too', () => {
    const parameters = parseParameters('sco%70e=openid+pro%66ile&state=a%2Bb%20%C3%A9');
    expect(parameters.get('scope')).toBe('openid profile');
    expect(parameters.get('state')).toBe('a+b é');
    expect(parameters.firstFault()).toBeNull();
  });

  it('takes an empty parameter for one that was left out', () => {
    const parameters = parseParameters('scope=&state');
    expect(parameters.get('scope')).toBeNull();
    expect(parameters.get('state')).toBeNull();
    expect(parameters.has('scope')).toBe(true);
    expect(parameters.has('nonce')).toBe(false);
  });

  it('refuses a repeated parameter and believes neither value (CVE-2026-9689)', () => {
    const parameters = parseParameters('client_id=good&x=1&client_id=evil');
    expect(parameters.get('client_id')).toBeNull();
    expect(parameters.faultOf('client_id')).toMatchObject({ code: 'invalid_request' });
    expect(parameters.firstFault()?.hint).toBe(
      'The parameter client_id appears more than once: send it once (RFC 6749 section 3.1).',
    );
  });

  it('refuses one that is repeated under another encoding of its name (CVE-2026-9689)', () => {
    expect(parseParameters('scope=read&sc%6fpe=write').get('scope')).toBeNull();
  });

  it('refuses a repeated parameter though all its values are empty', () => {
    expect(parseParameters('scope=&scope=').firstFault()?.code).toBe('invalid_request');
  });

  it('lets resource repeat (RFC 8707 §2)', () => {
    const parameters = parseParameters('resource=https://a.example&resource=https://b.example&resource=');
    expect(parameters.getAll('resource')).toEqual(['https://a.example', 'https://b.example']);
    expect(parameters.firstFault()).toBeNull();
    expect(parameters.getAll('audience')).toEqual([]);
  });

  it.each([
    ['a line break', 'state=a%0Ab'],
    ['a raw line break', 'state=ab\n'],
    ['a NUL', 'state=%00'],
    ['DEL', 'state=%7F'],
    ['a C1 control character', 'state=%C2%85'],
  ])('refuses %s', (_, text) => {
    expect(parseParameters(text).firstFault()?.hint).toContain('control character');
    expect(parseParameters(text).get('state')).toBeNull();
  });

  it.each(['state=%', 'state=%2', 'state=%zz', 'state=%C3', 'state=%ED%A0%80', 'st%ate=x'])(
    'refuses the malformed encoding %s',
    (text) => {
      expect(parseParameters(text).firstFault()?.hint).toContain('form-encoded');
    },
  );

  it('refuses a value over its limit and takes one at it', () => {
    expect(parseParameters(`state=${'a'.repeat(4_096)}`).get('state')).toHaveLength(4_096);
    expect(parseParameters(`state=${'a'.repeat(4_097)}`).firstFault()?.hint).toBe(
      'The parameter state is too long for this server.',
    );
    expect(parseParameters(`nonce=${'a'.repeat(513)}`).faultOf('nonce')).not.toBeNull();
    expect(parseParameters(`code=${'a'.repeat(2_000)}`).firstFault()).toBeNull();
    expect(parseParameters(`code=${'a'.repeat(2_001)}`).firstFault()).not.toBeNull();
    expect(parseParameters(`${'n'.repeat(101)}=1`).firstFault()).not.toBeNull();
  });

  it('refuses more than 100 parameters', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(parseParameters(many(100)).firstFault()).toBeNull();
    expect(parseParameters(many(101)).firstFault()?.hint).toContain('more than 100');
  });

  it('does not repeat a hostile name in its answer', () => {
    expect(parseParameters('<b>=1&<b>=2').firstFault()?.hint).toMatch(/^A parameter appears/);
  });

  it('reads back whatever URLSearchParams writes, for any text without control characters', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((value) => !/\p{Cc}/u.test(value));
    const pairs = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 });
    fc.assert(
      fc.property(pairs, (sent) => {
        const parameters = parseParameters(new URLSearchParams(sent).toString());
        expect(parameters.firstFault()).toBeNull();
        for (const [name, value] of sent) expect(parameters.get(name)).toBe(value === '' ? null : value);
      }),
    );
  });

  it('never throws, and never gives out a value of a parameter at fault', () => {
    const pieces = fc.constantFrom('a', 'b', '=', '&', '%', '%4', '%41', '+', '\n', '%00', 'é', '\ud800', '%F0%9F');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const parameters = parseParameters(parts.join(''));
        for (const name of parameters.names()) {
          if (parameters.faultOf(name) !== null) expect(parameters.get(name)).toBeNull();
          else expect(parameters.get(name) ?? '').not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});
