/**
 * The second step of every way in (ASVS 6.3.3, 6.3.4): whoever proved the first, by whichever way, gets a session at once where the
 * account has no second factor or the browser is trusted, or where the way was two factors by itself; and is asked for a passkey or
 * a code otherwise.
 *
 * Between the two steps nothing is stored: what the first one proved is sealed into the form, for ten minutes, for this browser
 * (ASVS 6.6.2) and the password as it was, and works once. There is no half a session that another page could take for a whole one.
 *
 * Owns the step. Codes are `factor-codes.ts`, passkeys `passkey-ceremonies.ts`, limits `attempt-limits.ts`.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { digestOf, presentedSecret } from '../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import { type FactorCodeDeps, useCode } from './factor-codes.ts';
import { isKnownBrowser, welcomeBrowser } from './known-browsers.ts';
import {
  assertionRequest,
  type CeremonyAnswer,
  type CeremonyDeps,
  type CeremonyRequest,
  proveAssertion,
} from './passkey-ceremonies.ts';
import type { FactorStore, OneTimeStore } from './ports/factors.ts';
import type { Notices } from './ports/mail.ts';
import type { PasskeyRecord } from './ports/passkeys.ts';
import type { Account, AccountStore, KnownBrowserStore, PasswordHash, SessionStore } from './ports.ts';
import { fieldProblem, type Limited, type ProblemCode, type Refused, refused } from './problems.ts';
import { type SessionStartDeps, type StartedSession, startSession } from './sessions.ts';
import type { Visitor } from './visitor.ts';

/** What the first step proved. */
export interface FirstStep {
  readonly accountId: AccountId;
  /** RFC 8176 §2. */
  readonly amr: readonly string[];
  /** The hash that the password was verified against; null: it was another way. A change of it ends the step. */
  readonly passwordHash: PasswordHash | null;
  /** True: what waits behind the sign-in wants two factors, and a trusted browser is asked as well. */
  readonly always?: boolean;
}

/** What beginning a session needs. */
export interface BeginSessionDeps extends SessionStartDeps {
  readonly factors: Pick<FactorStore, 'hasFactor' | 'isTrustedBrowser'>;
  readonly factorSecrets: FactorCodeDeps['factorSecrets'];
}

/** A session, or the form that a code has to be sent with. */
export type Begun =
  | { readonly outcome: 'started'; readonly started: StartedSession }
  | { readonly outcome: 'second_step'; readonly step: string };

/** For so long a code is waited for (ASVS 6.5.5 for codes that are sent; the same for those that are shown). */
const STEP_LIFETIME_MS = 10 * 60_000;
/** For so long a trusted browser is asked for no code. */
export const TRUST_MS = 30 * 86_400_000;
const CONTEXT = 'second-step';

const stepSchema = z.object({
  accountId: z.string(),
  amr: z.array(z.string()),
  browser: z.string(),
  password: z.string().nullable(),
  expiresAtMs: z.number(),
  nonce: z.string(),
});

/** Begins a session for whoever proved the first step. Every way in ends here, not in `startSession`. */
export async function beginSession(first: FirstStep, visitor: Visitor, deps: BeginSessionDeps): Promise<Begun> {
  if (await needsSecondStep(first, visitor, deps)) {
    const step: z.infer<typeof stepSchema> = {
      accountId: first.accountId,
      amr: [...first.amr],
      browser: browserOf(visitor),
      password: fingerprint(first.passwordHash),
      expiresAtMs: deps.clock() + STEP_LIFETIME_MS,
      nonce: deps.randomness(16).toString('base64url'),
    };
    return { outcome: 'second_step', step: deps.factorSecrets.sealForm(CONTEXT, JSON.stringify(step)) };
  }
  return { outcome: 'started', started: await startSession(first.accountId, visitor, deps, first.amr) };
}

async function needsSecondStep(
  { accountId: id, amr, always = false }: FirstStep,
  visitor: Visitor,
  deps: Pick<BeginSessionDeps, 'factors' | 'clock'>,
): Promise<boolean> {
  // RFC 8176 §2: a passkey that verified its user was both.
  if (amr.includes('mfa')) return false;
  if (!(await deps.factors.hasFactor(id))) return false;
  if (always || visitor.browser === null) return true;
  return !(await deps.factors.isTrustedBrowser(id, digestOf(visitor.browser), deps.clock()));
}

/** What can be shown in the second step. */
export interface SecondStepView {
  readonly hasApp: boolean;
  /** A request for one of the account's passkeys; null: it has none. */
  readonly passkey: CeremonyRequest | null;
}

/** What seeing it needs. */
export type SecondStepViewDeps = CeremonyDeps & {
  readonly factors: Pick<FactorStore, 'listAuthenticators'>;
  readonly factorSecrets: FactorCodeDeps['factorSecrets'];
};

/** What the page of a step offers. null: the step is none, or another browser's. */
export async function viewSecondStep(
  sealed: string,
  visitor: Pick<Visitor, 'browser'>,
  deps: SecondStepViewDeps,
): Promise<SecondStepView | null> {
  const { browser } = visitor;
  const step = openStep(sealed, visitor, deps);
  if (step === null || browser === null) return null;
  const id = accountId(step.accountId);
  const [apps, passkey] = await Promise.all([
    deps.factors.listAuthenticators(id),
    assertionRequest({ kind: 'second-step', browser, accountId: id }, deps),
  ]);
  return { hasApp: apps.length > 0, passkey };
}

/** What taking a code or a passkey needs. */
export interface SecondStepDeps extends SessionStartDeps, AttemptDeps, FactorCodeDeps, CeremonyDeps {
  readonly factors: FactorCodeDeps['factors'] & Pick<FactorStore, 'trustBrowser' | 'countRecoveryCodes'>;
  readonly factorSecrets: FactorCodeDeps['factorSecrets'];
  readonly oneTime: OneTimeStore;
  readonly sessions: Pick<SessionStore, 'startSession' | 'endSession'>;
  readonly accounts: Pick<AccountStore, 'findAccount' | 'findPasswordHash'>;
  readonly knownBrowsers: KnownBrowserStore;
  readonly notices: Notices;
}

/** The form as it was sent. */
export interface SecondStepInput {
  /** What {@link beginSession} sealed. */
  readonly step: string;
  readonly code: string;
  /** A passkey in place of a code; null: none was shown. */
  readonly passkey: CeremonyAnswer | null;
  /** This browser is asked for no second step for 30 days. */
  readonly trust: boolean;
}

/** Outcome of a second step. */
export type SecondStepResult =
  | {
      readonly outcome: 'signed_in';
      readonly account: Account;
      readonly started: StartedSession;
      /** How many recovery codes are left, where one was used; null: it was another factor. */
      readonly recoveryCodesLeft: number | null;
    }
  /** Field `code` is empty or wrong, or the passkey is. */
  | (Refused & {
      /** What the passkey lacked, for the log alone; null: it was a code. */
      readonly reason: string | null;
      /** Whose passkey there may be a copy of; null: nothing says so. */
      readonly cloned: PasskeyRecord | null;
    })
  | Limited
  /** Too old, of another browser, used, or the password was changed: sign in anew. */
  | { readonly outcome: 'expired' };

/** Takes the code or the passkey, and starts the session. */
export async function completeSecondStep(
  input: SecondStepInput,
  visitor: Visitor,
  deps: SecondStepDeps,
): Promise<SecondStepResult> {
  // 1. Whose step is it?
  const step = openStep(input.step, visitor, deps);
  const account = step === null ? null : await deps.accounts.findAccount(accountId(step.accountId));
  if (step === null || account === null || account.disabledAtMs !== null) return EXPIRED;
  if (input.passkey === null && input.code.trim() === '') return noFactor('code', 'problem.required');

  // 2. ASVS 6.6.3: count before the factor is looked at.
  const attempts = [await attemptOf(account.id, visitor, deps)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const used = await useFactor(input, account.id, visitor, deps);
  if (used.outcome === 'refused') return used;
  await takeBackAttempt(attempts, deps);

  // 3. Once, and only while the first step is still true.
  const use = {
    kind: 'second_step',
    proofDigest: digestOf(presentedSecret(step.nonce)),
    expiresAtMs: step.expiresAtMs,
  } as const;
  if (!(await deps.oneTime.useOnce(use))) return EXPIRED;
  const started = await startSession(account.id, visitor, deps, [...new Set([...step.amr, ...used.amr, 'mfa'])]);
  if (step.password !== null && fingerprint(await deps.accounts.findPasswordHash(account.id)) !== step.password) {
    await deps.sessions.endSession(started.session.id);
    return EXPIRED;
  }
  const wasKnown = await isKnownBrowser(account.id, visitor, deps);
  await welcomeBrowser(account, started, wasKnown, visitor, deps);
  if (input.trust && visitor.browser !== null) {
    await deps.factors.trustBrowser(account.id, digestOf(visitor.browser), deps.clock() + TRUST_MS);
  }
  const recoveryCodesLeft = used.isRecovery ? await deps.factors.countRecoveryCodes(account.id) : null;
  return { outcome: 'signed_in', account, started, recoveryCodesLeft };
}

const EXPIRED = { outcome: 'expired' } as const;

function noFactor(field: 'code' | '', code: ProblemCode, why: { reason?: string; cloned?: PasskeyRecord } = {}) {
  return { ...refused(fieldProblem(field, code)), reason: why.reason ?? null, cloned: why.cloned ?? null };
}

/** The factor that was shown; it is used from then on. */
async function useFactor(
  { code, passkey: answer }: SecondStepInput,
  id: AccountId,
  { browser }: Visitor,
  deps: SecondStepDeps,
) {
  if (answer === null || browser === null) {
    const used = await useCode(code, id, deps);
    if (used === null) return noFactor('code', 'problem.code.wrong');
    return { outcome: 'used', amr: ['otp'], isRecovery: used === 'recovery' } as const;
  }
  const proved = await proveAssertion(answer, { kind: 'second-step', browser, accountId: id }, deps);
  switch (proved.outcome) {
    case 'proved':
      return { outcome: 'used', amr: proved.amr, isRecovery: false } as const;
    case 'expired':
      return noFactor('', 'problem.passkey.expired', { reason: 'an old challenge' });
    case 'wrong':
      return noFactor('', 'problem.passkey.wrong', { reason: proved.reason });
    case 'cloned':
      return noFactor('', 'problem.passkey.wrong', { reason: 'a count that was passed', cloned: proved.passkey });
    default:
      return proved satisfies never;
  }
}

function openStep(
  sealed: string,
  visitor: Pick<Visitor, 'browser'>,
  deps: Pick<SecondStepDeps, 'factorSecrets' | 'clock'>,
) {
  const text = deps.factorSecrets.openForm(CONTEXT, sealed);
  if (text === null) return null;
  const step = stepSchema.parse(JSON.parse(text));
  return step.browser === browserOf(visitor) && deps.clock() < step.expiresAtMs ? step : null;
}

async function attemptOf(id: AccountId, visitor: Visitor, deps: Pick<SecondStepDeps, 'knownBrowsers'>) {
  const { browser } = visitor;
  const isKnown = await isKnownBrowser(id, visitor, deps);
  return isKnown && browser !== null ? attemptAt('secondStepKnownBrowser', id, browser) : attemptAt('secondStep', id);
}

/** A browser without a name has no form that could be its own: nothing of it is accepted. */
function browserOf({ browser }: Pick<Visitor, 'browser'>): string {
  return browser === null ? '' : digestOf(browser).toString('base64url');
}

function fingerprint(hash: PasswordHash | null): string | null {
  return hash === null ? null : createHash('sha256').update(hash).digest('base64url');
}
