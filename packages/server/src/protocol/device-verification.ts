/**
 * The person's side of device authorization (RFC 8628 §3.3): a typed code is opened, shown, and answered.
 *
 * Owns who may see and answer a device: whoever is signed in where its code was typed first, and nobody else
 * (CVE-2026-45337). Guesses are counted by the caller, which knows networks. The pages are `http/` and `pages/`.
 */
import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import type { Secret } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { Application } from './application.ts';
import { rememberedDetails } from './authorization-details.ts';
import type { GroupReader } from './claims.ts';
import { deviceQuestion } from './consent-question.ts';
import { mayEnter } from './group-access.ts';
import type { ApplicationReader } from './ports/applications.ts';
import type { ConsentStore } from './ports/authorization.ts';
import type { DeviceGrantOpened, DeviceGrantStore, DeviceVisitor } from './ports/devices.ts';
import type { SessionView } from './ports/people.ts';
import { fallsShort } from './second-factor.ts';
import { type UserCodeKey, userCodeMac } from './user-code.ts';

/** What both steps use. */
export interface DeviceVerificationDeps {
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly consents: Pick<ConsentStore, 'allow'>;
  readonly deviceGrants: Pick<DeviceGrantStore, 'openDeviceGrant' | 'decideDeviceGrant'>;
  readonly groups: GroupReader;
  readonly detailTypes: AuthorizationDetailTypes;
  readonly userCodeKey: UserCodeKey;
  readonly clock: Clock;
}

/** A device that waits for this person. */
export interface WaitingDevice extends DeviceGrantOpened {
  readonly application: Application;
}

/**
 * Opens the device with this code for whoever is signed in; from now on it is theirs to answer.
 * @returns null for a code that is unknown, expired or answered, or was typed in another session, or whose application is
 *   disabled or has lost the grant: all the same to whoever guesses (§5.1).
 */
export async function openDevice(
  userCode: Secret<'user_code'>,
  visitor: DeviceVisitor,
  deps: DeviceVerificationDeps,
): Promise<WaitingDevice | null> {
  const opened = await deps.deviceGrants.openDeviceGrant(
    userCodeMac(userCode, deps.userCodeKey),
    visitor,
    deps.clock(),
  );
  if (opened === null) return null;
  const application = await deps.applications.findByClientId(opened.clientId);
  if (application === null || application.disabledAtMs !== null) return null;
  return application.grants.includes('device-code') ? { ...opened, application } : null;
}

/** The answer of the page: whether it may, and the fingerprint of what was asked (`consent-question.ts`); null for a refusal. */
export type DeviceAnswer = { readonly allowed: true; readonly question: string | null } | { readonly allowed: false };

/** What an answer came to. */
export type DeviceDecision =
  | { readonly outcome: 'allowed' | 'denied' | 'not_found'; readonly application: Application | null }
  /** What was allowed is not what is asked for any more: nothing happened, and it has to be asked anew. */
  | { readonly outcome: 'changed'; readonly device: WaitingDevice };

/**
 * Answers for the device that this session has opened. Allowed, it is remembered as a consent too, so that it stands among the
 * connected applications; the question itself is asked at every device, allowed earlier or not.
 * @returns `not_found` where {@link openDevice} would answer null.
 */
export async function decideDevice(
  userCode: Secret<'user_code'>,
  answer: DeviceAnswer,
  session: SessionView,
  deps: DeviceVerificationDeps,
): Promise<DeviceDecision> {
  const device = await openDevice(userCode, session, deps);
  if (device === null) return { outcome: 'not_found', application: null };
  const { application } = device;
  const { allowed } = answer;
  // Nobody lets a device in where they may not go themselves; saying no is anybody's.
  if (allowed && !(await mayEnter(application, session.accountId, deps.groups))) {
    return { outcome: 'not_found', application };
  }
  if (allowed && fallsShort(application, session)) return { outcome: 'not_found', application };
  if (answer.allowed && answer.question !== deviceQuestion(device)) return { outcome: 'changed', device };
  const nowMs = deps.clock();
  const asked = device.context?.authorizationDetails ?? [];
  const remembered = rememberedDetails(asked, deps.detailTypes);
  // The consent first: a token without one would not be in the person's list.
  if (allowed) await deps.consents.allow(session.accountId, application.id, device.scope, nowMs, remembered);
  const { outcome } = await deps.deviceGrants.decideDeviceGrant({
    userCodeMac: userCodeMac(userCode, deps.userCodeKey),
    visitor: session,
    allowed,
    nowMs,
  });
  if (outcome === 'not_found') return { outcome, application };
  return { outcome: allowed ? 'allowed' : 'denied', application };
}
