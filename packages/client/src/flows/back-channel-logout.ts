/**
 * A provider tells that a person signed out there (OpenID Connect Back-Channel Logout 1.0).
 *
 * Owns whose sessions here end, and that a logout token counts once. The token's checks are in `protocol/logout-token.ts`.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import type { Visit } from '../core/visit.ts';
import { type LogoutToken, verifyLogoutToken } from '../protocol/logout-token.ts';
import { readSubject } from '../providers/profile-fields.ts';
import type { OidcProvider } from '../providers/provider.ts';
import { digest } from '../security/tokens.ts';
import type { Form } from '../web/forms.ts';
import { findProtocolClient, findProviderClient } from './provider-client.ts';

/** Beyond the lifetime and the clocks' tolerance a token is refused by its `exp`. */
const REPLAY_MARGIN_MS = 60_000;

/** POST /accounts/<provider>/logout/backchannel/ */
export async function receiveLogout(visit: Visit, form: Form, kit: Kit, provider: OidcProvider): Promise<Response> {
  const outcome = await endSessions(form.value('logout_token'), kit, provider);
  if ('code' in outcome) {
    const { code, detail } = outcome;
    kit.log({ level: 'warn', event: 'refused', reference: visit.reference, code, provider: provider.id, detail });
    const status = code === 'logout_token_invalid' ? 400 : 503;
    // §2.8
    const body = { error: status === 400 ? 'invalid_request' : 'temporarily_unavailable', error_description: code };
    return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
  }
  const detail = `${outcome.ended} sessions ended`;
  kit.log({
    level: 'info',
    event: 'signed_out_by_provider',
    reference: visit.reference,
    provider: provider.id,
    detail,
  });
  return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } });
}

async function endSessions(token: string, kit: Kit, provider: OidcProvider): Promise<{ ended: number } | Failure> {
  if (token === '') return failure('logout_token_invalid', 'there is no logout_token');
  const client = await findProviderClient(provider, kit);
  if ('kind' in client) return client;
  const found = await findProtocolClient(provider, client, kit);
  if (found.kind === 'failure') return found;
  const nowMs = kit.now();
  const logout = await verifyLogoutToken(token, found.protocol, nowMs);
  if (logout.kind === 'failure') return logout;
  // §2.6.8: once, whichever process it reaches.
  const window = Math.max(0, logout.expiresAtMs - nowMs) + REPLAY_MARGIN_MS;
  const once = await kit.store.reserveAttempt(
    `logout-token ${digest(`${provider.id} ${logout.jti}`)}`,
    1,
    window,
    nowMs,
  );
  if (once.kind === 'refused') return failure('logout_token_invalid', 'a logout token is refused: used before');
  return { ended: await endThose(logout, found.protocol.issuer, kit, provider) };
}

/** §2.7: the session that is named, or every one of the person. Somebody who was never here has none. */
async function endThose(logout: LogoutToken, issuer: string, kit: Kit, provider: OidcProvider): Promise<number> {
  const read = readSubject(provider.uid ?? 'sub', logout.claims);
  const known = 'subject' in read ? await kit.store.findSocialAccount(issuer, read.subject) : null;
  if (known === null && logout.sid === null) return 0;
  // A `sid` of somebody else's is none of theirs: with `sub` both have to fit.
  if (known === null && logout.claims.sub !== undefined && provider.uid === undefined) return 0;
  return kit.store.deleteProviderSessions(provider.id, {
    socialAccountId: known?.account.id ?? null,
    providerSessionId: logout.sid,
  });
}
