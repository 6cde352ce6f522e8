/**
 * Passwords of local accounts: how they are hashed, checked and judged.
 *
 * Owns the format, the cost and the queue. scrypt of node:crypto, because an application that has no local accounts should
 * not install a native module for them; Argon2id would be the first choice of OWASP, scrypt at these parameters the second.
 */
import { scrypt, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from './tokens.ts';

/** OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3 (32 MiB). */
const COST = { ln: 15, r: 8, p: 3 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Two at a time use 64 MiB; they run beside the event loop. */
const HASHES_AT_ONCE_MAX = 2;
/** About three seconds of work; whoever comes later is told to come back. */
const HASHES_WAITING_MAX = 32;

/** ASVS 6.2.1 and 6.2.9. */
export const PASSWORD_LENGTH_MIN = 8;
/** Enough for any passphrase, and no way to make the hash slow. */
export const PASSWORD_LENGTH_MAX = 1_024;

/** Why a new password is not accepted. */
export type PasswordProblem = 'password_short' | 'password_long' | 'password_common' | 'password_is_name';

/** Hashes and checks passwords, a few at a time. */
export interface Passwords {
  /** The hash to keep, or `busy` when too many are waiting. */
  hash(password: string): Promise<string | 'busy'>;
  /** With a null hash it takes as long and answers false, so that time does not tell who has an account. */
  verify(hash: string | null, password: string): Promise<boolean | 'busy'>;
}

/** Passwords with a queue of their own. */
export function createPasswords(randomBytes: RandomBytes): Passwords {
  const queue = createQueue(HASHES_AT_ONCE_MAX, HASHES_WAITING_MAX);
  const dummySalt = Buffer.from(randomBytes(SALT_BYTES));
  return {
    hash: (password) => {
      const salt = Buffer.from(randomBytes(SALT_BYTES));
      return queue(async () => encode(salt, await derive(password, salt, COST)));
    },
    verify: (hash, password) => {
      if (password.length > PASSWORD_LENGTH_MAX) return Promise.resolve(false);
      return queue(async () => {
        const stored = hash === null ? null : decode(hash);
        const derived = await derive(password, stored?.salt ?? dummySalt, stored?.cost ?? COST);
        return stored !== null && stored.key.length === derived.length && timingSafeEqual(stored.key, derived);
      });
    },
  };
}

/**
 * What is wrong with a new password, null when nothing. ASVS 6.2.4: the common ones are refused; 6.2.5: no composition rules.
 */
export function passwordProblem(password: string, names: readonly string[]): PasswordProblem | null {
  if ([...password].length < PASSWORD_LENGTH_MIN) return 'password_short';
  if (password.length > PASSWORD_LENGTH_MAX) return 'password_long';
  const lower = password.toLowerCase();
  if (names.some((name) => name !== '' && name.toLowerCase() === lower)) return 'password_is_name';
  if (COMMON.has(lower) || /^(.)\1*$/u.test(lower)) return 'password_common';
  return null;
}

interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const N = 2 ** cost.ln;
  const options = { N, r: cost.r, p: cost.p, maxmem: 128 * N * cost.r + 1024 * 1024 * cost.p };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/** The PHC string format. */
function encode(salt: Buffer, key: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${text(salt)}$${text(key)}`;
}

function decode(hash: string): { cost: Cost; salt: Buffer; key: Buffer } | null {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
  if (match === null) return null;
  return {
    cost: { ln: Number(match[1]), r: Number(match[2]), p: Number(match[3]) },
    salt: Buffer.from(match[4] ?? '', 'base64'),
    key: Buffer.from(match[5] ?? '', 'base64'),
  };
}

function createQueue(runningMax: number, waitingMax: number): <T>(work: () => Promise<T>) => Promise<T | 'busy'> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= runningMax) {
      if (waiting.length >= waitingMax) return 'busy';
      // Whoever finishes hands the place over, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** The most used passwords of eight characters and more; shorter ones are refused by their length. */
const COMMON: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 0123456789 87654321 987654321 9876543210 12341234 11223344 12344321 123123123 147258369
  123654789 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 asdfghjk asdfghjkl
  zxcvbnm1 zxcvbnm123 qazwsxedc qweasdzxc password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword
  passwort motdepasse azertyui azertyuiop azerty123 iloveyou iloveyou1 sunshine princess football baseball basketball
  superman batman123 trustno1 starwars whatever welcome1 welcome123 letmein1 letmein123 dragon123 monkey123 shadow123
  master123 michelle jennifer jessica1 computer internet samsung1 liverpool chelsea1 arsenal1 corvette mustang1 mercedes
  abcd1234 abcdefgh abc12345 a1b2c3d4 aa123456 qwe123456 admin123 admin1234 administrator changeme changeme1 default1
  secret123 test1234 testtest testing1 hello123 google123 facebook linkedin charlie1 bonjour1 doudou123 soleil123 loulou123
  chouchou marseille jetaime1 nicolas1 caroline dolphins einstein butterfly chocolate swordfish midnight elephant diapason
  diapason1`.split(/\s+/),
);
