import { type AccountId, accountId } from '../vocabulary/identifiers.ts';
import {
  ATTEMPT_LIMITS,
  type Attempt,
  type AttemptDeps,
  attemptAt,
  clearAttempts,
  countAttempt,
  takeBackAttempt,
} from './attempt-limits.ts';
import type { AttemptTurns } from './attempt-turns.ts';
import { emailKeyOf } from './email-address.ts';
import { isKnownBrowser, welcomeBrowser } from './known-browsers.ts';
import type { PasswordHasher } from './password-hashing.ts';
import { PASSWORD_CHARACTERS_MAX } from './password-policy.ts';
import type { Notices } from './ports/mail.ts';
import type {
  Account,
  AccountStore,
  FailureStore,
  KnownBrowserStore,
  PasswordHash,
  SessionStore,
  SignInCandidate,
} from './ports.ts';
import { type Busy, type FieldProblem, fieldProblem, type Limited, type Refused, refused } from './problems.ts';
import { type BeginSessionDeps, beginSession } from './second-step.ts';
import type { StartedSession } from './sessions.ts';
import { normaliseUsername, usernameKeyOf } from './username.ts';
import { networkOf, type Visitor } from './visitor.ts';

/** The form as it was sent. */
export interface SignInInput {
  /** A username or an address, whatever its case. Field `username`. */
  readonly username: string;
  readonly password: string;
  /** What waits behind the sign-in wants two factors (`second-step.ts`). */
  readonly twoFactors?: boolean;
}

/** What signing in needs. */
export interface SignInDeps extends BeginSessionDeps, AttemptDeps {
  readonly failures: FailureStore;
  readonly sessions: Pick<SessionStore, 'startSession' | 'endSession'>;
  readonly accounts: Pick<AccountStore, 'findByUsername' | 'findByEmail' | 'findPasswordHash' | 'replacePasswordHash'>;
  readonly knownBrowsers: KnownBrowserStore;
  readonly passwords: PasswordHasher;
  readonly attemptTurns: AttemptTurns;
  /** With `required`, an account whose address is not verified gets no session. */
  readonly emailVerification: 'required' | 'optional';
  /** Hears of new browsers and of many failures. */
  readonly notices: Notices;
}

/** Outcome of a sign-in. */
export type SignInResult =
  | { readonly outcome: 'signed_in'; readonly account: Account; readonly started: StartedSession }
  /** The password was right, and a code of the account's second factor is asked for with this form. */
  | { readonly outcome: 'second_step'; readonly step: string }
  /** The password was right; the address is not verified, and has to be. Said to nobody else. */
  | { readonly outcome: 'unverified'; readonly account: Account }
  /** A field is empty, or the pair is wrong (`problem.signIn.wrong`). */
  | Refused
  | Limited
  | Busy;

/** Longer than any username or address; what is longer is not looked up. */
const IDENTIFIER_CHARACTERS_MAX = 1_000;

/** An account that does not exist, so that the same questions are asked of storage for it. */
const NOBODY: AccountId = accountId('-');

/** The one answer to everything that is not right. */
const WRONG: Refused = refused(fieldProblem('', 'problem.signIn.wrong'));

/** Signs in. A new session under a new secret; the one that the browser brought ends. */
export async function signIn(input: SignInInput, visitor: Visitor, deps: SignInDeps): Promise<SignInResult> {
  // 1. What cannot be right is not counted.
  const missing = missingFields(input);
  if (missing.length > 0) return refused(...missing);

  // 2. Who might it be, and is it a browser of theirs?
  const identifier = normaliseUsername(input.username.slice(0, IDENTIFIER_CHARACTERS_MAX));
  const candidate = await findCandidate(identifier, deps);
  const isKnown = await isKnownBrowser(candidate?.account.id ?? NOBODY, visitor, deps);

  // 3. Count the attempt before the password is looked at.
  const attempts = attemptsFor(identifier, isKnown ? candidate : null, visitor);
  // The narrowest of its keys keeps the turns: the others are ten times as wide.
  const key = attempts[0]?.key.key ?? '';
  const counted = await deps.attemptTurns.take(key, () => countAttempt(attempts, deps));
  if (counted.outcome === 'limited') {
    await tellOfFailures({ identifier, candidate, isKnown }, visitor, deps);
    return counted;
  }
  try {
    return await carryOut({ ...input, candidate, isKnown, attempts }, visitor, deps);
  } finally {
    counted.end();
  }
}

/** A sign-in that is allowed to be tried. */
interface CountedSignIn {
  readonly password: string;
  readonly twoFactors?: boolean;
  readonly candidate: SignInCandidate | null;
  /** Whether the browser is one of the account's owner. */
  readonly isKnown: boolean;
  readonly attempts: readonly Attempt[];
}

async function carryOut(
  { password, twoFactors = false, candidate, isKnown, attempts }: CountedSignIn,
  visitor: Visitor,
  deps: SignInDeps,
): Promise<SignInResult> {
  // 4. The same work, whoever it is.
  const verified = await verifyPassword(candidate, password, deps);
  if (verified.outcome === 'busy') {
    await takeBackAttempt(attempts, deps);
    return verified;
  }
  if (candidate === null || verified.outcome === 'wrong' || candidate.account.disabledAtMs !== null) {
    return WRONG;
  }

  // 5. It is them. In a browser of theirs the earlier slips were theirs too.
  const settle = () => (isKnown ? clearAttempts(attempts, deps) : takeBackAttempt(attempts, deps));
  const { account } = candidate;
  if (mustVerifyFirst(account, deps)) {
    await settle();
    return { outcome: 'unverified', account };
  }
  // Before the second step, which holds on to the hash.
  const passwordHash = verified.needsRehash ? await rehash(candidate, password, deps) : candidate.passwordHash;
  // Side by side they share a commit, and neither asks what the other wrote.
  const [begun] = await Promise.all([
    beginSession({ accountId: account.id, amr: ['pwd'], passwordHash, always: twoFactors }, visitor, deps),
    settle(),
  ]);
  if (begun.outcome === 'second_step') return begun;
  const { started } = begun;

  // 6. Is it still? Changing a password ends the sessions that there are; a sign-in under way must not come out behind it.
  const present = await verifyPresent({ ...candidate, passwordHash }, password, deps);
  if (present !== 'right') {
    await deps.sessions.endSession(started.session.id);
    return present;
  }
  await welcomeBrowser(account, started, isKnown, visitor, deps);
  return { outcome: 'signed_in', account, started };
}

/**
 * Whether somebody proved who they are and gets no session yet, whichever way they proved it. An account without any address was
 * made by an operator; an imported one signed in with an unverified address before.
 */
export function mustVerifyFirst(account: Account, deps: Pick<SignInDeps, 'emailVerification'>): boolean {
  const { email, emailVerified, isImported } = account;
  return deps.emailVerification === 'required' && email !== null && !emailVerified && !isImported;
}

/**
 * ASVS 6.3.5: the owner hears once a day that somebody guesses. It is counted whether there is such an account or not, and nobody waits
 * for the telling: how long the answer takes says nothing (ASVS 6.3.8).
 */
async function tellOfFailures(
  tried: { readonly identifier: string; readonly candidate: SignInCandidate | null; readonly isKnown: boolean },
  visitor: Visitor,
  deps: SignInDeps,
): Promise<void> {
  const { identifier, candidate, isKnown } = tried;
  // Failures of a whole network over all accounts say nothing of this one.
  const [narrow, wide] = attemptsFor(identifier, null, visitor);
  if (isKnown || narrow === undefined || wide === undefined) return;
  const counts = await deps.failures.readFailures([narrow.key, wide.key], deps.clock());
  const isGuessed = [narrow, wide].some(({ limit }, index) => {
    return (counts[index]?.count ?? 0) >= ATTEMPT_LIMITS[limit].attemptsMax;
  });
  const first = await countAttempt([attemptAt('failureNotice', nameOf(identifier))], deps);
  if (!isGuessed || first.outcome === 'limited' || candidate === null) return;
  const { networkAddress } = visitor;
  // A lost database is told by the next request.
  deps.notices.tell(candidate.account.id, { kind: 'many-failures', networkAddress }).catch(() => undefined);
}

function missingFields(input: SignInInput): readonly FieldProblem[] {
  return [
    ...(input.username.trim() === '' ? [fieldProblem('username', 'problem.required')] : []),
    ...(input.password === '' ? [fieldProblem('password', 'problem.required')] : []),
  ];
}

/**
 * An address means the account that verified it, before any account that is merely called so or claims it: a username with an
 * `@` shadows nobody's address.
 */
async function findCandidate(identifier: string, deps: SignInDeps): Promise<SignInCandidate | null> {
  const byUsername = deps.accounts.findByUsername(usernameKeyOf(identifier), identifier);
  if (!identifier.includes('@')) return byUsername;
  const [named, addressed] = await Promise.all([byUsername, deps.accounts.findByEmail(emailKeyOf(identifier))]);
  return addressed?.account.emailVerified === true ? addressed : (named ?? addressed);
}

/** @param known the account, where the browser is one of its owner's. */
function attemptsFor(identifier: string, known: SignInCandidate | null, visitor: Visitor): readonly Attempt[] {
  if (known !== null && visitor.browser !== null) return [attemptAt('knownBrowser', known.account.id, visitor.browser)];
  const network = networkOf(visitor.networkAddress);
  const name = nameOf(identifier);
  return [attemptAt('accountAndNetwork', name, network), attemptAt('account', name), attemptAt('network', network)];
}

/** One key for every way of writing a name: an address has its own (`bücher.example` is `xn--bcher-kva.example`). */
function nameOf(identifier: string): string {
  return identifier.includes('@') ? emailKeyOf(identifier) : usernameKeyOf(identifier);
}

/** A password beyond the limit was never accepted, so none can be right: it is not hashed whole (Argon2 floods). */
async function verifyPassword(candidate: SignInCandidate | null, password: string, deps: SignInDeps) {
  const hash = candidate?.passwordHash ?? null;
  // Twice the limit in UTF-16 units holds every password of that many characters.
  if (hash === null || password.length > 2 * PASSWORD_CHARACTERS_MAX) {
    return deps.passwords.verifyAgainstNobody(password.slice(0, 2 * PASSWORD_CHARACTERS_MAX));
  }
  return deps.passwords.verify(password, hash);
}

/** The hash is the one that was verified, or another sign-in replaced it for the same password a moment ago. */
async function verifyPresent(
  candidate: SignInCandidate,
  password: string,
  deps: SignInDeps,
): Promise<'right' | Refused | Busy> {
  const hash = await deps.accounts.findPasswordHash(candidate.account.id);
  if (hash === candidate.passwordHash) return 'right';
  if (hash === null) return WRONG;
  const verified = await deps.passwords.verify(password, hash);
  if (verified.outcome === 'busy') return verified;
  return verified.outcome === 'right' ? 'right' : WRONG;
}

/** Replaces an old form of hash by today's, and answers which holds now. Where the queue is full it waits for another sign-in. */
async function rehash(candidate: SignInCandidate, password: string, deps: SignInDeps): Promise<PasswordHash | null> {
  if (candidate.passwordHash === null) return null;
  const made = await deps.passwords.hash(password);
  if (made.outcome === 'busy') return candidate.passwordHash;
  await deps.accounts.replacePasswordHash(candidate.account.id, candidate.passwordHash, made.hash, deps.clock());
  return made.hash;
}
