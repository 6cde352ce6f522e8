/**
 * The evidence for shortening an application's lifetimes: when one of its tokens was last used that the default lifetimes would
 * have ended before.
 *
 * Imported applications keep django-oauth-toolkit's lifetimes, 10 hours and no end at all. Their owner sees here whether
 * anything still leans on that. Watches the store from outside, so that no check of the protocol knows of it.
 */
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import type { Clock } from '../vocabulary/time.ts';
import { DEFAULT_LIFETIMES } from './application.ts';
import type { LongLivedTokenUse } from './ports/applications.ts';
import type { AccessTokenFound, GrantStore, RefreshTokenFound } from './ports/grants.ts';

/** The same store, which notes on the way what it finds alive beyond the default lifetimes. */
export function watchingLongLivedTokens(
  grants: GrantStore,
  { longLivedUse, clock }: { readonly longLivedUse: LongLivedTokenUse; readonly clock: Clock },
): GrantStore {
  const note = (applicationId: ApplicationId, kind: 'access_token' | 'refresh_token', nowMs: number) =>
    longLivedUse.longLivedTokenWasUsed(applicationId, kind, nowMs);
  return {
    ...grants,
    async findAccessToken(digest) {
      const found = await grants.findAccessToken(digest);
      const nowMs = clock();
      if (found !== null && isLongLivedAccessToken(found, nowMs))
        note(found.token.applicationId, 'access_token', nowMs);
      return found;
    },
    async findRefreshToken(presented) {
      const found = await grants.findRefreshToken(presented);
      const nowMs = clock();
      if (found !== null && isLongLivedRefreshToken(found, nowMs)) note(found.applicationId, 'refresh_token', nowMs);
      return found;
    },
  };
}

function isLongLivedAccessToken({ token, isActive }: AccessTokenFound, nowMs: number): boolean {
  const ageMs = nowMs - token.issuedAtMs;
  return ageMs >= DEFAULT_LIFETIMES.accessTokenLifetimeSeconds * 1_000 && isActive && nowMs < token.expiresAtMs;
}

function isLongLivedRefreshToken(found: RefreshTokenFound, nowMs: number): boolean {
  const { refreshTokenLifetimeSeconds, refreshTokenIdleSeconds } = DEFAULT_LIFETIMES;
  const ageMs = nowMs - found.startedAtMs;
  const unusedMs = nowMs - (found.rotatedAtMs ?? found.startedAtMs);
  const isLong = ageMs >= refreshTokenLifetimeSeconds * 1_000 || unusedMs >= refreshTokenIdleSeconds * 1_000;
  const isAlive = !found.revoked && (found.expiresAtMs === null || nowMs < found.expiresAtMs);
  return isLong && isAlive && found.position === 'current' && found.account !== null;
}
