import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  familyIdOf,
  firstRefreshToken,
  newFamilyId,
  type RefreshTokenKey,
  successorsOf,
} from '../../src/protocol/refresh-token-text.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { familyId } from '../../src/vocabulary/identifiers.ts';

const key = (octet: number) => Buffer.alloc(32, octet) as RefreshTokenKey;
const keys = { current: key(1), previous: [] };
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const presented = presentedSecret<'refresh_token'>;

describe('the text of a refresh token', () => {
  it('has 64 characters and gives its family back, whatever the octets', () => {
    fc.assert(
      fc.property(octets(16), octets(32), (id, secret) => {
        const family = newFamilyId(() => Buffer.from(id));
        const token = firstRefreshToken(family, () => Buffer.from(secret));
        expect(token).toMatch(/^[A-Za-z0-9_-]{64}$/);
        expect(familyIdOf(token)).toBe(family);
        const [successor] = successorsOf(token, family, keys);
        expect(successor.token).toMatch(/^[A-Za-z0-9_-]{64}$/);
        expect(familyIdOf(successor.token)).toBe(family);
      }),
    );
  });

  it('takes any other text for one without a family, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        if (!/^[A-Za-z0-9_-]{64}$/.test(text)) expect(familyIdOf(presented(text))).toBeNull();
      }),
    );
    expect(familyIdOf(presented('a'.repeat(63)))).toBeNull();
    expect(familyIdOf(presented('a'.repeat(65)))).toBeNull();
    expect(familyIdOf(presented(`${'a'.repeat(63)}=`))).toBeNull();
  });

  it('refuses to write a family id of another form', () => {
    for (const wrong of ['42', 'a'.repeat(22), 'f'.repeat(32)]) {
      expect(() => firstRefreshToken(familyId(wrong), randomBytes)).toThrow('16 octets');
    }
  });
});

describe('RFC 9700 #13: the successor of a refresh token', () => {
  const family = newFamilyId(randomBytes);
  const token = firstRefreshToken(family, randomBytes);

  it('is the same each time it is derived', () => {
    expect(successorsOf(token, family, keys)).toEqual(successorsOf(token, family, keys));
  });

  it('is another for another token, another family, another key', () => {
    const [{ token: successor }] = successorsOf(token, family, keys);
    const others = [
      successorsOf(firstRefreshToken(family, randomBytes), family, keys),
      successorsOf(token, newFamilyId(randomBytes), keys),
      successorsOf(token, family, { current: key(2), previous: [] }),
    ];
    for (const [other] of others) expect(other.token).not.toBe(successor);
  });

  it('comes under the former keys too, the current one first', () => {
    const [current, former, ...rest] = successorsOf(token, family, { current: key(2), previous: [key(1)] });
    expect(current).toEqual(successorsOf(token, family, { current: key(2), previous: [] })[0]);
    expect(former).toEqual(successorsOf(token, family, keys)[0]);
    expect(rest).toEqual([]);
  });

  it('is derived of a token imported from elsewhere as well', () => {
    const [successor] = successorsOf(presented('kXkcGhwIWl0mVOzLvdKnyj9hYcFbcE'), family, keys);
    expect(familyIdOf(successor.token)).toBe(family);
  });
});
