/**
 * Resetting a password by a mailed link: the one way back for whoever forgot it.
 *
 * Whoever asks hears the same, and the same work is done for an address that somebody has and for one that nobody has: each gets a message
 * (ASVS 6.3.8). The link is bound to one account (CVE-2023-26481), counts once and for half an hour; it sets a password and signs nobody in,
 * so that a second factor is asked for as ever (ASVS 6.4.3). Every session ends in the same step.
 *
 * Owns the flow. What the link opens in one step is the storage's (`ports/mail.ts`).
 */
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, countAttempt } from './attempt-limits.ts';
import { parseEmailAddress } from './email-address.ts';
import { type MailedSecretDeps, mailedTokenDigest, newMailedSecret } from './mailed-secret.ts';
import type { PasswordHasher } from './password-hashing.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { MailedSecretStore, MailOutbox, Notices } from './ports/mail.ts';
import { type Busy, type Limited, type Refused, refused } from './problems.ts';
import { mailAttempts } from './verify-address.ts';
import type { Visitor } from './visitor.ts';

/** What asking needs. */
export interface AskForResetDeps extends AttemptDeps, MailedSecretDeps {
  readonly addresses: Pick<AddressStore, 'findAddressOwner'>;
  readonly outbox: MailOutbox;
}

/**
 * Mails a link to the account that has the address; to an address that none has, that none has. Problems are the field `email`'s.
 * @param locale language of the page, for whoever has no account.
 */
export async function askForReset(
  email: string,
  visitor: Visitor,
  locale: string | null,
  deps: AskForResetDeps,
): Promise<{ readonly outcome: 'asked' } | Refused | Limited> {
  const parsed = parseEmailAddress(email);
  if (parsed.outcome === 'invalid') return refused(parsed.problem);
  const { address, key } = parsed;
  const counted = await countAttempt(mailAttempts(key, visitor), deps);
  if (counted.outcome === 'limited') return counted;
  const owner = await deps.addresses.findAddressOwner(key);
  // A further address that its account has not proved would lend whoever reads the mail to a stranger's account (pre-hijacking).
  if (owner === null || !(owner.verified || !owner.account.emailVerified)) {
    await deps.outbox.enqueue({ kind: 'address-unknown', to: address, locale, zoneInfo: null }, null);
    return { outcome: 'asked' };
  }
  const { account } = owner;
  // To the address as its owner wrote it: what was typed here may differ in its case.
  const whose = { accountId: account.id, address: { address: owner.address, key } };
  const { text, secret } = newMailedSecret('reset-password', whose, null, deps);
  const { username, zoneInfo } = account;
  const reading = { locale: account.locale ?? locale, zoneInfo };
  await deps.outbox.enqueue({ kind: 'reset-password', to: owner.address, ...reading, username, secret: text }, secret);
  return { outcome: 'asked' };
}

/** Whose link it is, without using it up; null: unknown, used, or too old. */
export async function viewReset(
  token: string,
  deps: { readonly mailedSecrets: Pick<MailedSecretStore, 'findMailedSecret'>; readonly clock: Clock },
): Promise<{ readonly username: string } | null> {
  const digest = mailedTokenDigest(token);
  const found =
    digest === null ? null : await deps.mailedSecrets.findMailedSecret('reset-password', digest, deps.clock());
  return found === null ? null : { username: found.account.username };
}

/** What resetting needs. */
export interface ResetPasswordDeps {
  readonly mailedSecrets: MailedSecretStore;
  readonly passwords: Pick<PasswordHasher, 'hash'>;
  readonly notices: Notices;
  readonly passwordPolicy: PasswordPolicy;
  readonly clock: Clock;
}

/** Outcome of a reset. */
export type ResetPasswordResult =
  | { readonly outcome: 'reset'; readonly accountId: string }
  /** The link is used up or too old. */
  | { readonly outcome: 'not_found' }
  /** The password is none; the link stays good. */
  | Refused
  | Busy;

/** Sets the password that goes with a link. Problems are the field `password`'s. */
export async function resetPassword(
  input: { readonly token: string; readonly password: string },
  deps: ResetPasswordDeps,
): Promise<ResetPasswordResult> {
  const digest = mailedTokenDigest(input.token);
  const found =
    digest === null ? null : await deps.mailedSecrets.findMailedSecret('reset-password', digest, deps.clock());
  if (digest === null || found === null) return { outcome: 'not_found' };
  const { username, email } = found.account;
  const problem = await deps.passwordPolicy.check(input.password, { username, email: email ?? found.address });
  if (problem !== null) return refused(problem);
  const hashed = await deps.passwords.hash(input.password);
  if (hashed.outcome === 'busy') return hashed;
  const result = await deps.mailedSecrets.resetPassword(digest, hashed.hash, deps.clock());
  if (result.outcome === 'reset') await deps.notices.tell(result.accountId, { kind: 'password-reset' });
  return result;
}
