/**
 * Browser sessions: who is signed in.
 *
 * Owns the session cookie and its limits. The cookie holds 256 random bits, the store their digest. Each sign-in gets a new one
 * (ASVS 7.2.4); inactivity and absolute limits hold on the server (7.3.1, 7.3.2).
 */

import type { DpopKey } from '../protocol/dpop-key.ts';
import type { Sealer } from '../security/sealing.ts';
import { digest, type RandomBytes, randomSecret } from '../security/tokens.ts';
import type { AccountStore, SocialAccount, StoredSession, User } from '../store/account-store.ts';
import { COOKIE, type CookieToSet } from '../web/cookies.ts';
import type { FailureCode } from './failure.ts';

/** "Last seen" is written this often at most: a write for every page would cost more than it tells. */
const TOUCH_INTERVAL_MS = 60 * 1000;

/** A signed-in browser. */
export interface ActiveSession {
  /** The cookie's value. */
  readonly token: string;
  readonly stored: StoredSession;
  readonly user: User;
  /** The social account that was signed in with; null after a password, or when it was unlinked since. */
  readonly account: SocialAccount | null;
}

/** What a provider issued; `accessToken` and `refreshToken` are null where they are not kept, or are over. */
export interface ProviderTokens {
  readonly idToken: string | null;
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** Of the access token; null: the provider did not say. */
  readonly expiresAtMs: number | null;
  /** The key that they are bound to (RFC 9449); null: bearer tokens. */
  readonly dpopKey: DpopKey | null;
}

/** What `accounts.accessToken()` answers. */
export type AccessTokenOutcome =
  | {
      readonly kind: 'ready';
      readonly accessToken: string;
      readonly expiresAtMs: number | null;
      /** `DPoP`: worth nothing without a proof of its key, which `accounts.fetch()` adds. */
      readonly tokenType: 'Bearer' | 'DPoP';
    }
  /** Nobody is signed in, or by a password, or no tokens are kept. */
  | { readonly kind: 'none' }
  /** The provider gives no new one: the person signed out there, or ended what they granted. Here they are still signed in. */
  | { readonly kind: 'ended' }
  /** Not now. */
  | { readonly kind: 'unavailable'; readonly code: FailureCode };

/** What a person signed in with. */
export interface UsedProvider {
  readonly provider: string;
  readonly account: SocialAccount;
  readonly tokens: ProviderTokens;
  /** The provider's own session: the `sid` of its ID token. */
  readonly sid: string | null;
}

/** Starts, finds and ends sessions. */
export interface Sessions {
  /** null when there is none, when it is over, or when the user is disabled. */
  find(cookies: ReadonlyMap<string, string>): Promise<ActiveSession | null>;
  /** Ends the browser's former session and starts one. Returns the cookie. */
  start(former: ActiveSession | null, user: User, used: UsedProvider | null): Promise<CookieToSet>;
  /** Ended means ended, on the server (ASVS 7.4.1). */
  end(session: ActiveSession): Promise<CookieToSet>;
  /** What is kept of what the provider issued; null after a password. */
  tokens(session: ActiveSession): ProviderTokens | null;
  /** The same on the way into the store. */
  sealTokens(tokens: ProviderTokens): string;
  readonly cookieName: string;
}

interface SessionsDeps {
  readonly store: Pick<
    AccountStore,
    'createSession' | 'findSession' | 'touchSession' | 'deleteSession' | 'deleteStaleSessions'
  >;
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly randomBytes: RandomBytes;
  readonly now: () => number;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** Sessions over a store. */
export function createSessions(deps: SessionsDeps): Sessions {
  const { store, sealer, randomBytes, now, idleMs, absoluteMs } = deps;
  const sealTokens = (tokens: ProviderTokens) => sealer.seal('session-tokens/3', tokens);
  return {
    find: async (cookies) => {
      const token = cookies.get(COOKIE.session);
      if (token === undefined || !/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
      const found = await store.findSession(digest(token));
      if (found === null || !found.user.isActive) return null;
      const { session } = found;
      const nowMs = now();
      if (nowMs >= session.createdAtMs + absoluteMs || nowMs >= session.lastSeenAtMs + idleMs) return null;
      if (nowMs >= session.lastSeenAtMs + TOUCH_INTERVAL_MS) await store.touchSession(session.tokenDigest, nowMs);
      return { token, stored: session, user: found.user, account: found.account };
    },
    start: async (former, user, used) => {
      const nowMs = now();
      if (former !== null) await store.deleteSession(former.stored.tokenDigest);
      await store.deleteStaleSessions(nowMs - absoluteMs, nowMs - idleMs);
      const token = randomSecret(randomBytes);
      await store.createSession({
        tokenDigest: digest(token),
        userId: user.id,
        socialAccountId: used?.account.id ?? null,
        provider: used?.provider ?? null,
        providerSessionId: used?.sid ?? null,
        sealedTokens: used === null ? null : sealTokens(used.tokens),
        createdAtMs: nowMs,
        lastSeenAtMs: nowMs,
      });
      return { name: COOKIE.session, value: token, maxAgeSeconds: Math.floor(absoluteMs / 1000) };
    },
    end: async (session) => {
      await store.deleteSession(session.stored.tokenDigest);
      return { name: COOKIE.session, value: '', maxAgeSeconds: null };
    },
    tokens: (session) => {
      const sealed = session.stored.sealedTokens;
      // Sealed above, under a purpose that changes with the shape.
      return sealed === null ? null : (sealer.open('session-tokens/3', sealed) as ProviderTokens | null);
    },
    sealTokens,
    cookieName: COOKIE.session,
  };
}
