/**
 * What is known when the next step of an authorization request is decided: who is signed in, what they allowed before, and where the
 * request or the application asks for more, their groups and whether they have a second factor.
 *
 * Owns what is read, and when: an application that asks for nothing of the kind costs one read. The decision is
 * `authorization-step.ts`.
 */
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { AuthorizationFacts, Person } from './authorization-step.ts';
import type { GroupReader } from './claims.ts';
import { isLimitedToGroups, mayEnter } from './group-access.ts';
import { type PairwiseKey, subjectOf } from './pairwise-subject.ts';
import type { AuthorizationReader } from './ports/authorization.ts';
import type { SessionView } from './ports/people.ts';
import { lacksSecondFactor, type SecondFactorReader } from './second-factor.ts';

/** The browser that asks. Who is signed in there is read by the endpoint, in one read with what they allowed before. */
export interface BrowserContext {
  /** Digest of the session cookie; null without one. */
  readonly sessionDigest: Digest | null;
  /** Digest of a cookie that every browser gets before its first request is left pending. */
  readonly browserDigest: Digest;
}

/** What somebody was offered on the way of this request and did not want. */
export interface Declined {
  /** To set up a second factor, which the request would be glad of. */
  readonly secondFactor: boolean;
}

/** What the visit brings. */
export interface VisitFacts {
  readonly browser: BrowserContext;
  readonly pendingSinceMs: number | null;
  readonly declined: Declined;
  readonly nowMs: number;
}

/** What reading them uses. */
export interface AuthorizationFactsDeps {
  readonly authorization: AuthorizationReader;
  readonly groups: GroupReader;
  readonly factors: SecondFactorReader;
  readonly pairwiseKey: PairwiseKey;
  readonly detailTypes: AuthorizationDetailTypes;
  /** Told of each live session that was read: moving its inactivity limit is `accounts/`, and nobody waits for it. */
  readonly sessionWasUsed: (session: SessionView, lastSeenAtMs: number, nowMs: number) => void;
}

/** Reads what deciding the next step of a request needs. */
export async function readFacts(
  request: AuthorizationRequest,
  visit: VisitFacts,
  deps: AuthorizationFactsDeps,
): Promise<AuthorizationFacts> {
  const { application } = request;
  const person = await readPerson(application, visit, deps);
  const facts = {
    person,
    pendingSinceMs: visit.pendingSinceMs,
    nowMs: visit.nowMs,
    detailTypes: deps.detailTypes,
    declinedSecondFactor: visit.declined.secondFactor,
  };
  if (person === null) return { ...facts, subject: null, mayEnter: false, lacksSecondFactor: false };
  const { accountId } = person.account;
  const asked = request.secondFactor !== null || person.groupRequiresSecondFactor;
  return {
    ...facts,
    // The name by which the application knows them.
    subject: subjectOf(accountId, application, deps.pairwiseKey),
    mayEnter: !isLimitedToGroups(application) || (await mayEnter(application, accountId, deps.groups)),
    lacksSecondFactor: asked && (await lacksSecondFactor(person.session, deps.factors)),
  };
}

/** Who is signed in; null: nobody. */
export async function readPerson(
  application: Application,
  { browser, nowMs }: VisitFacts,
  deps: Pick<AuthorizationFactsDeps, 'authorization' | 'sessionWasUsed'>,
): Promise<Person | null> {
  const { sessionDigest } = browser;
  if (sessionDigest === null) return null;
  const found = await deps.authorization.readAuthorization({ sessionDigest, applicationId: application.id, nowMs });
  if (found !== null) deps.sessionWasUsed(found.session, found.sessionLastSeenAtMs, nowMs);
  return found;
}
