/**
 * bcrypt: bare (`$2b$…`), as Django writes it (`bcrypt$$2b$…`), and over the hexadecimal SHA-256 of the password (`bcrypt_sha256$$2b$…`),
 * which has no limit of 72 octets.
 */
import { hash } from 'node:crypto';
import { verify as bcryptVerify } from '@node-rs/bcrypt';
import { type HashForm, judgedBy } from './hash-form.ts';

/** 2^14 rounds take about a second; Django's and everybody's default is 12. */
const COST_MAX = 14;
const COST_MIN = 4;

const PATTERN = /^(bcrypt\$|bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/;

/** All three. */
export const BCRYPT: HashForm = {
  name: 'bcrypt',
  judge(text) {
    const cost = Number(PATTERN.exec(text)?.[3] ?? Number.NaN);
    return judgedBy(cost >= COST_MIN ? cost : null, (rounds) => rounds <= COST_MAX);
  },
  async verify(password, text) {
    const [, prefix, bcrypt] = PATTERN.exec(text) ?? [];
    if (bcrypt === undefined) return false;
    const input = prefix === 'bcrypt_sha256$' ? hash('sha256', password, 'hex') : password;
    try {
      return await bcryptVerify(input, bcrypt);
    } catch {
      // Thirty-one bits of base64 that are no hash: nobody's password.
      return false;
    }
  },
};
