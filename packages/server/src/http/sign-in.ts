/**
 * `/login/`, `/signup/` and `/logout/`: the pages that start and end a session.
 *
 * Owns these pages. The flows are `accounts/sign-in.ts`, `accounts/sign-up.ts`, `accounts/sessions.ts`; where they lead
 * afterwards is `signed-in.ts`.
 */

import { type AttemptDeps, countAttempt } from '../accounts/attempt-limits.ts';

import { emailKeyOf } from '../accounts/email-address.ts';
import { PASSWORD_CHARACTERS_ADVISED, PASSWORD_CHARACTERS_MIN } from '../accounts/password-policy.ts';
import type { Elsewhere } from '../accounts/ports/elsewhere.ts';
import type { Account } from '../accounts/ports.ts';
import type { FieldProblem, Limited } from '../accounts/problems.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import type { SecondStepViewDeps } from '../accounts/second-step.ts';
import { type SignInDeps, signIn } from '../accounts/sign-in.ts';
import { type SignUpDeps, signUp } from '../accounts/sign-up.ts';
import { mailAttempts, mailVerification } from '../accounts/verify-address.ts';
import type { PasswordRule } from '../pages/models/context.ts';
import type { SignInPage, SignUpPage } from '../pages/models/sign-in.ts';
import { providerLinks } from './elsewhere.ts';
import { busyProblem, limitedProblem, NO_PROBLEMS, type ShownProblems, shownProblems, text, typed } from './forms.ts';
import { checkMailUrl } from './mail-urls.ts';
import type { People } from './people.ts';
import { fieldViews, otherProblems, typedFields } from './profile-fields.ts';
import { secondStepAnswer } from './second-step.ts';
import {
  applicationOf,
  formActionOf,
  HOME,
  keptIn,
  languageOf,
  type Purpose,
  purposeOf,
  type SignedInDeps,
  signedInAnswer,
} from './signed-in.ts';
import { type SignedOutDeps, signedOutAnswer } from './signed-out.ts';
import type { Answer, Visit } from './visit.ts';

/** What they use. */
export type SignInRouteDeps = SignInDeps &
  SignUpDeps &
  SignedOutDeps &
  SignedInDeps & {
    readonly signUpIsOpen: boolean;
    /** Sign-up is closed, and its page says that invitations are the way in. */
    readonly byInvitation: boolean;
    readonly elsewhere: Elsewhere;
    /** False: this server has no mail. */
    readonly hasMail: boolean;
    /** Whether a code may be mailed in place of the password. */
    readonly signInByMail: boolean;
  } & SecondStepViewDeps;

export const PASSWORD_RULE: PasswordRule = {
  minimum: PASSWORD_CHARACTERS_MIN,
  advised: PASSWORD_CHARACTERS_ADVISED,
};

/** Registers the routes. */
export function signInRoutes(people: People, deps: SignInRouteDeps): void {
  people.open('/login/', {
    get: async (visit) => {
      const purpose = await purposeOf(visit, visit.query.get('next'), deps);
      // Somebody who is signed in has nothing to do here, unless an application asked for a fresh sign-in.
      if (visit.signedIn !== null && purpose.pending === null) return { seeOther: purpose.next ?? HOME };
      return signInAnswer(visit, purpose, purpose.pending?.loginHint ?? '', NO_PROBLEMS, 200, deps);
    },
    post: (visit) => postSignIn(visit, deps),
  });
  people.open('/signup/', {
    get: async (visit) => {
      if (!deps.signUpIsOpen)
        return deps.byInvitation ? { page: { page: 'invitation-only' } } : { seeOther: '/login/' };
      const purpose = await purposeOf(visit, visit.query.get('next'), deps);
      if (visit.signedIn !== null && purpose.pending === null) return { seeOther: purpose.next ?? HOME };
      return signUpAnswer(visit, purpose, NO_PROBLEMS, 200, deps);
    },
    post: async (visit) => (deps.signUpIsOpen ? postSignUp(visit, deps) : { seeOther: '/signup/' }),
  });
  people.open('/logout/', {
    get: async (visit) =>
      visit.signedIn === null
        ? { page: { page: 'signed-out', told: [], frames: [], application: null } }
        : { page: { page: 'sign-out', action: '/logout/', hidden: [], application: null, stayUrl: HOME } },
    post: (visit) => signedOutAnswer(visit, null, deps),
  });
}

async function postSignIn(visit: Visit, deps: SignInRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const username = text(visit.form, 'username');
  const again = (problems: ShownProblems<'username' | 'password'>, status: number) =>
    signInAnswer(visit, purpose, username, problems, status, deps);
  const twoFactors = purpose.pending?.twoFactors ?? false;
  const input = { username, password: text(visit.form, 'password'), twoFactors };
  const result = await signIn(input, visit.visitor, deps);
  switch (result.outcome) {
    case 'signed_in':
      visit.request.log.info(
        { event: 'sign_in', accountId: result.account.id, amr: result.started.session.amr },
        'signed in',
      );
      return signedInAnswer(visit, purpose, result, deps);
    case 'second_step':
      return secondStepAnswer(visit, purpose, result.step, deps);
    case 'refused':
      visit.request.log.info({ event: 'sign_in_refused', address: visit.visitor.networkAddress }, 'sign-in refused');
      // 200, as Django's form answers: the page is the answer, and a password manager reads any 4xx as its own failure.
      return again(shownProblems(result.problems, ['username', 'password']), 200);
    case 'unverified':
      await mailAgain(result.account, visit, purpose.next, deps);
      return { seeOther: checkMailUrl(purpose.next) };
    case 'limited':
      visit.request.log.warn({ event: 'sign_in_limited', address: visit.visitor.networkAddress }, 'sign-in limited');
      return withRetryAfter(
        again({ fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) }, 429),
        result,
      );
    case 'busy':
      return withRetryAfter(
        again({ fieldProblems: {}, formProblem: busyProblem(result.retryAfterSeconds) }, 503),
        result,
      );
    default:
      return result satisfies never;
  }
}

/** Right password, address not verified: another message goes out, unless enough did. The answer is the same either way. */
export async function mailAgain(
  account: Account,
  visit: Visit,
  next: string | null,
  deps: Parameters<typeof mailVerification>[3] & AttemptDeps,
): Promise<void> {
  const { id, username, zoneInfo, email } = account;
  if (email === null) return;
  const key = emailKeyOf(email);
  if ((await countAttempt(mailAttempts(key, visit.visitor), deps)).outcome === 'limited') return;
  const locale = account.locale ?? visit.locale;
  const whose = { accountId: id, username, locale, zoneInfo, address: email, key };
  await mailVerification(whose, { browser: visit.browser }, next, deps);
}

/** What led here, where it was a mailed link or an account elsewhere. */
function entryNotice(visit: Visit): 'email-verified' | 'password-reset' | 'link-first' | null {
  const done = visit.query.get('done');
  return done === 'email-verified' || done === 'password-reset' || done === 'link-first' ? done : null;
}

async function postSignUp(visit: Visit, deps: SignInRouteDeps): Promise<Answer> {
  const purpose = await purposeOf(visit, visit.form.get('next'), deps);
  const again = (problems: ShownProblems<(typeof SIGN_UP_FIELDS)[number]>, status: number) =>
    signUpAnswer(visit, purpose, problems, status, deps);
  const asked = fieldsOfPerson(deps.profileFields, 'sign-up');
  const result = await signUp(
    {
      username: text(visit.form, 'username'),
      email: text(visit.form, 'email'),
      firstName: text(visit.form, 'first_name'),
      lastName: text(visit.form, 'last_name'),
      password: text(visit.form, 'password'),
      fields: typedFields(visit.form, asked),
      locale: visit.locale,
      next: purpose.next,
    },
    { ...visit.visitor, browser: visit.browser },
    deps,
  );
  switch (result.outcome) {
    case 'signed_up':
      visit.request.log.info({ event: 'sign_up', accountId: result.accountId }, 'signed up');
      return {
        seeOther: purpose.next ?? `${HOME}?done=signed-up`,
        setCookies: [deps.jar.write('session', result.started.secret)],
      };
    case 'refused':
      return signUpAnswer(
        visit,
        purpose,
        shownProblems(otherProblems(result.problems, asked), SIGN_UP_FIELDS),
        200,
        deps,
        result.problems,
      );
    case 'limited':
      return withRetryAfter(
        again({ fieldProblems: {}, formProblem: limitedProblem(result.retryAfterSeconds) }, 429),
        result,
      );
    case 'busy':
      return withRetryAfter(
        again({ fieldProblems: {}, formProblem: busyProblem(result.retryAfterSeconds) }, 503),
        result,
      );
    case 'check_mail':
      return { seeOther: checkMailUrl(purpose.next) };
    default:
      return result satisfies never;
  }
}

const SIGN_UP_FIELDS = ['username', 'email', 'first_name', 'last_name', 'password'] as const;

/** The sign-in page, with what was wrong. */
export function signInAnswer(
  visit: Visit,
  purpose: Purpose,
  username: string,
  problems: ShownProblems<'username' | 'password'>,
  status: number,
  deps: Pick<SignInRouteDeps, 'signUpIsOpen' | 'hasMail' | 'signInByMail' | 'relyingParty' | 'elsewhere'>,
): Extract<Answer, { page: unknown }> {
  const page: SignInPage = {
    page: 'sign-in',
    form: { values: { username }, ...problems },
    next: purpose.next,
    application: applicationOf(purpose),
    signUpIsOpen: deps.signUpIsOpen && keptIn(visit) === null,
    canReset: deps.hasMail && keptIn(visit) === null,
    byMail: deps.signInByMail && keptIn(visit) === null,
    takesPasskeys: deps.relyingParty !== null,
    kept: keptIn(visit),
    notice: keptIn(visit) === null ? entryNotice(visit) : 'typed-kept',
    // The form that is kept would be lost on the way.
    elsewhere: keptIn(visit) === null ? providerLinks(purpose.next, deps) : [],
  };
  return { page, status, ...formActionOf(purpose), ...languageOf(visit, purpose) };
}

function signUpAnswer(
  visit: Visit,
  purpose: Purpose,
  problems: ShownProblems<(typeof SIGN_UP_FIELDS)[number]>,
  status: number,
  deps: Pick<SignInRouteDeps, 'profileFields' | 'elsewhere'>,
  found: readonly FieldProblem[] = [],
): Extract<Answer, { page: unknown }> {
  const { profileFields } = deps;
  const asked = fieldsOfPerson(profileFields, 'sign-up');
  const page: SignUpPage = {
    page: 'sign-up',
    form: { values: typed(visit.form, ['username', 'email', 'first_name', 'last_name']), ...problems },
    fields: fieldViews(asked, typedFields(visit.form, asked), found),
    next: purpose.next,
    application: applicationOf(purpose),
    passwordRule: PASSWORD_RULE,
    elsewhere: providerLinks(purpose.next, deps),
  };
  return { page, status, ...formActionOf(purpose), ...languageOf(visit, purpose) };
}

/** Tells client programs and browsers when to come back (RFC 9110 §10.2.3). */
export function withRetryAfter(
  answer: Extract<Answer, { page: unknown }>,
  limit: Pick<Limited, 'retryAfterSeconds'>,
): Answer {
  return { ...answer, headers: { 'retry-after': String(limit.retryAfterSeconds) } };
}
