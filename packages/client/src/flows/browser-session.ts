/**
 * What code in a browser may know of the session, and how it ends it: `/accounts/session/`.
 *
 * Owns the JSON. The session itself is a cookie that no script can read, and nothing that a provider issued is in the answer
 * (OAuth 2.0 for Browser-Based Applications §6.1, the backend-for-frontend pattern).
 */

import type { Kit } from '../core/kit.ts';
import { refuseApi } from '../core/refuse-api.ts';
import type { Visit } from '../core/visit.ts';
import { COOKIE } from '../web/cookies.ts';
import { jsonResponse } from '../web/responses.ts';

/** What `GET /accounts/session/` answers to whoever is signed in. */
export interface BrowserSession {
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly firstName: string;
    readonly lastName: string;
    readonly email: string;
    readonly emailVerified: boolean;
  };
  /** The provider that was used, null after a sign-in with a password. */
  readonly provider: string | null;
  readonly signedInAtMs: number;
}

/** GET /accounts/session/ */
export async function showSession(visit: Visit, kit: Kit): Promise<Response> {
  const { session } = visit;
  if (session === null) return refuseApi('signed_out', { detail: 'nobody is signed in' }, kit);
  const { id, username, firstName, lastName, email, emailVerified } = session.user;
  const body: BrowserSession = {
    // Field by field: what a store adds to a user stays here.
    user: { id, username, firstName, lastName, email, emailVerified },
    provider: session.stored.provider,
    signedInAtMs: session.stored.createdAtMs,
  };
  return jsonResponse(body);
}

/** DELETE /accounts/session/: here alone. `/accounts/logout/` is the page that offers the provider too. */
export async function endSession(visit: Visit, kit: Kit): Promise<Response> {
  const { session } = visit;
  // Whoever is signed out already gets what they want.
  if (session === null) return jsonResponse(null, { status: 204 });
  const cookies = [await kit.sessions.end(session), { name: COOKIE.pending, value: '', maxAgeSeconds: null }];
  kit.log({ level: 'info', event: 'signed_out', reference: visit.reference, userId: session.user.id });
  return jsonResponse(null, { status: 204, cookies: cookies.map(kit.jar.write) });
}
