/**
 * A person who was identified and has not got an account yet.
 *
 * Owns the encrypted cookie that remembers them while they choose a username, bound to their browser for a quarter of an hour.
 */
import type { Kit } from '../core/kit.ts';
import type { ProviderTokens } from '../core/sessions.ts';
import type { ProfileFields } from '../providers/provider.ts';
import { COOKIE, type CookieToSet } from '../web/cookies.ts';

const LIFETIME_MS = 15 * 60 * 1000;
/** Browsers drop cookies beyond 4 KiB; an ID token of a talkative provider would not fit. */
const ID_TOKEN_LENGTH_MAX = 1_500;
const TOKENS_LENGTH_MAX = 1_500;

/** Who was identified, and where they were going. */
export interface Pending {
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly fields: ProfileFields;
  readonly idToken: string | null;
  /** The provider's session: the `sid` of the ID token. */
  readonly sid: string | null;
  /** Kept where the application wants them; null otherwise. */
  readonly tokens: Omit<ProviderTokens, 'idToken'> | null;
  readonly next: string;
}

/** Remembers the person. */
export function pendingCookie(pending: Pending, kit: Pick<Kit, 'sealer' | 'now'>): CookieToSet {
  const length = (text: string | null | undefined) => text?.length ?? 0;
  const { tokens } = pending;
  const tokensLength = length(tokens?.accessToken) + length(tokens?.refreshToken);
  const kept = {
    ...pending,
    tokens: tokensLength > TOKENS_LENGTH_MAX ? null : tokens,
    idToken: length(pending.idToken) + tokensLength > ID_TOKEN_LENGTH_MAX ? null : pending.idToken,
  };
  return {
    name: COOKIE.pending,
    value: kit.sealer.seal('pending/3', { ...kept, expiresAtMs: kit.now() + LIFETIME_MS }),
    maxAgeSeconds: LIFETIME_MS / 1000,
  };
}

/** The person, or null when there is none, or too long ago. */
export function readPending(cookies: ReadonlyMap<string, string>, kit: Pick<Kit, 'sealer' | 'now'>): Pending | null {
  const sealed = cookies.get(COOKIE.pending);
  // Sealed above, under a purpose that changes with the shape.
  const opened =
    sealed === undefined
      ? null
      : (kit.sealer.open('pending/3', sealed) as (Pending & { readonly expiresAtMs: number }) | null);
  return opened === null || opened.expiresAtMs <= kit.now() ? null : opened;
}
