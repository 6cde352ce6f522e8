/**
 * `/email/verify/` and `/password/reset/`: the pages behind mailed links, and those that have one mailed.
 *
 * A GET changes nothing, so that what opens links by itself uses none up (D33); the links carry their token in the query, which is not
 * logged (`request-target.ts`) and goes into no Referer (`security-headers.ts`). The flows are `accounts/verify-address.ts` and
 * `accounts/reset-password.ts`.
 */
import type { AccountEvents } from '../accounts/ports/events.ts';
import type { Notices } from '../accounts/ports/mail.ts';
import {
  type AskForResetDeps,
  askForReset,
  type ResetPasswordDeps,
  resetPassword,
  viewReset,
} from '../accounts/reset-password.ts';
import {
  type ConfirmDeps,
  type ConfirmResult,
  confirmByCode,
  confirmByLink,
  viewVerification,
} from '../accounts/verify-address.ts';
import { accountId } from '../vocabulary/identifiers.ts';
import type { CookieJar } from './cookies.ts';
import { busyProblem, limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text } from './forms.ts';
import { localAddress } from './local-address.ts';
import type { People } from './people.ts';
import { PASSWORD_RULE } from './sign-in.ts';
import { type Answer, errorAnswer, type Visit } from './visit.ts';

/** What they use. */
export interface MailedLinkRouteDeps extends ConfirmDeps, AskForResetDeps, ResetPasswordDeps {
  readonly notices: Notices;
  readonly events: AccountEvents;
  /** False: this server has no mail, and people are told whom to ask. */
  readonly hasMail: boolean;
  readonly jar: CookieJar;
  readonly ownOrigin: string;
}

/** Registers the routes. */
export function mailedLinkRoutes(people: People, deps: MailedLinkRouteDeps): void {
  people.open(
    '/email/verify/',
    {
      get: async (visit) => {
        const token = visit.query.get('token');
        const next = localAddress(visit.query.get('next'), deps.ownOrigin);
        return token === null ? checkMailAnswer(visit, next, NO_PROBLEMS) : verifyAnswer(visit, token, next, deps);
      },
      post: (visit) => postVerification(visit, deps),
    },
    { head: 'refused' },
  );
  people.open(
    '/password/reset/',
    {
      get: async (visit) => {
        const token = visit.query.get('token');
        if (token !== null) return newPasswordAnswer(token, NO_PROBLEMS, deps);
        return resetAskAnswer('', NO_PROBLEMS, deps);
      },
      post: (visit) => (visit.form.get('token') === null ? postReset(visit, deps) : postNewPassword(visit, deps)),
    },
    { head: 'refused' },
  );
}

/** RFC 9110 §15.5.11: it was good once, or may have been. */
const DEAD_LINK: Answer = errorAnswer(410, { kind: 'mailed-link' });

function checkMailAnswer(
  visit: Visit,
  next: string | null,
  problems: ShownProblems<'code'>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const form = { values: { code: text(visit.form, 'code').slice(0, 40) }, ...problems };
  return { page: { page: 'check-mail', form, next }, status, headers };
}

async function verifyAnswer(
  visit: Visit,
  token: string,
  next: string | null,
  deps: MailedLinkRouteDeps,
): Promise<Answer> {
  const view = await viewVerification(token, visit.signedIn, deps);
  switch (view.outcome) {
    case 'found':
      return { page: { page: 'verify-address', username: view.username, address: view.address, token, next } };
    case 'sign_in_first':
      return signInFirst(visit, token);
    case 'not_found':
      return DEAD_LINK;
    default:
      return view satisfies never;
  }
}

/** Somebody else who is signed in here is told that it is not theirs to confirm. */
function signInFirst(visit: Visit, token: string): Answer {
  if (visit.signedIn !== null) return errorAnswer(403, { kind: 'forbidden' });
  return { seeOther: `/login/?next=${encodeURIComponent(`/email/verify/?token=${encodeURIComponent(token)}`)}` };
}

async function postVerification(visit: Visit, deps: MailedLinkRouteDeps): Promise<Answer> {
  const token = visit.form.get('token');
  const next = localAddress(visit.form.get('next'), deps.ownOrigin);
  if (token !== null) {
    return verifiedAnswer(visit, await confirmByLink(token, visit.visitor, visit.signedIn, deps), token, next, deps);
  }
  const result = await confirmByCode(text(visit.form, 'code'), visit.visitor, visit.signedIn, deps);
  switch (result.outcome) {
    case 'refused':
      return checkMailAnswer(visit, next, shownProblems(result.problems, ['code']));
    case 'limited': {
      const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
      return checkMailAnswer(visit, next, problems, 429, { 'retry-after': String(result.retryAfterSeconds) });
    }
    default:
      return verifiedAnswer(visit, result, '', next, deps);
  }
}

async function verifiedAnswer(
  visit: Visit,
  result: ConfirmResult,
  token: string,
  next: string | null,
  deps: MailedLinkRouteDeps,
): Promise<Answer> {
  switch (result.outcome) {
    case 'verified': {
      const { accountId: id, address, started } = result;
      visit.request.log.info({ event: 'address_verified', accountId: id }, 'address verified');
      await deps.events.record(id, { kind: 'address-verified', detail: address }, visit.visitor);
      if (result.isFurther) return { seeOther: '/account/email/?done=email-verified' };
      if (started !== null) {
        return {
          seeOther: next ?? '/account/?done=email-verified',
          setCookies: [deps.jar.write('session', started.secret)],
        };
      }
      if (visit.signedIn?.account.id === id) return { seeOther: next ?? '/account/email/?done=email-verified' };
      const query = new URLSearchParams({ done: 'email-verified', ...(next === null ? {} : { next }) });
      return { seeOther: `/login/?${query}` };
    }
    case 'sign_in_first':
      return signInFirst(visit, token);
    case 'taken':
    case 'not_found':
      return DEAD_LINK;
    default:
      return result satisfies never;
  }
}

function resetAskAnswer(
  email: string,
  problems: ShownProblems<'email'>,
  { hasMail }: Pick<MailedLinkRouteDeps, 'hasMail'>,
): Extract<Answer, { readonly page: unknown }> {
  return { page: { page: 'reset-ask', form: { values: { email }, ...problems }, hasMail } };
}

async function postReset(visit: Visit, deps: MailedLinkRouteDeps): Promise<Answer> {
  const email = text(visit.form, 'email');
  if (!deps.hasMail) return resetAskAnswer('', NO_PROBLEMS, deps);
  const result = await askForReset(email, visit.visitor, visit.locale, deps);
  switch (result.outcome) {
    case 'asked':
      visit.request.log.info(
        { event: 'reset_asked', address: visit.visitor.networkAddress },
        'password reset asked for',
      );
      return { page: { page: 'reset-sent' } };
    case 'refused':
      return resetAskAnswer(email, shownProblems(result.problems, ['email']), deps);
    case 'limited': {
      const problems = { fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) };
      const headers = { 'retry-after': String(result.retryAfterSeconds) };
      return { ...resetAskAnswer(email, problems, deps), status: 429, headers };
    }
    default:
      return result satisfies never;
  }
}

async function newPasswordAnswer(
  token: string,
  problems: ShownProblems<'password'>,
  deps: MailedLinkRouteDeps,
): Promise<Extract<Answer, { readonly page: unknown }>> {
  const view = await viewReset(token, deps);
  if (view === null) return errorAnswer(410, { kind: 'mailed-link' }) as Extract<Answer, { readonly page: unknown }>;
  const form = { values: {}, ...problems };
  return { page: { page: 'reset-password', form, token, username: view.username, passwordRule: PASSWORD_RULE } };
}

async function postNewPassword(visit: Visit, deps: MailedLinkRouteDeps): Promise<Answer> {
  const token = text(visit.form, 'token');
  const result = await resetPassword({ token, password: text(visit.form, 'password') }, deps);
  switch (result.outcome) {
    case 'reset':
      visit.request.log.info({ event: 'password_reset', accountId: result.accountId }, 'password reset');
      await deps.events.record(accountId(result.accountId), { kind: 'password-reset' }, visit.visitor);
      return { seeOther: '/login/?done=password-reset', setCookies: [deps.jar.write('session', null)] };
    case 'refused':
      return newPasswordAnswer(token, shownProblems(result.problems, ['password']), deps);
    case 'busy': {
      const problems = { fieldProblems: {}, formProblem: busyProblem(result.retryAfterSeconds) };
      const headers = { 'retry-after': String(result.retryAfterSeconds) };
      return { ...(await newPasswordAnswer(token, problems, deps)), status: 503, headers };
    }
    case 'not_found':
      return DEAD_LINK;
    default:
      return result satisfies never;
  }
}
