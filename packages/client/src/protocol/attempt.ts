/**
 * A sign-in that was started and has not come back: `state`, `nonce` and PKCE, kept in the browser that started it.
 *
 * Owns the attempt's cookie: encrypted, one for each attempt, so that two tabs do not collide, and named after its `state`,
 * so that a response finds its own. Nothing is kept on the server for people who never come back.
 */
import type { Sealer } from '../security/sealing.ts';
import { type RandomBytes, randomId, randomSecret } from '../security/tokens.ts';
import { COOKIE, type CookieToSet } from '../web/cookies.ts';
import { type DpopKey, newDpopKey } from './dpop-key.ts';

/** Long enough to sign up at the provider and wait for its mail. */
const ATTEMPT_LIFETIME_MS = 60 * 60 * 1000;
/** The cookie outlives the attempt, so that the page can say "too long ago" instead of "unknown". */
const COOKIE_LIFETIME_SECONDS = (2 * ATTEMPT_LIFETIME_MS) / 1000;
/** More tabs than anybody opens at once; at about 350 bytes each, 600 with a key, they stay below common header limits. */
const ATTEMPTS_PER_BROWSER_MAX = 12;

/** What a response is checked against. */
export interface Attempt {
  readonly provider: string;
  /** The client that was used; a social app may be changed meanwhile. */
  readonly clientId: string;
  /** RFC 6749 §10.12. */
  readonly state: string;
  /** OpenID Connect Core §3.1.2.1; null where no ID token is expected. */
  readonly nonce: string | null;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: string;
  /** RFC 9449: the key that the tokens will be bound to; null where the provider is not asked for that. */
  readonly dpopKey: DpopKey | null;
  /** Where to go after the sign-in; a path of this application. */
  readonly next: string;
  /** Set: link to this signed-in user instead of signing in. */
  readonly linkTo: string | null;
  readonly startedAtMs: number;
}

/** Makes the unguessable parts of a new attempt. */
export function newAttempt(
  start: Omit<Attempt, 'state' | 'nonce' | 'codeVerifier' | 'dpopKey' | 'startedAtMs'> & {
    readonly withNonce: boolean;
    readonly withKey: boolean;
  },
  deps: { randomBytes: RandomBytes; now: () => number },
): Attempt {
  const { withNonce, withKey, ...rest } = start;
  return {
    ...rest,
    state: randomId(deps.randomBytes),
    nonce: withNonce ? randomId(deps.randomBytes) : null,
    codeVerifier: randomSecret(deps.randomBytes),
    dpopKey: withKey ? newDpopKey() : null,
    startedAtMs: deps.now(),
  };
}

/** The cookies that remember an attempt, and forget the oldest when there are too many. */
export function attemptCookies(
  attempt: Attempt,
  path: string,
  known: ReadonlyMap<string, string>,
  sealer: Pick<Sealer, 'seal' | 'open'>,
): CookieToSet[] {
  const others = [...known]
    .filter(([name]) => name.startsWith(COOKIE.attempt))
    .map(([name, sealed]) => ({ name, startedAtMs: openAttempt(sealed, sealer)?.startedAtMs ?? 0 }))
    .sort((one, other) => one.startedAtMs - other.startedAtMs);
  const surplus = others.slice(0, Math.max(0, others.length - (ATTEMPTS_PER_BROWSER_MAX - 1)));
  return [
    ...surplus.map(({ name }) => ({ name, value: '', maxAgeSeconds: null, path })),
    {
      name: `${COOKIE.attempt}${attempt.state}`,
      value: sealer.seal('attempt/2', attempt),
      maxAgeSeconds: COOKIE_LIFETIME_SECONDS,
      path,
    },
  ];
}

/** Forgets an attempt that came back. */
export function forgetAttempt(state: string, path: string): CookieToSet {
  return { name: `${COOKIE.attempt}${state}`, value: '', maxAgeSeconds: null, path };
}

/** Finds the attempt of a response's `state` among the browser's cookies. */
export function findAttempt(
  state: string,
  cookies: ReadonlyMap<string, string>,
  deps: { sealer: Pick<Sealer, 'open'>; now: () => number },
): Attempt | 'missing' | 'expired' {
  const sealed = cookies.get(`${COOKIE.attempt}${state}`);
  const attempt = sealed === undefined ? null : openAttempt(sealed, deps.sealer);
  // The name is the browser's word; the sealed `state` is ours.
  if (attempt === null || attempt.state !== state) return 'missing';
  return attempt.startedAtMs + ATTEMPT_LIFETIME_MS < deps.now() ? 'expired' : attempt;
}

function openAttempt(sealed: string, sealer: Pick<Sealer, 'open'>): Attempt | null {
  // Sealed by newAttempt()'s caller under a purpose that changes with the shape, so what opens is an Attempt.
  return sealer.open('attempt/2', sealed) as Attempt | null;
}
