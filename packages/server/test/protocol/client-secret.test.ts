import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ClientSecretRecord } from '../../src/protocol/application.ts';
import {
  type ClientSecretKey,
  clientSecretHint,
  clientSecretMac,
  generateClientSecret,
  matchClientSecret,
} from '../../src/protocol/client-secret.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';

const key = Buffer.alloc(32, 7) as ClientSecretKey;
const secret = presentedSecret<'client_secret'>;

describe('client secrets', () => {
  it('are generated with 256 bits, in characters that form-encoding leaves as they are', () => {
    expect(generateClientSecret(randomBytes)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(generateClientSecret(randomBytes)).not.toBe(generateClientSecret(randomBytes));
  });

  it('are found among several (D12)', () => {
    const records = [record('a', 'first'), record('b', 'second'), record('c', 'third')];
    expect(matchClientSecret(secret('second'), records, key)?.id).toBe('b');
    expect(matchClientSecret(secret('fourth'), records, key)).toBeNull();
    expect(matchClientSecret(secret('second'), [], key)).toBeNull();
  });

  it('are remembered with their list alone: of a list without it, a secret that matched before opens nothing', () => {
    const before = [record('a', 'first'), record('b', 'second')];
    expect(matchClientSecret(secret('first'), before, key)?.id).toBe('a');
    expect(matchClientSecret(secret('first'), before, key)?.id).toBe('a');
    expect(matchClientSecret(secret('wrong'), before, key)).toBeNull();
    expect(matchClientSecret(secret('wrong'), before, key)).toBeNull();
    expect(matchClientSecret(secret('first'), before.slice(1), key)).toBeNull();
  });

  it('are not opened by what is stored of them (DOT#1077)', () => {
    const stored = record('a', 'first');
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      expect(matchClientSecret(secret(stored.mac?.toString(encoding) ?? 'none'), [stored], key)).toBeNull();
    }
  });

  it('are another under another key', () => {
    const other = Buffer.alloc(32, 8) as ClientSecretKey;
    expect(matchClientSecret(secret('first'), [record('a', 'first')], other)).toBeNull();
  });

  it('show their last four characters, short ones none', () => {
    expect(clientSecretHint(secret('abcdefghijklmnop'))).toBe('mnop');
    expect(clientSecretHint(secret('short-secret'))).toBe('');
  });
});

function record(id: string, text: string): ClientSecretRecord {
  return {
    id,
    mac: clientSecretMac(secret(text), key),
    importedHash: null,
    hint: '',
    createdAtMs: 0,
    lastUsedAtMs: null,
  };
}
