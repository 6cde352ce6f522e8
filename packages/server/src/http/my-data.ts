/**
 * `/account/data/`: a copy of what is kept of a person, and the end of their account.
 *
 * Owns these pages. What is in the copy is `accounts/my-data.ts`; the period of grace is `accounts/deletion.ts`. Both ask for a fresh
 * proof first (ASVS 7.5.1); keeping the account does not.
 */
import { askDeletion, type DeletionDeps, takeBackDeletion } from '../accounts/deletion.ts';
import { type MyDataDeps, myData } from '../accounts/my-data.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import { noticeOf } from './account.ts';
import { type RecentDeps, recentlyAuthenticated } from './confirm-identity.ts';
import type { People } from './people.ts';
import type { Answer, SignedInVisit } from './visit.ts';

/** What they use. */
export interface MyDataRouteDeps extends MyDataDeps, DeletionDeps, RecentDeps {
  readonly events: AccountEvents;
}

const DATA = '/account/data/';
const DELETE = '/account/data/delete/';

/** Registers the routes. */
export function myDataRoutes(people: People, deps: MyDataRouteDeps): void {
  people.signedIn(DATA, {
    get: async (visit) => ({
      page: {
        page: 'my-data',
        deletesAtMs: visit.signedIn.account.deletesAtMs,
        graceSeconds: Math.round(deps.deletionGraceMs / 1_000),
        notice: noticeOf(visit),
      },
    }),
  });
  people.signedIn(`${DATA}download/`, {
    get: async () => ({ seeOther: DATA }),
    post: (visit) => download(visit, deps),
  });
  people.signedIn(DELETE, {
    get: async (visit) => {
      if (visit.signedIn.account.deletesAtMs !== null) return { seeOther: DATA };
      const proof = await recentlyAuthenticated(visit, deps);
      if (proof !== null) return proof;
      const graceSeconds = Math.round(deps.deletionGraceMs / 1_000);
      return { page: { page: 'confirm', question: { kind: 'delete-account', graceSeconds } } };
    },
    post: async (visit) => {
      const proof = await recentlyAuthenticated(visit, deps);
      if (proof !== null) return proof;
      const { outcome } = await askDeletion(visit.signedIn, visit.visitor, deps);
      const { id } = visit.signedIn.account;
      if (outcome === 'not_found') return { seeOther: '/login/' };
      if (outcome === 'asked') visit.request.log.info({ event: 'deletion_asked', accountId: id }, 'deletion asked for');
      return { seeOther: DATA };
    },
  });
  people.signedIn(`${DATA}keep/`, {
    get: async () => ({ seeOther: DATA }),
    post: async (visit) => {
      const { outcome } = await takeBackDeletion(visit.signedIn, visit.visitor, deps);
      const { id } = visit.signedIn.account;
      if (outcome === 'not_asked') return { seeOther: DATA };
      visit.request.log.info({ event: 'deletion_taken_back', accountId: id }, 'deletion taken back');
      return { seeOther: `${DATA}?done=account-kept` };
    },
  });
}

async function download(visit: SignedInVisit, deps: MyDataRouteDeps): Promise<Answer> {
  // Nothing was typed that a proof could lose: it leads back to the page with the button.
  if ((await recentlyAuthenticated(visit, deps)) !== null) {
    return { seeOther: `/account/confirm/?next=${encodeURIComponent(DATA)}` };
  }
  const { account } = visit.signedIn;
  await deps.events.record(account.id, { kind: 'data-exported' }, visit.visitor);
  visit.request.log.info({ event: 'data_exported', accountId: account.id }, 'personal data downloaded');
  return {
    file: {
      name: 'my-data.json',
      contentType: 'application/json; charset=utf-8',
      content: `${JSON.stringify(await myData(visit.signedIn, deps), null, 2)}\n`,
    },
  };
}
