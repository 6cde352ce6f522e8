/**
 * A sign-in elsewhere on its way: the attempt that was started, and the person who arrived and has not got an account yet.
 *
 * Nothing of it is stored. Each is sealed under the server's secret for the browser that started it (RFC 6749 §10.12, ASVS 10.1.2):
 * the attempt is the `state` itself, so that two tabs do not collide, and the arrival is in the form or the address of the next page.
 * Either is good for a while and used once (CVE-2025-46815).
 *
 * Owns both. What they are used for is `sign-in-elsewhere.ts` and `linked-identities.ts`.
 */
import { z } from 'zod';
import { digestOf, presentedSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { ArrivedIdentity, AttemptSecrets, ElsewhereSealing } from './ports/elsewhere.ts';
import type { OneTimeStore } from './ports/factors.ts';

/** What both need. */
export interface ElsewhereAttemptDeps {
  readonly elsewhereSealing: ElsewhereSealing;
  readonly oneTime: OneTimeStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What a sign-in elsewhere is for: `confirm` is that whoever is signed in proves themselves anew. */
export type ElsewherePurpose = 'sign-in' | 'link' | 'confirm';
/** What somebody who arrived is asked something for. */
export type ArrivalPurpose = Exclude<ElsewherePurpose, 'confirm'>;

/** An attempt that comes back. */
export interface ElsewhereAttempt {
  readonly providerId: string;
  readonly purpose: ElsewherePurpose;
  /** Own-origin path to go to afterwards; null: none. */
  readonly next: string | null;
  /** The token of the invitation that is to be accepted by it; null: none. */
  readonly invitation: string | null;
  readonly startedAtMs: number;
  readonly secrets: AttemptSecrets;
}

/** Long enough to sign up at the provider and wait for its mail. */
const ATTEMPT_LIFETIME_MS = 60 * 60_000;
/** To choose a username, or to sign in to the account that is there. */
const ARRIVAL_LIFETIME_MS = 30 * 60_000;
/** A longer address is not carried: providers and proxies have their limits, and a request that waits has a short one. */
const NEXT_CHARACTERS_MAX = 600;
const ATTEMPT = 'attempt';
const ARRIVAL = 'arrival';

const sealedSchema = z.object({ browser: z.string(), nonce: z.string(), expiresAtMs: z.number() });
const attemptSchema = sealedSchema.extend({
  providerId: z.string(),
  purpose: z.enum(['sign-in', 'link', 'confirm']),
  next: z.string().nullable(),
  invitation: z.string().nullable(),
  idTokenNonce: z.string().nullable(),
  codeVerifier: z.string(),
});
const arrivalSchema = sealedSchema.extend({
  purpose: z.enum(['sign-in', 'link']),
  next: z.string().nullable(),
  invitation: z.string().nullable(),
  identity: z.object({
    provider: z.object({ id: z.string(), name: z.string() }),
    issuer: z.string(),
    subject: z.string(),
    label: z.string(),
    username: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    secondFactor: z.boolean(),
    declared: z.record(z.string(), z.string()),
    importedAs: z.string().nullable(),
  }),
});

/** Seals an attempt for this browser; what comes out is its `state`. */
export function sealAttempt(
  attempt: Omit<ElsewhereAttempt, 'secrets' | 'startedAtMs'> & { readonly secrets: Omit<AttemptSecrets, 'state'> },
  browser: Secret<'browser'>,
  deps: Omit<ElsewhereAttemptDeps, 'oneTime'>,
): string {
  const { providerId, purpose, invitation, secrets } = attempt;
  const sealed: z.infer<typeof attemptSchema> = {
    ...freshly(browser, ATTEMPT_LIFETIME_MS, deps),
    providerId,
    purpose,
    next: shortEnough(attempt.next),
    invitation,
    idTokenNonce: secrets.nonce,
    codeVerifier: secrets.codeVerifier,
  };
  return deps.elsewhereSealing.seal(ATTEMPT, JSON.stringify(sealed));
}

/** The attempt of a `state`, used up by it; null: not of this browser and provider, too old, or used before. */
export async function useAttempt(
  state: string,
  providerId: string,
  browser: Secret<'browser'> | null,
  deps: ElsewhereAttemptDeps,
): Promise<ElsewhereAttempt | null> {
  const attempt = openFor(ATTEMPT, state, browser, attemptSchema, deps);
  // RFC 9700 §4.4: an answer at one provider's redirect URI is none to a request to another.
  if (attempt === null || attempt.providerId !== providerId) return null;
  if (!(await useUp(attempt, deps))) return null;
  const { purpose, next, invitation, idTokenNonce, codeVerifier } = attempt;
  const startedAtMs = attempt.expiresAtMs - ATTEMPT_LIFETIME_MS;
  return { providerId, purpose, next, invitation, startedAtMs, secrets: { state, nonce: idTokenNonce, codeVerifier } };
}

/** Somebody whom a provider identified. */
export interface Arrival {
  readonly identity: ArrivedIdentity;
  readonly next: string | null;
  /** The token of the invitation that they came by; null: none. */
  readonly invitation: string | null;
}

/** Seals whom a provider identified, for this browser and for one purpose. */
export function sealArrival(
  purpose: ArrivalPurpose,
  { identity, next, invitation }: Arrival,
  browser: Secret<'browser'>,
  deps: Omit<ElsewhereAttemptDeps, 'oneTime'>,
): string {
  const sealed: z.infer<typeof arrivalSchema> = {
    ...freshly(browser, ARRIVAL_LIFETIME_MS, deps),
    purpose,
    next: shortEnough(next),
    invitation: purpose === 'sign-in' ? invitation : null,
    // To link, nothing more is needed; the address of that page stays short.
    identity: purpose === 'sign-in' ? identity : { ...identity, ...NOTHING_SAID },
  };
  return deps.elsewhereSealing.seal(ARRIVAL, JSON.stringify(sealed));
}

/** Reads without using it up; null: not of this browser and purpose, or too old. */
export function readArrival(
  purpose: ArrivalPurpose,
  sealed: string,
  browser: Secret<'browser'> | null,
  deps: Pick<ElsewhereAttemptDeps, 'elsewhereSealing' | 'clock'>,
): Arrival | null {
  const arrival = openFor(ARRIVAL, sealed, browser, arrivalSchema, deps);
  if (arrival === null || arrival.purpose !== purpose) return null;
  const { identity, next, invitation } = arrival;
  return { identity, next, invitation };
}

/** True for exactly one of any number of uses. */
export async function useArrival(sealed: string, deps: ElsewhereAttemptDeps): Promise<boolean> {
  const text = deps.elsewhereSealing.open(ARRIVAL, sealed);
  return text !== null && useUp(arrivalSchema.parse(JSON.parse(text)), deps);
}

const NOTHING_SAID = { username: '', firstName: '', lastName: '', email: '', declared: {} };

function freshly(
  browser: Secret<'browser'>,
  lifetimeMs: number,
  { clock, randomness }: Pick<ElsewhereAttemptDeps, 'clock' | 'randomness'>,
): z.infer<typeof sealedSchema> {
  return {
    browser: digestOf(browser).toString('base64url'),
    nonce: randomness(16).toString('base64url'),
    expiresAtMs: clock() + lifetimeMs,
  };
}

function openFor<Shape extends z.ZodType<z.infer<typeof sealedSchema>>>(
  context: string,
  sealed: string,
  browser: Secret<'browser'> | null,
  schema: Shape,
  { elsewhereSealing, clock }: Pick<ElsewhereAttemptDeps, 'elsewhereSealing' | 'clock'>,
): z.infer<Shape> | null {
  const text = browser === null ? null : elsewhereSealing.open(context, sealed);
  if (browser === null || text === null) return null;
  const opened = schema.parse(JSON.parse(text));
  const isOurs = opened.browser === digestOf(browser).toString('base64url');
  return isOurs && clock() < opened.expiresAtMs ? opened : null;
}

async function useUp(
  { nonce, expiresAtMs }: z.infer<typeof sealedSchema>,
  { oneTime }: Pick<ElsewhereAttemptDeps, 'oneTime'>,
): Promise<boolean> {
  return oneTime.useOnce({ kind: 'elsewhere', proofDigest: digestOf(presentedSecret(nonce)), expiresAtMs });
}

function shortEnough(next: string | null): string | null {
  return next !== null && next.length <= NEXT_CHARACTERS_MAX ? next : null;
}
