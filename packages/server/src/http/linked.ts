/**
 * `/account/linked/` and below: accounts elsewhere that open the account of whoever is signed in.
 *
 * Owns these pages' forms. Linking and unlinking ask for full re-authentication first (ASVS 7.5.1); the flows are
 * `accounts/linked-identities.ts`, the way to a provider and back `elsewhere.ts`.
 */
import {
  type LinkedIdentityDeps,
  linkAccount,
  listLinked,
  unlinkAccount,
  viewLink,
} from '../accounts/linked-identities.ts';
import type { Elsewhere } from '../accounts/ports/elsewhere.ts';
import type { Notice } from '../pages/models/context.ts';
import { noticeOf } from './account.ts';
import { type RecentDeps, recentlyAuthenticated } from './confirm-identity.ts';
import { providerLinks, reasonAnswer } from './elsewhere.ts';
import { text } from './forms.ts';
import { localAddress } from './local-address.ts';
import type { People } from './people.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export type LinkedRouteDeps = LinkedIdentityDeps &
  RecentDeps & {
    readonly elsewhere: Elsewhere;
    readonly ownOrigin: string;
  };

const PATH = '/account/linked/';

/** Registers the routes; without providers there are none. */
export function linkedRoutes(people: People, deps: LinkedRouteDeps): void {
  if (deps.elsewhere.providers.length === 0) return;
  people.signedIn(PATH, {
    get: (visit) => listAnswer(visit, noticeOf(visit), deps),
    post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postUnlink(visit, deps),
  });
  people.signedIn(`${PATH}add/`, {
    get: async (visit) => linkAnswer(visit, visit.query.get('arrival') ?? '', deps),
    post: async (visit) => (await recentlyAuthenticated(visit, deps)) ?? postLink(visit, deps),
  });
}

async function listAnswer(visit: SignedInVisit, notice: Notice | null, deps: LinkedRouteDeps): Promise<Answer> {
  const linked = await listLinked(visit.signedIn, deps);
  const accounts = linked.map(({ providerName: provider, issuer, subject, label, ...rest }) => {
    const { linkedAtMs, lastSignInAtMs, isUsable, isOnlyWayIn } = rest;
    return { issuer, subject, provider, label, linkedAtMs, lastSignInAtMs, isUsable, isOnlyWayIn };
  });
  return { page: { page: 'linked', accounts, providers: providerLinks(null, deps, 'link'), notice } };
}

async function postUnlink(visit: SignedInVisit, deps: LinkedRouteDeps): Promise<Answer> {
  const identity = { issuer: text(visit.form, 'issuer'), subject: text(visit.form, 'subject') };
  const { outcome } = await unlinkAccount(identity, visit.signedIn, visit.visitor, deps);
  switch (outcome) {
    case 'unlinked':
      visit.request.log.info({ event: 'identity-unlinked', accountId: visit.signedIn.account.id }, 'account unlinked');
      return { seeOther: `${PATH}?done=identity-unlinked` };
    case 'last_way_in':
      return listAnswer(visit, 'identity-last', deps);
    // By another click meanwhile: it is what was wanted.
    case 'not_found':
      return { seeOther: PATH };
    default:
      return outcome satisfies never;
  }
}

function linkAnswer(visit: SignedInVisit, arrival: string, deps: LinkedRouteDeps): Answer {
  const view = viewLink(arrival, visit.visitor, deps);
  if (view === null) return errorAnswer(400, { kind: 'sign-in-expired' });
  const { provider, label } = view.identity;
  return { page: { page: 'link', provider: provider.name, label, username: visit.signedIn.account.username, arrival } };
}

async function postLink(visit: SignedInVisit, deps: LinkedRouteDeps): Promise<Answer> {
  const result = await linkAccount(text(visit.form, 'arrival'), visit.signedIn, visit.visitor, deps);
  switch (result.outcome) {
    case 'linked':
    case 'already_linked':
      if (result.outcome === 'linked') {
        const { id } = visit.signedIn.account;
        visit.request.log.info(
          { event: 'identity-linked', accountId: id, provider: result.provider.id },
          'account linked',
        );
      }
      return { seeOther: localAddress(result.next, deps.ownOrigin) ?? `${PATH}?done=identity-linked` };
    case 'linked_to_other':
      return reasonAnswer(409, 'taken', result.provider, { to: 'linked', href: PATH });
    case 'stale':
      return errorAnswer(400, { kind: 'sign-in-expired' });
    default:
      return result satisfies never;
  }
}
