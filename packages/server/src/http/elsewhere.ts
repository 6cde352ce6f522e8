/**
 * `/accounts/<provider>/login/` and below: signing in by an account elsewhere; `/accounts/social/signup/`: the username of a new person.
 *
 * Owns these pages and where they lead. A start is a link, so that nothing posts to another site; whatever it leads to that matters
 * (a link between two accounts) is confirmed on a page of ours. The flow is `accounts/sign-in-elsewhere.ts`.
 */
import { type Arrival, type ElsewherePurpose, sealArrival } from '../accounts/elsewhere-attempts.ts';
import type { ElsewhereFault, ProviderName } from '../accounts/ports/elsewhere.ts';
import type { SecondStepViewDeps } from '../accounts/second-step.ts';
import {
  returnFromElsewhere,
  type SignInElsewhereDeps,
  type SignInElsewhereResult,
  type SignUpElsewhereResult,
  signInElsewhere,
  signUpElsewhere,
  startElsewhere,
  viewSignUpElsewhere,
} from '../accounts/sign-in-elsewhere.ts';
import type { ElsewhereReason, ErrorCase } from '../pages/models/page.ts';
import type { ProviderLink } from '../pages/models/sign-in.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { localAddress } from './local-address.ts';
import { checkMailUrl } from './mail-urls.ts';
import type { People } from './people.ts';
import { secondStepAnswer } from './second-step.ts';
import {
  applicationOf,
  HOME,
  languageOf,
  type Purpose,
  purposeOf,
  type SignedInDeps,
  signedInAnswer,
} from './signed-in.ts';
import { type Answer, errorAnswer, retryLaterAnswer, type Visit } from './visit.ts';

/** What they use. */
export type ElsewhereRouteDeps = SignInElsewhereDeps &
  SignedInDeps &
  SecondStepViewDeps & {
    /** Where sign-up is closed: whoever was invited makes an account. */
    readonly byInvitation: boolean;
  };

/** The page on which a new person chooses a username. */
const SIGN_UP = '/accounts/social/signup/';
/** The page on which a link is confirmed (`linked.ts`). */
const LINK = '/account/linked/add/';
/** The query parameter that carries an answer that came as a form. */
const FORM_POST = 'form_post';
/** The parameters of an answer (RFC 6749 §4.1.2, RFC 9207), and Apple's `user`. */
const ANSWER_FIELDS = ['code', 'state', 'iss', 'error', 'user'];
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

/** Registers the routes; without providers there are none. */
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
  if (deps.elsewhere.providers.length === 0) return;
  people.open(SIGN_UP, {
    get: async (visit) => {
      const arrival = visit.query.get('arrival') ?? '';
      const purpose = await purposeOfArrival(visit, arrival, deps);
      return signUpAnswer(visit, arrival, purpose, viewProblems(visit, arrival, deps), deps);
    },
    post: (visit) => postSignUp(visit, deps),
  });
}

/** GET: to the provider, at once. */
async function start(visit: Visit, provider: ProviderName, deps: ElsewhereRouteDeps): Promise<Answer> {
  const purpose: ElsewherePurpose = visit.query.get('process') === 'connect' ? 'link' : 'sign-in';
  const next = localAddress(visit.query.get('next'), deps.ownOrigin);
  // ASVS 7.6.2: another site begins no session in this browser; it takes a click on a page of ours.
  if (visit.request.headers['sec-fetch-site'] === 'cross-site' || (purpose === 'link' && visit.signedIn === null)) {
    const target = purpose === 'link' ? '/account/linked/' : next;
    return { seeOther: target === null ? '/login/' : `/login/?next=${encodeURIComponent(target)}` };
  }
  const started = await startElsewhere(provider, { purpose, next }, visit, deps);
  if (started.outcome === 'failed') {
    logFailure(visit, provider, started);
    return failedAnswer(provider, started.fault, { purpose, next });
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
      return failedAnswer(provider, 'stale', { purpose: 'sign-in', next: null });
    case 'failed':
      logFailure(visit, provider, returned);
      return failedAnswer(provider, returned.fault, returned);
    case 'arrived':
      break;
    default:
      return returned satisfies never;
  }
  const { arrival, purpose: what } = returned;
  // The attempt was this browser's, so that it has a name.
  const visitor = { ...visit.visitor, browser: visit.browser };
  if (what === 'link') return { seeOther: linkUrl(sealArrival('link', arrival, visit.browser, deps)) };
  const purpose = await purposeOf(visit, arrival.next, deps);
  const asked = {
    twoFactors: purpose.pending?.twoFactors ?? false,
    locale: visit.localeIsChosen ? visit.locale : null,
  };
  const result = await signInElsewhere(arrival, asked, visitor, deps);
  return answerFor(result, visit, arrival, purpose, deps);
}

async function answerFor(
  result: SignInElsewhereResult | Exclude<SignUpElsewhereResult, { readonly outcome: 'refused' }>,
  visit: Visit,
  arrival: Pick<Arrival, 'identity' | 'next'> | { readonly identity: { readonly provider: ProviderName } },
  purpose: Purpose,
  deps: ElsewhereRouteDeps,
): Promise<Answer> {
  const { provider } = arrival.identity;
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
    case 'choose':
      return { seeOther: `${SIGN_UP}?${new URLSearchParams({ arrival: result.arrival })}` };
    case 'limited':
      return retryLaterAnswer(429, result.retryAfterSeconds);
    case 'disabled':
      return refused(403, 'disabled');
    case 'sign_up_closed':
      return refused(403, deps.byInvitation ? 'invitation' : 'closed');
    case 'other_domain':
      return refused(403, 'domain', result.domains);
    case 'stale':
      return failedAnswer(provider, 'stale', { purpose: 'sign-in', next: purpose.next });
    default:
      return result satisfies never;
  }
}

async function purposeOfArrival(visit: Visit, arrival: string, deps: ElsewhereRouteDeps): Promise<Purpose> {
  return purposeOf(visit, viewSignUpElsewhere(arrival, visit.visitor, deps)?.next ?? null, deps);
}

/** Why the page is here: the name that the provider said is taken, or was none. */
function viewProblems(visit: Visit, arrival: string, deps: ElsewhereRouteDeps): Shown {
  const view = viewSignUpElsewhere(arrival, visit.visitor, deps);
  if (view === null || view.username === '' || view.asksForEmail) return NO_PROBLEMS;
  return { fieldProblems: { username: { key: 'problem.username.taken' } }, formProblem: null };
}

type Shown = ShownProblems<'username' | 'email'>;

function signUpAnswer(
  visit: Visit,
  arrival: string,
  purpose: Purpose,
  problems: Shown,
  deps: ElsewhereRouteDeps,
): Extract<Answer, { readonly page: unknown }> {
  const view = viewSignUpElsewhere(arrival, visit.visitor, deps);
  if (view === null)
    return errorAnswer(400, { kind: 'sign-in-expired' }) as Extract<Answer, { readonly page: unknown }>;
  const { provider, label, username, asksForEmail } = view;
  const sent = visit.request.method === 'POST';
  const values = { username: sent ? text(visit.form, 'username') : username, email: text(visit.form, 'email') };
  return {
    page: {
      page: 'elsewhere-sign-up',
      form: { values, ...problems },
      provider: provider.name,
      label,
      asksForEmail,
      arrival,
      application: applicationOf(purpose),
    },
    ...languageOf(visit, purpose),
  };
}

async function postSignUp(visit: Visit, deps: ElsewhereRouteDeps): Promise<Answer> {
  const sealed = text(visit.form, 'arrival');
  const view = viewSignUpElsewhere(sealed, visit.visitor, deps);
  if (view === null) return errorAnswer(400, { kind: 'sign-in-expired' });
  const purpose = await purposeOf(visit, view.next, deps);
  const input = {
    sealed,
    username: text(visit.form, 'username'),
    email: text(visit.form, 'email'),
    locale: visit.localeIsChosen ? visit.locale : null,
  };
  const asked = { twoFactors: purpose.pending?.twoFactors ?? false };
  const result = await signUpElsewhere(input, asked, visit.visitor, deps);
  if (result.outcome === 'refused') {
    return signUpAnswer(visit, sealed, purpose, shownProblems(result.problems, ['username', 'email']), deps);
  }
  if (result.outcome === 'limited') {
    const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
    const headers = { 'retry-after': String(result.retryAfterSeconds) };
    return { ...signUpAnswer(visit, sealed, purpose, problems, deps), status: 429, headers };
  }
  return answerFor(result, visit, { identity: view }, purpose, deps);
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
  { purpose, next }: { readonly purpose: ElsewherePurpose; readonly next: string | null },
): Answer {
  const [status, reason] = FAULTS[fault];
  if (purpose === 'link') return reasonAnswer(status, reason, provider, { to: 'linked', href: '/account/linked/' });
  const query = next === null ? '' : `?${new URLSearchParams({ next })}`;
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
