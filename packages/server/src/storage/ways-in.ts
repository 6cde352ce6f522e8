/**
 * What else opens an account, as a condition of the statement that takes a way in away.
 *
 * Owns the condition. Whoever uses it holds the account's row first, so that two that take one each come one after the other and the
 * second sees what the first left.
 */
import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import type { WaysIn } from '../accounts/ports/ways-in.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { flag, LITERALLY_ONE, listText } from './columns.ts';
import type { Dialect } from './dialect.ts';
import type { Flag, Schema } from './schema.ts';

/** The arguments of the condition. */
export interface WaysInArgs {
  readonly account_id: AccountId;
  readonly providers: string;
  readonly passkeys: Flag;
  readonly mail: Flag;
}

/** The ways in that there are, as arguments. */
export function waysInArgs({ providers, passkeys, mail }: WaysIn): Omit<WaysInArgs, 'account_id'> {
  return { providers: listText(providers), passkeys: flag(passkeys), mail: flag(mail) };
}

/** The one that is taken away, which does not count. */
export type Without =
  | { readonly passkeyId: string }
  | { readonly identity: { readonly issuer: string; readonly subject: string } };

/** A password, a passkey, an identity at a provider that is declared, or a verified primary address where mail signs in. */
export function opensOtherwise(p: WaysInArgs, without: Without, dialect: Dialect): Expression<SqlBool> {
  const { exists, selectFrom, or, not, and, eb, val } = expressionBuilder<Schema>();
  const found = LITERALLY_ONE.as('found');
  const passkey = selectFrom('passkey as other')
    .select(found)
    .where('other.account_id', '=', p.account_id)
    .where(eb(val(p.passkeys), '=', LITERALLY_ONE));
  const identity = selectFrom('external_identity as other')
    .select(found)
    .where('other.account_id', '=', p.account_id)
    .where('other.provider_id', 'in', dialect.textsOf<string>(p.providers));
  return or([
    exists(
      selectFrom('account')
        .select(found)
        .where('account.id', '=', p.account_id)
        .where('account.password_hash', 'is not', null),
    ),
    exists('passkeyId' in without ? passkey.where('other.id', '!=', without.passkeyId) : passkey),
    exists(
      'identity' in without
        ? identity.where((other) =>
            not(
              and([
                other.eb('other.provider', '=', without.identity.issuer),
                other.eb('other.subject', '=', without.identity.subject),
              ]),
            ),
          )
        : identity,
    ),
    exists(
      selectFrom('account_email')
        .select(found)
        .where('account_email.account_id', '=', p.account_id)
        .where('account_email.is_primary', '=', LITERALLY_ONE)
        .where('account_email.verified_at', 'is not', null)
        .where(eb(val(p.mail), '=', LITERALLY_ONE)),
    ),
  ]);
}
