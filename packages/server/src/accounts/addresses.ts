/**
 * An account's addresses, changed by their owner: added, proved by what is mailed there, made primary, removed.
 *
 * A new address counts for nothing until it is proved, and the old one stays primary meanwhile: a pending change takes nothing from
 * anybody. Every verified address is told of every change, the former one too (D35, ASVS 6.3.7). That the owner proved themselves anew
 * beforehand is the page's (ASVS 7.5.1). Proving is `verify-address.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { type AttemptDeps, countAttempt } from './attempt-limits.ts';
import { parseEmailAddress } from './email-address.ts';
import type { AddressStore } from './ports/addresses.ts';
import type { Notices } from './ports/mail.ts';
import type { SessionFound } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { type MailVerificationDeps, mailAttempts, mailVerification } from './verify-address.ts';
import type { Visitor } from './visitor.ts';

/** More than people have, fewer than would make an account a list of victims to write to. */
export const ADDRESSES_MAX = 10;

/** What changing addresses needs. */
export interface AddressDeps extends AttemptDeps, MailVerificationDeps {
  readonly addresses: AddressStore;
  readonly notices: Notices;
  readonly clock: Clock;
}

/**
 * Adds an address and mails its proof. That another account has it is told to nobody but that mailbox: the message there says so. An
 * address that is there already, and not proved yet, gets another message. Problems are the field `email`'s.
 */
export async function addAddress(
  text: string,
  current: SessionFound,
  visitor: Visitor,
  deps: AddressDeps,
): Promise<{ readonly outcome: 'added'; readonly address: string } | Refused | Limited> {
  const { account } = current;
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return refused(parsed.problem);
  const { address, key } = parsed;
  const present = await deps.addresses.listAddresses(account.id);
  const known = present.find((one) => one.key === key);
  if (known?.verifiedAtMs != null) return refused(fieldProblem('email', 'problem.email.yours'));
  const counted = await countAttempt(mailAttempts(key, visitor), deps);
  if (counted.outcome === 'limited') return counted;
  const { outcome } = await deps.addresses.addAddress(account.id, { address, key }, ADDRESSES_MAX, deps.clock());
  if (outcome === 'too_many' && known === undefined) {
    return refused(fieldProblem('email', 'problem.email.tooMany', { maximum: ADDRESSES_MAX }));
  }
  const { id: accountId, username, locale, zoneInfo } = account;
  const whose = { accountId, username, locale, zoneInfo, address: known?.address ?? address, key };
  await mailVerification(whose, visitor, null, deps);
  if (outcome === 'added') await deps.notices.tell(accountId, { kind: 'address-added', address });
  return { outcome: 'added', address };
}

/** Outcome of a change of one of the addresses that are there. */
export interface AddressChanged {
  readonly outcome: 'changed' | 'not_found';
  readonly address: string;
}

/** Makes a verified address the primary one. */
export async function makeAddressPrimary(
  text: string,
  current: SessionFound,
  deps: AddressDeps,
): Promise<AddressChanged> {
  const { account } = current;
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return { outcome: 'not_found', address: '' };
  const { address, key } = parsed;
  const { outcome } = await deps.addresses.makePrimary(account.id, key, deps.clock());
  if (outcome === 'not_found') return { outcome, address };
  const former = account.email ?? '';
  if (former !== address) {
    const notice = { kind: 'primary-address-changed', address, former } as const;
    // Whoever was written to until now hears it, verified or imported.
    await deps.notices.tell(account.id, notice, former === '' ? undefined : former);
  }
  return { outcome: 'changed', address };
}

/** Removes an address that is not the primary one. */
export async function removeAddress(text: string, current: SessionFound, deps: AddressDeps): Promise<AddressChanged> {
  const { account } = current;
  const parsed = parseEmailAddress(text);
  if (parsed.outcome === 'invalid') return { outcome: 'not_found', address: '' };
  const { key } = parsed;
  const present = await deps.addresses.listAddresses(account.id);
  const removed = present.find((one) => one.key === key);
  const { outcome } = await deps.addresses.removeAddress(account.id, key, deps.clock());
  if (outcome === 'not_found' || removed === undefined) return { outcome: 'not_found', address: '' };
  const { address, verifiedAtMs } = removed;
  const notice = { kind: 'address-removed', address } as const;
  await deps.notices.tell(account.id, notice, verifiedAtMs === null ? undefined : address);
  return { outcome: 'changed', address };
}
