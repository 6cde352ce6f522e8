/**
 * The life of a pending authorization request: left when its person has to do something first, found again, answered once.
 *
 * Owns the record's making and what can be wrong with one. What is done with the request is `authorization-endpoint.ts`.
 */
import { type Digest, digestOf, newSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import {
  type AuthorizationRequestDeps,
  type AuthorizationRequestRead,
  readAuthorizationRequest,
} from './authorization-request.ts';
import type { PendingRequestFound, PendingRequestStore } from './ports/authorization.ts';
import { formActionSource } from './redirect-uri.ts';

/** So long a person may take to sign in or sign up, mail included, and to read the consent page. */
const LIFETIME_MS = 60 * 60_000;

/** Leaves a request pending for this browser, and gives the secret that it goes on under. */
export async function leavePending(
  encoded: string,
  browserDigest: Digest,
  nowMs: number,
  deps: { readonly pendingRequests: Pick<PendingRequestStore, 'storePending'>; readonly randomness: Randomness },
): Promise<Secret<'pending'>> {
  const pending = newSecret<'pending'>(deps.randomness);
  await deps.pendingRequests.storePending({
    pendingDigest: digestOf(pending),
    browserDigest,
    query: encoded,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + LIFETIME_MS,
  });
  return pending;
}

/** What a pending secret came to. */
export type PendingOutcome =
  | { readonly outcome: 'waiting'; readonly record: PendingRequestFound; readonly read: AuthorizationRequestRead }
  /** Too old, or another browser's, or never there. */
  | { readonly outcome: 'expired'; readonly application: Application | null }
  | { readonly outcome: 'answered'; readonly application: Application | null };

/** What finding one uses. */
export interface PendingDeps extends AuthorizationRequestDeps {
  readonly pendingRequests: Pick<PendingRequestStore, 'findPending'>;
}

/** Finds a pending request of this browser. CVE-2026-7571: it is kept as it came, and everything in it is proven anew. */
export async function findPending(
  pending: Secret<'pending'>,
  browserDigest: Digest,
  nowMs: number,
  deps: PendingDeps,
): Promise<PendingOutcome> {
  const record = await deps.pendingRequests.findPending(digestOf(pending), browserDigest);
  if (record === null) return { outcome: 'expired', application: null };
  const read = await readAuthorizationRequest(record.query, record.createdAtMs, deps);
  if (record.answered) return { outcome: 'answered', application: applicationOf(read) };
  if (nowMs >= record.expiresAtMs) return { outcome: 'expired', application: applicationOf(read) };
  return { outcome: 'waiting', record, read };
}

/** A waiting request, as the pages before its consent need it. */
export interface PendingView {
  readonly application: Application;
  readonly redirectUri: string;
  /** For the page's `form-action`: where its form may lead in the end. */
  readonly formActionSource: string;
  /** `login_hint` as it came: untrusted text. */
  readonly loginHint: string | null;
  readonly uiLocales: readonly string[];
  /** The application asks for two factors: no browser is spared the second one. */
  readonly twoFactors: boolean;
}

/** What viewing one uses. */
export interface PendingViewDeps extends PendingDeps {
  readonly clock: Clock;
}

/**
 * What the sign-in and sign-up pages may show of the request that waits behind them. Decides nothing, changes nothing.
 * @returns null where it does not wait any more, or its client is no longer proven. Its resumption says which.
 */
export async function viewPending(
  pending: Secret<'pending'>,
  browserDigest: Digest,
  deps: PendingViewDeps,
): Promise<PendingView | null> {
  const found = await findPending(pending, browserDigest, deps.clock(), deps);
  if (found.outcome !== 'waiting') return null;
  const { read } = found;
  switch (read.outcome) {
    case 'error_page':
      return null;
    case 'refused': {
      const { application, redirectUri } = read.target;
      const source = formActionSource(redirectUri);
      return { application, redirectUri, formActionSource: source, loginHint: null, uiLocales: [], twoFactors: false };
    }
    case 'read': {
      const { application, redirectUri, loginHint, uiLocales, secondFactor } = read.request;
      const source = formActionSource(redirectUri);
      const twoFactors = secondFactor !== null;
      return { application, redirectUri, formActionSource: source, loginHint, uiLocales, twoFactors };
    }
    default:
      return read satisfies never;
  }
}

function applicationOf(read: AuthorizationRequestRead): Application | null {
  switch (read.outcome) {
    case 'error_page':
      return read.application;
    case 'refused':
      return read.target.application;
    case 'read':
      return read.request.application;
    default:
      return read satisfies never;
  }
}
