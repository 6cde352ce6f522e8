/** Conformance of registration by programs: tokens, limits, and what goes when it is not used. */
import assert from 'node:assert/strict';
import type { NewRegistration } from '../../admin/ports.ts';
import type { Application } from '../../protocol/application.ts';
import type { Digest } from '../../vocabulary/credentials.ts';
import { type ClientId, clientId } from '../../vocabulary/identifiers.ts';
import type { Storage } from '../storage.ts';
import { atOnce, type ConformanceCase, digest, fresh, newApplication, newSecret, tally } from './case.ts';

const DAY_MS = 86_400_000;
const KEPT = { unverifiedNeverUsedMs: DAY_MS, unverifiedUnusedMs: 90 * DAY_MS };

/** The cases. */
export const registrationCases: readonly ConformanceCase[] = [
  {
    name: 'registration: of 50 at once as many register as the token has uses (RFC 7591 §3)',
    async run(storage, clock) {
      const { registrations } = storage;
      const nowMs = clock.read();
      const initialAccess = digest();
      await registrations.createInitialAccess({
        tokenDigest: initialAccess,
        uses: 3,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + 10,
      });
      const register = (at: number) => registrations.register(newRegistration(nowMs, { initialAccess, nowMs: at }));
      const made = await atOnce(50, () => register(nowMs));
      assert.deepEqual(tally(made), { registered: 3, bad_token: 47 });
      assert.equal(await registrations.isInitialAccess(initialAccess, nowMs), false);
      const late = digest();
      await registrations.createInitialAccess({
        tokenDigest: late,
        uses: 2,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + 10,
      });
      assert.equal(await registrations.isInitialAccess(late, nowMs + 9), true);
      const expired = newRegistration(nowMs, { initialAccess: late, nowMs: nowMs + 10 });
      assert.deepEqual(await registrations.register(expired), { outcome: 'bad_token' });
      assert.equal(await storage.applications.findApplication(expired.application.id), null);
      const unknown = newRegistration(nowMs, { initialAccess: digest() });
      assert.deepEqual(await registrations.register(unknown), { outcome: 'bad_token' });
    },
  },
  {
    name: 'registration: application, secrets and access token are there together or not at all',
    async run(storage, clock) {
      const nowMs = clock.read();
      const step = newRegistration(nowMs, { secretMethod: 'client_secret_post' });
      assert.deepEqual(await storage.registrations.register(step), { outcome: 'registered' });
      assert.deepEqual(await storage.applications.findApplication(step.application.id), step.application);
      assert.deepEqual(await storage.registrations.findByAccess(step.accessDigest), {
        applicationId: step.application.id,
        secretMethod: 'client_secret_post',
      });
      // The id is taken: no second access token, and no use of the initial one.
      const initialAccess = digest();
      const token = { tokenDigest: initialAccess, uses: 1, createdAtMs: nowMs, expiresAtMs: nowMs + 10 };
      await storage.registrations.createInitialAccess(token);
      const again = { ...newRegistration(nowMs, { initialAccess }), application: step.application };
      assert.deepEqual(await storage.registrations.register(again), { outcome: 'id_taken' });
      assert.equal(await storage.registrations.findByAccess(again.accessDigest), null);
      assert.equal(await storage.registrations.isInitialAccess(initialAccess, nowMs), true);
    },
  },
  {
    name: 'registration: of 50 updates with one access token at once one is made, whole (RFC 7592 §2.2)',
    async run(storage, clock) {
      const { registrations, applications } = storage;
      const nowMs = clock.read();
      const step = newRegistration(nowMs);
      await registrations.register(step);
      const { application } = step;
      const updates = Array.from({ length: 50 }, (_, index) => ({
        application: { ...application, name: `Renamed ${index}`, redirectUris: [`https://app.example/${index}`] },
        presented: step.accessDigest,
        next: digest(),
        secretMethod: 'client_secret_basic' as const,
      }));
      const results = await Promise.all(updates.map((update) => registrations.update(update)));
      const won = updates.filter((_, index) => results[index]?.outcome === 'updated');
      assert.equal(won.length, 1);
      const [winner] = won;
      assert.ok(winner !== undefined);
      const after = await applications.findApplication(application.id);
      assert.deepEqual([after?.name, after?.redirectUris], [winner.application.name, winner.application.redirectUris]);
      assert.equal(await registrations.findByAccess(step.accessDigest), null);
      assert.equal((await registrations.findByAccess(winner.next))?.applicationId, application.id);
      // It goes with its application.
      await applications.deleteApplication(application.id);
      assert.equal(await registrations.findByAccess(winner.next), null);
      assert.deepEqual(await registrations.update({ ...winner, presented: winner.next }), { outcome: 'bad_token' });
    },
  },
  {
    name: 'registration: unverified applications are bounded in number, those that are made are not counted',
    async run(storage, clock) {
      const nowMs = clock.read();
      const present = await storage.registrations.countUnverified();
      const register = (provenance: Application['provenance']) =>
        storage.registrations.register(newRegistration(nowMs, { provenance, unverifiedMax: present + 2 }));
      const outcomes: string[] = [];
      for (let count = 0; count < 3; count += 1) outcomes.push((await register('self-registered')).outcome);
      assert.deepEqual(outcomes, ['registered', 'registered', 'full']);
      assert.deepEqual(await register('made'), { outcome: 'registered' });
      assert.equal(await storage.registrations.countUnverified(), present + 2);
    },
  },
  {
    name: 'registration: of any number of requests with one client document, one stores its application, within the bound',
    async run(storage, clock) {
      const nowMs = clock.read();
      const present = await storage.registrations.countUnverified();
      const described = (address: ClientId) =>
        newApplication(nowMs, { clientId: address, provenance: 'client-document' });
      const address = clientId(`https://app.example/${fresh('document')}`);
      const unverifiedMax = present + 50;
      const made = await atOnce(50, () =>
        storage.registrations.registerDocument({ application: described(address), unverifiedMax }),
      );
      assert.deepEqual(tally(made), { registered: 1, id_taken: 49 });
      const kept = await storage.applications.findByClientId(address);
      assert.equal(kept?.provenance, 'client-document');
      const other = described(clientId(`https://app.example/${fresh('document')}`));
      const full = await storage.registrations.registerDocument({ application: other, unverifiedMax: present + 1 });
      assert.deepEqual(full, { outcome: 'full' });
    },
  },
  {
    name: 'registration: unverified applications go when they were never used for a day, or not for the time that is set',
    async run(storage, clock) {
      clock.advance(1_000 * DAY_MS);
      await clean(storage, clock.read());
      const startMs = clock.read();
      const made = newApplication(startMs);
      await storage.applications.createApplication(made);
      const [never, used] = [newRegistration(startMs), newRegistration(startMs)];
      for (const step of [never, used]) await storage.registrations.register(step);
      storage.applicationUse.applicationWasUsed(used.application.id, startMs + 10);
      const isThere = async ({ application }: NewRegistration) =>
        (await storage.applications.findApplication(application.id)) !== null;
      await noted(storage, used.application);
      assert.equal(await clean(storage, startMs + DAY_MS - 1), 0);
      assert.equal(await clean(storage, startMs + DAY_MS), 1);
      assert.deepEqual([await isThere(never), await isThere(used)], [false, true]);
      assert.equal(await clean(storage, startMs + 90 * DAY_MS + 9), 0);
      assert.equal(await clean(storage, startMs + 90 * DAY_MS + 10), 1);
      assert.equal(await isThere(used), false);
      assert.notEqual(await storage.applications.findApplication(made.id), null);
    },
  },
];

async function clean(storage: Storage, nowMs: number): Promise<number> {
  return (await storage.cleanup(nowMs, { ...KEPT, batchSize: 1 })).unverifiedApplications;
}

/** Notes are written behind the back of who makes them. */
async function noted(storage: Storage, { id }: Application): Promise<void> {
  while ((await storage.applications.findApplication(id))?.lastUsedAtMs === null) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function newRegistration(
  nowMs: number,
  change: {
    readonly initialAccess?: Digest | null;
    readonly nowMs?: number;
    readonly provenance?: Application['provenance'];
    readonly unverifiedMax?: number;
    readonly secretMethod?: NewRegistration['secretMethod'];
  } = {},
): NewRegistration {
  const { provenance = 'self-registered', initialAccess = null } = change;
  return {
    application: newApplication(nowMs, { provenance, name: fresh('registered'), secrets: [newSecret(nowMs)] }),
    accessDigest: digest(),
    secretMethod: change.secretMethod ?? 'client_secret_basic',
    initialAccess,
    unverifiedMax: change.unverifiedMax ?? Number.MAX_SAFE_INTEGER,
    nowMs: change.nowMs ?? nowMs,
  };
}
