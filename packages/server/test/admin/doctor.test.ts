/** What `diapason doctor` finds by the facts: nothing in a clean installation, and each planted fault by its name. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/admin/doctor/doctor.ts';
import type { Facts, Probe } from '../../src/admin/doctor/finding.ts';
import { newApplication, newSecret } from '../../src/storage/conformance/case.ts';

const NOW_MS = Date.UTC(2030, 0, 15);
const DAY_MS = 86_400_000;
const URL = 'https://id.example.org';

const SEEN: Probe = {
  status: 200,
  location: null,
  setCookies: ['__Host-browser=x; Path=/; Secure; HttpOnly; SameSite=Lax'],
  strictTransportSecurity: 'max-age=31536000',
  dateMs: NOW_MS,
  body: JSON.stringify({ issuer: `${URL}/o` }),
  certificate: { validToMs: NOW_MS + 60 * DAY_MS, fault: null },
};
const seen = (change: Partial<Probe> = {}) => ({ seen: { ...SEEN, ...change } });

const APPLICATION = {
  ...newApplication(NOW_MS),
  grants: ['authorization-code', 'refresh-token'] as const,
  redirectUris: ['https://app.example.org/callback', 'http://127.0.0.1/callback'],
  postLogoutRedirectUris: [],
  requirePkce: true,
  codeLifetimeSeconds: 60,
  accessTokenLifetimeSeconds: 3_600,
  refreshTokenIdleSeconds: 86_400,
  disabledAtMs: null,
};
const SECRET = newSecret(NOW_MS);

/** A good installation at a public address, on PostgreSQL. */
const CLEAN: Facts = {
  nowMs: NOW_MS,
  settings: {
    url: URL,
    issuer: `${URL}/o`,
    isLoopback: false,
    trustedProxies: ['10.0.0.2/32'],
    workers: 2,
    poolSize: 10,
    engine: 'postgres',
    databaseUrl: 'postgres://diapason:x@db.example.org/diapason?sslmode=verify-full',
    signUp: 'open',
    emailVerification: 'required',
    registration: 'open',
    openScopes: ['openid', 'profile'],
    smtpUrl: 'smtps://user:password@mail.example.org',
    mailFrom: 'Example <id@example.org>',
    sessionLifetimeMs: 30 * DAY_MS,
    logLevel: 'info',
  },
  metadata: seen(),
  signInPage: seen(),
  plainHttp: seen({ status: 301, location: `${URL}/`, certificate: null }),
  smtpFault: null,
  mail: { failedOfLastDay: 0, oldestWaitingMs: 60_000 },
  databaseNowMs: NOW_MS + 900,
  databaseFault: null,
  pendingMigrations: 0,
  files: [{ path: '/data/diapason.db', mode: 0o100600 }],
  disk: { freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3 },
  walBytes: 16 * 1024 ** 2,
  secretFits: true,
  keys: [{ kid: 'k', algorithm: 'RS256', state: 'signing', createdAtMs: NOW_MS - 300 * DAY_MS }],
  applications: [APPLICATION],
  superusers: [
    { username: 'ada', hasSecondFactor: true, isDisabled: false },
    { username: 'former', hasSecondFactor: false, isDisabled: true },
  ],
  auditBrokenAt: null,
};

const settings = (change: Partial<Facts['settings']>): Partial<Facts> => ({
  settings: { ...CLEAN.settings, ...change },
});
const application = (change: Partial<typeof APPLICATION>): Partial<Facts> => ({
  applications: [{ ...APPLICATION, ...change }],
});

/** What is planted, and all that is found by it. */
const PLANTED: readonly (readonly [code: string, severity: 'fault' | 'warning', Partial<Facts>])[] = [
  [
    'tls.certificate-expired',
    'fault',
    { metadata: seen({ certificate: { validToMs: NOW_MS - 1, fault: 'CERT_HAS_EXPIRED' } }) },
  ],
  [
    'tls.certificate-untrusted',
    'fault',
    { metadata: seen({ certificate: { validToMs: NOW_MS + 60 * DAY_MS, fault: 'SELF_SIGNED_CERT_IN_CHAIN' } }) },
  ],
  [
    'tls.certificate-expires-soon',
    'warning',
    { metadata: seen({ certificate: { validToMs: NOW_MS + 3 * DAY_MS, fault: null } }) },
  ],
  ['tls.no-hsts', 'warning', { metadata: seen({ strictTransportSecurity: null }) }],
  ['tls.no-redirect', 'warning', { plainHttp: seen({ status: 200, certificate: null }) }],
  ['issuer.unreachable', 'fault', { metadata: { fault: 'nothing listens there' } }],
  ['issuer.unreachable', 'fault', { metadata: seen({ status: 502, body: 'Bad gateway' }) }],
  ['issuer.other', 'fault', { metadata: seen({ body: JSON.stringify({ issuer: 'http://id.example.org/o' }) }) }],
  ['cookies.not-secure', 'fault', { signInPage: seen({ setCookies: ['browser=x; Path=/; HttpOnly; SameSite=Lax'] }) }],
  ['cookies.no-same-site', 'warning', { signInPage: seen({ setCookies: ['browser=x; Path=/; Secure; HttpOnly'] }) }],
  ['proxies.none', 'warning', settings({ trustedProxies: 0 })],
  ['proxies.everybody', 'fault', settings({ trustedProxies: ['128.0.0.0/1'] })],
  ['proxies.many', 'warning', settings({ trustedProxies: 9 })],
  ['mail.none', 'warning', settings({ smtpUrl: null })],
  ['mail.plain', 'warning', settings({ smtpUrl: 'smtp://user:password@mail.example.org' })],
  ['mail.from', 'warning', settings({ mailFrom: 'diapason@localhost' })],
  ['mail.unreachable', 'fault', { smtpFault: 'ECONNECTION: refused' }],
  ['mail.failed', 'warning', { mail: { failedOfLastDay: 2, oldestWaitingMs: null } }],
  ['mail.stuck', 'fault', { mail: { failedOfLastDay: 0, oldestWaitingMs: 3_600_000 } }],
  ['clock.skew', 'warning', { databaseNowMs: NOW_MS - 20_000 }],
  ['clock.skew', 'fault', { metadata: seen({ dateMs: NOW_MS + 120_000 }) }],
  ['database.unreachable', 'fault', { databaseFault: 'nothing listens there' }],
  ['database.schema', 'fault', { pendingMigrations: 1 }],
  ['files.readable', 'fault', { files: [{ path: '/data/diapason.db.secret', mode: 0o100644 }] }],
  ['database.disk-full', 'fault', { disk: { freeBytes: 1_000, totalBytes: 100 * 1024 ** 3 } }],
  ['database.disk-low', 'warning', { disk: { freeBytes: 500 * 1024 ** 2, totalBytes: 100 * 1024 ** 3 } }],
  ['database.wal-large', 'warning', { walBytes: 1024 ** 3 }],
  ['database.plain', 'warning', settings({ databaseUrl: 'postgres://u:p@db.example.org/diapason' })],
  ['audit.broken', 'fault', { auditBrokenAt: 12 }],
  ['secret.wrong', 'fault', { secretFits: false }],
  [
    'keys.old',
    'warning',
    { keys: [{ kid: 'k', algorithm: 'RS256', state: 'signing', createdAtMs: NOW_MS - 800 * DAY_MS }] },
  ],
  ['settings.unverified-addresses', 'warning', settings({ emailVerification: 'optional' })],
  ['settings.open-registration', 'fault', settings({ openScopes: ['openid', 'introspection'] })],
  ['settings.long-sessions', 'warning', settings({ sessionLifetimeMs: 400 * DAY_MS })],
  ['settings.log-level', 'warning', settings({ logLevel: 'trace' })],
  ['settings.connections', 'warning', settings({ workers: 16 })],
  ['app.no-pkce', 'warning', application({ requirePkce: false })],
  ['app.grant', 'fault', application({ grants: ['authorization-code', 'implicit'] as never })],
  ['app.redirect-http', 'fault', application({ redirectUris: ['http://app.example.org/callback'] })],
  ['app.redirect-wildcard', 'fault', application({ redirectUris: ['https://*.example.org/callback'] })],
  ['app.long-access-tokens', 'warning', application({ accessTokenLifetimeSeconds: 864_000 })],
  ['app.long-codes', 'warning', application({ codeLifetimeSeconds: 3_600 })],
  [
    'app.endless-refresh',
    'warning',
    application({ refreshTokenIdleSeconds: null as never, refreshTokenLifetimeSeconds: null }),
  ],
  [
    'app.redirect-uri-optional',
    'warning',
    application({ settings: { ...APPLICATION.settings, redirectUriOptional: true } }),
  ],
  [
    'app.secret-unused',
    'warning',
    application({ secrets: [SECRET, { ...SECRET, id: 'old', createdAtMs: NOW_MS - 400 * DAY_MS }] }),
  ],
  [
    'superuser.no-second-factor',
    'warning',
    { superusers: [{ username: 'ada', hasSecondFactor: false, isDisabled: false }] },
  ],
  [
    'tls.issuer-http',
    'fault',
    {
      settings: { ...CLEAN.settings, url: 'http://id.example.org', issuer: 'http://id.example.org/o' },
      metadata: seen({ body: JSON.stringify({ issuer: 'http://id.example.org/o' }), certificate: null }),
      plainHttp: null,
    },
  ],
];

describe('diagnose', () => {
  it('finds nothing in a clean installation', () => {
    expect(diagnose(CLEAN)).toEqual([]);
  });

  it('leaves disabled applications alone', () => {
    expect(diagnose({ ...CLEAN, ...application({ requirePkce: false, disabledAtMs: 1 as never }) })).toEqual([]);
  });

  it.each(PLANTED)('finds %s (%s)', (code, severity, planted) => {
    const found = diagnose({ ...CLEAN, ...planted });
    expect(found.map((finding) => [finding.code, finding.severity])).toEqual([[code, severity]]);
    for (const { problem, remedy } of found) {
      expect(problem.length).toBeGreaterThan(20);
      expect(remedy).not.toBe('');
      // It is printed in a pipeline's log.
      expect(problem + remedy).not.toContain('password@');
    }
  });

  it('names faults before warnings', () => {
    const found = diagnose({ ...CLEAN, ...settings({ logLevel: 'trace' }), secretFits: false });
    expect(found.map(({ severity }) => severity)).toEqual(['fault', 'warning']);
  });
});
