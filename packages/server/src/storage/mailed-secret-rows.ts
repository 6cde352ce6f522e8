/** How a mailed secret comes to be a row. Owns that for the outbox, which keeps it with its message, and for the secrets themselves. */
import type { NewMailedSecret } from '../accounts/ports/mail.ts';
import { query } from './query.ts';
import type { MailedSecretTable } from './schema.ts';

const SECRET_COLUMNS = [
  'purpose',
  'token_digest',
  'account_id',
  'address',
  'address_key',
  'code_mac',
  'browser_digest',
  'wrong_codes',
  'created_at',
  'expires_at',
] as const satisfies readonly (keyof MailedSecretTable)[];

/** From the account, so that one that was deleted meanwhile is no broken foreign key. */
export const insertMailedSecret = query((db, p: MailedSecretTable) =>
  db
    .insertInto('mailed_secret')
    .columns(SECRET_COLUMNS)
    .expression(
      db
        .selectFrom('account')
        .select(({ val, ref }) =>
          SECRET_COLUMNS.map((name) => (name === 'account_id' ? ref('account.id').as(name) : val(p[name]).as(name))),
        )
        .where('account.id', '=', p.account_id),
    ),
);

/** The row of a secret. Where it proves no address, that is empty, which none is. */
export function secretRow(secret: NewMailedSecret): MailedSecretTable {
  return {
    purpose: secret.purpose,
    token_digest: secret.tokenDigest,
    account_id: secret.accountId,
    address: secret.address?.address ?? '',
    address_key: secret.address?.key ?? NO_ADDRESS,
    code_mac: secret.codeMac,
    browser_digest: secret.browserDigest,
    wrong_codes: 0,
    created_at: secret.createdAtMs,
    expires_at: secret.expiresAtMs,
  };
}

/** In the place of an address's key. */
export const NO_ADDRESS = '' as MailedSecretTable['address_key'];
