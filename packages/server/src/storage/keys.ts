/** Signing keys and server keys at rest: implements `SigningKeyStore` and `ServerKeyStore`. Encrypts nothing itself. */
import type { ServerKeyStore, SigningKeyRecord, SigningKeyStore } from '../keys/ports.ts';
import type { IdTokenAlgorithm } from '../protocol/application.ts';
import { LITERALLY_ONE } from './columns.ts';
import { columnsOf, query } from './query.ts';
import type { SigningKeyTable } from './schema.ts';
import { count, type Engine } from './transition.ts';

const COLUMNS = [
  'kid',
  'algorithm',
  'public_jwk',
  'private_jwk_encrypted',
  'created_at',
  'active_from_at',
  'retires_at',
  'first_of',
] as const;

const queries = {
  list: query((db) => db.selectFrom('signing_key').select(COLUMNS).orderBy('created_at').orderBy('kid')),

  /** The condition decides for one that comes later, the unique `first_of` for one that comes at the same time. */
  insertFirst: query((db, p: SigningKeyTable) =>
    db
      .insertInto('signing_key')
      .columns(COLUMNS)
      .expression(
        db
          .selectNoFrom(({ val }) => COLUMNS.map((name) => val(p[name]).as(name)))
          .where(({ not, exists }) =>
            not(
              exists(
                db.selectFrom('signing_key').select(LITERALLY_ONE.as('found')).where('algorithm', '=', p.algorithm),
              ),
            ),
          ),
      )
      .onConflict((on) => on.doNothing())
      .returning('kid'),
  ),

  insert: query((db, p: SigningKeyTable) => db.insertInto('signing_key').values(columnsOf(p, COLUMNS))),

  retirePredecessors: query((db, p: { algorithm: IdTokenAlgorithm; kid: string; retires_at: number }) =>
    db
      .updateTable('signing_key')
      .set({ retires_at: p.retires_at })
      .where('algorithm', '=', p.algorithm)
      .where('kid', '<>', p.kid)
      .where('retires_at', 'is', null),
  ),

  deleteRetired: query((db, p: { now: number }) => db.deleteFrom('signing_key').where('retires_at', '<=', p.now)),

  findServerKey: query((db, p: { name: string }) =>
    db.selectFrom('server_key').select('encrypted').where('name', '=', p.name),
  ),

  insertServerKey: query((db, p: { name: string; encrypted: Buffer }) =>
    db
      .insertInto('server_key')
      .values({ name: p.name, encrypted: p.encrypted })
      .onConflict((on) => on.column('name').doNothing())
      .returning('encrypted'),
  ),
};

/** Makes both stores. */
export function createKeyStores(engine: Engine): { keys: SigningKeyStore; serverKeys: ServerKeyStore } {
  const q = engine.prepare('keys', queries);
  return {
    keys: {
      async listKeys() {
        const rows = await engine.readAll(q.list, {});
        return rows.map((row) => ({
          kid: row.kid,
          algorithm: row.algorithm,
          publicJwk: row.public_jwk,
          privateJwkEncrypted: row.private_jwk_encrypted,
          createdAtMs: row.created_at,
          activeFromMs: row.active_from_at,
          retiresAtMs: row.retires_at,
        }));
      },
      async insertFirstKey(key) {
        return (await engine.writeOne(q.insertFirst, keyRow(key, key.algorithm))) !== null;
      },
      async rotateKey(next, predecessorsRetireAtMs) {
        await engine.transition(function* () {
          yield* count(q.retirePredecessors, {
            algorithm: next.algorithm,
            kid: next.kid,
            retires_at: predecessorsRetireAtMs,
          });
          yield* count(q.insert, keyRow(next, null));
        });
      },
      deleteRetiredKeys: (nowMs) => engine.writeCount(q.deleteRetired, { now: nowMs }),
    },
    serverKeys: {
      async findServerKey(name) {
        return (await engine.readOne(q.findServerKey, { name }))?.encrypted ?? null;
      },
      async insertServerKey(name, encrypted) {
        const inserted = await engine.writeOne(q.insertServerKey, { name, encrypted });
        // Where another was first: its value is committed by now, and nothing deletes one.
        const stored = inserted ?? (await engine.readOne(q.findServerKey, { name }));
        if (stored === null) throw new Error(`the server key ${name} was neither stored nor found`);
        return stored.encrypted;
      },
    },
  };
}

function keyRow(key: SigningKeyRecord, firstOf: IdTokenAlgorithm | null): SigningKeyTable {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    public_jwk: key.publicJwk,
    private_jwk_encrypted: key.privateJwkEncrypted,
    created_at: key.createdAtMs,
    active_from_at: key.activeFromMs,
    retires_at: key.retiresAtMs,
    first_of: firstOf,
  };
}
