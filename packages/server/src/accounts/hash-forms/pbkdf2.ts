/**
 * PBKDF2 (RFC 8018 §5.2): as Django writes it, `pbkdf2_sha256$iterations$salt$base64` and `pbkdf2_sha1$…`, with a salt that is text;
 * and in the PHC string format, `$pbkdf2-sha256$i=…$salt$hash`, as which Keycloak's are kept.
 */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { equalInConstantTime } from '../../vocabulary/credentials.ts';
import { type HashForm, judgedBy } from './hash-form.ts';

/** The most iterations that a stored hash may ask for: about a second. Django 6.0 asks for 1,200,000. */
const ITERATIONS_MAX = 3_000_000;

const DJANGO = /^pbkdf2_(sha256|sha1)\$(\d{1,12})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,43}=)$/;
const PHC = /^\$pbkdf2-(sha1|sha256|sha512)\$i=(\d{1,12})\$([A-Za-z0-9+/]{11,172})\$([A-Za-z0-9+/]{27,86})$/;
const OCTETS: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 };

interface Parts {
  readonly digest: string;
  readonly iterations: number;
  readonly salt: string | Buffer;
  readonly expected: Buffer;
}

/** Both. */
export const PBKDF2: HashForm = {
  name: 'pbkdf2',
  judge: (hash) => {
    const parts = partsOf(hash);
    return parts === null || parts.iterations < 1
      ? 'unknown'
      : judgedBy(parts, ({ iterations, digest, expected }) => iterations * blocks(digest, expected) <= ITERATIONS_MAX);
  },
  async verify(password, hash) {
    const parts = partsOf(hash);
    if (parts === null) return false;
    const { salt, iterations, expected, digest } = parts;
    return equalInConstantTime(await promisify(pbkdf2)(password, salt, iterations, expected.length, digest), expected);
  },
};

/** Each block of the output costs all of the iterations. */
function blocks(digest: string, expected: Buffer): number {
  return Math.ceil(expected.length / (OCTETS[digest] ?? 1));
}

function partsOf(hash: string): Parts | null {
  const django = DJANGO.exec(hash);
  if (django !== null) {
    const [, digest = '', iterations, salt = '', base64 = ''] = django;
    const expected = Buffer.from(base64, 'base64');
    return expected.length === OCTETS[digest] ? { digest, iterations: Number(iterations), salt, expected } : null;
  }
  const [, digest, iterations, salt = '', base64 = ''] = PHC.exec(hash) ?? [];
  if (digest === undefined) return null;
  const expected = Buffer.from(base64, 'base64');
  // 256 bits at least, or all that SHA-1 has.
  if (expected.length < (digest === 'sha1' ? 20 : 32)) return null;
  return { digest, iterations: Number(iterations), salt: Buffer.from(salt, 'base64'), expected };
}
