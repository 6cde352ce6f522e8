/**
 * The provider's access token of a session, refreshed when it is about to expire.
 *
 * Owns that one refresh happens for however many tabs, requests and processes ask at once: within the process by one promise,
 * between processes by a right that the store gives to one of them (RFC 9700 §4.14.2: a refresh token that is used twice is one
 * that was stolen). Nobody is signed out of this application by it.
 */
import { setTimeout as later } from 'node:timers/promises';
import * as openid from 'openid-client';
import { type Failure, failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import type { AccessTokenOutcome, ActiveSession, ProviderTokens } from '../core/sessions.ts';
import { dpopHandle } from '../protocol/dpop-key.ts';
import { protocolFailure } from '../protocol/protocol-failures.ts';
import { findProtocolClient, findProviderClient } from './provider-client.ts';

/** A token that is handed out should still be good when it arrives: the provider's clock, and the way there. */
const EARLY_MS = 30_000;
/** Longer than the time limit of a refresh: whoever had the right then is gone. */
const RIGHT_LASTS_MS = 30_000;
const POLL_MS = 50;

/** A good token of this session. @throws when the store does. */
export function sessionAccessToken(session: ActiveSession, kit: Kit): Promise<AccessTokenOutcome> {
  const ready = outcomeOf(kit.sessions.tokens(session), kit.now());
  if (ready !== 'stale') return Promise.resolve(ready);
  const key = session.stored.tokenDigest;
  const underWay = kit.refreshing.get(key);
  if (underWay !== undefined) return underWay;
  const started = refreshInTurn(session, kit).finally(() => kit.refreshing.delete(key));
  kit.refreshing.set(key, started);
  return started;
}

/** Waits for the right to refresh, or for what somebody else's refresh brought. */
async function refreshInTurn(session: ActiveSession, kit: Kit): Promise<AccessTokenOutcome> {
  const digest = session.stored.tokenDigest;
  const giveUpAtMs = kit.now() + RIGHT_LASTS_MS;
  for (;;) {
    const nowMs = kit.now();
    const mine = await kit.store.claimTokenRefresh(digest, nowMs, nowMs + RIGHT_LASTS_MS);
    // Read after the claim: another process may have finished a moment before it.
    const current = await kit.sessions.find(new Map([[kit.sessions.cookieName, session.token]]));
    const tokens = current === null ? null : kit.sessions.tokens(current);
    const outcome = outcomeOf(tokens, kit.now());
    if (outcome !== 'stale' || current === null || tokens === null) {
      if (mine) await kit.store.finishTokenRefresh(digest, null);
      return outcome === 'stale' ? { kind: 'none' } : outcome;
    }
    if (mine) return refresh(current, tokens, kit);
    if (kit.now() >= giveUpAtMs) return { kind: 'unavailable', code: 'provider_unreachable' };
    await later(POLL_MS);
  }
}

async function refresh(session: ActiveSession, tokens: ProviderTokens, kit: Kit): Promise<AccessTokenOutcome> {
  let next: ProviderTokens | null = null;
  try {
    const answered = await askForTokens(session, tokens, kit);
    if (answered.kind === 'failure') {
      // RFC 6749 §5.2 invalid_grant. Any other failure may be over at the next attempt.
      if (answered.code !== 'code_refused') return { kind: 'unavailable', code: answered.code };
      next = { ...tokens, accessToken: null, refreshToken: null, expiresAtMs: 0 };
      return { kind: 'ended' };
    }
    const { answer } = answered;
    next = {
      ...tokens,
      idToken: answer.id_token ?? tokens.idToken,
      accessToken: answer.access_token,
      // RFC 6749 §6: a server need not rotate.
      refreshToken: answer.refresh_token ?? tokens.refreshToken,
      expiresAtMs: answer.expires_in === undefined ? null : kit.now() + answer.expires_in * 1000,
    };
    return ready(next, answer.access_token);
  } finally {
    const sealed = next === null ? null : kit.sessions.sealTokens(next);
    await kit.store.finishTokenRefresh(session.stored.tokenDigest, sealed);
  }
}

async function askForTokens(
  session: ActiveSession,
  tokens: ProviderTokens,
  kit: Kit,
): Promise<{ readonly kind: 'answered'; readonly answer: openid.TokenEndpointResponse } | Failure> {
  const provider = kit.settings.providers.get(session.stored.provider ?? '');
  if (provider === undefined || tokens.refreshToken === null) {
    return failure('code_refused', 'there is no refresh token');
  }
  const client = await findProviderClient(provider, kit);
  if ('kind' in client) return client;
  const found = await findProtocolClient(provider, client, kit);
  if (found.kind === 'failure') return found;
  try {
    const { configuration } = found.protocol;
    const dpop = tokens.dpopKey === null ? {} : { DPoP: await dpopHandle(configuration, tokens.dpopKey) };
    const answer = await openid.refreshTokenGrant(configuration, tokens.refreshToken, undefined, dpop);
    if (tokens.dpopKey !== null && answer.token_type !== 'dpop') {
      return failure('token_not_bound', `token endpoint of "${provider.id}" answered a refresh with a bearer token`);
    }
    return { kind: 'answered', answer };
  } catch (error) {
    return protocolFailure(error, 'token', `token endpoint of "${provider.id}"`);
  }
}

function outcomeOf(tokens: ProviderTokens | null, nowMs: number): AccessTokenOutcome | 'stale' {
  if (tokens === null) return { kind: 'none' };
  const { accessToken, refreshToken, expiresAtMs } = tokens;
  // Nothing was kept, or it was taken away when the provider refused.
  if (accessToken === null && refreshToken === null) return { kind: expiresAtMs === null ? 'none' : 'ended' };
  if (accessToken === null) return 'stale';
  if (expiresAtMs === null || nowMs < expiresAtMs - EARLY_MS) return ready(tokens, accessToken);
  if (refreshToken !== null) return 'stale';
  return nowMs < expiresAtMs ? ready(tokens, accessToken) : { kind: 'ended' };
}

function ready({ expiresAtMs, dpopKey }: ProviderTokens, accessToken: string): AccessTokenOutcome {
  return { kind: 'ready', accessToken, expiresAtMs, tokenType: dpopKey === null ? 'Bearer' : 'DPoP' };
}
