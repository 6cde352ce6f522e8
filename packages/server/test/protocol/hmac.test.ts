import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hmacSha256 } from '../../src/protocol/hmac.ts';

describe('RFC 4231 §4: HMAC-SHA-256', () => {
  it('answers test case 2, the second time too', () => {
    const key = Buffer.from('Jefe');
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hmacSha256(key, 'what do ya want for nothing?').toString('hex')).toBe(expected);
    expect(hmacSha256(key, 'what do ya want ', 'for nothing?').toString('hex')).toBe(expected);
  });

  it('keeps keys apart', () => {
    for (const octet of [1, 2]) {
      const key = Buffer.alloc(32, octet);
      expect(hmacSha256(key, 'ü')).toEqual(createHmac('sha256', key).update('ü').digest());
    }
  });
});
