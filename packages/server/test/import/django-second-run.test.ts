/** The same import again, after things have changed at the source or here: applications and tokens. Accounts: `django-accounts.test.ts`. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountsPart } from '../../src/import/django/accounts.ts';
import { applicationsPart } from '../../src/import/django/applications.ts';
import { grantsPart } from '../../src/import/django/grants.ts';
import type { ImportReport } from '../../src/import/report.ts';
import { familyIdOf, firstRefreshToken } from '../../src/protocol/refresh-token-text.ts';
import { digestOf, presentedSecret, systemRandomness } from '../../src/vocabulary/credentials.ts';
import { accountId, applicationId } from '../../src/vocabulary/identifiers.ts';
import { ENGINES } from '../storage/databases.ts';
import { copyOf, openTarget, type Target } from './installation.ts';

describe.each(ENGINES)('a second run on %s', (engine) => {
  let target: Target;
  let source: Awaited<ReturnType<typeof copyOf>>;

  beforeEach(async () => {
    target = await openTarget(engine, [accountsPart, applicationsPart, grantsPart]);
    source = await copyOf('django.sqlite3');
  });

  afterEach(async () => {
    await target.close();
    await source.remove();
  });

  const bring = (options = {}) => target.bring(source.path, options);
  const atSource = (sql: string) => {
    const db = new Database(source.path);
    db.exec(sql);
    db.close();
  };
  const web = applicationId('1');
  const found = async (id = web) => {
    const application = await target.storage.applications.findApplication(id);
    if (application === null) throw new Error(`no application ${id}`);
    return application;
  };
  const access = async (name: string) =>
    (await target.storage.grants.findAccessToken(digestOf(presentedSecret(`access-${name}-000000000000`))))?.isActive;
  const refresh = (name: string) =>
    target.storage.grants.findRefreshToken({
      familyId: null,
      digest: digestOf(presentedSecret(`refresh-${name}-00000000000`)),
    });

  it('brings nothing where nothing has changed', async () => {
    const before = await bring();
    const again = await bring();
    for (const kind of ['application', 'refresh_token', 'access_token']) {
      expect(counts(again, kind), kind).toMatchObject({
        brought: 0,
        changed: 0,
        keptAsHere: 0,
        unchanged: counts(before, kind).brought,
      });
    }
    expect(await access('live')).toBe(true);
    expect((await refresh('live'))?.revoked).toBe(false);
  });

  it('brings what was issued since', async () => {
    await bring();
    atSource(`insert into oauth2_provider_accesstoken (token, expires, scope, application_id, user_id, created, updated)
      values ('access-later-000000000000', '2099-01-01 00:00:00', 'read', 1, 1, '2026-03-01 00:00:00', '2026-03-01 00:00:00')`);
    expect(counts(await bring(), 'access_token')).toMatchObject({ brought: 1 });
    expect(await access('later')).toBe(true);
    const consent = await target.storage.consents.findConsent(accountId('1'), web);
    expect(consent?.scope).toEqual(['read']);
  });

  it('ends what was revoked or deleted there since, and only that', async () => {
    await bring();
    atSource(
      `update oauth2_provider_refreshtoken set revoked = '2026-03-01 00:00:00' where token = 'refresh-live-00000000000'`,
    );
    atSource(`update oauth2_provider_refreshtoken set access_token_id = null where token = 'refresh-live-00000000000';
      delete from oauth2_provider_accesstoken where token = 'access-live-000000000000'`);
    const report = await bring();
    expect(report.findings.map(({ code }) => code)).toContain('revoked-at-source');
    expect((await refresh('live'))?.revoked).toBe(true);
    expect(await access('live')).not.toBe(true);
    expect((await refresh('successor'))?.revoked).toBe(false);
    expect(await access('successor')).toBe(true);
  });

  it('leaves a refresh token alone that was used here since, whatever the old server says of it', async () => {
    await bring();
    const before = await refresh('live');
    if (before === null) throw new Error('not brought');
    const next = firstRefreshToken(before.familyId, systemRandomness);
    expect(familyIdOf(next)).toBe(before.familyId);
    const nowMs = target.clock();
    const rotated = await target.storage.grants.rotateRefreshToken({
      familyId: before.familyId,
      applicationId: web,
      presentedDigest: digestOf(presentedSecret('refresh-live-00000000000')),
      successorDigest: digestOf(next),
      formerSuccessorDigests: [],
      accessToken: {
        tokenDigest: digestOf(presentedSecret(`access-${engine}`)),
        applicationId: web,
        accountId: accountId('2'),
        familyId: before.familyId,
        scope: ['read'],
        context: null,
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + 1_000,
      },
      nowMs,
      windowMs: 30_000,
      idleExpiresAtMs: null,
    });
    expect(rotated.outcome).toBe('rotated');
    atSource(
      `update oauth2_provider_refreshtoken set revoked = '2026-03-01 00:00:00' where token = 'refresh-live-00000000000'`,
    );
    await bring();
    const after = await target.storage.grants.findRefreshToken({ familyId: before.familyId, digest: digestOf(next) });
    expect(after).toMatchObject({ revoked: false, position: 'current' });
  });

  it('takes over what was changed of an application there, its secret apart', async () => {
    await bring();
    const before = await found();
    atSource(
      "update oauth2_provider_application set name = 'Renamed', redirect_uris = 'https://new.example/cb' where id = 1",
    );
    expect(counts(await bring(), 'application')).toMatchObject({ changed: 1, brought: 0 });
    expect(await found()).toMatchObject({
      name: 'Renamed',
      redirectUris: ['https://new.example/cb'],
      secrets: before.secrets,
    });
    atSource("update oauth2_provider_application set client_secret = 'another one' where id = 1");
    expect(counts(await bring(), 'application')).toMatchObject({ changed: 1 });
    const [secret] = (await found()).secrets;
    expect(secret?.mac).not.toEqual(before.secrets[0]?.mac);
    expect((await found()).secrets).toHaveLength(1);
  });

  it('keeps what was changed here, and says so', async () => {
    await bring();
    target.advance(1_000);
    await target.storage.applications.updateApplication({
      ...(await found()),
      name: 'Ours',
      updatedAtMs: target.clock(),
    });
    atSource("update oauth2_provider_application set name = 'Theirs' where id = 1");
    const report = await bring();
    expect(counts(report, 'application')).toMatchObject({ keptAsHere: 1 });
    expect(report.findings.map(({ code }) => code)).toContain('kept-as-here');
    expect((await found()).name).toBe('Ours');
  });

  it('does not bring back what was deleted here', async () => {
    await bring();
    await target.storage.applications.deleteApplication(applicationId('3'));
    const report = await bring();
    expect(report.findings.map(({ code }) => code)).toContain('deleted-here');
    expect(await target.storage.applications.findApplication(applicationId('3'))).toBeNull();
    expect(report.isRefused).toBe(false);
  });
});

describe.each(ENGINES)('applications of django-oauth-toolkit on %s', (engine) => {
  let target: Target;
  let source: Awaited<ReturnType<typeof copyOf>>;

  beforeEach(async () => {
    target = await openTarget(engine, [accountsPart, applicationsPart, grantsPart]);
    source = await copyOf('dot34.sqlite3');
  });

  afterEach(async () => {
    await target.close();
    await source.remove();
  });

  const application = (id: string) => target.storage.applications.findApplication(applicationId(id));

  it('have every scope that the setting declared, with its words', async () => {
    const scopes = [
      { name: 'read', description: 'Reading scope' },
      { name: 'reports', description: 'See your reports' },
    ];
    await target.bring(source.path, { scopes });
    expect(await target.storage.declaredScopes.listDeclaredScopes()).toEqual([scopes[1]]);
    expect((await application('1'))?.scopes).toEqual(['read', 'reports', 'introspection']);
    expect((await application('4'))?.scopes).toEqual(['read', 'reports']);
  });

  it('keep lifetime, owner, consent, sign-out addresses and origins', async () => {
    await target.bring(source.path);
    expect(await application('1')).toMatchObject({
      clientId: 'client-web',
      ownerId: '1',
      skipConsent: false,
      requirePkce: false,
      accessTokenLifetimeSeconds: 36_000,
      refreshTokenLifetimeSeconds: null,
      refreshTokenIdleSeconds: null,
      postLogoutRedirectUris: ['https://a.example.org/out'],
      allowedOrigins: ['https://a.example.org'],
    });
    expect(await application('2')).toMatchObject({ skipConsent: true, ownerId: null });
    expect(await application('3')).toMatchObject({
      redirectUris: ['https://a.example.org/cb', 'https://b.example.org/cb?x=1'],
    });
    expect(await application('9')).toMatchObject({ name: 'implicit', grants: [] });
  });

  it('have the lifetime that most of their tokens show', async () => {
    const db = new Database(source.path);
    db.exec(`update oauth2_provider_accesstoken set created = '2026-03-02 07:59:59.995', expires = '2026-03-02 09:59:59.990'
      where application_id = 1`);
    db.close();
    await target.bring(source.path);
    expect((await application('1'))?.accessTokenLifetimeSeconds).toBe(7_200);
  });

  it('refuse the run where a client_id is taken here, and write nothing', async () => {
    await target.bring(source.path);
    await target.sql("delete from imported_row where kind = 'application'");
    const report = await target.bring(source.path);
    expect(report.isRefused).toBe(true);
    expect(report.findings.map(({ code }) => code)).toContain('application-id-taken');
  });

  it('refuse the run where the hash of a secret asks for too much work, unless such secrets are dropped', async () => {
    const db = new Database(source.path);
    db.exec(
      "update oauth2_provider_application set client_secret = 'pbkdf2_sha256$999999999$salt$" +
        'A'.repeat(43) +
        "=' where id = 1",
    );
    db.close();
    const refused = await target.bring(source.path);
    expect(refused.isRefused).toBe(true);
    expect(refused.findings).toContainEqual(
      expect.objectContaining({ severity: 'refusal', code: 'secret-unreadable', row: 'application 1 ("web")' }),
    );
    expect(await application('2')).toBeNull();
    const dropped = await target.bring(source.path, { dropUnreadablePasswords: true });
    expect(dropped.isRefused).toBe(false);
    expect((await application('1'))?.secrets).toEqual([]);
  });
});

function counts(report: ImportReport, kind: string) {
  const found = report.kinds[kind];
  if (found === undefined) throw new Error(`the report says nothing of ${kind}`);
  return found;
}
