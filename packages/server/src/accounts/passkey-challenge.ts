/**
 * The challenges of passkeys: sealed with what they are for and for whom, good for ten minutes, and used up by the first answer, right or
 * wrong (WebAuthn §13.4.3). Nothing is stored of one that was never answered.
 *
 * Owns the seal and the use. What is asked with it is `passkey-ceremonies.ts`.
 */
import { z } from 'zod';
import { digestOf, presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { FactorSecrets } from './factor-codes.ts';
import type { OneTimeStore } from './ports/factors.ts';
import type { SessionFound } from './ports.ts';

/** What sealing and using need. */
export interface ChallengeDeps {
  readonly factorSecrets: Pick<FactorSecrets, 'sealForm' | 'openForm'>;
  readonly oneTime: OneTimeStore;
  readonly clock: Clock;
}

/** What an answer is for. It counts for nothing else, and for nobody else. */
export type Ceremony =
  | { readonly kind: 'sign-in'; readonly browser: Secret<'browser'> }
  | { readonly kind: 'second-step'; readonly browser: Secret<'browser'>; readonly accountId: AccountId }
  | { readonly kind: 'confirmation' | 'registration'; readonly current: SessionFound };

/** The same for challenge and browser: whoever fetches their security key from another room is in time. */
export const CHALLENGE_LIFETIME_MS = 10 * 60_000;

const sealedSchema = z.object({ challenge: z.string(), userHandle: z.string().nullable(), expiresAtMs: z.number() });
/** What a challenge is sealed with. */
export type Sealed = z.infer<typeof sealedSchema>;

/** Seals a challenge for what it is for. */
export function sealChallenge(
  ceremony: Ceremony,
  content: Omit<Sealed, 'expiresAtMs'>,
  deps: Omit<ChallengeDeps, 'oneTime'>,
): string {
  const sealed: Sealed = { ...content, expiresAtMs: deps.clock() + CHALLENGE_LIFETIME_MS };
  return deps.factorSecrets.sealForm(contextOf(ceremony), JSON.stringify(sealed));
}

/** What it was sealed for is what it opens for. */
function contextOf(ceremony: Ceremony): string {
  switch (ceremony.kind) {
    case 'sign-in':
      return `passkey/sign-in/${digestOf(ceremony.browser).toString('base64url')}`;
    case 'second-step':
      return `passkey/second-step/${digestOf(ceremony.browser).toString('base64url')}/${ceremony.accountId}`;
    default:
      return `passkey/${ceremony.kind}/${ceremony.current.session.id}`;
  }
}

/** One answer a challenge (§13.4.3), whatever is wrong with it. */
export async function useChallenge(ceremony: Ceremony, text: string, deps: ChallengeDeps): Promise<Sealed | null> {
  const opened = deps.factorSecrets.openForm(contextOf(ceremony), text);
  if (opened === null) return null;
  const sealed = sealedSchema.parse(JSON.parse(opened));
  if (deps.clock() >= sealed.expiresAtMs) return null;
  const use = {
    kind: 'passkey_challenge',
    proofDigest: digestOf(presentedSecret(sealed.challenge)),
    expiresAtMs: sealed.expiresAtMs,
  } as const;
  return (await deps.oneTime.useOnce(use)) ? sealed : null;
}
