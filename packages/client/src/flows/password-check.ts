/**
 * Checking a password of a local account, within limits.
 *
 * Owns the limits. They count failures: per account and network, so that a stranger cannot lock the owner out from elsewhere;
 * per network; and, far higher, per account.
 */
import type { Kit } from '../core/kit.ts';
import { keyedDigest } from '../security/tokens.ts';
import { type User, usernameKey } from '../store/account-store.ts';

const WINDOW_MS = 15 * 60 * 1000;
const FAILURES_PER_ACCOUNT_AND_ADDRESS_MAX = 10;
const FAILURES_PER_ADDRESS_MAX = 50;
const FAILURES_PER_ACCOUNT_MAX = 200;

/** What came of it. */
export type PasswordCheck =
  | { readonly kind: 'right'; readonly user: User }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'exhausted'; readonly retryAtMs: number }
  | { readonly kind: 'busy' };

type CheckKit = Pick<Kit, 'store' | 'passwords' | 'sealer' | 'log' | 'now'>;

/** Counts the attempt first, so that many at once are limited too, and takes it back when it was no failure. */
export async function checkPassword(
  posted: { username: string; password: string },
  visit: { address: string | null; reference: string },
  kit: CheckKit,
): Promise<PasswordCheck> {
  const reserved = await reserve(posted.username, visit, kit);
  if (reserved.kind === 'exhausted') return reserved;

  const credentials = await kit.store.findCredentials(posted.username);
  const verified = await kit.passwords.verify(credentials?.passwordHash ?? null, posted.password);
  if (verified === 'busy') {
    await reserved.release();
    return { kind: 'busy' };
  }
  if (!verified || credentials === null) {
    kit.log({ level: 'warn', event: 'password_refused', reference: visit.reference });
    return { kind: 'wrong' };
  }
  await reserved.release();
  return credentials.user.isActive ? { kind: 'right', user: credentials.user } : { kind: 'disabled' };
}

async function reserve(
  username: string,
  visit: { address: string | null; reference: string },
  kit: CheckKit,
): Promise<{ kind: 'reserved'; release: () => Promise<void> } | { kind: 'exhausted'; retryAtMs: number }> {
  // Digests: people type passwords into the wrong field.
  const key = (text: string) => keyedDigest(kit.sealer.digestKey('attempt-limit'), text);
  const account = usernameKey(username);
  const limits: readonly (readonly [string, number])[] = [
    [key(`account\n${account}\n${visit.address ?? ''}`), FAILURES_PER_ACCOUNT_AND_ADDRESS_MAX],
    // Without an address everybody would share one limit.
    ...(visit.address === null ? [] : [[key(`address\n${visit.address}`), FAILURES_PER_ADDRESS_MAX] as const]),
    [key(`account\n${account}`), FAILURES_PER_ACCOUNT_MAX],
  ];
  const taken: string[] = [];
  const release = async () => {
    for (const each of taken) await kit.store.releaseAttempt(each);
  };
  for (const [limitKey, max] of limits) {
    const outcome = await kit.store.reserveAttempt(limitKey, max, WINDOW_MS, kit.now());
    if (outcome.kind === 'refused') {
      await release();
      kit.log({ level: 'warn', event: 'attempts_exhausted', reference: visit.reference });
      return { kind: 'exhausted', retryAtMs: outcome.retryAtMs };
    }
    taken.push(limitKey);
  }
  return { kind: 'reserved', release };
}
