/**
 * The social accounts of the person who is signed in: `/accounts/connections/`.
 *
 * Owns linking another and unlinking one. The last way in stays.
 */
import { failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import { pageLinks, providerLinks } from '../core/links.ts';
import { redirectTo, renderFailure, renderPage } from '../core/render.ts';
import type { PostedForm, Visit } from '../core/visit.ts';
import { messagesIn } from '../pages/messages/messages.ts';
import type { Identity } from '../protocol/authorization-response.ts';
import type { Provider } from '../providers/provider.ts';
import type { CookieToSet } from '../web/cookies.ts';
import { newAccount } from './arrival.ts';
import { askBefore, hookContext } from './hooks.ts';

/** GET /accounts/connections/ */
export async function showConnections(visit: Visit, kit: Kit): Promise<Response> {
  return connectionsResponse(visit, kit, null, 200);
}

/** POST /accounts/connections/: unlinks `account`. */
export async function unlink(visit: Visit, form: PostedForm, kit: Kit): Promise<Response> {
  const { session } = visit;
  const links = pageLinks(visit, kit.settings);
  if (session === null) return connectionsResponse(visit, kit, null, 200);
  if (form.stale) return connectionsResponse(visit, kit, messagesIn(visit.language).problems.form_stale, 403);
  const outcome = await kit.store.unlinkSocialAccount(session.user.id, form.value('account'));
  switch (outcome.kind) {
    case 'unlinked':
      kit.log({ level: 'info', event: 'account_unlinked', reference: visit.reference, userId: session.user.id });
      return redirectTo(links.connections, kit, { notice: 'unlinked' });
    case 'last_way_in':
      return redirectTo(links.connections, kit, { notice: 'last_way_in' });
    // It was unlinked in another tab: the person has what they want.
    case 'not_found':
      return redirectTo(links.connections, kit);
  }
}

/** The end of linking: the person came back from the provider. */
export async function linkIdentity(
  visit: Visit,
  kit: Kit,
  provider: Provider,
  identity: Identity,
  userId: string,
  spent: CookieToSet,
): Promise<Response> {
  const cookies = [spent];
  // ASVS 10.1.2: bound to the session that asked for it.
  if (visit.session?.user.id !== userId) {
    const refused = failure('link_session_ended', 'the session that asked to link is over, or is another user’s');
    return renderFailure(visit, kit, refused, { provider, cookies });
  }
  const context = hookContext(visit, { provider: provider.id, ...identity }, identity.profile);
  const unwanted = await askBefore('onLink', visit.session.user, context, kit);
  if (unwanted !== null) return renderFailure(visit, kit, unwanted, { provider, cookies });
  const account = newAccount(kit, {
    provider: provider.id,
    issuer: identity.issuer,
    subject: identity.subject,
    fields: identity.fields,
    idToken: null,
    sid: null,
    tokens: null,
    next: '',
  });
  const outcome = await kit.store.linkSocialAccount(userId, account);
  if (outcome.kind === 'linked_to_other') {
    const refused = failure('linked_to_other', 'the social account is linked to another user');
    return renderFailure(visit, kit, refused, { provider, cookies });
  }
  if (outcome.kind === 'linked') {
    kit.log({ level: 'info', event: 'account_linked', reference: visit.reference, provider: provider.id, userId });
  }
  return redirectTo(pageLinks(visit, kit.settings).connections, kit, { cookies, notice: outcome.kind });
}

async function connectionsResponse(visit: Visit, kit: Kit, error: string | null, status: number): Promise<Response> {
  const { settings } = kit;
  const { session } = visit;
  const links = pageLinks(visit, settings);
  if (session === null) {
    const query = new URLSearchParams({ next: links.connections });
    return redirectTo(`${links.login}?${query}`, kit, { status: visit.method === 'GET' ? 302 : 303 });
  }
  const accounts = await kit.store.listSocialAccounts(session.user.id);
  return renderPage(
    visit,
    kit,
    'connections',
    {
      accounts: accounts.map((account) => ({
        id: account.id,
        providerName: settings.providers.get(account.provider)?.name ?? account.provider,
        username: account.providerUsername,
        uid: account.subject,
        linkedAtMs: account.createdAtMs,
      })),
      linkable: providerLinks(settings, null),
      onlyWayIn: accounts.length === 1 && !session.user.hasPassword,
      error,
    },
    { status },
  );
}
