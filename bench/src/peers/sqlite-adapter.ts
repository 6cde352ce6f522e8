/**
 * An adapter of `oidc-provider` for SQLite, as one who knows both would write it: one JSON row an object, prepared
 * statements, indexes on what is looked up, an atomic `consume`, WAL with `synchronous=FULL` so that what was answered
 * survives a power cut, as with the server that it is compared with.
 *
 * Writes that arrive in one turn of the event loop share a transaction, as in the server that it is compared with: an adapter
 * that commits each write alone pays one disk flush for each of the provider's calls.
 */
import Database from 'better-sqlite3';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Opens the database and answers a factory of adapters over it. */
export function openAdapters(file: string): {
  readonly adapter: (model: string) => Adapter;
  readonly synchronous: number;
  readonly database: Database.Database;
} {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`
    CREATE TABLE object (
      model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, user_code TEXT,
      consumed_at INTEGER, expires_at INTEGER, PRIMARY KEY (model, id)
    ) WITHOUT ROWID;
    CREATE INDEX object_grant ON object (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX object_uid ON object (uid) WHERE uid IS NOT NULL;
    CREATE INDEX object_user_code ON object (user_code) WHERE user_code IS NOT NULL;
    CREATE INDEX object_expiry ON object (expires_at) WHERE expires_at IS NOT NULL;`);
  const rows = new ObjectTable(database);
  return {
    adapter: (model) => adapterOf(model, rows),
    synchronous: Number(database.pragma('synchronous', { simple: true })),
    database,
  };
}

interface Row {
  readonly payload: string;
  readonly consumed_at: number | null;
  readonly expires_at: number | null;
}

/** The statements, and the queue of writes that share the next commit. */
class ObjectTable {
  readonly #database: Database.Database;
  readonly #waiting: {
    readonly write: () => void;
    readonly done: () => void;
    readonly failed: (error: unknown) => void;
  }[] = [];
  readonly upsertRow;
  readonly findRow;
  readonly findByUidRow;
  readonly findByUserCodeRow;
  readonly consumeRow;
  readonly destroyRow;
  readonly destroyGrantRows;

  constructor(database: Database.Database) {
    this.#database = database;
    this.upsertRow = database.prepare(
      `INSERT INTO object (model, id, payload, grant_id, uid, user_code, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
         uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`,
    );
    const columns = 'SELECT payload, consumed_at, expires_at FROM object';
    this.findRow = database.prepare<[string, string], Row>(`${columns} WHERE model = ? AND id = ?`);
    this.findByUidRow = database.prepare<[string, string], Row>(`${columns} WHERE uid = ? AND model = ?`);
    this.findByUserCodeRow = database.prepare<[string, string], Row>(`${columns} WHERE user_code = ? AND model = ?`);
    this.consumeRow = database.prepare(
      'UPDATE object SET consumed_at = ? WHERE model = ? AND id = ? AND consumed_at IS NULL',
    );
    this.destroyRow = database.prepare('DELETE FROM object WHERE model = ? AND id = ?');
    this.destroyGrantRows = database.prepare('DELETE FROM object WHERE grant_id = ?');
  }

  /** Runs the write with the others of this turn, and resolves after their commit. */
  write(write: () => void): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ write, done, failed });
    });
  }

  /** Each write is one statement, so that one which fails has done nothing and the others need no savepoint. */
  #commit(): void {
    const batch = this.#waiting.splice(0);
    const ends: (() => void)[] = [];
    try {
      this.#database.transaction(() => {
        for (const { write, done, failed } of batch) {
          try {
            write();
            ends.push(done);
          } catch (error) {
            ends.push(() => failed(error));
          }
        }
      })();
    } catch (error) {
      for (const { failed } of batch) failed(error);
      return;
    }
    for (const end of ends) end();
  }
}

function adapterOf(model: string, rows: ObjectTable): Adapter {
  return {
    upsert: (id, payload, expiresIn) => {
      const expiresAt = expiresIn === undefined ? null : nowSeconds() + expiresIn;
      const text = JSON.stringify(payload);
      return rows.write(() => {
        const { grantId = null, uid = null, userCode = null } = payload;
        rows.upsertRow.run(model, id, text, grantId, uid, userCode, expiresAt);
      });
    },
    find: async (id) => payloadOf(rows.findRow.get(model, id)),
    findByUid: async (uid) => payloadOf(rows.findByUidRow.get(uid, model)),
    findByUserCode: async (userCode) => payloadOf(rows.findByUserCodeRow.get(userCode, model)),
    consume: (id) =>
      rows.write(() => {
        if (rows.consumeRow.run(nowSeconds(), model, id).changes === 0) throw new Error('consumed before');
      }),
    destroy: (id) => rows.write(() => void rows.destroyRow.run(model, id)),
    revokeByGrantId: (grantId) => rows.write(() => void rows.destroyGrantRows.run(grantId)),
  };
}

function payloadOf(row: Row | undefined): AdapterPayload | undefined {
  if (row === undefined || (row.expires_at !== null && row.expires_at <= nowSeconds())) return undefined;
  const payload: AdapterPayload = JSON.parse(row.payload);
  return row.consumed_at === null ? payload : { ...payload, consumed: row.consumed_at };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
