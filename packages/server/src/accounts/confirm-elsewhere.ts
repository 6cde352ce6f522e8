/**
 * Proving oneself anew by an account elsewhere, where nothing that is kept here could prove it: no password, no passkey, no code.
 *
 * The provider is asked to authenticate whoever it is again (`prompt=login`, `max_age=0`), and has to say that it did: a time of its own
 * signing, after the question was asked (ASVS 6.8.4, 7.5.1). One that says no time proves nothing, since it may have let an old session
 * pass. Only an identity that opens this very account counts.
 *
 * Owns that judgement. The way there and back is `sign-in-elsewhere.ts`.
 */
import type { Secret } from '../vocabulary/credentials.ts';
import type { Arrival } from './elsewhere-attempts.ts';
import type { Elsewhere, ExternalIdentityStore, ProviderName } from './ports/elsewhere.ts';
import type { FactorStore } from './ports/factors.ts';
import type { SessionFound } from './ports.ts';
import { renewSession, type SessionRenewalDeps } from './sessions.ts';
import { federatedAmr } from './sign-in-elsewhere.ts';

/** What finding the providers needs. */
export interface ProvingProvidersDeps {
  readonly elsewhere: Pick<Elsewhere, 'providers' | 'authenticatesAnew'>;
  readonly externalIdentities: Pick<ExternalIdentityStore, 'listIdentities'>;
}

/** The linked providers that can be asked to authenticate somebody anew. */
export async function provingProviders(
  { account }: SessionFound,
  { elsewhere, externalIdentities }: ProvingProvidersDeps,
): Promise<readonly ProviderName[]> {
  const able = elsewhere.providers.filter(({ id }) => elsewhere.authenticatesAnew(id));
  if (able.length === 0) return [];
  const linked = await externalIdentities.listIdentities(account.id);
  return able.filter(({ id }) => linked.some(({ providerId }) => providerId === id));
}

/** What the proof needs. */
export interface ConfirmElsewhereDeps extends SessionRenewalDeps {
  readonly externalIdentities: Pick<ExternalIdentityStore, 'listIdentities'>;
  /** A factor of any kind, passkeys among them. */
  readonly factors: Pick<FactorStore, 'hasFactor'>;
}

/** Outcome of a proof. */
export type ConfirmElsewhereResult =
  /** The session goes on under this secret. */
  | { readonly outcome: 'confirmed'; readonly secret: Secret<'session'> }
  /** Whom the provider identified opens another account, or none. */
  | { readonly outcome: 'other_account' }
  /** The provider does not say that it authenticated them again. */
  | { readonly outcome: 'not_anew' }
  /** What is kept here proves it. */
  | { readonly outcome: 'by_own_factor' }
  /** The session ended meanwhile. */
  | { readonly outcome: 'not_found' };

/** Clocks differ by so much, and `auth_time` has whole seconds. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Takes a provider's word for whoever is signed in. */
export async function confirmElsewhere(
  { identity }: Pick<Arrival, 'identity'>,
  { startedAtMs, authTimeMs }: { readonly startedAtMs: number; readonly authTimeMs: number | null },
  current: SessionFound,
  deps: ConfirmElsewhereDeps,
): Promise<ConfirmElsewhereResult> {
  const { id, hasPassword } = current.account;
  if (hasPassword || (await deps.factors.hasFactor(id))) return { outcome: 'by_own_factor' };
  const linked = await deps.externalIdentities.listIdentities(id);
  const isTheirs = linked.some(({ issuer, subject }) => issuer === identity.issuer && subject === identity.subject);
  if (!isTheirs) return { outcome: 'other_account' };
  // OpenID Connect Core §3.1.3.7, 13: an answer that says nothing, or an instant to come, is no answer either.
  const isAnew =
    authTimeMs !== null &&
    authTimeMs >= startedAtMs - CLOCK_TOLERANCE_MS &&
    authTimeMs <= deps.clock() + CLOCK_TOLERANCE_MS;
  if (!isAnew) return { outcome: 'not_anew' };
  const secret = await renewSession(current, federatedAmr(identity.secondFactor), deps);
  return secret === null ? { outcome: 'not_found' } : { outcome: 'confirmed', secret };
}
