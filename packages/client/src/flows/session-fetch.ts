/**
 * Requests to the provider's APIs for whoever is signed in.
 *
 * Owns that the token of the session goes along, with a proof of its key where it is bound to one.
 */
import type { Kit } from '../core/kit.ts';
import type { AccessTokenOutcome, ActiveSession } from '../core/sessions.ts';
import { sessionAccessToken } from './session-tokens.ts';

/** What `accounts.fetch()` answers. */
export type SessionFetchOutcome =
  /** Whatever its status. */
  { readonly kind: 'answered'; readonly response: Response } | Exclude<AccessTokenOutcome, { readonly kind: 'ready' }>;

/** Sends the request. @throws TypeError for an address that tokens are not sent to; what `fetch` throws; when the store does. */
export async function sessionFetch(
  session: ActiveSession,
  request: { readonly url: URL; readonly init: RequestInit },
  kit: Kit,
): Promise<SessionFetchOutcome> {
  const outcome = await sessionAccessToken(session, kit);
  if (outcome.kind !== 'ready') return outcome;
  // A refresh keeps the key (RFC 9449 §5), so the one that was read with the session is the one.
  const dpopKey = kit.sessions.tokens(session)?.dpopKey ?? null;
  const credential = { token: outcome.accessToken, dpopKey };
  return { kind: 'answered', response: await kit.tokenFetch(request.url, request.init, credential) };
}
