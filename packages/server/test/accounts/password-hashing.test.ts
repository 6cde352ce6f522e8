import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCurrentForm } from '../../src/accounts/hash-forms/argon2.ts';
import { HASH_FORMS, judgeHash, NOBODYS_HASH } from '../../src/accounts/password-hash-forms.ts';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import type { PasswordHash } from '../../src/accounts/ports.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';

const hasher = createPasswordHasher({ hashConcurrency: 2, randomness: systemRandomness });

async function hashOf(password: string): Promise<PasswordHash> {
  const made = await hasher.hash(password);
  if (made.outcome === 'busy') throw new Error('busy');
  return made.hash;
}

function djangoHash(password: string, iterations = 1_000, salt = 'seasalt'): PasswordHash {
  const derived = pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('base64');
  return `pbkdf2_sha256$${iterations}$${salt}$${derived}` as PasswordHash;
}

describe('ASVS 11.4.2', () => {
  it('makes Argon2id with 19 MiB, two passes, one lane, under a fresh salt each time', async () => {
    const [first, second] = [await hashOf('correct horse'), await hashOf('correct horse')];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(first).not.toBe(second);
    expect(await hasher.verify('correct horse', first)).toEqual({ outcome: 'right', needsRehash: false });
    expect(await hasher.verify('correct horsf', first)).toEqual({ outcome: 'wrong' });
  });
});

describe('ASVS 6.2.8', () => {
  it('verifies as typed: no case folding, no trimming, no normalisation', async () => {
    const hash = await hashOf(' Pässword ');
    for (const other of ['Pässword', ' pässword ', ' Pa\u0308ssword ', '']) {
      expect((await hasher.verify(other, hash)).outcome).toBe('wrong');
    }
    expect((await hasher.verify(' Pässword ', hash)).outcome).toBe('right');
  });

  it('verifies the last of 1,024 characters, and what comes after a NUL', async () => {
    const long = '🐢'.repeat(1_023);
    const hash = await hashOf(`${long}a`);
    expect((await hasher.verify(`${long}b`, hash)).outcome).toBe('wrong');
    expect((await hasher.verify(`${long}a`, hash)).outcome).toBe('right');
    const withNul = await hashOf('before\u0000after');
    expect((await hasher.verify('before\u0000other', withNul)).outcome).toBe('wrong');
    expect((await hasher.verify('before', withNul)).outcome).toBe('wrong');
  });
});

describe("D9, Django's pbkdf2_sha256", () => {
  it('verifies a hash that Django made', async () => {
    // django.contrib.auth.hashers.PBKDF2PasswordHasher().encode('lètmein', 'seasalt', iterations=260000), Django 3.2.
    const hash = 'pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=' as PasswordHash;
    expect(await hasher.verify('lètmein', hash)).toEqual({ outcome: 'right', needsRehash: true });
    expect(await hasher.verify('letmein', hash)).toEqual({ outcome: 'wrong' });
  });

  it('bounds the iterations that a stored hash may ask for', async () => {
    expect((await hasher.verify('x', djangoHash('x'))).outcome).toBe('right');
    for (const iterations of ['0', '3000001', '99999999', '-1', '1e3', '']) {
      const hash = `pbkdf2_sha256$${iterations}$seasalt$${'A'.repeat(43)}=` as PasswordHash;
      expect(judgeHash(hash)).not.toBe('verifiable');
      expect((await hasher.verify('x', hash)).outcome).toBe('wrong');
    }
  });
});

describe('a stored hash of another form', () => {
  it.each([
    '',
    '!unusable',
    'plain text',
    'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
    '$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
    '$argon2id$v=19$m=19456,t=200,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
    '$argon2id$v=19$m=1,t=1,p=16$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
    '$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHQ',
  ])('%j is nobody’s password, and no error', async (hash) => {
    expect(await hasher.verify('password', hash as PasswordHash)).toEqual({ outcome: 'wrong' });
    expect(isCurrentForm(hash as PasswordHash)).toBe(false);
  });

  it('is never opened by its own text (DOT#1077)', async () => {
    const hash = await hashOf('correct horse');
    expect((await hasher.verify(hash, hash)).outcome).toBe('wrong');
  });
});

describe('ASVS 6.3.8', () => {
  it('verifies against nobody with the parameters of a real hash, and is never right', async () => {
    expect(isCurrentForm(NOBODYS_HASH)).toBe(true);
    expect(HASH_FORMS[0].judge(NOBODYS_HASH)).toBe('verifiable');
    expect(await hasher.verifyAgainstNobody('')).toEqual({ outcome: 'wrong' });
    expect(await hasher.verifyAgainstNobody('such-a-password-does-not-exist-!')).toEqual({ outcome: 'wrong' });
  });
});

describe('D32', () => {
  it('says busy at once when the queue is full, and serves again afterwards', async () => {
    const small = createPasswordHasher({ hashConcurrency: 1, hashQueueLength: 1, randomness: systemRandomness });
    const answers = await Promise.all(Array.from({ length: 10 }, () => small.hash('correct horse')));
    expect(answers.map(({ outcome }) => outcome)).toEqual(['hashed', 'hashed', ...Array(8).fill('busy')]);
    expect(answers[9]).toEqual({ outcome: 'busy', retryAfterSeconds: 1 });
    const others = await Promise.all([
      small.verifyAgainstNobody('x'),
      small.verify('x', NOBODYS_HASH),
      small.hash('x'),
    ]);
    expect(others.map(({ outcome }) => outcome)).toEqual(['wrong', 'wrong', 'busy']);
    expect((await small.hash('correct horse')).outcome).toBe('hashed');
  });
});
