/**
 * What the sign-in and sign-up pages may show of the request that waits behind them.
 *
 * Owns the view alone: it decides nothing and changes nothing. The request is read anew, as at each resumption.
 */
import { type Digest, digestOf, type Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import { type AuthorizationRequestDeps, readAuthorizationRequest } from './authorization-request.ts';
import type { PendingRequestStore } from './ports.ts';
import { formActionSource } from './redirect-uri.ts';

/** What it reads. */
export interface PendingViewDeps extends AuthorizationRequestDeps {
  readonly pendingRequests: Pick<PendingRequestStore, 'findPending'>;
  readonly clock: Clock;
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
}

/** null: there is none, it is another browser's, too old, answered, or no longer valid. Its resumption says which. */
export async function viewPending(
  pending: Secret<'pending'>,
  browserDigest: Digest,
  deps: PendingViewDeps,
): Promise<PendingView | null> {
  const found = await deps.pendingRequests.findPending(digestOf(pending), browserDigest);
  if (found === null || found.answered || found.expiresAtMs <= deps.clock()) return null;
  const read = await readAuthorizationRequest(found.query, deps);
  if (read.outcome !== 'read') return null;
  const { application, redirectUri, loginHint, uiLocales } = read.request;
  return { application, redirectUri, formActionSource: formActionSource(redirectUri), loginHint, uiLocales };
}
