/** Conformance of keys at rest. */
import assert from 'node:assert/strict';
import type { SigningKeyRecord } from '../../keys/ports.ts';
import type { IdTokenAlgorithm } from '../../protocol/application.ts';
import { atOnce, type ConformanceCase, fresh } from './case.ts';

/** The cases. One algorithm each: keys of one algorithm know of each other. */
export const keyCases: readonly ConformanceCase[] = [
  {
    name: 'signing keys: of five first keys at once one is stored, and a later one is not',
    async run(storage, clock) {
      const keys = Array.from({ length: 5 }, () => newKey('RS256', clock.read()));
      const stored = await Promise.all(keys.map((key) => storage.keys.insertFirstKey(key)));
      assert.equal(stored.filter((it) => it).length, 1);
      assert.equal(await storage.keys.insertFirstKey(newKey('RS256', clock.read())), false);
      const listed = (await storage.keys.listKeys()).filter(({ algorithm }) => algorithm === 'RS256');
      assert.deepEqual(listed, [keys[stored.indexOf(true)]]);
    },
  },
  {
    name: 'signing keys: a rotation sets the end of its predecessors, once, and of no other algorithm’s',
    async run(storage, clock) {
      const nowMs = clock.read();
      const [first, second, third, other] = [
        newKey('ES256', nowMs),
        newKey('ES256', nowMs + 1),
        newKey('ES256', nowMs + 2),
        newKey('EdDSA', nowMs),
      ];
      assert.ok(first && second && third && other);
      assert.equal(await storage.keys.insertFirstKey(first), true);
      assert.equal(await storage.keys.insertFirstKey(other), true);
      await storage.keys.rotateKey(second, nowMs + 100);
      await storage.keys.rotateKey(third, nowMs + 200);
      const listed = await storage.keys.listKeys();
      const endOf = (kid: string) => listed.find((key) => key.kid === kid)?.retiresAtMs;
      assert.deepEqual(
        [first, second, third, other].map(({ kid }) => endOf(kid)),
        [nowMs + 100, nowMs + 200, null, null],
      );
      assert.equal(await storage.keys.deleteRetiredKeys(nowMs + 99), 0);
      assert.equal(await storage.keys.deleteRetiredKeys(nowMs + 100), 1);
      assert.equal(await storage.keys.deleteRetiredKeys(nowMs + 200), 1);
      const left = (await storage.keys.listKeys()).filter(({ algorithm }) => algorithm === 'ES256');
      assert.deepEqual(left, [third]);
      assert.equal(await storage.keys.insertFirstKey(newKey('ES256', nowMs)), false);
    },
  },
  {
    name: 'server keys: of five at once one is stored, and all get its value',
    async run(storage) {
      const name = fresh('server-key');
      assert.equal(await storage.serverKeys.findServerKey(name), null);
      const values = await atOnce(5, (index) =>
        storage.serverKeys.insertServerKey(name, Buffer.from(`value ${index}`)),
      );
      const stored = await storage.serverKeys.findServerKey(name);
      assert.ok(stored);
      for (const value of values) assert.deepEqual(value, stored);
    },
  },
];

function newKey(algorithm: IdTokenAlgorithm, createdAtMs: number): SigningKeyRecord {
  const kid = fresh('kid');
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify({ kty: 'EC', kid }),
    privateJwkEncrypted: Buffer.from([0, 1, 2, 255]),
    createdAtMs,
    activeFromMs: createdAtMs + 10,
    retiresAtMs: null,
  };
}
