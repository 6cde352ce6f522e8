/** What can be weak in an application, and in who manages the installation. Disabled applications are left alone: they do nothing. */
import type { Application } from '../../protocol/application.ts';
import { GRANT_NAMES, requiresPkce } from '../../protocol/application.ts';
import { isLoopbackRedirect } from '../../protocol/redirect-uri.ts';
import type { Facts, Finding } from './finding.ts';

const DAY_MS = 86_400_000;
const SECRET_UNUSED_MS = 180 * DAY_MS;
/** RFC 9700 §2.2 wants them short where they are bearer tokens; a day is long. */
const ACCESS_TOKEN_SECONDS_MAX = 86_400;
/** RFC 6749 §4.1.2, ASVS 10.4.3. */
const CODE_SECONDS_MAX = 600;

/** Everything of applications. */
export function* applicationFindings({ applications, nowMs }: Facts): Generator<Finding> {
  for (const application of applications) {
    if (application.disabledAtMs === null) yield* findingsOf(application, nowMs);
  }
}

/** Everything of superusers. */
export function* superuserFindings({ superusers }: Facts): Generator<Finding> {
  for (const { username, hasSecondFactor, isDisabled } of superusers) {
    if (hasSecondFactor || isDisabled) continue;
    yield {
      code: 'superuser.no-second-factor',
      severity: 'warning',
      about: username,
      reference: 'ASVS 6.3.3',
      problem: `The superuser ${username} has no second factor: a password alone opens everything.`,
      remedy: 'Let them add one under /account/security/, or require it of a group that they are in.',
    };
  }
}

function* findingsOf(application: Application, nowMs: number): Generator<Finding> {
  const { name, clientId, settings } = application;
  const finding = (
    severity: Finding['severity'],
    code: string,
    reference: string,
    problem: string,
    remedy: string,
  ): Finding => ({ code, severity, about: clientId, reference, problem: `${name}: ${problem}`, remedy });
  const update = `diapason app update ${clientId}`;

  if (application.grants.includes('authorization-code') && !requiresPkce(application)) {
    const last = application.lastWithoutPkceAtMs;
    const seen = last === null ? 'it has never come without' : `it last came without on ${dayOf(last)}`;
    yield finding(
      'warning',
      'app.no-pkce',
      'RFC 9700 §2.1.1',
      `PKCE is not required; ${seen}.`,
      `${update} --require-pkce`,
    );
  }
  const unknown = application.grants.filter((grant) => !GRANT_NAMES.includes(grant));
  if (unknown.length > 0) {
    yield finding(
      'fault',
      'app.grant',
      'RFC 9700 §2.1.2, §2.4',
      `it holds ${unknown.join(', ')}, which this server does not give.`,
      `${update} --grant authorization-code`,
    );
  }
  for (const uri of [...application.redirectUris, ...application.postLogoutRedirectUris]) {
    if (uri.includes('*')) {
      yield finding(
        'fault',
        'app.redirect-wildcard',
        'RFC 9700 §2.1',
        `${uri} looks like a pattern. It matches itself alone.`,
        `${update} --redirect-uri with each address`,
      );
    } else if (uri.startsWith('http:') && !isLoopbackRedirect(uri)) {
      yield finding(
        'fault',
        'app.redirect-http',
        'RFC 9700 §2.6',
        `codes and tokens go to ${uri} readable.`,
        `${update} --redirect-uri with an https address`,
      );
    }
  }
  if (application.accessTokenLifetimeSeconds > ACCESS_TOKEN_SECONDS_MAX) {
    const last = application.lastLongAccessTokenAtMs;
    const seen = last === null ? '' : `; one was last used late on ${dayOf(last)}`;
    yield finding(
      'warning',
      'app.long-access-tokens',
      'RFC 9700 §2.2',
      `access tokens live ${Math.round(application.accessTokenLifetimeSeconds / 3_600)} hours${seen}.`,
      `${update} --access-token-lifetime 3600`,
    );
  }
  if (application.codeLifetimeSeconds > CODE_SECONDS_MAX) {
    yield finding(
      'warning',
      'app.long-codes',
      'ASVS 10.4.3',
      `codes live ${application.codeLifetimeSeconds} seconds.`,
      `${update} --code-lifetime 60`,
    );
  }
  const endless = application.refreshTokenLifetimeSeconds === null && application.refreshTokenIdleSeconds === null;
  if (application.grants.includes('refresh-token') && endless) {
    yield finding(
      'warning',
      'app.endless-refresh',
      'ASVS 10.4.8',
      'a refresh token never ends, used or not.',
      `${update} --refresh-token-idle 2592000`,
    );
  }
  if (settings.redirectUriOptional) {
    const last = application.lastWithoutRedirectUriAtMs;
    const seen = last === null ? 'none has' : `the last did on ${dayOf(last)}`;
    yield finding(
      'warning',
      'app.redirect-uri-optional',
      'RFC 9700 §2.1',
      `requests may leave out redirect_uri (legacy); ${seen}.`,
      `${update} --redirect-uri-optional off`,
    );
  }
  yield* secretFindings(application, nowMs, finding);
}

function* secretFindings(
  { secrets, clientId }: Application,
  nowMs: number,
  finding: (severity: 'fault' | 'warning', code: string, reference: string, problem: string, remedy: string) => Finding,
): Generator<Finding> {
  for (const { id, hint, createdAtMs, lastUsedAtMs } of secrets) {
    const usedMs = lastUsedAtMs ?? createdAtMs;
    if (secrets.length < 2 || nowMs - usedMs < SECRET_UNUSED_MS) continue;
    const since = lastUsedAtMs === null ? 'was never used' : `was last used on ${dayOf(lastUsedAtMs)}`;
    yield finding(
      'warning',
      'app.secret-unused',
      'ASVS 13.3.4',
      `the secret that ends in ${hint} ${since}.`,
      `diapason app secret remove ${clientId} ${id}`,
    );
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
