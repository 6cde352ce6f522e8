/** The audit log: every use case of `admin/` that changes something writes a line; what was tampered with shows. */
import { readdir } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newMailedSecret } from '../../src/accounts/mailed-secret.ts';
import { addSecret, addSecretByForm, removeSecret } from '../../src/admin/application-secrets.ts';
import {
  deleteApplication,
  registerApplication,
  registerByForm,
  setApplicationDisabled,
  updateApplication,
} from '../../src/admin/applications.ts';
import { verifyAuditLog } from '../../src/admin/audit-chain.ts';
import { createInitialAccessToken } from '../../src/admin/client-registration.ts';
import { addMember, createGroup, deleteGroup, removeMember, requireSecondFactor } from '../../src/admin/groups.ts';
import { createInvitation, revokeInvitation } from '../../src/admin/invitations.ts';
import { retryMail } from '../../src/admin/mail.ts';
import { newFormId } from '../../src/admin/sent-form.ts';
import { startReset } from '../../src/admin/start-reset.ts';
import {
  addUserAddress,
  endUserSessions,
  makeUserAddressPrimary,
  removeUserAddress,
  removeUserPicture,
  updateUser,
} from '../../src/admin/user-changes.ts';
import {
  deleteUser,
  disableUser,
  enableUser,
  keepUser,
  resetFactors,
  setSuperuser,
  setUserFields,
  setUserPassword,
} from '../../src/admin/users.ts';
import { openStorage } from '../../src/storage/storage.ts';
import type { Audited } from '../../src/vocabulary/audited.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';
import { sessionId } from '../../src/vocabulary/identifiers.ts';
import { addUser, type Installation, openInstallation, PASSWORD } from '../accounts/installation.ts';
import { actor, applicationDeps, wanted } from './office.ts';

let installation: Installation;
beforeEach(async () => {
  installation = await openInstallation();
});
afterEach(() => installation.close());

const OPERATOR = { kind: 'command-line', systemUser: 'deploy', from: 'host.example' } as const;

/** What `admin/` exports and changes nothing by, or is a program's own doing (RFC 7591, 7592, client documents). */
const WITHOUT_A_LINE = new Set([
  'applicationProblems',
  'auditHash',
  'changedApplication',
  'clientMetadataOf',
  'completeApplication',
  'createClientDocuments',
  'deleteClient',
  'everyUser',
  'findActivity',
  'findAnyActivity',
  'findApplication',
  'findApplicationByClientId',
  'findGroup',
  'findRegisteredClient',
  'findUser',
  'listActivity',
  'listAllRefusals',
  'listApplications',
  'listInvitations',
  'listUserAddresses',
  'loadScopes',
  'newApplication',
  'registerClient',
  'registerOpenly',
  'sectorIdentifierProblem',
  'updateClient',
  'verifyAuditLog',
]);

/** Each changes something; the name of its line stands before it. */
const CHANGES: Readonly<Record<string, readonly [action: string, run: () => Promise<unknown>]>> = {
  createUser: ['user.create', async () => addUser(installation, 'newcomer')],
  setUserFields: [
    'user.set-fields',
    async () => {
      const field = { name: 'team', required: false } as never;
      const deps = { ...installation.deps, profileFields: new Map([['team', field]]) };
      const { id } = await addUser(installation, 'zoltan');
      return setUserFields({ id }, { team: '' }, deps);
    },
  ],
  setUserPassword: [
    'user.set-password',
    async () => setUserPassword(await addUser(installation, 'zoltan'), `${PASSWORD} anew`, installation.deps),
  ],
  disableUser: ['user.disable', async () => disableUser((await addUser(installation, 'zoltan')).id, installation.deps)],
  enableUser: ['user.enable', async () => enableUser((await addUser(installation, 'zoltan')).id, installation.deps)],
  setSuperuser: [
    'user.set-superuser',
    async () => setSuperuser((await addUser(installation, 'zoltan')).id, true, installation.deps),
  ],
  keepUser: [
    'user.keep',
    async () => {
      const { id } = await addUser(installation, 'zoltan');
      const nowMs = installation.deps.clock();
      await installation.storage.accounts.askDeletion(id, nowMs + 1_000, sessionId('none'), nowMs);
      return keepUser(id, installation.deps);
    },
  ],
  deleteUser: ['user.delete', async () => deleteUser((await addUser(installation, 'zoltan')).id, installation.deps)],
  updateUser: [
    'user.update',
    async () => {
      const deps = { ...installation.deps, locales: ['en'] };
      return updateUser(await addUser(installation, 'zoltan'), { firstName: 'Zoltán' }, deps);
    },
  ],
  addUserAddress: ['user.add-address', async () => withAddress('zoltan')],
  makeUserAddressPrimary: [
    'user.make-address-primary',
    async () => {
      const account = await withAddress('zoltan');
      return makeUserAddressPrimary(account, SECOND, changing());
    },
  ],
  removeUserAddress: [
    'user.remove-address',
    async () => removeUserAddress(await withAddress('zoltan'), SECOND, changing()),
  ],
  removeUserPicture: [
    'user.remove-picture',
    async () => {
      const account = await addUser(installation, 'zoltan');
      const picture = { name: 'a-name', content: Buffer.from('x') };
      await installation.storage.pictures.setPicture(account.id, picture, 1);
      return removeUserPicture(account, changing());
    },
  ],
  endUserSessions: [
    'user.end-sessions',
    async () => endUserSessions(await addUser(installation, 'zoltan'), changing()),
  ],
  resetFactors: [
    'user.reset-factors',
    async () => resetFactors((await addUser(installation, 'zoltan')).id, installation.deps),
  ],
  startReset: [
    'user.start-reset',
    async () => {
      const { outbox } = installation.deps;
      const { sessions } = installation.storage.administration(OPERATOR);
      const deps = { ...installation.deps, sessions, outbox: outbox as Audited<typeof outbox>, hasMail: false };
      return startReset(await addUser(installation, 'zoltan'), false, deps);
    },
  ],
  registerApplication: ['application.create', async () => application()],
  registerByForm: [
    'application.create',
    async () => registerByForm(newFormId(systemRandomness), wanted(), await owner(), applicationDeps(installation)),
  ],
  updateApplication: [
    'application.update',
    async () => {
      const { id, who } = await application();
      return updateApplication(id, { name: 'Renamed' }, who, applicationDeps(installation));
    },
  ],
  setApplicationDisabled: [
    'application.disable',
    async () => {
      const { id } = await application();
      return setApplicationDisabled(id, true, { accountId: null, isSuperuser: true }, applicationDeps(installation));
    },
  ],
  deleteApplication: [
    'application.delete',
    async () => {
      const { id, who } = await application();
      return deleteApplication(id, who, applicationDeps(installation));
    },
  ],
  addSecret: [
    'application.add-secret',
    async () => {
      const { id, who } = await application();
      return addSecret(id, who, applicationDeps(installation));
    },
  ],
  addSecretByForm: [
    'application.add-secret',
    async () => {
      const { id, who } = await application();
      return addSecretByForm(newFormId(systemRandomness), id, who, applicationDeps(installation));
    },
  ],
  removeSecret: [
    'application.remove-secret',
    async () => {
      const { id, who, secrets } = await application();
      await addSecret(id, who, applicationDeps(installation));
      return removeSecret(id, secrets[0]?.id ?? '', who, applicationDeps(installation));
    },
  ],
  createInitialAccessToken: [
    'registration-token.create',
    async () => createInitialAccessToken({ uses: 1, expiresAtMs: 9e12 }, installation.deps),
  ],
  createGroup: ['group.create', async () => group()],
  requireSecondFactor: ['group.update', async () => requireSecondFactor(await group(), true, installation.deps)],
  addMember: [
    'group.add-member',
    async () => addMember(await group(), (await addUser(installation, 'zoltan')).id, installation.deps),
  ],
  removeMember: [
    'group.remove-member',
    async () => {
      const made = await group();
      const { id } = await addUser(installation, 'zoltan');
      await addMember(made, id, installation.deps);
      return removeMember(made, id, installation.deps);
    },
  ],
  deleteGroup: ['group.delete', async () => deleteGroup(await group(), installation.deps)],
  createInvitation: ['invitation.create', async () => invitation()],
  revokeInvitation: [
    'invitation.revoke',
    async () => {
      const made = await invitation();
      if (made.outcome !== 'created') throw new Error('no invitation');
      return revokeInvitation(made.invitation.id, installation.deps);
    },
  ],
  retryMail: [
    'mail.retry',
    async () => {
      const { storage, deps } = installation;
      const mail = { id: 'message', kind: 'invitation', to: 'a@example.org', sealedContent: Buffer.from('x') } as const;
      const times = { queuedAtMs: deps.clock(), givesUpAtMs: deps.clock() + 60_000, kept: false };
      await storage.outbox.queueMail({ ...mail, ...times }, null);
      const [claimed] = await storage.outbox.claimMail({ nowMs: deps.clock(), leaseMs: 1, limit: 1 });
      if (claimed === undefined) throw new Error('nothing was due');
      await storage.outbox.settleMail(claimed, { state: 'failed', detail: 'no', nowMs: deps.clock() });
      const { outbox } = storage.administration({ ...OPERATOR, systemUser: 'test', from: null });
      return retryMail('message', { outbox, clock: deps.clock });
    },
  ],
};

const SECOND = 'second@example.net';

function changing() {
  const { addresses, pictures, sessions } = installation.storage.administration({
    ...OPERATOR,
    systemUser: 'test',
    from: null,
  });
  return { ...installation.deps, addresses, pictures, sessions };
}

async function withAddress(username: string) {
  const account = await addUser(installation, username);
  const { outcome } = await addUserAddress(account, SECOND, changing());
  if (outcome !== 'added') throw new Error(outcome);
  return account;
}

const owner = () => actor(installation, 'olive');

async function application() {
  const who = await owner();
  const made = await registerApplication(wanted(), who, applicationDeps(installation));
  if (made.outcome !== 'registered') throw new Error(JSON.stringify(made));
  secretTexts.push(String(made.secret));
  return { ...made.application, who };
}

async function group() {
  const made = await createGroup({ name: 'Staff' }, installation.deps);
  if (made.outcome !== 'created') throw new Error(JSON.stringify(made));
  return made.group;
}

function invitation() {
  const input = { email: 'guest@example.org', groups: [], isSuperuser: false, days: 7, language: null };
  const rest = { hasMail: false, baseUrl: 'https://id.example.org', brandName: 'Example', languages: ['en'] };
  return createInvitation(input, null, { ...installation.deps, ...rest });
}

const secretTexts: string[] = [PASSWORD];

describe('every use case of an administrator', () => {
  it('is known here: it either writes a line or changes nothing', async () => {
    const folder = new URL('../../src/admin/', import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
    const modules = await Promise.all(
      files.map((name) => import(new URL(name, folder).href) as Promise<Record<string, unknown>>),
    );
    // What is no async function asks no store, and so changes nothing.
    const exported = modules.flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) =>
        typeof value === 'function' && /^Async/.test(value.constructor.name) ? [name] : [],
      ),
    );
    const unknown = exported.filter((name) => !(name in CHANGES) && !WITHOUT_A_LINE.has(name));
    // addSecretByForm hands on a promise.
    expect(unknown).toEqual([]);
    expect(exported.length).toBeGreaterThan(30);
  });

  it.each(Object.entries(CHANGES))('%s writes its line', async (_name, [action, run]) => {
    await run();
    const { audit } = installation.storage;
    const lines = await audit.readLines(0, 1_000);
    expect(lines.at(-1)).toMatchObject({ action, actor: { kind: 'command-line', systemUser: 'test', from: null } });
    expect((await verifyAuditLog(audit, null)).outcome).toBe('whole');
    const text = JSON.stringify(lines);
    for (const secret of secretTexts) expect(text).not.toContain(secret);
    // Nothing of a person but ids.
    for (const personal of ['@example', 'zoltan', 'First']) expect(text).not.toContain(personal);
  });

  it('tells a reset that is mailed from other messages', async () => {
    const { storage, deps } = installation;
    const { id: accountId } = await addUser(installation, 'zoltan');
    const { outbox } = storage.administration(OPERATOR);
    const whose = { accountId, address: null, lifetimeMs: 60_000 };
    const { secret } = newMailedSecret('reset-password', whose, null, deps);
    const before = (await storage.audit.readHead())?.count ?? 0;
    const content = {
      to: 'zoltan@example.com',
      sealedContent: Buffer.from('x'),
      queuedAtMs: 1,
      givesUpAtMs: 2,
      kept: true,
    };
    await outbox.queueMail({ id: 'one', kind: 'invitation', ...content }, null);
    await outbox.queueMail({ id: 'two', kind: 'reset-started', ...content }, secret);
    const lines = await storage.audit.readLines(before, 10);
    expect(lines).toMatchObject([{ action: 'user.start-reset', subject: { id: accountId }, actor: OPERATOR }]);
  });
});

describe('ASVS 16.4.2: the audit log cannot be changed in silence', () => {
  /** Five lines, and a way to write the database past the program. */
  async function tampered(statement: string) {
    for (const name of ['ann', 'ben', 'cid', 'dan', 'eve']) await addUser(installation, name);
    const { storage, database } = installation;
    const head = (await storage.audit.readHead())?.hash ?? '';
    const direct = new Database(database);
    direct.exec(statement);
    direct.close();
    return { verdict: await verifyAuditLog(storage.audit, null), expecting: await verifyAuditLog(storage.audit, head) };
  }

  it.each([
    ['a changed actor', "update audit_line set actor_id = 'somebody' where sequence = 3", 3, 'changed'],
    ['a changed detail', "update audit_line set detail = '{}' where sequence = 3", 3, 'changed'],
    ['a detail that is no JSON', "update audit_line set detail = 'oops' where sequence = 3", 3, 'changed'],
    ['a changed instant', 'update audit_line set at = at + 1 where sequence = 5', 5, 'changed'],
    ['a changed hash', "update audit_line set hash = 'x' where sequence = 5", 5, 'changed'],
    ['a line that is gone', 'delete from audit_line where sequence = 2', 3, 'missing'],
    ['the first line gone', 'delete from audit_line where sequence = 1', 2, 'missing'],
    ['the last line gone', 'delete from audit_line where sequence = 5', 5, 'cut_off'],
    ['all lines gone', 'delete from audit_line', 1, 'cut_off'],
    ['the end gone', 'delete from audit_head', 1, 'no_head'],
    [
      'two lines that changed places',
      'update audit_line set sequence = 99 where sequence = 2; update audit_line set sequence = 2 where sequence = 3;' +
        'update audit_line set sequence = 3 where sequence = 99',
      2,
      'changed',
    ],
    [
      'a line that was added',
      "insert into audit_line select 6, at, actor_kind, actor_id, door, came_from, action, subject_kind, subject_id, null, '{}', hash from audit_line where sequence = 5",
      6,
      'added',
    ],
  ])('shows %s', async (_what, statement, sequence, fault) => {
    expect((await tampered(statement)).verdict).toMatchObject({ outcome: 'broken', sequence, fault });
  });

  it('shows a tail that was cut off with its head, where the head was noted elsewhere', async () => {
    const { verdict, expecting } = await tampered(
      'delete from audit_line where sequence = 5;' +
        'update audit_head set lines = 4, hash = (select hash from audit_line where sequence = 4)',
    );
    expect(verdict.outcome).toBe('whole');
    expect(expecting).toMatchObject({ outcome: 'broken', fault: 'not_expected', sequence: 5 });
  });

  it('makes no change where its line cannot be written', async () => {
    const { verdict } = await tampered('delete from audit_head');
    expect(verdict.outcome).toBe('broken');
    await expect(addUser(installation, 'fay')).rejects.toThrow('the end of the audit log is gone');
    expect(await installation.storage.accounts.findByUsername('fay' as never, 'fay')).toBeNull();
  });

  it('stays one chain when two processes write it', async () => {
    const other = await openStorage({ database: installation.database, clock: installation.deps.clock });
    try {
      const rooms = [installation.storage, other].map((storage) => storage.administration(OPERATOR));
      const groups = Array.from({ length: 40 }, (_, index) =>
        rooms[index % 2]?.groups.createGroup(
          { id: `group-${index}`, name: `Group ${index}` as never, requiresSecondFactor: false },
          index,
        ),
      );
      await Promise.all(groups);
      expect(await verifyAuditLog(other.audit, null)).toMatchObject({ outcome: 'whole', lines: 40 });
    } finally {
      await other.close();
    }
  });
});
