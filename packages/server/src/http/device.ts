/**
 * `/o/device/` and below: where a person types the code of their device and answers for it (RFC 8628 §3.3).
 *
 * Owns the pages' way: sign-in first, then the code, then the question, then where to go. Guesses are counted here, at both
 * places that take a code (§5.1). Whose a device is, and what becomes of it, is `protocol/device-verification.ts`.
 */
import {
  type Attempt,
  type AttemptDeps,
  attemptAt,
  countAttempt,
  takeBackAttempt,
} from '../accounts/attempt-limits.ts';
import type { AccountStore } from '../accounts/ports.ts';
import { networkOf } from '../accounts/visitor.ts';
import { problem } from '../pages/messages.ts';
import type { UserCodeField } from '../pages/models/authorization.ts';
import { deviceQuestion } from '../protocol/consent-question.ts';
import {
  type DeviceVerificationDeps,
  decideDevice,
  openDevice,
  type WaitingDevice,
} from '../protocol/device-verification.ts';
import { mayEnter } from '../protocol/group-access.ts';
import type { SessionView } from '../protocol/ports/people.ts';
import { shownResources } from '../protocol/resource-indicators.ts';
import type { ScopeRegistry } from '../protocol/scopes.ts';
import { fallsShort, type SecondFactorReader } from '../protocol/second-factor.ts';
import { shownUserCode, typedUserCode } from '../protocol/user-code.ts';
import type { Secret } from '../vocabulary/credentials.ts';
import type { ProfileFields } from '../vocabulary/profile-field.ts';
import { accessOf, applicationName, linksOf, notInGroup, ownerOf } from './authorize.ts';
import { detailViews } from './detail-views.ts';
import { limitedProblem, NO_PROBLEMS, type ShownProblems, text } from './forms.ts';
import type { People } from './people.ts';
import { scopeViews } from './scope-views.ts';
import { type Answer, errorAnswer, type SignedInVisit } from './visit.ts';

/** What they use. */
export interface DeviceRouteDeps extends DeviceVerificationDeps, AttemptDeps {
  readonly profileFields: ProfileFields;
  readonly accounts: Pick<AccountStore, 'findAccount'>;
  readonly scopes: ScopeRegistry;
  readonly factors: SecondFactorReader;
}

/** So much of what was typed is shown again. */
const SHOWN_CHARACTERS_MAX = 64;

/** Registers the routes. */
export function deviceRoutes(people: People, deps: DeviceRouteDeps): void {
  people.signedIn('/o/device/', {
    // §3.3.1: a link brings the code along and opens nothing; the person compares it and sends it.
    get: async (visit) => {
      const linked = visit.query.get('user_code');
      const code = linked === null ? null : typedUserCode(linked);
      return codeAnswer(code === null ? '' : shownUserCode(code), NO_PROBLEMS, { cameByLink: code !== null });
    },
    post: (visit) =>
      withCode(visit, deps, async (code) => {
        const device = await openDevice(code, sessionOf(visit), deps);
        if (device === null) return null;
        const { id, username } = visit.signedIn.account;
        if (!(await mayEnter(device.application, id, deps.groups))) {
          return errorAnswer(403, notInGroup(device.application, username, null));
        }
        return (await secondFactorFirst(visit, code, device, deps)) ?? questionAnswer(visit, code, device, deps);
      }),
  });
  people.signedIn('/o/device/decision/', {
    get: async () => ({ seeOther: '/o/device/' }),
    post: (visit) =>
      withCode(visit, deps, async (code) => {
        const given = visit.form.has('allow')
          ? ({ allowed: true, question: visit.form.get('question') } as const)
          : ({ allowed: false } as const);
        const decision = await decideDevice(code, given, sessionOf(visit), deps);
        if (decision.outcome === 'not_found') return null;
        if (decision.outcome === 'changed') return questionAnswer(visit, code, decision.device, deps);
        const { outcome, application } = decision;
        const accountId = visit.signedIn.account.id;
        visit.request.log.info({ event: `device_${outcome}`, accountId, clientId: application?.clientId }, 'device');
        return { seeOther: `/o/device/${outcome}/` };
      }),
  });
  for (const outcome of ['allowed', 'denied'] as const) {
    people.signedIn(`/o/device/${outcome}/`, {
      get: async () => ({ page: { page: 'device-result', allowed: outcome === 'allowed' } }),
    });
  }
}

/**
 * Of an application that wants two factors, where the sign-in was by one: the second is proved, or set up, and the code is there again
 * afterwards. null: nothing is missing.
 */
async function secondFactorFirst(
  visit: SignedInVisit,
  code: Secret<'user_code'>,
  { application }: WaitingDevice,
  deps: DeviceRouteDeps,
): Promise<Answer | null> {
  const session = sessionOf(visit);
  if (!fallsShort(application, session)) return null;
  const shown = shownUserCode(code);
  const next = `/o/device/?user_code=${encodeURIComponent(shown)}`;
  if (await deps.factors.hasFactor(session.accountId)) {
    return { seeOther: `/account/confirm/?next=${encodeURIComponent(next)}` };
  }
  return {
    page: {
      page: 'set-up-factor',
      application: applicationName(application),
      byGroup: false,
      next,
      turnBack: { action: '/o/device/decision/', hidden: [{ name: 'user_code', value: shown }] },
      goOnUrl: null,
      switchAccountUrl: null,
    },
  };
}

/** Hands on a code that was typed, once it is counted as a guess; null from the step means that the guess was wrong. */
async function withCode(
  visit: SignedInVisit,
  deps: DeviceRouteDeps,
  step: (code: Secret<'user_code'>) => Promise<Answer | null>,
): Promise<Answer> {
  const typed = text(visit.form, 'user_code').slice(0, SHOWN_CHARACTERS_MAX);
  const code = typedUserCode(typed);
  // What cannot be a code is no guess.
  if (code === null) return codeAnswer(typed, typed.trim() === '' ? MISSING : UNKNOWN);
  const attempts: readonly Attempt[] = [
    attemptAt('deviceCodeAccount', visit.signedIn.account.id),
    attemptAt('deviceCodeNetwork', networkOf(visit.visitor.networkAddress)),
  ];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') {
    visit.request.log.warn({ event: 'device_code_limited', accountId: visit.signedIn.account.id }, 'guesses limited');
    const { retryAfterSeconds } = counted;
    return codeAnswer(
      typed,
      { fieldProblems: {}, formProblem: limitedProblem(retryAfterSeconds) },
      { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } },
    );
  }
  const answer = await step(code);
  if (answer === null) return codeAnswer(typed, UNKNOWN);
  await takeBackAttempt(attempts, deps);
  return answer;
}

const UNKNOWN: ShownProblems<UserCodeField> = {
  fieldProblems: { user_code: problem('problem.userCode.unknown') },
  formProblem: null,
};
const MISSING: ShownProblems<UserCodeField> = {
  fieldProblems: { user_code: problem('problem.required') },
  formProblem: null,
};

function codeAnswer(
  typed: string,
  problems: ShownProblems<UserCodeField>,
  options: {
    readonly cameByLink?: boolean;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Answer {
  const { cameByLink = false, ...rest } = options;
  return { page: { page: 'device-code', form: { values: { user_code: typed }, ...problems }, cameByLink }, ...rest };
}

async function questionAnswer(
  visit: SignedInVisit,
  code: Secret<'user_code'>,
  device: WaitingDevice,
  deps: DeviceRouteDeps,
): Promise<Answer> {
  const { application } = device;
  const { account } = visit.signedIn;
  return {
    page: {
      page: 'device-consent',
      userCode: shownUserCode(code),
      question: deviceQuestion(device),
      application: applicationName(application),
      owner: await ownerOf(application, deps.accounts),
      links: linksOf(application),
      scopes: scopeViews(device.scope, deps),
      details: detailViews(device.context?.authorizationDetails ?? [], deps.detailTypes),
      resources: shownResources(device.context?.resources ?? []),
      account: {
        username: account.username,
        firstName: account.firstName,
        lastName: account.lastName,
        email: account.email,
      },
      access: accessOf(application),
      device: {
        networkAddress: device.networkAddress,
        userAgent: device.userAgent,
        askedAtMs: device.issuedAtMs,
      },
    },
  };
}

function sessionOf({ signedIn }: SignedInVisit): SessionView {
  const { session, account } = signedIn;
  return { sessionId: session.id, accountId: account.id, authTimeMs: session.authTimeMs, amr: session.amr };
}
