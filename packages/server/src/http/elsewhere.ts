/**
 * `/accounts/<provider>/login/` and below: signing in by an account elsewhere, or accepting an invitation by it.
 *
 * Owns these pages and where they lead. A start is a link, so that nothing posts to another site; whatever it leads to that matters
 * (a link between two accounts) is confirmed on a page of ours. The flow is `accounts/sign-in-elsewhere.ts`.
 */

import { type ConfirmElsewhereDeps, confirmElsewhere } from '../accounts/confirm-elsewhere.ts';
import { type ElsewhereAttempt, type ElsewherePurpose, sealArrival } from '../accounts/elsewhere-attempts.ts';
import { invitationDigestOf } from '../accounts/invitations.ts';
import type { Elsewhere, ElsewhereFault, ProviderName } from '../accounts/ports/elsewhere.ts';
import type { SecondStepViewDeps } from '../accounts/second-step.ts';
import {
  type Returned,
  returnFromElsewhere,
  type SignInElsewhereDeps,
  type SignInElsewhereResult,
  signInElsewhere,
  startElsewhere,
} from '../accounts/sign-in-elsewhere.ts';
import type { SignUpElsewhereResult } from '../accounts/sign-up-elsewhere.ts';
import type { ProviderLink } from '../pages/models/context.ts';
import type { ElsewhereReason, ErrorCase } from '../pages/models/page.ts';
import { localAddress } from './local-address.ts';
import { checkMailUrl } from './mail-urls.ts';
import type { People } from './people.ts';
import { secondStepAnswer } from './second-step.ts';
import { HOME, type Purpose, purposeOf, type SignedInDeps, signedInAnswer } from './signed-in.ts';
import { type Answer, errorAnswer, retryLaterAnswer, type Visit } from './visit.ts';

/** What they use. */
export type ElsewhereRouteDeps = SignInElsewhereDeps &
  SignedInDeps &
  SecondStepViewDeps &
  ConfirmElsewhereDeps & {
    readonly externalIdentities: SignInElsewhereDeps['externalIdentities'] & ConfirmElsewhereDeps['externalIdentities'];
    readonly factors: SignInElsewhereDeps['factors'] & SecondStepViewDeps['factors'];
    readonly sessions: SignInElsewhereDeps['sessions'] & ConfirmElsewhereDeps['sessions'];
    /** Where sign-up is closed: whoever was invited makes an account. */
    readonly byInvitation: boolean;
  };

/** The page that a new person fills in (`elsewhere-sign-up.ts`). */
export const SIGN_UP_ELSEWHERE = '/accounts/social/signup/';
/** The page on which a link is confirmed (`linked.ts`). */
const LINK = '/account/linked/add/';
/** The query parameter that carries an answer that came as a form. */
const FORM_POST = 'form_post';
/** The parameters of an answer (RFC 6749 §4.1.2, RFC 9207), and Apple's `user`. */
const ANSWER_FIELDS = ['code', 'state', 'iss', 'error', 'user'];
/** Of the query parameter `process`, which the client library knows as well. */
const PROCESSES: ReadonlyMap<string, ElsewherePurpose> = new Map([
  ['connect', 'link'],
  ['confirm', 'confirm'],
]);
const FORM_POST_LIFETIME_MS = 2 * 60_000;

/** The providers as links, which carry on to `next`. */
export function providerLinks(
  next: string | null,
  { elsewhere }: Pick<SignInElsewhereDeps, 'elsewhere'>,
  purpose: ElsewherePurpose = 'sign-in',
): readonly ProviderLink[] {
  return elsewhere.providers.map(({ id, name }) => {
    const query = new URLSearchParams();
    if (next !== null) query.set('next', next);
    if (purpose === 'link') query.set('process', 'connect');
    return { name, href: `/accounts/${id}/login/${query.size === 0 ? '' : `?${query}`}` };
  });
}

/** The same for whoever is signed in and proves themselves anew, and goes on to `next`. */
export function provingLinks(providers: readonly ProviderName[], next: string): readonly ProviderLink[] {
  const query = new URLSearchParams({ process: 'confirm', next });
  return providers.map(({ id, name }) => ({ name, href: `/accounts/${id}/login/?${query}` }));
}

/** The same for whoever accepts an invitation by it. */
export function invitedLinks(
  token: string,
  { elsewhere }: { readonly elsewhere: Pick<Elsewhere, 'providers'> },
): readonly ProviderLink[] {
  const query = new URLSearchParams({ invitation: token });
  return elsewhere.providers.map(({ id, name }) => ({ name, href: `/accounts/${id}/login/?${query}` }));
}

/** The invitation of a link; null: none, or no token. */
function invitationIn({ query }: Visit): string | null {
  const token = query.get('invitation') ?? '';
  return invitationDigestOf(token) === null ? null : token;
}

function invitationUrl(token: string): string {
  return `/invitation/?${new URLSearchParams({ token })}`;
}

/** Registers the routes of going to a provider and back; without providers there are none. */
export function elsewhereRoutes(people: People, deps: ElsewhereRouteDeps): void {
  for (const provider of deps.elsewhere.providers) {
    const path = `/accounts/${provider.id}/login/`;
    people.open(path, { get: (visit) => start(visit, provider, deps) }, { head: 'refused' });
    const callback = `${path}callback/`;
    const get = (visit: Visit) => finish(visit, provider, deps);
    if (!deps.elsewhere.answersByForm(provider.id)) people.open(callback, { get }, { head: 'refused' });
    else {
      const post = async (visit: Visit) => receiveForm(visit, callback, provider, deps);
      people.open(callback, { get, post }, { head: 'refused', posts: 'from anywhere' });
    }
  }
}

/** GET: to the provider, at once. */
async function start(visit: Visit, provider: ProviderName, deps: ElsewhereRouteDeps): Promise<Answer> {
  const purpose = PROCESSES.get(visit.query.get('process') ?? '') ?? 'sign-in';
  const invitation = purpose === 'sign-in' ? invitationIn(visit) : null;
  // Whoever has an account accepts there, signed in.
  const next = invitation === null ? localAddress(visit.query.get('next'), deps.ownOrigin) : invitationUrl(invitation);
  // ASVS 7.6.2: another site begins no session in this browser; it takes a click on a page of ours.
  if (visit.request.headers['sec-fetch-site'] === 'cross-site' || (purpose !== 'sign-in' && visit.signedIn === null)) {
    const target = purpose === 'link' ? '/account/linked/' : next;
    return { seeOther: target === null ? '/login/' : `/login/?next=${encodeURIComponent(target)}` };
  }
  if (purpose === 'confirm' && !deps.elsewhere.authenticatesAnew(provider.id)) return { seeOther: confirmUrl(next) };
  const started = await startElsewhere(provider, { purpose, next, invitation }, visit, deps);
  if (started.outcome === 'failed') {
    logFailure(visit, provider, started);
    return failedAnswer(provider, started.fault, { purpose, next, invitation });
  }
  return { seeOther: started.url };
}

/** POST: a form of the provider's own page comes without our cookies, so the browser is sent to the same by GET (`SameSite=Lax`). */
function receiveForm(visit: Visit, callback: string, provider: ProviderName, deps: ElsewhereRouteDeps): Answer {
  const fields = ANSWER_FIELDS.flatMap((name) => visit.form.getAll(name).map((value) => [name, value]));
  const sealed = deps.elsewhereSealing.seal(
    `${FORM_POST}/${provider.id}`,
    JSON.stringify({
      answer: new URLSearchParams(fields).toString(),
      expiresAtMs: deps.clock() + FORM_POST_LIFETIME_MS,
    }),
  );
  return { seeOther: `${callback}?${new URLSearchParams({ [FORM_POST]: sealed })}`, leavesBrowserAlone: true };
}

function answerOf(visit: Visit, provider: ProviderName, deps: ElsewhereRouteDeps): URLSearchParams {
  const sealed = deps.elsewhere.answersByForm(provider.id) ? visit.query.get(FORM_POST) : null;
  if (sealed === null) return visit.query;
  const opened = deps.elsewhereSealing.open(`${FORM_POST}/${provider.id}`, sealed);
  if (opened === null) return new URLSearchParams();
  // Sealed above.
  const { answer, expiresAtMs } = JSON.parse(opened) as { readonly answer: string; readonly expiresAtMs: number };
  return new URLSearchParams(deps.clock() < expiresAtMs ? answer : '');
}

/** GET: the way back. */
async function finish(visit: Visit, provider: ProviderName, deps: ElsewhereRouteDeps): Promise<Answer> {
  const returned = await returnFromElsewhere(provider, answerOf(visit, provider, deps), visit.visitor, deps);
  switch (returned.outcome) {
    case 'stale':
      visit.request.log.info(
        { event: 'elsewhere_stale', provider: provider.id },
        'an answer from elsewhere fits no attempt',
      );
      return failedAnswer(provider, 'stale', { purpose: 'sign-in', next: null, invitation: null });
    case 'failed':
      logFailure(visit, provider, returned);
      return failedAnswer(provider, returned.fault, returned);
    case 'arrived':
      break;
    default:
      return returned satisfies never;
  }
  const { arrival, purpose: what } = returned;
  if (what === 'confirm') return confirm(visit, returned, deps);
  // The attempt was this browser's, so that it has a name.
  const visitor = { ...visit.visitor, browser: visit.browser };
  if (what === 'link') return { seeOther: linkUrl(sealArrival('link', arrival, visit.browser, deps)) };
  const purpose = await purposeOf(visit, arrival.next, deps);
  const asked = {
    twoFactors: purpose.pending?.twoFactors ?? false,
    locale: visit.localeIsChosen ? visit.locale : null,
  };
  const result = await signInElsewhere(arrival, asked, visitor, deps);
  return answerFor(result, visit, arrival.identity, purpose, deps);
}

/** ASVS 7.5.1: the session goes on as one that was proved a moment ago. */
async function confirm(
  visit: Visit,
  returned: Extract<Returned, { readonly outcome: 'arrived' }>,
  deps: ElsewhereRouteDeps,
): Promise<Answer> {
  const { arrival } = returned;
  const { next, identity } = arrival;
  const { provider } = identity;
  if (visit.signedIn === null) return { seeOther: loginUrl(next) };
  const { account } = visit.signedIn;
  const result = await confirmElsewhere(arrival, returned, visit.signedIn, deps);
  const refused = (reason: ElsewhereReason) => {
    visit.request.log.info(
      { event: 'identity_refused', accountId: account.id, provider: provider.id, reason },
      'identity not confirmed',
    );
    return reasonAnswer(403, reason, provider, { to: 'confirm', href: confirmUrl(next) });
  };
  switch (result.outcome) {
    case 'confirmed': {
      const line = { event: 'identity_confirmed', accountId: account.id, provider: provider.id };
      visit.request.log.info(line, 'identity confirmed');
      return { seeOther: next ?? HOME, setCookies: [deps.jar.write('session', result.secret)] };
    }
    case 'other_account':
      return refused('other-account');
    case 'not_anew':
      return refused('not-anew');
    case 'by_own_factor':
      return { seeOther: confirmUrl(next) };
    case 'not_found':
      return { seeOther: loginUrl(next) };
    default:
      return result satisfies never;
  }
}

function confirmUrl(next: string | null): string {
  return next === null ? '/account/confirm/' : `/account/confirm/?${new URLSearchParams({ next })}`;
}

/** Where an outcome leads. */
export async function answerFor(
  result: SignInElsewhereResult | Exclude<SignUpElsewhereResult, { readonly outcome: 'refused' }>,
  visit: Visit,
  { provider }: { readonly provider: ProviderName },
  purpose: Purpose,
  deps: ElsewhereRouteDeps,
): Promise<Answer> {
  const refused = (status: number, reason: ElsewhereReason, domains: readonly string[] = []) => {
    visit.request.log.info({ event: 'sign_in_elsewhere_refused', provider: provider.id, reason }, 'refused');
    return reasonAnswer(status, reason, provider, { to: 'sign-in', href: loginUrl(purpose.next) }, domains);
  };
  switch (result.outcome) {
    case 'signed_in': {
      const { account, started, isNew } = result;
      const { amr } = started.session;
      visit.request.log.info(
        { event: 'sign_in', accountId: account.id, amr, provider: provider.id, isNew },
        'signed in',
      );
      return signedInAnswer(
        visit,
        isNew ? { ...purpose, next: purpose.next ?? `${HOME}?done=signed-up` } : purpose,
        result,
        deps,
      );
    }
    case 'second_step':
      return secondStepAnswer(visit, purpose, result.step, deps);
    case 'unverified':
      return { seeOther: checkMailUrl(purpose.next) };
    case 'link_first':
      return { seeOther: `/login/?next=${encodeURIComponent(linkUrl(result.arrival))}&done=link-first` };
    case 'see_invitation':
      return { seeOther: invitationUrl(result.token) };
    case 'choose':
      return { seeOther: `${SIGN_UP_ELSEWHERE}?${new URLSearchParams({ arrival: result.arrival })}` };
    case 'limited':
      return retryLaterAnswer(429, result.retryAfterSeconds);
    case 'disabled':
      return refused(403, 'disabled');
    case 'sign_up_closed':
      return refused(403, deps.byInvitation ? 'invitation' : 'closed');
    case 'other_domain':
      return refused(403, 'domain', result.domains);
    case 'stale':
      return failedAnswer(provider, 'stale', { purpose: 'sign-in', next: purpose.next, invitation: null });
    default:
      return result satisfies never;
  }
}

function logFailure(
  visit: Visit,
  provider: ProviderName,
  { fault, code, detail, hint }: { fault: ElsewhereFault; code: string; detail: string; hint: string | null },
): void {
  const line = { event: 'sign_in_elsewhere_failed', provider: provider.id, code, detail, hint };
  if (fault === 'cancelled' || fault === 'stale') visit.request.log.info(line, 'a sign-in elsewhere was not completed');
  else visit.request.log.warn(line, 'a sign-in elsewhere failed');
}

const FAULTS: Readonly<Record<ElsewhereFault, readonly [status: number, reason: ElsewhereReason]>> = {
  // No mistake of anybody's.
  cancelled: [200, 'cancelled'],
  stale: [400, 'stale'],
  unreachable: [502, 'unreachable'],
  not_accepted: [403, 'not-accepted'],
  broken: [502, 'broken'],
};

function failedAnswer(
  provider: ProviderName,
  fault: ElsewhereFault,
  { purpose, next, invitation }: Pick<ElsewhereAttempt, 'purpose' | 'next' | 'invitation'>,
): Answer {
  const [status, reason] = FAULTS[fault];
  if (purpose === 'link') return reasonAnswer(status, reason, provider, { to: 'linked', href: '/account/linked/' });
  if (purpose === 'confirm') return reasonAnswer(status, reason, provider, { to: 'confirm', href: confirmUrl(next) });
  const again = invitation === null ? (next === null ? {} : { next }) : { invitation };
  const query = next === null ? '' : `?${new URLSearchParams(again)}`;
  const isWorthAnother = fault === 'cancelled' || fault === 'stale' || fault === 'unreachable';
  return isWorthAnother
    ? reasonAnswer(status, reason, provider, { to: 'start-again', href: `/accounts/${provider.id}/login/${query}` })
    : reasonAnswer(status, reason, provider, { to: 'sign-in', href: loginUrl(next) });
}

/** The page that says why a sign-in elsewhere came to nothing. */
export function reasonAnswer(
  status: number,
  reason: ElsewhereReason,
  provider: ProviderName,
  wayOn: Extract<ErrorCase, { readonly kind: 'elsewhere' }>['wayOn'],
  domains: readonly string[] = [],
): Answer {
  return errorAnswer(status, { kind: 'elsewhere', reason, provider: provider.name, wayOn, domains });
}

function loginUrl(next: string | null): string {
  return next === null ? '/login/' : `/login/?next=${encodeURIComponent(next)}`;
}

function linkUrl(arrival: string): string {
  return `${LINK}?${new URLSearchParams({ arrival })}`;
}
