/**
 * One-time secrets that were mailed, and what each opens: implements `MailedSecretStore`.
 *
 * Owns that a secret counts once: a conditional delete consumes it and gives its account, and what it opens is done in the same
 * step. Nothing here knows a secret or a code, only their digests. How a row comes to be is `outbox.ts`.
 */
import { sql } from 'kysely';
import type { MailedProof, MailedPurpose, MailedSecretFound, MailedSecretStore } from '../accounts/ports/mail.ts';
import type { EmailKey, PasswordHash } from '../accounts/ports.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { AccountId, SessionId } from '../vocabulary/identifiers.ts';
import { type AccountRow, accountOf, endSessions } from './accounts.ts';
import { ACCOUNT_COLUMNS, accountQueries } from './accounts-queries.ts';
import { LITERALLY_ONE } from './columns.ts';
import { insertMailedSecret, NO_ADDRESS, secretRow } from './mailed-secret-rows.ts';
import { query, type Statements } from './query.ts';
import { count, type Engine, one, type Transition, Undone } from './transition.ts';

interface Owned {
  readonly account_id: AccountId;
}

const queries = {
  ...accountQueries,
  insertSecret: insertMailedSecret,

  consumeLink: query((db, p: { purpose: MailedPurpose; token_digest: Digest; now: number }) =>
    db
      .deleteFrom('mailed_secret')
      .where('purpose', '=', p.purpose)
      .where('token_digest', '=', p.token_digest)
      .where('expires_at', '>', p.now)
      .returning(['account_id', 'address', 'address_key', 'browser_digest']),
  ),

  consumeCode: query((db, p: { purpose: MailedPurpose; browser_digest: Digest; code_mac: Buffer; now: number }) =>
    db
      .deleteFrom('mailed_secret')
      .where('purpose', '=', p.purpose)
      .where('browser_digest', '=', p.browser_digest)
      .where(sql<boolean>`code_mac = ${p.code_mac}`)
      .where('expires_at', '>', p.now)
      .returning(['account_id', 'address', 'address_key', 'browser_digest']),
  ),

  findByLink: query((db, p: { purpose: MailedPurpose; token_digest: Digest; now: number }) =>
    db
      .selectFrom('mailed_secret as secret')
      .innerJoin('account', 'account.id', 'secret.account_id')
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .select(ACCOUNT_COLUMNS)
      .select(['secret.address', 'secret.address_key', 'secret.browser_digest'])
      .where('secret.purpose', '=', p.purpose)
      .where('secret.token_digest', '=', p.token_digest)
      .where('secret.expires_at', '>', p.now)
      .where('account.disabled_at', 'is', null),
  ),

  findByBrowser: query((db, p: { purpose: MailedPurpose; browser_digest: Digest; now: number }) =>
    db
      .selectFrom('mailed_secret as secret')
      .innerJoin('account', 'account.id', 'secret.account_id')
      .leftJoin('account_email as email', (join) =>
        join.onRef('email.account_id', '=', 'account.id').on('email.is_primary', '=', LITERALLY_ONE),
      )
      .select(ACCOUNT_COLUMNS)
      .select(['secret.address', 'secret.address_key', 'secret.browser_digest'])
      .where('secret.purpose', '=', p.purpose)
      .where('secret.browser_digest', '=', p.browser_digest)
      .where('secret.code_mac', 'is not', null)
      .where('secret.expires_at', '>', p.now)
      .where('account.disabled_at', 'is', null)
      .orderBy('secret.created_at', 'desc')
      .limit(sql.lit(1)),
  ),

  hasVerified: query((db, p: Owned) =>
    db
      .selectFrom('account_email')
      .select(({ fn }) => fn.max('verified_at').as('verified_at'))
      .where('account_id', '=', p.account_id),
  ),

  countWrong: query((db, p: { purpose: MailedPurpose; browser_digest: Digest }) =>
    db
      .updateTable('mailed_secret')
      .set(({ eb }) => ({ wrong_codes: eb('wrong_codes', '+', sql.lit(1)) }))
      .where('purpose', '=', p.purpose)
      .where('browser_digest', '=', p.browser_digest),
  ),

  /** The link stays good: whoever holds it read the message. */
  closeCodes: query((db, p: { purpose: MailedPurpose; browser_digest: Digest; wrong_max: number }) =>
    db
      .updateTable('mailed_secret')
      .set({ code_mac: null })
      .where('purpose', '=', p.purpose)
      .where('browser_digest', '=', p.browser_digest)
      .where('wrong_codes', '>=', p.wrong_max),
  ),

  touchEnabled: query((db, p: { id: AccountId; now: number }) =>
    db
      .updateTable('account')
      .set({ updated_at: p.now })
      .where('id', '=', p.id)
      .where('disabled_at', 'is', null)
      .returning('id'),
  ),

  /** Verified here already: it stays as it is. */
  verify: query((db, p: Owned & { address_key: EmailKey; now: number }) =>
    db
      .updateTable('account_email')
      .set(({ fn, ref, val }) => ({ verified_at: fn.coalesce(ref('verified_at'), val(p.now)) }))
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('account_email as other')
              .select(LITERALLY_ONE.as('found'))
              .where('other.address_key', '=', p.address_key)
              .where('other.verified_at', 'is not', null)
              .where('other.account_id', '<>', p.account_id),
          ),
        ),
      )
      .returning('address'),
  ),

  isVerified: query((db, p: Owned & { address_key: EmailKey }) =>
    db
      .selectFrom('account_email')
      .select('address')
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key)
      .where('verified_at', 'is not', null),
  ),

  dropSecretsFor: query((db, p: Owned & { purpose: MailedPurpose; address_key: EmailKey }) =>
    db
      .deleteFrom('mailed_secret')
      .where('purpose', '=', p.purpose)
      .where('account_id', '=', p.account_id)
      .where('address_key', '=', p.address_key),
  ),

  dropSecrets: query((db, p: Owned) => db.deleteFrom('mailed_secret').where('account_id', '=', p.account_id)),
  dropIdentities: query((db, p: Owned) => db.deleteFrom('external_identity').where('account_id', '=', p.account_id)),
  dropPasskeys: query((db, p: Owned) => db.deleteFrom('passkey').where('account_id', '=', p.account_id)),
  dropTotp: query((db, p: Owned) => db.deleteFrom('totp').where('account_id', '=', p.account_id)),
  dropRecoveryCodes: query((db, p: Owned) => db.deleteFrom('recovery_code').where('account_id', '=', p.account_id)),
};

type Q = Statements<typeof queries>;
type FoundRow = NonNullable<Q['findByLink']['row']>;

/** Makes the store. */
export function createMailedSecretStore(engine: Engine): MailedSecretStore {
  const q = engine.prepare('mailed_secrets', queries);
  const found = async (row: FoundRow | null): Promise<MailedSecretFound | null> => {
    if (row === null) return null;
    const verified = await engine.readOne(q.hasVerified, { account_id: row.id });
    return {
      account: accountOf(row as AccountRow),
      address: row.address,
      addressKey: row.address_key,
      hadVerifiedAddress: verified?.verified_at != null,
      browserDigest: row.browser_digest,
    };
  };
  return {
    async keepSecret(secret) {
      await engine.writeCount(q.insertSecret, secretRow(secret));
    },
    async findMailedSecret(purpose, tokenDigest, nowMs) {
      return found(await engine.readOne(q.findByLink, { purpose, token_digest: tokenDigest, now: nowMs }));
    },
    async findAskedFor(purpose, browserDigest, nowMs) {
      return found(await engine.readOne(q.findByBrowser, { purpose, browser_digest: browserDigest, now: nowMs }));
    },
    noteWrongCode: (purpose, browserDigest, wrongCodesMax) =>
      engine.transition(function* () {
        yield* count(q.countWrong, { purpose, browser_digest: browserDigest });
        yield* count(q.closeCodes, { purpose, browser_digest: browserDigest, wrong_max: wrongCodesMax });
      }),
    verifyAddress: (proof, owner, keepSession, nowMs) =>
      engine.transition(() => verifyAddress(q, { proof, owner, keepSession, nowMs })),
    proveSignIn: (proof, owner, isTheirs, nowMs) =>
      engine.transition(() => proveSignIn(q, { proof, owner, isTheirs, nowMs })),
    resetPassword: (tokenDigest, hash, nowMs) => engine.transition(() => resetPassword(q, tokenDigest, hash, nowMs)),
  };
}

function* consume(q: Q, purpose: MailedPurpose, proof: MailedProof, nowMs: number) {
  return proof.by === 'link'
    ? yield* one(q.consumeLink, { purpose, token_digest: proof.tokenDigest, now: nowMs })
    : yield* one(q.consumeCode, {
        purpose,
        browser_digest: proof.browserDigest,
        code_mac: proof.codeMac,
        now: nowMs,
      });
}

type Verified = Awaited<ReturnType<MailedSecretStore['verifyAddress']>>;

function* verifyAddress(
  q: Q,
  step: {
    readonly proof: MailedProof;
    readonly owner: AccountId | null;
    readonly keepSession: SessionId | null;
    readonly nowMs: number;
  },
): Transition<Verified> {
  const { owner, keepSession, nowMs } = step;
  const secret = yield* consume(q, 'verify-address', step.proof, nowMs);
  const notFound = new Undone<Verified>({ outcome: 'not_found' });
  if (secret === null) return notFound;
  const { account_id, address_key } = secret;
  if (owner !== null && account_id !== owner) return notFound;
  if ((yield* one(q.touchEnabled, { id: account_id, now: nowMs })) === null) return notFound;
  const hadVerified = (yield* one(q.hasVerified, { account_id }))?.verified_at != null;
  // A further address is its owner's to add: who merely follows a link would lend theirs to a stranger's account.
  if (hadVerified && owner === null) return notFound;
  const verified = yield* one(q.verify, { account_id, address_key, now: nowMs });
  if (verified === null) return { outcome: 'taken' };
  yield* count(q.dropSecretsFor, { purpose: 'verify-address', account_id, address_key });
  // Who confirms where the message was asked for is who made the account, whichever way they sign in.
  const { browserDigest } = step.proof;
  const isMaker = browserDigest !== undefined && secret.browser_digest?.equals(browserDigest) === true;
  if (!hadVerified) yield* sweepForeign(q, account_id, keepSession, nowMs, isMaker);
  return { outcome: 'verified', accountId: account_id, address: verified.address };
}

type Proved = Awaited<ReturnType<MailedSecretStore['proveSignIn']>>;

function* proveSignIn(
  q: Q,
  step: { readonly proof: MailedProof; readonly owner: AccountId; readonly isTheirs: boolean; readonly nowMs: number },
): Transition<Proved> {
  const { owner, nowMs } = step;
  const secret = yield* consume(q, 'sign-in', step.proof, nowMs);
  const notFound = new Undone<Proved>({ outcome: 'not_found' });
  if (secret === null || secret.account_id !== owner) return notFound;
  const { account_id, address_key } = secret;
  if ((yield* one(q.touchEnabled, { id: account_id, now: nowMs })) === null) return notFound;
  const hadVerified = (yield* one(q.hasVerified, { account_id }))?.verified_at != null;
  // A further address is its owner's to prove, signed in: who merely reads the mail would be lent to a stranger's account.
  if (hadVerified && (yield* one(q.isVerified, { account_id, address_key })) === null) return notFound;
  const verified = yield* one(q.verify, { account_id, address_key, now: nowMs });
  if (verified === null) return notFound;
  yield* count(q.dropSecretsFor, { purpose: 'sign-in', account_id, address_key });
  if (!hadVerified) {
    yield* sweepForeign(q, account_id, null, nowMs);
    if (!step.isTheirs) yield* sweepWaysIn(q, account_id, nowMs);
  }
  return { outcome: 'proved', address: verified.address, isFirstProof: !hadVerified };
}

/** What a stranger would get in by. */
function* sweepWaysIn(q: Q, account_id: AccountId, nowMs: number) {
  yield* one(q.setPasswordHash, { id: account_id, password_hash: null, now: nowMs });
  yield* count(q.dropSecrets, { account_id });
  yield* count(q.dropTotp, { account_id });
  yield* count(q.dropPasskeys, { account_id });
  yield* count(q.dropRecoveryCodes, { account_id });
}

type Reset = Awaited<ReturnType<MailedSecretStore['resetPassword']>>;

function* resetPassword(q: Q, tokenDigest: Digest, hash: PasswordHash, nowMs: number): Transition<Reset> {
  const notFound = new Undone<Reset>({ outcome: 'not_found' });
  const secret = yield* consume(q, 'reset-password', { by: 'link', tokenDigest }, nowMs);
  if (secret === null) return notFound;
  const { account_id, address_key } = secret;
  if ((yield* one(q.touchEnabled, { id: account_id, now: nowMs })) === null) return notFound;
  const hadVerified = (yield* one(q.hasVerified, { account_id }))?.verified_at != null;
  const provesAddress = address_key !== NO_ADDRESS;
  // As with signing in: a further address is its owner's to prove, signed in.
  if (provesAddress && hadVerified && (yield* one(q.isVerified, { account_id, address_key })) === null) return notFound;
  if (provesAddress && (yield* one(q.verify, { account_id, address_key, now: nowMs })) === null) return notFound;
  yield* one(q.setPasswordHash, { id: account_id, password_hash: hash, now: nowMs });
  yield* count(q.dropSecrets, { account_id });
  // Handed over by an operator, who made sure of the person: it is their account, factors and all (ASVS 6.4.3).
  if (hadVerified || !provesAddress) {
    yield* endSessions(q, account_id, null, nowMs);
    yield* count(q.burnCodes, { account_id, now: nowMs });
  } else {
    yield* sweepForeign(q, account_id, null, nowMs);
    yield* count(q.dropTotp, { account_id });
    yield* count(q.dropRecoveryCodes, { account_id });
  }
  return { outcome: 'reset', accountId: account_id };
}

/**
 * Account pre-hijacking (USENIX Security 2022): until now anybody may have made this account with somebody else's address. What
 * they could have prepared ends; a session that is in the very browser of the proof is its owner's.
 */
function* sweepForeign(
  q: Q,
  account_id: AccountId,
  keepSession: SessionId | null,
  nowMs: number,
  keepsIdentities = false,
) {
  yield* endSessions(q, account_id, keepSession, nowMs);
  if (!keepsIdentities) yield* count(q.dropIdentities, { account_id });
  if (keepSession !== null) return;
  yield* count(q.dropPasskeys, { account_id });
  yield* count(q.burnCodes, { account_id, now: nowMs });
  yield* count(q.revokeFamilies, { account_id, now: nowMs });
}
