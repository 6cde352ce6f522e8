/**
 * `/account/email/`: a person's addresses. Changing them asks for a fresh proof of who they are (ASVS 7.5.1).
 *
 * Owns the page's forms; `do` says which button was pressed. The flows are `accounts/addresses.ts`.
 */
import { type AddressDeps, addAddress, makeAddressPrimary, removeAddress } from '../accounts/addresses.ts';
import type { AccountEvents } from '../accounts/ports/events.ts';
import { noticeOf } from './account.ts';
import { type RecentDeps, recentlyAuthenticated } from './confirm-identity.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import type { People } from './people.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What it uses. */
export interface AddressRouteDeps extends AddressDeps, RecentDeps {
  readonly events: AccountEvents;
  /** False: this server has no mail, so that no address can be proved. */
  readonly hasMail: boolean;
}

/** Registers the route. */
export function addressRoutes(people: People, deps: AddressRouteDeps): void {
  people.signedIn('/account/email/', {
    get: async (visit) => pageAnswer(visit, '', NO_PROBLEMS, deps),
    post: async (visit) => {
      if (!deps.hasMail) return errorAnswer(403, { kind: 'forbidden' });
      return (await recentlyAuthenticated(visit, deps)) ?? postAddress(visit, deps);
    },
  });
}

async function pageAnswer(
  visit: SignedInVisit,
  email: string,
  problems: ShownProblems<'email'>,
  deps: AddressRouteDeps,
): Promise<Extract<Answer, { readonly page: unknown }>> {
  const addresses = await deps.addresses.listAddresses(visit.signedIn.account.id);
  return {
    page: {
      page: 'email',
      form: { values: { email }, ...problems },
      addresses: addresses.map(({ address, isPrimary, verifiedAtMs }) => ({
        address,
        isPrimary,
        isVerified: verifiedAtMs !== null,
      })),
      canChange: deps.hasMail,
      notice: noticeOf(visit),
    },
  };
}

async function postAddress(visit: SignedInVisit, deps: AddressRouteDeps): Promise<Answer> {
  const email = text(visit.form, 'email');
  const { account } = visit.signedIn;
  const asked = text(visit.form, 'do');
  if (asked === 'add' || asked === 'mail-again') return postNew(visit, email, asked, deps);
  const change = asked === 'primary' ? makeAddressPrimary : asked === 'remove' ? removeAddress : null;
  if (change === null) return errorAnswer(400, { kind: 'bad-request' });
  const { outcome, address } = await change(email, visit.signedIn, deps);
  // Gone meanwhile, by a second click or in another window: the page shows what is.
  if (outcome === 'not_found') return { seeOther: '/account/email/' };
  const kind = asked === 'primary' ? 'primary-address-changed' : 'address-removed';
  visit.request.log.info({ event: kind, accountId: account.id }, 'address changed');
  await deps.events.record(account.id, { kind, detail: address }, visit.visitor);
  return { seeOther: `/account/email/?done=${asked === 'primary' ? 'email-primary' : 'email-removed'}` };
}

async function postNew(
  visit: SignedInVisit,
  email: string,
  asked: 'add' | 'mail-again',
  deps: AddressRouteDeps,
): Promise<Answer> {
  const { account } = visit.signedIn;
  const result = await addAddress(email, visit.signedIn, visit.visitor, deps);
  switch (result.outcome) {
    case 'added':
      if (asked === 'mail-again') return { seeOther: '/account/email/?done=email-mailed' };
      visit.request.log.info({ event: 'address-added', accountId: account.id }, 'address added');
      await deps.events.record(account.id, { kind: 'address-added', detail: result.address }, visit.visitor);
      return { seeOther: '/account/email/?done=email-added' };
    case 'refused':
      return pageAnswer(visit, email, shownProblems(result.problems, ['email']), deps);
    case 'limited': {
      const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
      const headers = { 'retry-after': String(result.retryAfterSeconds) };
      return { ...(await pageAnswer(visit, email, problems, deps)), status: 429, headers };
    }
    default:
      return result satisfies never;
  }
}
