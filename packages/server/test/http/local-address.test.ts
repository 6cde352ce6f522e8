import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localAddress } from '../../src/http/local-address.ts';

const ORIGIN = 'https://id.example';

describe('RFC 9700 #2: no open redirector behind next', () => {
  it.each([
    ['/account/', '/account/'],
    ['/o/authorize/abc/?x=1#top', '/o/authorize/abc/?x=1#top'],
    ['/a/../b/', '/b/'],
  ])('goes to %s', (next, address) => {
    expect(localAddress(next, ORIGIN)).toBe(address);
  });

  it.each([
    'https://evil.example/',
    'https:evil.example',
    '//evil.example/',
    '///evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    'javascript:alert(1)',
    'account/',
    '',
    `/${'a'.repeat(3_000)}`,
  ])('goes nowhere for %j', (next) => {
    expect(localAddress(next, ORIGIN)).toBeNull();
  });

  it('never leaves the origin, whatever is asked for', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      'evil.example',
      'http',
      '\t',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const address = localAddress(`/${pieces.join('')}`, ORIGIN);
        if (address !== null) expect(new URL(address, ORIGIN).origin).toBe(ORIGIN);
      }),
      { numRuns: 2_000 },
    );
  });
});
