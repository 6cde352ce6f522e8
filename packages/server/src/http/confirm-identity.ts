/**
 * `/account/confirm/`: whoever is signed in proves themselves anew before something that matters (ASVS 7.5.1), and goes on where
 * they were; a form that was sent is kept meanwhile.
 *
 * Owns the page and {@link recentlyAuthenticated}, by which other pages ask for it. The proof is `accounts/confirm-identity.ts`.
 */
import type { ProvingProvidersDeps } from '../accounts/confirm-elsewhere.ts';
import {
  type ConfirmationViewDeps,
  type ConfirmIdentityDeps,
  confirmIdentity,
  type FreshProofDeps,
  isFreshlyProved,
  viewConfirmation,
} from '../accounts/confirm-identity.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import type { ConfirmIdentityPage } from '../pages/models/account.ts';
import type { CookieJar } from './cookies.ts';
import { provingLinks } from './elsewhere.ts';
import { busyProblem, limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { keptFields, keptText } from './kept-form.ts';
import { localAddress } from './local-address.ts';
import { passkeyIn, tellOfCopy } from './passkey-answers.ts';
import type { People } from './people.ts';
import { type Answer, ownAddress, type SignedInVisit } from './visit.ts';

/** What asking for a proof needs. */
export type RecentDeps = FreshProofDeps & ConfirmationViewDeps;

/**
 * Call it first in the handlers (GET and POST) of a page that changes how somebody signs in or is reached.
 * @returns null: they proved themselves a moment ago, go on. Else the answer to give: it leads through the proof and back here;
 *   what was sent by POST is kept (without passwords) and offered to be sent again.
 */
export async function recentlyAuthenticated(visit: SignedInVisit, deps: RecentDeps): Promise<Answer | null> {
  if (await isFreshlyProved(visit.signedIn, deps)) return null;
  const next = ownAddress(visit.request);
  const kept = visit.request.method === 'POST' ? keptText(visit.form) : null;
  return kept === null
    ? { seeOther: `${PATH}?next=${encodeURIComponent(next)}` }
    : pageAnswer(visit, { next, kept }, NO_PROBLEMS, deps);
}

const PATH = '/account/confirm/';

/** What the page uses. */
export interface ConfirmIdentityRouteDeps extends ConfirmIdentityDeps, ProvingProvidersDeps {
  readonly factors: ConfirmIdentityDeps['factors'] & ConfirmationViewDeps['factors'];
  readonly events: AccountEvents;
  readonly notices: Notices;
  readonly ownOrigin: string;
  readonly jar: CookieJar;
}

/** Registers the route. */
export function confirmIdentityRoutes(people: People, deps: ConfirmIdentityRouteDeps): void {
  people.signedIn(
    PATH,
    {
      get: async (visit) => pageAnswer(visit, { next: nextOf(visit.query, deps), kept: null }, NO_PROBLEMS, deps),
      post: (visit) => postConfirmation(visit, deps),
    },
    { beforeSecondFactor: true },
  );
}

/** Where one goes on, and the form that is kept for it. */
interface Purpose {
  readonly next: string;
  readonly kept: string | null;
}

function nextOf(form: URLSearchParams, deps: Pick<ConfirmIdentityRouteDeps, 'ownOrigin'>): string {
  return localAddress(form.get('next'), deps.ownOrigin) ?? '/account/';
}

async function postConfirmation(visit: SignedInVisit, deps: ConfirmIdentityRouteDeps): Promise<Answer> {
  const fields = keptFields(visit.form.get('kept'));
  const purpose = { next: nextOf(visit.form, deps), kept: fields === null ? null : visit.form.get('kept') };
  const { account } = visit.signedIn;
  const result = await confirmIdentity(
    {
      currentPassword: text(visit.form, 'current_password'),
      code: text(visit.form, 'code'),
      passkey: passkeyIn(visit.form),
    },
    visit.signedIn,
    deps,
  );
  switch (result.outcome) {
    case 'confirmed': {
      visit.request.log.info({ event: 'identity_confirmed', accountId: account.id }, 'identity confirmed');
      const setCookies = [deps.jar.write('session', result.secret)];
      if (fields === null) return { seeOther: purpose.next, setCookies };
      const page = { page: 'kept-form', action: purpose.next, fields, username: account.username } as const;
      return { page, setCookies };
    }
    case 'refused':
      visit.request.log.info({ event: 'identity_refused', accountId: account.id }, 'identity not confirmed');
      if (result.cloned !== undefined) await tellOfCopy(result.cloned, visit, deps);
      return pageAnswer(visit, purpose, shownProblems(result.problems, ['current_password', 'code']), deps);
    case 'limited':
      return laterAnswer(visit, purpose, 429, limitedProblem(result.retryAfterSeconds), result, deps);
    case 'busy':
      return laterAnswer(visit, purpose, 503, busyProblem(result.retryAfterSeconds), result, deps);
    case 'no_password':
      return pageAnswer(visit, purpose, NO_PROBLEMS, deps);
    case 'not_found':
      return { seeOther: `/login/?next=${encodeURIComponent(purpose.next)}` };
    default:
      return result satisfies never;
  }
}

type Shown = ShownProblems<'current_password' | 'code'>;

async function pageAnswer(
  visit: SignedInVisit,
  purpose: Purpose,
  problems: Shown,
  deps: ConfirmationViewDeps,
): Promise<Extract<Answer, { readonly page: unknown }>> {
  const { hasFactor, hasApp, passkey, elsewhere } = await viewConfirmation(visit.signedIn, deps);
  const page: ConfirmIdentityPage = {
    page: 'confirm-identity',
    form: { values: {}, ...problems },
    hasPassword: visit.signedIn.account.hasPassword,
    hasSecondFactor: hasFactor,
    hasApp,
    passkey,
    elsewhere: provingLinks(elsewhere, purpose.next),
    forDevice: purpose.next.startsWith('/o/device/'),
    ...purpose,
  };
  return { page };
}

async function laterAnswer(
  visit: SignedInVisit,
  purpose: Purpose,
  status: 429 | 503,
  formProblem: Shown['formProblem'],
  { retryAfterSeconds }: { readonly retryAfterSeconds: number },
  deps: ConfirmationViewDeps,
): Promise<Answer> {
  const answer = await pageAnswer(visit, purpose, { fieldProblems: {}, formProblem }, deps);
  return { ...answer, status, headers: { 'retry-after': String(retryAfterSeconds) } };
}
