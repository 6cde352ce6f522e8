/**
 * Codes, tokens and families: implements `GrantStore`.
 *
 * What decides is always one conditional update: of the code's row for a redemption, of the family's row for a rotation
 * or a revocation, so that of any number of simultaneous calls one wins on either engine. Where it does not happen, a
 * second transition finds out why and revokes what has to be revoked; what it finds cannot turn back in between (a code
 * never becomes unredeemed, a former refresh token never current again), so the two need not be one transaction, and the
 * usual path stays one statement on PostgreSQL.
 */
import type {
  AuthorizationCodeRecord,
  GrantStore,
  RedeemCodeOutcome,
  RotateRefreshTokenOutcome,
} from '../protocol/ports/grants.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import { codeQueries, type RedeemArgs } from './code-queries.ts';
import {
  accessTokenFound,
  accessTokenRow,
  codeFound,
  codeRow,
  earlier,
  familyRow,
  refreshTokenFound,
} from './grants-rows.ts';
import type { Statements } from './query.ts';
import {
  type AccessTokenRow,
  type FamilyRow,
  type RepeatArgs,
  type RotateArgs,
  tokenQueries,
} from './token-queries.ts';
import { count, type Engine, one, type Transition } from './transition.ts';

/** Writing the evidence of a missing `code_challenge` or `redirect_uri` at most this often keeps sign-ins off one shared row. */
const NOTED_EVERY_MS = 60_000;

/** What a redemption writes. */
export interface RedeemRows {
  readonly redeem: RedeemArgs;
  readonly family: FamilyRow;
  readonly token: AccessTokenRow;
}

/** What a rotation writes. */
export interface RotateRows {
  readonly rotate: RotateArgs;
  readonly token: AccessTokenRow;
}

/** The two hottest transitions, which PostgreSQL does in one statement each. Each says whether it happened. */
export interface HotGrantSteps {
  redeem(rows: RedeemRows): Promise<boolean>;
  rotate(rows: RotateRows): Promise<boolean>;
}

const queries = { ...codeQueries, ...tokenQueries };
type Q = Statements<typeof queries>;

/** Makes the store. `hot` where the engine has its own form of the hottest steps. */
export function createGrantStore(engine: Engine, hot?: HotGrantSteps): GrantStore {
  const q = engine.prepare('grants', queries);
  const steps: HotGrantSteps = hot ?? {
    redeem: (rows) => engine.transition(() => redeem(q, rows)),
    rotate: (rows) => engine.transition(() => rotate(q, rows)),
  };
  return {
    async issueCode(code) {
      if (code.codeChallenge === null || lacksRedirectUri(code)) await engine.transition(() => issueNoted(q, code));
      else await engine.writeCount(q.insertCode, codeRow(code));
    },
    async findCode(codeDigest) {
      const row = await engine.readOne(q.findCode, { code_digest: codeDigest });
      return row === null ? null : codeFound(row);
    },
    async redeemCode(step) {
      const rows: RedeemRows = {
        redeem: {
          code_digest: step.codeDigest,
          application_id: step.applicationId,
          family_id: step.family.familyId,
          now: step.nowMs,
        },
        family: familyRow(step.family, step.accessToken),
        token: accessTokenRow(step.accessToken),
      };
      if (await steps.redeem(rows)) return { outcome: 'redeemed' };
      return engine.transition(() => whyNotRedeemed(q, rows.redeem));
    },
    async burnCode(codeDigest, nowMs) {
      await engine.transition(function* () {
        // The code first: a redemption under way holds its row, and its family is there once that is released.
        const burnt = yield* count(q.burnCode, { code_digest: codeDigest, now: nowMs });
        if (burnt === 0) yield* count(q.revokeFamilyOfCode, { code_digest: codeDigest, now: nowMs });
      });
    },
    async issueAccessToken(token) {
      await engine.writeCount(q.insertAccessToken, accessTokenRow(token));
    },
    async findAccessToken(tokenDigest) {
      const row = await engine.readOne(q.findAccessToken, { token_digest: tokenDigest });
      return row === null ? null : accessTokenFound(tokenDigest, row);
    },
    async findRefreshToken({ familyId, digest }) {
      const row =
        familyId === null
          ? await engine.readOne(q.findImportedRefreshToken, { imported_digest: digest })
          : await engine.readOne(q.findRefreshToken, { family_id: familyId });
      return row === null ? null : refreshTokenFound(digest, row);
    },
    async rotateRefreshToken(step) {
      const rotate: RepeatArgs = {
        family_id: step.familyId,
        application_id: step.applicationId,
        presented_digest: step.presentedDigest,
        successor_digest: step.successorDigest,
        idle_expires_at: step.idleExpiresAtMs,
        now: step.nowMs,
        rotated_after: step.nowMs - step.windowMs,
      };
      const token = accessTokenRow(step.accessToken);
      if (await steps.rotate({ rotate, token })) return { outcome: 'rotated' };
      const successors = [step.successorDigest, ...step.formerSuccessorDigests];
      return engine.transition(() => repeatOrRevoke(q, rotate, successors, token));
    },
    async revokeFamily(familyId, nowMs) {
      await engine.writeCount(q.revokeFamily, { family_id: familyId, now: nowMs });
    },
    async revokeAccessToken(tokenDigest, applicationId, nowMs) {
      await engine.transition(function* () {
        const token = { token_digest: tokenDigest, application_id: applicationId, now: nowMs };
        yield* count(q.revokeFamilyOfAccessToken, token);
        yield* count(q.revokeAccessToken, token);
      });
    },
  };
}

/** OpenID Connect Core §3.1.2.1 wants one. */
function lacksRedirectUri({ redirectUriWasSent, scope }: AuthorizationCodeRecord): boolean {
  return !redirectUriWasSent && scope.includes('openid');
}

function* issueNoted(q: Q, code: AuthorizationCodeRecord): Transition<void> {
  yield* count(q.insertCode, codeRow(code));
  const { applicationId, issuedAtMs: now } = code;
  const note = { application_id: applicationId, now, a_minute_ago: now - NOTED_EVERY_MS };
  if (code.codeChallenge === null) yield* count(q.noteWithoutPkce, note);
  if (lacksRedirectUri(code)) yield* count(q.noteWithoutRedirectUri, note);
}

function* redeem(q: Q, rows: RedeemRows): Transition<boolean> {
  if ((yield* one(q.redeemCode, rows.redeem)) === null) return false;
  yield* count(q.insertFamily, rows.family);
  yield* count(q.insertAccessToken, rows.token);
  return true;
}

function* whyNotRedeemed(q: Q, { code_digest, application_id, now }: RedeemArgs): Transition<RedeemCodeOutcome> {
  const code = yield* one(q.codeState, { code_digest, application_id });
  if (code === null) return { outcome: 'not_found' };
  if (code.redeemed_at !== null) {
    // RFC 6749 §4.1.2, ASVS 10.4.2: a replayed code revokes what was issued on it.
    if (code.family_id !== null) yield* count(q.revokeFamily, { family_id: code.family_id, now });
    return { outcome: 'already_redeemed' };
  }
  if (code.expires_at <= now) return { outcome: 'expired' };
  // Its account was disabled, or its session ended, between the look at it and now.
  return { outcome: 'not_found' };
}

function* rotate(q: Q, rows: RotateRows): Transition<boolean> {
  if ((yield* one(q.rotateRefreshToken, rows.rotate)) === null) return false;
  yield* count(q.insertAccessToken, rows.token);
  return true;
}

function* repeatOrRevoke(
  q: Q,
  rotate: RepeatArgs,
  successors: readonly Digest[],
  token: AccessTokenRow,
): Transition<RotateRefreshTokenOutcome> {
  const { family_id, application_id, presented_digest, now } = rotate;
  const family = yield* one(q.familyState, { family_id, application_id });
  if (family === null) return { outcome: 'not_found' };
  if (family.revoked_at !== null) return { outcome: 'revoked' };
  const endsAt = earlier(family.expires_at, family.idle_expires_at);
  if (endsAt !== null && endsAt <= now) return { outcome: 'expired' };
  // After a change of the server key the current token is still the one that the former key made of the presented one.
  const successor = successors.find((candidate) => family.current_digest?.equals(candidate));
  if (successor !== undefined) {
    const repeated = yield* one(q.repeatRotation, { rotate: { ...rotate, successor_digest: successor }, token });
    if (repeated !== null) return { outcome: 'repeated', successorDigest: successor };
  }
  // RFC 9700 §4.14.2, ASVS 10.4.5: a former refresh token means that two parties hold the family; it ends for both.
  const revoked = yield* one(q.revokeReusedFamily, { family_id, presented_digest, now });
  return { outcome: revoked === null ? 'revoked' : 'reused' };
}
