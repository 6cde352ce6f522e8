/**
 * How users signed in beside the password: allauth's social accounts, TOTP seeds and recovery codes of allauth.mfa and of
 * django-otp. They are stored; what asks for them at sign-in is `accounts/`.
 *
 * Owns how these programs keep them. Passkeys are bound to the old server's names and stay there.
 */
import { createHmac } from 'node:crypto';
import type { ImportContext } from '../part.ts';
import { BATCH_ROWS } from '../ports.ts';
import type { SourceValue } from '../sources/source.ts';
import type { StagedRow } from '../staging.ts';
import { flagOf, instantOf, numberOf, textOf } from './reading.ts';
import type { TableSpec } from './tables.ts';
import { userIdOf } from './users.ts';

/** The tables, each where it is installed. */
export const WAYS_IN_TABLES: readonly TableSpec[] = [
  {
    name: 'socialaccount_socialaccount',
    isRequired: false,
    required: ['id', 'user_id', 'provider', 'uid'],
    optional: ['date_joined', 'last_login'],
  },
  { name: 'socialaccount_socialapp', isRequired: false, required: ['id', 'provider'], optional: ['name'] },
  {
    name: 'mfa_authenticator',
    isRequired: false,
    required: ['id', 'user_id', 'type', 'data'],
    optional: ['created_at'],
  },
  {
    name: 'otp_totp_totpdevice',
    isRequired: false,
    required: ['id', 'user_id', 'key', 'confirmed'],
    optional: ['name', 'step', 'digits', 't0'],
  },
  { name: 'otp_static_staticdevice', isRequired: false, required: ['id', 'user_id', 'confirmed'] },
  { name: 'otp_static_statictoken', isRequired: false, required: ['id', 'device_id', 'token'] },
];

/** The columns of the result `identity_of`. */
export const IDENTITY_COLUMNS = ['account', 'provider', 'subject', 'linked_at', 'last_sign_in_at'] as const;
/** The columns of the result `totp_of`. The seed is octets. */
export const TOTP_COLUMNS = ['account', 'label', 'seed', 'digits', 'created_at'] as const;
/** The columns of the result `recovery_code_of`. */
export const RECOVERY_CODE_COLUMNS = ['account', 'code'] as const;

/** Makes the tables `identity_of`, `totp_of` and `recovery_code_of` in the staging database, and reports what does not come. */
export function arrangeWaysIn(context: ImportContext): void {
  const { staging } = context;
  staging.create('identity_of', IDENTITY_COLUMNS, IDENTITY_COLUMNS);
  staging.create('totp_of', TOTP_COLUMNS, TOTP_COLUMNS);
  staging.create('recovery_code_of', RECOVERY_CODE_COLUMNS, RECOVERY_CODE_COLUMNS);
  readSocialAccounts(context);
  readSocialApps(context);
  readAuthenticators(context);
  readTotpDevices(context);
  readStaticTokens(context);
  staging.arrange(`
    create index identity_of_by_account on identity_of (account);
    create index totp_of_by_account on totp_of (account);
    create index recovery_code_of_by_account on recovery_code_of (account);
  `);
}

function readSocialAccounts(context: ImportContext): void {
  each('socialaccount_socialaccount', 'social account', context, 'identity_of', IDENTITY_COLUMNS, (row, account) => {
    const [provider, subject] = [textOf(row, 'provider'), textOf(row, 'uid')];
    if (provider === '' || subject === '') return 'It has no provider or no uid.';
    const linked = instantOf(row, 'date_joined');
    const last = instantOf(row, 'last_login');
    return [[account, provider, subject, numeric(linked) ?? context.nowMs, numeric(last)]];
  });
}

function readSocialApps({ staging, report }: ImportContext): void {
  const apps = staging.all('select provider, name from socialaccount_socialapp order by id limit 100');
  for (const app of apps) {
    report.find({
      severity: 'note',
      code: 'social-app',
      row: `social application ${JSON.stringify(textOf(app, 'name') || textOf(app, 'provider'))}`,
      what: `It holds this organisation's client of ${JSON.stringify(textOf(app, 'provider'))}, which knows the old server's address.`,
      outcome: 'It is left out: register this server there. The social accounts of its users are kept.',
    });
  }
}

function readAuthenticators(context: ImportContext): void {
  each('mfa_authenticator', 'authenticator', context, 'totp_of', TOTP_COLUMNS, (row, account) => {
    const type = textOf(row, 'type');
    if (type === 'recovery_codes') return [];
    if (type !== 'totp') return `It is of the type ${JSON.stringify(type)}, which is bound to the old server.`;
    const data = dataOf(row);
    const seed = typeof data?.['secret'] === 'string' ? seedOfBase32(data['secret']) : null;
    if (seed === null) return 'Its seed is no Base32 text; it may have been encrypted by a setting of the old server.';
    return [[account, '', seed, 6, numeric(instantOf(row, 'created_at')) ?? context.nowMs]];
  });
  each('mfa_authenticator', 'authenticator', context, 'recovery_code_of', RECOVERY_CODE_COLUMNS, (row, account) => {
    if (textOf(row, 'type') !== 'recovery_codes') return [];
    const codes = allauthCodes(dataOf(row));
    return codes === null ? 'Its recovery codes cannot be read.' : codes.map((code) => [account, code]);
  });
}

function readTotpDevices(context: ImportContext): void {
  each('otp_totp_totpdevice', 'TOTP device', context, 'totp_of', TOTP_COLUMNS, (row, account) => {
    if (!flagOf(row, 'confirmed')) return [];
    const key = textOf(row, 'key');
    const digits = numberOf(row, 'digits') ?? 6;
    if (!/^([0-9a-f]{2}){10,128}$/i.test(key)) return 'Its key is no hexadecimal text of 10 octets or more.';
    if ((numberOf(row, 'step') ?? 30) !== 30 || (numberOf(row, 't0') ?? 0) !== 0 || (digits !== 6 && digits !== 8)) {
      return 'It does not count in steps of 30 seconds with 6 or 8 digits.';
    }
    return [[account, textOf(row, 'name'), Buffer.from(key, 'hex'), digits, context.nowMs]];
  });
}

function readStaticTokens(context: ImportContext): void {
  const query = {
    columns: 't.id, t.token, d.user_id, d.confirmed, u.id as known',
    join: 'left join otp_static_staticdevice d on d.id = t.device_id left join auth_user u on u.id = d.user_id',
  };
  each(
    'otp_static_statictoken',
    'recovery token',
    context,
    'recovery_code_of',
    RECOVERY_CODE_COLUMNS,
    (row, account) => {
      const token = textOf(row, 'token');
      return flagOf(row, 'confirmed') && token !== '' ? [[account, token]] : [];
    },
    query,
  );
}

/** Goes through a table. `read` gives the rows of the result, or why there are none. */
function each(
  table: string,
  noun: string,
  { staging, report }: ImportContext,
  result: string,
  columns: readonly string[],
  read: (row: StagedRow, account: string) => readonly SourceValue[][] | string,
  query = { columns: 't.*, u.id as known', join: 'left join auth_user u on u.id = t.user_id' },
): void {
  for (const page of staging.pages(table, query, BATCH_ROWS)) {
    const rows: SourceValue[][] = [];
    for (const row of page) {
      const account = row['known'] === null ? null : userIdOf(row);
      const made = account === null ? 'It belongs to a user that is not there.' : read(row, account);
      if (typeof made !== 'string') {
        rows.push(...made);
        continue;
      }
      report.find({
        severity: 'warning',
        code: 'way-in-left-out',
        row: `${noun} ${textOf(row, 'id')} of user ${textOf(row, 'user_id')}`,
        what: made,
        outcome: 'It is left out; its owner sets it up again.',
      });
    }
    staging.insert(result, columns, rows);
  }
}

function dataOf(row: StagedRow): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(textOf(row, 'data'));
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** RFC 4648 §6, without padding. Ten octets or more (RFC 4226 §4: 128 bits; allauth's and Google's have 80 to 160). */
function seedOfBase32(text: string): Buffer | null {
  const letters = text.toUpperCase().replaceAll(/[\s=]/g, '');
  if (!/^[A-Z2-7]{16,256}$/.test(letters)) return null;
  const octets: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of letters) {
    value = ((value << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets.push((value >> bits) & 0xff);
  }
  return Buffer.from(octets);
}

/** allauth's defaults (MFA_RECOVERY_CODE_COUNT, MFA_RECOVERY_CODE_DIGITS). */
const ALLAUTH_CODES = 10;
const ALLAUTH_DIGITS = 8;

/** allauth keeps a seed, and a bit for each code that was used; the codes come of a running HMAC. null: not readable. */
function allauthCodes(data: Record<string, unknown> | null): readonly string[] | null {
  const migrated = data?.['migrated_codes'];
  if (Array.isArray(migrated)) return migrated.filter((code) => typeof code === 'string');
  const [seed, used] = [data?.['seed'], data?.['used_mask']];
  if (typeof seed !== 'string' || !/^[\x21-\x7e]{16,256}$/.test(seed) || typeof used !== 'number') return null;
  const codes: string[] = [];
  let message = '';
  for (let place = 0; place < ALLAUTH_CODES; place += 1) {
    message += `${String(place).padStart(3)},`;
    const mac = createHmac('sha1', seed).update(message).digest();
    const code = String(mac.readUInt32BE(0) % 10 ** ALLAUTH_DIGITS).padStart(ALLAUTH_DIGITS, '0');
    if ((used & (1 << place)) === 0) codes.push(code);
  }
  return codes;
}

function numeric(instant: number | null | 'unreadable'): number | null {
  return instant === 'unreadable' ? null : instant;
}
