/**
 * Accounts elsewhere that open the account of whoever is signed in: listing, linking, unlinking. The pages ask for full
 * re-authentication first (ASVS 7.5.1).
 *
 * Owns these flows. That the last way in stays is the storage's step; how a provider identifies somebody is `sign-in-elsewhere.ts`.
 */
import type { Clock } from '../vocabulary/time.ts';
import { newIdentityOf } from './elsewhere-account.ts';
import { type Arrival, type ElsewhereAttemptDeps, readArrival, useArrival } from './elsewhere-attempts.ts';
import type { ExternalIdentityStore, LinkedIdentity, ProviderName } from './ports/elsewhere.ts';
import type { AccountEvents } from './ports/events.ts';
import type { Notices } from './ports/mail.ts';
import type { PasskeyStore } from './ports/passkeys.ts';
import type { SessionFound } from './ports.ts';
import type { Visitor } from './visitor.ts';
import { type WaysInDeps, waysIn } from './ways-in.ts';

/** What these flows need. */
export interface LinkedIdentityDeps extends ElsewhereAttemptDeps, WaysInDeps {
  readonly externalIdentities: Pick<ExternalIdentityStore, 'listIdentities' | 'linkIdentity' | 'unlinkIdentity'>;
  readonly passkeys: Pick<PasskeyStore, 'listPasskeys'>;
  readonly events: AccountEvents;
  readonly notices: Notices;
  readonly clock: Clock;
}

/** A linked account as its owner sees it. */
export interface LinkedAccount extends LinkedIdentity {
  readonly providerName: string;
  /** False: its provider is not one of this server's any more. */
  readonly isUsable: boolean;
  /** Nothing else opens the account. */
  readonly isOnlyWayIn: boolean;
}

/** What is linked to whoever is signed in. */
export async function listLinked(current: SessionFound, deps: LinkedIdentityDeps): Promise<readonly LinkedAccount[]> {
  const { id: accountId, hasPassword, emailVerified } = current.account;
  const linked = await deps.externalIdentities.listIdentities(accountId);
  const passkeys = deps.relyingParty === null ? [] : await deps.passkeys.listPasskeys(accountId);
  const providerOf = ({ providerId }: LinkedIdentity) => deps.elsewhere.providers.find(({ id }) => id === providerId);
  const isOpenedBeside = hasPassword || passkeys.length > 0 || (deps.signInByMail && emailVerified);
  return linked.map((identity) => {
    const provider = providerOf(identity);
    return {
      ...identity,
      providerName: provider?.name ?? identity.issuer,
      isUsable: provider !== undefined,
      isOnlyWayIn: !isOpenedBeside && !linked.some((other) => other !== identity && providerOf(other) !== undefined),
    };
  });
}

/** Who came back from a provider to be linked; null: none of this browser's, or too long ago. */
export function viewLink(
  sealed: string,
  { browser }: Pick<Visitor, 'browser'>,
  deps: Pick<LinkedIdentityDeps, 'elsewhereSealing' | 'clock'>,
): Arrival | null {
  return readArrival('link', sealed, browser, deps);
}

/** Outcome of linking. */
export type LinkResult =
  | { readonly outcome: 'linked' | 'already_linked'; readonly provider: ProviderName; readonly next: string | null }
  | { readonly outcome: 'linked_to_other'; readonly provider: ProviderName }
  | { readonly outcome: 'stale' };

/** Links whom a provider identified, once. */
export async function linkAccount(
  sealed: string,
  current: SessionFound,
  visitor: Visitor,
  deps: LinkedIdentityDeps,
): Promise<LinkResult> {
  const arrival = readArrival('link', sealed, visitor.browser, deps);
  if (arrival === null || !(await useArrival(sealed, deps))) return { outcome: 'stale' };
  const { identity, next } = arrival;
  const { provider } = identity;
  const { id } = current.account;
  const { outcome } = await deps.externalIdentities.linkIdentity(id, newIdentityOf(identity), deps.clock());
  switch (outcome) {
    case 'linked':
      await deps.events.record(id, { kind: 'identity-linked', detail: provider.name }, visitor);
      await deps.notices.tell(id, { kind: 'identity-linked', provider: provider.name });
      return { outcome, provider, next };
    case 'already_linked':
      return { outcome, provider, next };
    case 'linked_to_other':
      return { outcome, provider };
    case 'not_found':
      return { outcome: 'stale' };
    default:
      return outcome satisfies never;
  }
}

/** Unlinks one, unless nothing else opens the account. */
export async function unlinkAccount(
  identity: { readonly issuer: string; readonly subject: string },
  current: SessionFound,
  visitor: Visitor,
  deps: LinkedIdentityDeps,
): Promise<{ readonly outcome: 'unlinked' | 'last_way_in' | 'not_found' }> {
  const { id } = current.account;
  const linked = (await listLinked(current, deps)).find(
    ({ issuer, subject }) => issuer === identity.issuer && subject === identity.subject,
  );
  if (linked === undefined) return { outcome: 'not_found' };
  const { outcome } = await deps.externalIdentities.unlinkIdentity(id, identity, waysIn(deps), deps.clock());
  if (outcome !== 'unlinked') return { outcome };
  await deps.events.record(id, { kind: 'identity-unlinked', detail: linked.providerName }, visitor);
  await deps.notices.tell(id, { kind: 'identity-unlinked', provider: linked.providerName });
  return { outcome };
}
