/**
 * The second step of every way in (ASVS 6.3.3, 6.3.4): whoever proved the first, by whichever way, gets a session at once where the
 * account has no second factor or the browser is trusted, and is asked for a code otherwise.
 *
 * Between the two steps nothing is stored: what the first one proved is sealed into the form, for ten minutes, for this browser
 * (ASVS 6.6.2) and the password as it was, and works once. There is no half a session that another page could take for a whole one.
 *
 * Owns the step. Codes are `factor-codes.ts`, limits `attempt-limits.ts`.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { digestOf, presentedSecret } from '../vocabulary/credentials.ts';
import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import { type AttemptDeps, attemptAt, countAttempt, takeBackAttempt } from './attempt-limits.ts';
import { type FactorCodeDeps, useCode } from './factor-codes.ts';
import type { FactorStore, OneTimeStore } from './ports/factors.ts';
import type { Notices } from './ports/mail.ts';
import type { Account, AccountStore, KnownBrowserStore, PasswordHash, SessionStore } from './ports.ts';
import { fieldProblem, type Limited, type Refused, refused } from './problems.ts';
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
  { accountId: id, always = false }: FirstStep,
  visitor: Visitor,
  deps: Pick<BeginSessionDeps, 'factors' | 'clock'>,
): Promise<boolean> {
  if (!(await deps.factors.hasFactor(id))) return false;
  if (always || visitor.browser === null) return true;
  return !(await deps.factors.isTrustedBrowser(id, digestOf(visitor.browser), deps.clock()));
}

/** What taking a code needs. */
export interface SecondStepDeps extends SessionStartDeps, AttemptDeps, FactorCodeDeps {
  readonly factors: FactorCodeDeps['factors'] & Pick<FactorStore, 'trustBrowser' | 'countRecoveryCodes'>;
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
  /** This browser is asked for no code for 30 days. */
  readonly trust: boolean;
}

/** Outcome of a second step. */
export type SecondStepResult =
  | {
      readonly outcome: 'signed_in';
      readonly account: Account;
      readonly started: StartedSession;
      /** How many recovery codes are left, where one was used; null: it was an authenticator app's. */
      readonly recoveryCodesLeft: number | null;
    }
  /** Field `code` is empty or wrong. */
  | Refused
  | Limited
  /** Too old, of another browser, used, or the password was changed: sign in anew. */
  | { readonly outcome: 'expired' };

/** Takes the code, and starts the session. */
export async function completeSecondStep(
  input: SecondStepInput,
  visitor: Visitor,
  deps: SecondStepDeps,
): Promise<SecondStepResult> {
  // 1. Whose step is it?
  const step = openStep(input.step, visitor, deps);
  const account = step === null ? null : await deps.accounts.findAccount(accountId(step.accountId));
  if (step === null || account === null || account.disabledAtMs !== null) return EXPIRED;
  if (input.code.trim() === '') return refused(fieldProblem('code', 'problem.required'));

  // 2. ASVS 6.6.3: count before the code is looked at.
  const attempts = [await attemptOf(account.id, visitor, deps)];
  const counted = await countAttempt(attempts, deps);
  if (counted.outcome === 'limited') return counted;
  const used = await useCode(input.code, account.id, deps);
  if (used === null) return refused(fieldProblem('code', 'problem.code.wrong'));
  await takeBackAttempt(attempts, deps);

  // 3. Once, and only while the first step is still true.
  const use = {
    kind: 'second_step',
    proofDigest: digestOf(presentedSecret(step.nonce)),
    expiresAtMs: step.expiresAtMs,
  } as const;
  if (!(await deps.oneTime.useOnce(use))) return EXPIRED;
  const started = await startSession(account.id, visitor, deps, [...new Set([...step.amr, 'otp', 'mfa'])]);
  if (step.password !== null && fingerprint(await deps.accounts.findPasswordHash(account.id)) !== step.password) {
    await deps.sessions.endSession(started.session.id);
    return EXPIRED;
  }
  await tellOfNewBrowser(account, started, visitor, deps);
  await rememberBrowser(account.id, input.trust, visitor, deps);
  const recoveryCodesLeft = used === 'recovery' ? await deps.factors.countRecoveryCodes(account.id) : null;
  return { outcome: 'signed_in', account, started, recoveryCodesLeft };
}

const EXPIRED = { outcome: 'expired' } as const;

function openStep(sealed: string, visitor: Visitor, deps: Pick<SecondStepDeps, 'factorSecrets' | 'clock'>) {
  const text = deps.factorSecrets.openForm(CONTEXT, sealed);
  if (text === null) return null;
  const step = stepSchema.parse(JSON.parse(text));
  return step.browser === browserOf(visitor) && deps.clock() < step.expiresAtMs ? step : null;
}

async function attemptOf(id: AccountId, visitor: Visitor, deps: Pick<SecondStepDeps, 'knownBrowsers'>) {
  const { browser } = visitor;
  const isKnown = browser !== null && (await deps.knownBrowsers.isKnownBrowser(id, digestOf(browser)));
  return isKnown ? attemptAt('secondStepKnownBrowser', id, browser) : attemptAt('secondStep', id);
}

/** ASVS 6.3.5, as after a sign-in of one step (`sign-in.ts`). */
async function tellOfNewBrowser(
  account: Account,
  { session }: StartedSession,
  { browser }: Visitor,
  deps: SecondStepDeps,
) {
  const isKnown = browser !== null && (await deps.knownBrowsers.isKnownBrowser(account.id, digestOf(browser)));
  if (isKnown || account.lastSignInAtMs === null) return;
  const { userAgent, networkAddress } = session;
  await deps.notices.tell(account.id, { kind: 'new-device', userAgent, networkAddress });
}

async function rememberBrowser(id: AccountId, trust: boolean, { browser }: Visitor, deps: SecondStepDeps) {
  if (browser === null) return;
  const nowMs = deps.clock();
  await deps.knownBrowsers.rememberBrowser(id, digestOf(browser), nowMs);
  if (trust) await deps.factors.trustBrowser(id, digestOf(browser), nowMs + TRUST_MS);
}

/** A browser without a name has no form that could be its own: nothing of it is accepted. */
function browserOf({ browser }: Visitor): string {
  return browser === null ? '' : digestOf(browser).toString('base64url');
}

function fingerprint(hash: PasswordHash | null): string | null {
  return hash === null ? null : createHash('sha256').update(hash).digest('base64url');
}
