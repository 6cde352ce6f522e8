import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, OPERATOR } from '../../src/admin/application-rules.ts';
import { addSecret, removeSecret, SECRETS_PER_APPLICATION_MAX } from '../../src/admin/application-secrets.ts';
import {
  APPLICATIONS_PER_OWNER_MAX,
  type ApplicationDeps,
  deleteApplication,
  findApplication,
  findApplicationByClientId,
  listApplications,
  registerApplication,
  updateApplication,
} from '../../src/admin/applications.ts';
import { deleteUser } from '../../src/admin/users.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import { matchClientSecret } from '../../src/protocol/client-secret.ts';
import { applicationId } from '../../src/vocabulary/identifiers.ts';
import { type Installation, openInstallation } from '../accounts/installation.ts';
import { actor, applicationDeps, CLIENT_SECRET_KEY, wanted } from './office.ts';

let installation: Installation;
let deps: ApplicationDeps;
let alice: Actor;
let bob: Actor;
let admin: Actor;
beforeAll(async () => {
  installation = await openInstallation();
  deps = applicationDeps(installation);
  alice = await actor(installation, 'alice');
  bob = await actor(installation, 'bob');
  admin = await actor(installation, 'admin', true);
});
afterAll(() => installation.close());

async function registered(changes: Parameters<typeof wanted>[0] = {}, by: Actor = alice) {
  const result = await registerApplication(wanted(changes), by, deps);
  if (result.outcome === 'refused') throw new Error(JSON.stringify(result.problems));
  return result;
}
const problems = async (changes: Parameters<typeof wanted>[0], by: Actor = alice) => {
  const result = await registerApplication(wanted(changes), by, deps);
  return result.outcome === 'refused' ? result.problems : [];
};

describe('RFC 8252 §7.1, OpenID Connect Dynamic Client Registration 1.0 §2: redirect URIs by application_type', () => {
  const of = (applicationType: 'auto' | 'web' | 'native', type: 'confidential' | 'public') => ({
    type,
    redirectUris: ['com.example.app:/callback'],
    settings: { ...DEFAULT_SETTINGS, applicationType },
  });

  it('lets a native application have a scheme of its own, and no other', async () => {
    for (const type of ['confidential', 'public'] as const) {
      expect(await problems(of('native', type))).toEqual([]);
      expect(await problems(of('web', type))).toMatchObject([{ field: 'redirect_uris', code: 'problem.uri.scheme' }]);
    }
    expect(await problems(of('auto', 'public'))).toEqual([]);
    expect(await problems(of('auto', 'confidential'))).toMatchObject([{ code: 'problem.uri.scheme' }]);
  });

  it('has a native application that becomes web give its schemes up first', async () => {
    const { application } = await registered(of('native', 'confidential'));
    const settings = { applicationType: 'web' } as const;
    expect(await updateApplication(application.id, { settings }, alice, deps)).toMatchObject({
      problems: [{ field: 'redirect_uris', code: 'problem.uri.scheme' }],
    });
    const change = { settings, redirectUris: ['http://localhost:3000/callback'] };
    expect((await updateApplication(application.id, change, alice, deps)).outcome).toBe('updated');
  });
});

describe('registering an application', () => {
  it('makes a client_id of 160 random bits and a secret that opens it, shown once', async () => {
    const { application, secret } = await registered();
    expect(application).toMatchObject({ name: 'Calendar', ownerId: alice.accountId, disabledAtMs: null });
    expect(application.clientId).toMatch(/^[0-9a-f]{40}$/);
    // RFC 6749 §10.10: 256 random bits.
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const stored = await deps.applications.findApplication(application.id);
    expect(stored).toEqual(application);
    if (secret === null || stored === null) throw new Error('there is a secret');
    expect(matchClientSecret(secret, stored.secrets, CLIENT_SECRET_KEY)?.id).toBe(stored.secrets[0]?.id);
    expect(stored.secrets).toMatchObject([{ hint: secret.slice(-4), lastUsedAtMs: null }]);
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('gives a public application no secret', async () => {
    const { application, secret } = await registered({ type: 'public' });
    expect(secret).toBeNull();
    expect(application.secrets).toEqual([]);
  });

  it('from the command line makes it the superusers’, or whose the operator says', async () => {
    expect((await registered({}, OPERATOR)).application.ownerId).toBeNull();
    const ownerId = alice.accountId;
    expect((await registered({ ownerId }, OPERATOR)).application.ownerId).toBe(ownerId);
    expect((await registered({ ownerId: null }, admin)).application.ownerId).toBeNull();
    expect((await registered({}, admin)).application.ownerId).toBe(admin.accountId);
  });
});

describe('the rules', () => {
  it.each<[string, Parameters<typeof wanted>[0], object]>([
    ['no grant', { grants: [] }, { field: 'grants', code: 'problem.grants.required' }],
    [
      'client credentials of a public application (RFC 6749 §4.4)',
      { type: 'public', grants: ['client-credentials'] },
      { field: 'grants', code: 'problem.grants.publicClientCredentials' },
    ],
    [
      'refresh tokens without a grant of a person (RFC 6749 §1.5)',
      { grants: ['refresh-token', 'client-credentials'] },
      { field: 'grants', code: 'problem.grants.refreshAlone' },
    ],
    [
      'the code grant without a redirect URI (RFC 6749 §3.1.2.2)',
      { redirectUris: [] },
      { field: 'redirect_uris', code: 'problem.redirectUris.required' },
    ],
    [
      'a javascript: redirect URI (better-auth#9838)',
      { redirectUris: ['javascript:alert(1)'] },
      { field: 'redirect_uris', code: 'problem.uri.scheme', values: { uri: 'javascript:alert(1)' } },
    ],
    [
      'a redirect URI with a user name (CVE-2026-28512)',
      { redirectUris: ['https://app.example@evil.example/'] },
      { field: 'redirect_uris', code: 'problem.uri.userinfo', values: { uri: 'https://app.example@evil.example/' } },
    ],
    [
      'a redirect URI with a fragment',
      { redirectUris: ['https://app.example/#x'] },
      { field: 'redirect_uris', code: 'problem.uri.fragment', values: { uri: 'https://app.example/#x' } },
    ],
    [
      'a redirect URI with a wildcard (D6)',
      { redirectUris: ['https://*.app.example/'] },
      { field: 'redirect_uris', code: 'problem.uri.wildcard', values: { uri: 'https://*.app.example/' } },
    ],
    [
      'plain http for another machine',
      { postLogoutRedirectUris: ['http://app.example/'] },
      { field: 'post_logout_redirect_uris', code: 'problem.uri.insecure', values: { uri: 'http://app.example/' } },
    ],
    [
      'an origin with a path',
      { allowedOrigins: ['https://app.example/'] },
      { field: 'allowed_origins', code: 'problem.origin.invalid', values: { origin: 'https://app.example/' } },
    ],
    [
      'an origin that is not written as browsers write it',
      { allowedOrigins: ['https://APP.example:443'] },
      { field: 'allowed_origins', code: 'problem.origin.invalid', values: { origin: 'https://APP.example:443' } },
    ],
    [
      'the origin null',
      { allowedOrigins: ['null'] },
      { field: 'allowed_origins', code: 'problem.origin.invalid', values: { origin: 'null' } },
    ],
    [
      'the origin *',
      { allowedOrigins: ['*'] },
      { field: 'allowed_origins', code: 'problem.origin.invalid', values: { origin: '*' } },
    ],
    [
      'an origin of another machine on plain http',
      { allowedOrigins: ['http://app.example'] },
      { field: 'allowed_origins', code: 'problem.uri.insecure', values: { uri: 'http://app.example' } },
    ],
    ['no scope', { scopes: [] }, { field: 'scopes', code: 'problem.required' }],
    [
      'a scope that does not exist',
      { scopes: ['openid', 'root'] },
      { field: 'scopes', code: 'problem.scopes.unknown', values: { scope: 'root' } },
    ],
  ])('refuse %s', async (_what, changes, problem) => expect(await problems(changes)).toEqual([problem]));

  it('allow what an application needs', async () => {
    expect(
      await problems({
        redirectUris: ['http://localhost:9988/callback', 'https://app.example/cb?x=1'],
        postLogoutRedirectUris: ['https://app.example/bye'],
        allowedOrigins: [
          'https://app.example',
          'https://app.example:8443',
          'http://localhost:3000',
          'http://[::1]:3000',
        ],
        scopes: ['openid', 'payroll', 'offline_access', 'write'],
        grants: ['authorization-code', 'refresh-token', 'client-credentials'],
      }),
    ).toEqual([]);
    expect(await problems({ grants: ['client-credentials'], redirectUris: [] })).toEqual([]);
    expect(await problems({ type: 'public', redirectUris: ['com.example.app:/callback'] })).toEqual([]);
  });

  it('show no more of a refused address than fits', async () => {
    const [problem] = await problems({ redirectUris: [`ftp://${'x'.repeat(1_500)}`] });
    expect(problem?.values?.['uri']).toHaveLength(120);
  });
});

describe('token exchange (RFC 8693)', () => {
  const exchanging = { ...DEFAULT_SETTINGS, tokenExchange: 'delegation', tokenExchangeAudiences: ['next'] } as const;

  it("is the superusers' to give, and to set the policy of", async () => {
    expect(await problems({ grants: ['token-exchange'], redirectUris: [] })).toEqual([
      { field: 'grants', code: 'problem.superuserOnly' },
    ]);
    expect(await problems({ settings: exchanging })).toEqual([
      { field: 'token_exchange', code: 'problem.superuserOnly' },
      { field: 'token_exchange_audiences', code: 'problem.superuserOnly' },
    ]);
    const input = wanted({ grants: ['token-exchange'], redirectUris: [], settings: exchanging });
    expect((await registerApplication(input, OPERATOR, deps)).outcome).toBe('registered');
  });

  it('stays as it is when its owner changes something else', async () => {
    const input = wanted({ grants: ['authorization-code', 'token-exchange'], settings: exchanging });
    const result = await registerApplication({ ...input, ownerId: alice.accountId }, OPERATOR, deps);
    if (result.outcome !== 'registered') throw new Error(result.outcome);
    const renamed = await updateApplication(result.application.id, { ...input, name: 'Renamed' }, alice, deps);
    expect(renamed.outcome).toBe('updated');
  });

  it('is not for public applications', async () => {
    const input = wanted({ type: 'public', grants: ['authorization-code', 'token-exchange'] });
    expect(await registerApplication(input, OPERATOR, deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'grants', code: 'problem.grants.publicTokenExchange' }],
    });
  });
});

describe('RFC 9396 §10: types of authorization details', () => {
  it('are those that the operator declares, and those that the application has already', async () => {
    const of = (...authorizationDetailsTypes: string[]) => ({
      settings: { ...DEFAULT_SETTINGS, authorizationDetailsTypes },
    });
    expect(await problems(of('payment', 'files'))).toEqual([]);
    expect(await problems(of('payment', 'account'))).toEqual([
      { field: 'authorization_details_types', code: 'problem.detailsTypes.unknown', values: { type: 'account' } },
    ]);
  });
});

describe('what only a superuser sets', () => {
  it('is refused to anybody else', async () => {
    const asResource = { settings: { ...DEFAULT_SETTINGS, resourceIdentifiers: ['https://api.example/'] } };
    expect(await problems(asResource)).toEqual([{ field: 'resource_identifiers', code: 'problem.superuserOnly' }]);
    expect(await problems(asResource, admin)).toEqual([]);
    const asking = { settings: { ...DEFAULT_SETTINGS, resources: ['https://api.example/'] } };
    expect(await problems(asking)).toEqual([{ field: 'resources', code: 'problem.superuserOnly' }]);
    expect(await problems(asking, admin)).toEqual([]);
    expect(await problems({ skipConsent: true })).toEqual([{ field: 'skip_consent', code: 'problem.superuserOnly' }]);
    expect(await problems({ ownerId: bob.accountId })).toEqual([{ field: 'owner', code: 'problem.superuserOnly' }]);
    expect(await problems({ scopes: ['introspection'] })).toEqual([
      { field: 'scopes', code: 'problem.scopes.superuserOnly', values: { scope: 'introspection' } },
    ]);
  });

  it('is granted to a superuser, and stays when the owner edits the rest', async () => {
    const powers = { skipConsent: true, scopes: ['openid', 'introspection'] };
    const { application } = await registered({ ...powers, ownerId: alice.accountId }, admin);
    // The owner's form does not offer the box, so it comes as unticked.
    const change = { ...wanted({ name: 'Renamed', scopes: powers.scopes }), skipConsent: false };
    const updated = await updateApplication(application.id, change, alice, deps);
    expect(updated).toMatchObject({ outcome: 'updated', application: { name: 'Renamed', ...powers } });
    const byAdmin = await updateApplication(application.id, { skipConsent: false, scopes: ['openid'] }, admin, deps);
    expect(byAdmin).toMatchObject({ outcome: 'updated', application: { skipConsent: false } });
    const again = await updateApplication(application.id, { scopes: ['openid', 'introspection'] }, alice, deps);
    expect(again).toMatchObject({ outcome: 'refused' });
  });
});

describe('whose application it is', () => {
  it('decides: another’s does not exist for anybody but a superuser', async () => {
    const { application } = await registered();
    const [secret] = application.secrets;
    const notFound = { outcome: 'not_found' };
    expect(await findApplication(application.id, bob, deps)).toEqual(notFound);
    expect(await findApplicationByClientId(application.clientId, bob, deps)).toEqual(notFound);
    expect(await updateApplication(application.id, { name: 'Stolen' }, bob, deps)).toEqual(notFound);
    expect(await addSecret(application.id, bob, deps)).toEqual(notFound);
    expect(await removeSecret(application.id, secret?.id ?? '', bob, deps)).toEqual(notFound);
    expect(await deleteApplication(application.id, bob, deps)).toEqual(notFound);
    expect(await findApplication(application.id, alice, deps)).toEqual({ outcome: 'found', application });
    expect(await findApplication(application.id, admin, deps)).toEqual({ outcome: 'found', application });
    expect(await findApplicationByClientId(application.clientId, admin, deps)).toEqual({
      outcome: 'found',
      application,
    });
  });

  it('the superusers’ is nobody else’s, an actor without an account included', async () => {
    const { application } = await registered({}, OPERATOR);
    expect((await findApplication(application.id, alice, deps)).outcome).toBe('not_found');
    expect((await findApplication(application.id, { accountId: null, isSuperuser: false }, deps)).outcome).toBe(
      'not_found',
    );
    expect(await listApplications({ accountId: null, isSuperuser: false }, deps)).toEqual([]);
  });

  it('lists: one’s own, or all for a superuser', async () => {
    const carol = await actor(installation, 'carol');
    const { application } = await registered({ name: 'Only one' }, carol);
    expect((await listApplications(carol, deps)).map(({ id }) => id)).toEqual([application.id]);
    expect((await listApplications(admin, deps)).length).toBeGreaterThan(1);
  });

  it('goes to the superusers when its owner’s account is deleted', async () => {
    const dave = await actor(installation, 'dave');
    const { application } = await registered({}, dave);
    if (dave.accountId === null) throw new Error('dave has an account');
    await deleteUser(dave.accountId, installation.deps);
    expect((await deps.applications.findApplication(application.id))?.ownerId).toBeNull();
  });
});

describe('updating an application', () => {
  it('changes what is given, keeps the rest, and is in force', async () => {
    const { application } = await registered({ requirePkce: true });
    installation.advance(1_000);
    const change = { name: 'New name', redirectUris: ['https://new.example/cb'], refreshTokenLifetimeSeconds: null };
    const result = await updateApplication(application.id, change, alice, deps);
    const expected = { ...application, ...change, updatedAtMs: installation.deps.clock() };
    expect(result).toEqual({ outcome: 'updated', application: expected });
    expect(await deps.applications.findApplication(application.id)).toEqual(expected);
    expect(await installation.storage.applications.findApplicationByClientId(application.clientId)).toEqual(expected);
  });

  it('judges the whole, not the part that is given', async () => {
    const { application } = await registered({ grants: ['authorization-code', 'client-credentials'] });
    expect(await updateApplication(application.id, { type: 'public' }, alice, deps)).toMatchObject({
      problems: [{ field: 'grants', code: 'problem.grants.publicClientCredentials' }],
    });
    expect(await updateApplication(application.id, { redirectUris: [] }, alice, deps)).toMatchObject({
      problems: [{ field: 'redirect_uris', code: 'problem.redirectUris.required' }],
    });
    expect(await deps.applications.findApplication(application.id)).toEqual(application);
  });

  it('of one that is gone is not found', async () => {
    expect(await updateApplication(applicationId('none'), { name: 'x' }, admin, deps)).toEqual({
      outcome: 'not_found',
    });
  });

  it('moves it to another owner, by a superuser', async () => {
    const { application } = await registered();
    await updateApplication(application.id, { ownerId: bob.accountId }, admin, deps);
    expect((await findApplication(application.id, bob, deps)).outcome).toBe('found');
    expect((await findApplication(application.id, alice, deps)).outcome).toBe('not_found');
  });
});

describe('an imported application', () => {
  it('keeps an address that nobody could register now, and gets no other of its kind', async () => {
    const insecure = 'http://intranet.example/callback';
    const result = await registerApplication({ ...wanted(), ownerId: alice.accountId }, OPERATOR, deps);
    if (result.outcome !== 'registered') throw new Error(result.outcome);
    const imported = { ...result.application, redirectUris: [insecure], allowedOrigins: ['http://intranet.example'] };
    await deps.applications.updateApplication(imported);
    expect(await updateApplication(imported.id, { name: 'Renamed' }, alice, deps)).toMatchObject({
      outcome: 'updated',
    });
    const another = { redirectUris: [insecure, 'http://other.example/callback'] };
    expect(await updateApplication(imported.id, another, alice, deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'redirect_uris', values: { uri: 'http://other.example/callback' } }],
    });
    expect(await updateApplication(imported.id, { type: 'public', requirePkce: true }, alice, deps)).toMatchObject({
      outcome: 'refused',
      problems: [{ field: 'redirect_uris', code: 'problem.uri.insecure' }],
    });
  });
});

describe('D12, several secrets', () => {
  it('adds one beside the others; both open until one is removed', async () => {
    const { application, secret: first } = await registered();
    const added = await addSecret(application.id, alice, deps);
    if (added.outcome !== 'added' || first === null) throw new Error(added.outcome);
    const records = async () => (await deps.applications.findApplication(application.id))?.secrets ?? [];
    const opens = async (secret: typeof first) =>
      matchClientSecret(secret, await records(), CLIENT_SECRET_KEY) !== null;
    expect([await opens(first), await opens(added.secret)]).toEqual([true, true]);
    const [former] = application.secrets;
    expect(await removeSecret(application.id, former?.id ?? '', alice, deps)).toEqual({ outcome: 'removed' });
    expect([await opens(first), await opens(added.secret)]).toEqual([false, true]);
  });

  it(`allows ${SECRETS_PER_APPLICATION_MAX}`, async () => {
    const { application } = await registered();
    for (let count = 1; count < SECRETS_PER_APPLICATION_MAX; count += 1) {
      expect((await addSecret(application.id, alice, deps)).outcome).toBe('added');
    }
    expect(await addSecret(application.id, alice, deps)).toEqual({
      outcome: 'refused',
      problems: [{ field: '', code: 'problem.secrets.tooMany', values: { maximum: SECRETS_PER_APPLICATION_MAX } }],
    });
  });

  it('keeps the last one of a confidential application', async () => {
    const { application } = await registered();
    expect(await removeSecret(application.id, application.secrets[0]?.id ?? '', alice, deps)).toEqual({
      outcome: 'refused',
      problems: [{ field: '', code: 'problem.secrets.last' }],
    });
    expect(await removeSecret(application.id, 'no such secret', alice, deps)).toEqual({ outcome: 'not_found' });
  });

  it('gives none to a public application', async () => {
    const { application } = await registered({ type: 'public' });
    expect(await addSecret(application.id, alice, deps)).toMatchObject({
      problems: [{ code: 'problem.secrets.public' }],
    });
  });
});

describe('deleting an application', () => {
  it('removes it, once', async () => {
    const { application } = await registered();
    expect(await deleteApplication(application.id, alice, deps)).toEqual({ outcome: 'deleted' });
    expect(await deps.applications.findApplication(application.id)).toBeNull();
    expect(await deleteApplication(application.id, alice, deps)).toEqual({ outcome: 'not_found' });
  });
});

describe('the number of applications', () => {
  it(`is ${APPLICATIONS_PER_OWNER_MAX} for one person, and none for superusers`, async () => {
    const eve = await actor(installation, 'eve');
    await Promise.all(Array.from({ length: APPLICATIONS_PER_OWNER_MAX }, () => registered({ type: 'public' }, eve)));
    expect(await problems({}, eve)).toEqual([
      { field: '', code: 'problem.applications.tooMany', values: { maximum: APPLICATIONS_PER_OWNER_MAX } },
    ]);
    expect(await problems({ ownerId: eve.accountId }, admin)).toEqual([]);
  });
});
