/** scrypt (RFC 7914) as Django 4 and later write it: `scrypt$N$salt$r$p$base64`, with a salt that is text. */
import { scrypt } from 'node:crypto';
import { equalInConstantTime } from '../../vocabulary/credentials.ts';
import { type HashForm, judgedBy } from './hash-form.ts';

/** The most that a stored hash may ask for. Django's default is N=16384, r=8, p=1 (5 from 5.1 on): 16 MiB, some 40 ms a lane. */
const BOUNDS = { memoryBytes: 128 * 1024 * 1024, work: 2 ** 21 } as const;

const PATTERN = /^scrypt\$(\d{1,9})\$([^$]{1,128})\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]{86}==)$/;

interface Parts {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly expected: Buffer;
}

/** The form. */
export const SCRYPT: HashForm = {
  name: 'scrypt',
  judge: (hash) =>
    judgedBy(partsOf(hash), ({ N, r, p }) => 128 * N * r <= BOUNDS.memoryBytes && N * r * p <= BOUNDS.work),
  async verify(password, hash) {
    const parts = partsOf(hash);
    if (parts === null) return false;
    const { salt, expected, N, r, p } = parts;
    const maxmem = 2 * BOUNDS.memoryBytes;
    const derived = await new Promise<Buffer | null>((resolve) => {
      scrypt(password, salt, expected.length, { N, r, p, maxmem }, (error, key) =>
        resolve(error === null ? key : null),
      );
    });
    return derived !== null && equalInConstantTime(derived, expected);
  },
};

/** RFC 7914 §6: N is a power of two above one. */
function partsOf(hash: string): Parts | null {
  const [, n, salt = '', r, p, base64 = ''] = PATTERN.exec(hash) ?? [];
  const N = Number(n ?? 0);
  if (N < 2 || (N & (N - 1)) !== 0 || Number(r) < 1 || Number(p) < 1) return null;
  return { N, r: Number(r), p: Number(p), salt, expected: Buffer.from(base64, 'base64') };
}
