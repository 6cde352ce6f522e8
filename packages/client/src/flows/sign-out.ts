/**
 * Signing out: GET asks, POST ends.
 *
 * Owns the end of the local session and, where the provider offers it, the request that ends the session there too
 * (OpenID Connect RP-Initiated Logout §2).
 */
import * as openid from 'openid-client';
import type { Kit } from '../core/kit.ts';
import { pageLinks } from '../core/links.ts';
import { redirectTo, renderPage } from '../core/render.ts';
import type { ActiveSession } from '../core/sessions.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { Provider } from '../providers/provider.ts';
import { COOKIE } from '../web/cookies.ts';
import { findProtocolClient, findProviderClient } from './provider-client.ts';

/** GET /accounts/logout/ */
export async function showSignOut(visit: Visit, kit: Kit): Promise<Response> {
  return signOutResponse(visit, kit, null, 200);
}

/** POST /accounts/logout/ */
export async function signOut(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const { session } = visit;
  const links = pageLinks(visit, kit.settings);
  // Whoever is signed out already gets what they want.
  if (session === null) return redirectTo(links.logout, kit);
  if (form.stale) return signOutResponse(visit, kit, messagesIn(visit.language).problems.form_stale, 403);

  const everywhere = form.value('everywhere') === '1' ? await endSessionUrl(session, kit, links.logout) : null;
  const cookies = [
    await kit.sessions.end(session),
    { name: COOKIE.pending, value: '', maxAgeSeconds: null },
    // For the page that follows: where the person may still be signed in. Not a secret, and gone in a minute.
    { name: COOKIE.signedOutOf, value: session.stored.provider ?? '', maxAgeSeconds: 60 },
  ];
  kit.log({ level: 'info', event: 'signed_out', reference: visit.reference, userId: session.user.id });
  if (everywhere !== null) {
    return renderPage({ ...visit, session: null }, kit, 'onward', everywhere, { cookies });
  }
  return redirectTo(links.logout, kit, { cookies });
}

async function signOutResponse(visit: Visit, kit: Kit, error: string | null, status: number): Promise<Response> {
  const { session } = visit;
  if (session === null) {
    const provider = kit.settings.providers.get(visit.cookies.get(COOKIE.signedOutOf) ?? '');
    const href = provider === undefined ? null : await providerSignOutUrl(provider, kit);
    const providerSignOut = provider === undefined || href === null ? null : { name: provider.name, href };
    const view = { signedOut: true, everywhereAt: null, providerSignOut, error: null };
    return renderPage(visit, kit, 'signOut', view, { status });
  }
  const provider = kit.settings.providers.get(session.stored.provider ?? '');
  const everywhereAt = provider !== undefined && (await offersEndSession(provider, kit)) ? provider.name : null;
  return renderPage(
    visit,
    kit,
    'signOut',
    { signedOut: false, everywhereAt, providerSignOut: null, error },
    { status },
  );
}

/** A page of the provider where the person signs out by themselves; only OAuth 2 providers say one. */
async function providerSignOutUrl(provider: Provider, kit: Kit): Promise<string | null> {
  if (provider.protocol !== 'oauth2') return null;
  const client = await findProviderClient(provider, kit);
  return 'kind' in client ? null : provider.addresses(client.overrides).signOutUrl;
}

async function offersEndSession(provider: Provider, kit: Kit): Promise<boolean> {
  const protocol = await protocolOf(provider, kit);
  return protocol?.endSession ?? false;
}

async function endSessionUrl(
  session: ActiveSession,
  kit: Kit,
  logoutPath: string,
): Promise<{ providerName: string; href: string } | null> {
  const provider = kit.settings.providers.get(session.stored.provider ?? '');
  if (provider === undefined) return null;
  const protocol = await protocolOf(provider, kit);
  if (protocol === null || !protocol.endSession) return null;
  const idToken = kit.sessions.tokens(session)?.idToken ?? null;
  const url = openid.buildEndSessionUrl(protocol.configuration, {
    post_logout_redirect_uri: `${kit.settings.url.origin}${logoutPath}`,
    ...(idToken === null ? {} : { id_token_hint: idToken }),
  });
  return { providerName: provider.name, href: url.href };
}

/** null when the provider cannot be spoken to: signing out here must work all the same. */
async function protocolOf(provider: Provider, kit: Kit) {
  const client = await findProviderClient(provider, kit);
  if ('kind' in client) return null;
  const found = await findProtocolClient(provider, client, kit);
  return found.kind === 'ready' ? found.protocol : null;
}
