/** The audit log: a change and its line are one step, and the chain has one end, however many write. */
import assert from 'node:assert/strict';
import { NO_HASH, verifyAuditLog } from '../../admin/audit-chain.ts';
import type { AuditActor, AuditLine } from '../../admin/ports/audit.ts';
import { accountId, applicationId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import { type ConformanceCase, fresh, newAccount, newApplication, newSecret } from './case.ts';

const OPERATOR: AuditActor = { kind: 'command-line', systemUser: 'conformance', from: null };
const DAY_MS = 86_400_000;

/** The lines that were written since. */
async function linesAfter(storage: Storage, sequence: number): Promise<readonly AuditLine[]> {
  return storage.audit.readLines(sequence, 1_000);
}

async function countOf({ audit }: Storage): Promise<number> {
  return (await audit.readHead())?.count ?? -1;
}

/** The cases. */
export const auditCases: readonly ConformanceCase[] = [
  {
    name: 'the audit log is whole before anything is in it',
    async run(storage) {
      const head = await storage.audit.readHead();
      assert.ok(head !== null);
      assert.equal((await verifyAuditLog(storage.audit, null)).outcome, 'whole');
      if (head.count === 0) assert.equal(head.hash, NO_HASH);
    },
  },
  {
    name: 'the audit log has a line for a change, and none for what changed nothing',
    async run(storage, clock) {
      const before = await countOf(storage);
      const account = newAccount(clock.read());
      const { accounts, applications, groups } = storage.administration(OPERATOR);
      assert.deepEqual(await accounts.createAccount(account), { outcome: 'created' });
      const taken = await accounts.createAccount({ ...newAccount(clock.read()), usernameKey: account.usernameKey });
      assert.equal(taken.outcome, 'username_taken');
      assert.equal((await accounts.disableAccount(accountId(fresh('nobody')), clock.read())).outcome, 'not_found');
      assert.equal((await applications.deleteApplication(applicationId(fresh('none')))).outcome, 'not_found');
      assert.equal((await groups.removeMember(fresh('group'), account.id)).outcome, 'not_in');
      assert.equal((await accounts.disableAccount(account.id, clock.read())).outcome, 'updated');
      const lines = await linesAfter(storage, before);
      assert.deepEqual(
        lines.map(({ action, subject }) => [action, subject.id]),
        [
          ['user.create', account.id],
          ['user.disable', account.id],
        ],
      );
      assert.deepEqual(lines[0]?.actor, OPERATOR);
    },
  },
  {
    name: 'the audit log says what of an application changed, and holds no secret',
    async run(storage, clock) {
      const before = await countOf(storage);
      const { applications } = storage.administration(OPERATOR);
      const application = newApplication(clock.read());
      const secret = newSecret(clock.read());
      await applications.createApplication(application);
      await applications.updateApplication({ ...application, name: 'Renamed', scopes: ['openid'] });
      await applications.addSecret(application.id, secret);
      await applications.removeSecret(application.id, secret.id);
      await applications.setDisabled(application.id, clock.read(), clock.read());
      await applications.setDisabled(application.id, null, clock.read());
      await applications.deleteApplication(application.id);
      const lines = await linesAfter(storage, before);
      assert.deepEqual(
        lines.map(({ action }) => action),
        [
          'application.create',
          'application.update',
          'application.add-secret',
          'application.remove-secret',
          'application.disable',
          'application.enable',
          'application.delete',
        ],
      );
      const changed = lines[1]?.detail['changed'] as Record<string, unknown>;
      assert.deepEqual(changed['name'], { from: application.name, to: 'Renamed' });
      assert.deepEqual(changed['scopes'], { from: [...application.scopes], to: ['openid'] });
      assert.equal(lines.at(-1)?.subject.label, 'Renamed');
      const text = JSON.stringify(lines);
      for (const { mac } of [secret, ...application.secrets]) {
        assert.ok(mac === null || !text.includes(mac.toString('hex')));
        assert.ok(mac === null || !text.includes(mac.toString('base64')));
      }
    },
  },
  {
    name: 'the audit log takes 50 changes at once, each with its line, in one chain',
    async run(storage, clock) {
      const before = await countOf(storage);
      const { accounts } = storage.administration(OPERATOR);
      const made = Array.from({ length: 50 }, () => newAccount(clock.read()));
      await Promise.all(made.map((account) => accounts.createAccount(account)));
      const lines = await linesAfter(storage, before);
      assert.equal(lines.length, 50);
      assert.deepEqual(lines.map(({ subject }) => subject.id).sort(), made.map(({ id }) => id).sort());
      const verdict = await verifyAuditLog(storage.audit, lines[20]?.hash ?? null);
      assert.ok(verdict.outcome === 'whole' && verdict.expected && verdict.head.count === before + 50);
    },
  },
  {
    name: 'the audit log gives one line to one of 50 that make the same change at once',
    async run(storage, clock) {
      const before = await countOf(storage);
      const { accounts } = storage.administration(OPERATOR);
      const account = newAccount(clock.read());
      const ended = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          accounts.createAccount({
            ...newAccount(clock.read()),
            ...pick(account),
            id: accountId(fresh(`twin${index}`)),
          }),
        ),
      );
      assert.equal(ended.filter(({ outcome }) => outcome === 'created').length, 1);
      assert.equal((await linesAfter(storage, before)).length, 1);
    },
  },
  {
    name: 'the audit log is listed the latest first, with the names that people have now, and by what is looked for',
    async run(storage, clock) {
      const owner = newAccount(clock.read());
      const { accounts } = storage.administration(OPERATOR);
      await accounts.createAccount(owner);
      const actor: AuditActor = { kind: 'account', accountId: owner.id, door: 'page', from: '192.0.2.1' };
      const application = newApplication(clock.read(), { ownerId: owner.id });
      await storage.administration(actor).applications.createApplication(application);
      const filter = { sinceMs: null, actors: [owner.id], subjects: null, action: null };
      const all = Number.MAX_SAFE_INTEGER;
      const [own, ...others] = await storage.audit.listLines(filter, all, 10);
      assert.deepEqual([own?.actorUsername, own?.actor, others], [owner.username, actor, []]);
      const aboutOwner = { ...filter, actors: null, subjects: [owner.id] };
      assert.equal((await storage.audit.listLines(aboutOwner, all, 10))[0]?.subjectUsername, owner.username);
      assert.deepEqual(await storage.audit.listLines({ ...aboutOwner, action: 'group' }, all, 10), []);
      assert.equal((await storage.audit.listLines({ ...aboutOwner, action: 'user' }, all, 10)).length, 1);
      await accounts.deleteAccount(owner.id);
      const [deleted] = await storage.audit.listLines(filter, all, 10);
      assert.deepEqual([deleted?.actorUsername, deleted?.actor], [null, actor]);
      assert.ok(!JSON.stringify(await linesAfter(storage, 0)).includes(owner.username));
    },
  },
  {
    name: 'the audit log lets its oldest lines go when their time is over, and the chain stays whole',
    async run(storage, clock) {
      const { accounts } = storage.administration(OPERATOR);
      await accounts.createAccount(newAccount(clock.read()));
      const count = await countOf(storage);
      clock.advance(30 * DAY_MS);
      await accounts.createAccount(newAccount(clock.read()));
      assert.equal((await storage.cleanup(clock.read(), { batchSize: 3 })).auditLines, 0);
      const kept = { batchSize: 3, auditKeptMs: 30 * DAY_MS - 1 };
      assert.ok((await storage.cleanup(clock.read(), kept)).auditLines >= 1);
      const verdict = await verifyAuditLog(storage.audit, null);
      assert.ok(verdict.outcome === 'whole');
      assert.deepEqual([verdict.lines, verdict.head.deletedUpTo], [1, count]);
      await accounts.createAccount(newAccount(clock.read()));
      assert.equal((await verifyAuditLog(storage.audit, verdict.head.hash)).outcome, 'whole');
      assert.equal((await verifyAuditLog(storage.audit, 'f'.repeat(64))).outcome, 'broken');
    },
  },
];

function pick({ username, usernameKey, usernameSkeleton }: ReturnType<typeof newAccount>) {
  return { username, usernameKey, usernameSkeleton };
}
