/** Password hashes of other servers: each form verifies, and none may ask for more work than its bound. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HASH_FORMS, judgeHash } from '../../src/accounts/password-hash-forms.ts';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import type { PasswordHash } from '../../src/accounts/ports.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';

const hasher = createPasswordHasher({ hashConcurrency: 2, randomness: systemRandomness });

interface FixtureObject {
  readonly model: string;
  readonly fields: { readonly username: string; readonly password: string };
}

/** What Django wrote (`test/django/make_fixtures.py`). */
const dumpdata = JSON.parse(
  readFileSync(new URL('../../../../test/django/fixtures/dumpdata.json', import.meta.url), 'utf8'),
) as readonly FixtureObject[];

function hashOf(username: string): PasswordHash {
  const user = dumpdata.find(({ model, fields }) => model === 'auth.user' && fields.username === username);
  if (user === undefined) throw new Error(`the fixture has no ${username}`);
  return user.fields.password as PasswordHash;
}

describe("D9, Django's password hashes", () => {
  it.each(['alice', 'pbkdf2_sha1', 'argon2', 'bcrypt_sha256', 'bcrypt', 'scrypt'])(
    'verifies that of %s',
    async (name) => {
      const hash = hashOf(name);
      expect(judgeHash(hash)).toBe('verifiable');
      expect(await hasher.verify(`pässword of ${name}`, hash)).toEqual({ outcome: 'right', needsRehash: true });
      expect(await hasher.verify(`passwörd of ${name}`, hash)).toEqual({ outcome: 'wrong' });
      expect(await hasher.verify('', hash)).toEqual({ outcome: 'wrong' });
    },
  );

  it("verifies Argon2i, Django's until 3.2", async () => {
    // argon2-cffi 21.1: PasswordHasher(time_cost=2, memory_cost=512, parallelism=2, hash_len=16, type=Type.I).hash('lètmein')
    const hash = 'argon2$argon2i$v=19$m=512,t=2,p=2$q8w29ufXJ+mRLRyNtozqZA$4a6h2sGEFIWwgb5oHy6Tvg' as PasswordHash;
    expect(await hasher.verify('lètmein', hash)).toEqual({ outcome: 'right', needsRehash: true });
    expect(await hasher.verify('letmein', hash)).toEqual({ outcome: 'wrong' });
  });
});

describe('D9, hashes of other servers', () => {
  it('verifies bare bcrypt in each of its spellings', async () => {
    const bare = hashOf('bcrypt').slice('bcrypt$'.length);
    for (const spelling of ['$2b$', '$2a$', '$2y$']) {
      const hash = bare.replace('$2b$', spelling) as PasswordHash;
      expect((await hasher.verify('pässword of bcrypt', hash)).outcome).toBe('right');
      expect((await hasher.verify('pässword of bcrypu', hash)).outcome).toBe('wrong');
    }
  });

  it('verifies PBKDF2 in the PHC form, as which Keycloak’s are kept', async () => {
    const { pbkdf2Sync } = await import('node:crypto');
    const salt = Buffer.from('0123456789abcdef');
    for (const [digest, octets] of [
      ['sha256', 64],
      ['sha512', 64],
    ] as const) {
      const derived = pbkdf2Sync('letmein', salt, 27_500, octets, digest);
      const hash = `$pbkdf2-${digest}$i=27500$${base64(salt)}$${base64(derived)}` as PasswordHash;
      expect(await hasher.verify('letmein', hash)).toEqual({ outcome: 'right', needsRehash: true });
      expect((await hasher.verify('letmeout', hash)).outcome).toBe('wrong');
    }
  });

  it('verifies Firebase’s scrypt, by the published vector', async () => {
    const parts = [
      '42xEC+ixf3L2lw',
      'Bw',
      'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA',
      'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ',
    ];
    const hash = `$firebase-scrypt$ln=14,r=8$${parts.join('$')}` as PasswordHash;
    expect(await hasher.verify('user1password', hash)).toEqual({ outcome: 'right', needsRehash: true });
    expect((await hasher.verify('user1passwore', hash)).outcome).toBe('wrong');
  });
});

describe('ASVS 11.4.2, the work that a stored hash may ask for', () => {
  const b64 = (length: number) => 'A'.repeat(length);

  it.each([
    `pbkdf2_sha256$3000001$salt$${b64(43)}=`,
    `pbkdf2_sha256$999999999999$salt$${b64(43)}=`,
    `pbkdf2_sha1$3000001$salt$${b64(27)}=`,
    `$pbkdf2-sha512$i=3000001$${b64(22)}$${b64(86)}`,
    // Two blocks of output cost twice the iterations.
    `$pbkdf2-sha256$i=1500001$${b64(22)}$${b64(86)}`,
    `bcrypt$$2b$15$${b64(53)}`,
    `bcrypt_sha256$$2b$31$${b64(53)}`,
    `$2y$99$${b64(53)}`,
    `argon2$argon2id$v=19$m=262145,t=1,p=1$${b64(22)}$${b64(43)}`,
    `argon2$argon2id$v=19$m=262144,t=5,p=1$${b64(22)}$${b64(43)}`,
    `$argon2id$v=19$m=19456,t=17,p=1$${b64(22)}$${b64(43)}`,
    `$argon2id$v=19$m=19456,t=2,p=17$${b64(22)}$${b64(43)}`,
    `scrypt$262144$salt$8$1$${b64(86)}==`,
    `$firebase-scrypt$ln=18,r=8$${b64(14)}$Bw$${b64(86)}$${b64(86)}`,
    `$firebase-scrypt$ln=99,r=9999$${b64(14)}$Bw$${b64(86)}$${b64(86)}`,
    `$pbkdf2-sha1$i=3000001$${b64(22)}$${b64(27)}`,
    `scrypt$16384$salt$8$17$${b64(86)}==`,
    `scrypt$16384$salt$9999$1$${b64(86)}==`,
  ])('%s is named as too much, and is nobody’s password', async (text) => {
    const hash = text as PasswordHash;
    expect(judgeHash(hash)).toBe('too_much_work');
    expect(HASH_FORMS.some(({ judge }) => judge(hash) === 'verifiable')).toBe(false);
    expect(await hasher.verify('x', hash)).toEqual({ outcome: 'wrong' });
  });

  it.each([
    '',
    '!',
    'sha1$salt$5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8',
    'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    `pbkdf2_sha256$0$salt$${b64(43)}=`,
    `pbkdf2_sha256$-1$salt$${b64(43)}=`,
    `pbkdf2_sha1$1000$salt$${b64(43)}=`,
    `pbkdf2_sha512$1000$salt$${b64(86)}==`,
    `bcrypt$$2b$03$${b64(53)}`,
    `bcrypt$$2b$12$${b64(52)}`,
    `scrypt$16383$salt$8$1$${b64(86)}==`,
    `scrypt$0$salt$8$1$${b64(86)}==`,
    `$firebase-scrypt$ln=0,r=8$${b64(14)}$Bw$${b64(86)}$${b64(86)}`,
    `$firebase-scrypt$ln=14,r=8$${b64(14)}$Bw$${b64(43)}$${b64(86)}`,
    `$pbkdf2-sha256$i=1000$${b64(22)}$${b64(27)}`,
    `scrypt$16384$salt$0$1$${b64(86)}==`,
    `argon2$argon2id$v=16$m=1024,t=1,p=1$${b64(22)}$${b64(43)}`,
  ])('%j is of no form, and nobody’s password', async (text) => {
    expect(judgeHash(text as PasswordHash)).toBe('unknown');
    expect(await hasher.verify('x', text as PasswordHash)).toEqual({ outcome: 'wrong' });
  });

  it('takes what each server asks for by default', () => {
    for (const text of [
      `pbkdf2_sha256$1200000$salt$${b64(43)}=`,
      `argon2$argon2id$v=19$m=102400,t=2,p=8$${b64(22)}$${b64(43)}`,
      `scrypt$16384$salt$8$5$${b64(86)}==`,
      `bcrypt_sha256$$2b$12$${b64(53)}`,
      `$pbkdf2-sha512$i=210000$${b64(22)}$${b64(86)}`,
    ]) {
      expect(judgeHash(text as PasswordHash), text).toBe('verifiable');
    }
  });
});

function base64(octets: Buffer): string {
  return octets.toString('base64').replaceAll('=', '');
}
