/** What opens dynamic registration and its management: implements `RegistrationStore`. */
import { sql } from 'kysely';
import type { NewRegistration, RegistrationStore, SecretMethod } from '../admin/ports.ts';
import type { Provenance } from '../protocol/application.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import type { ApplicationId } from '../vocabulary/identifiers.ts';
import type { ApplicationSteps } from './applications.ts';
import { columnsOf, query, type Statements } from './query.ts';
import type { InitialAccessTable, RegistrationAccessTable } from './schema.ts';
import { count, type Engine, one, type Transition, Undone } from './transition.ts';

const queries = {
  create: query((db, p: InitialAccessTable) =>
    db.insertInto('initial_access').values(columnsOf(p, ['token_digest', 'uses_left', 'created_at', 'expires_at'])),
  ),

  find: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .selectFrom('initial_access')
      .select('uses_left')
      .where('token_digest', '=', p.token_digest)
      .where('uses_left', '>', sql.lit(0))
      .where('expires_at', '>', p.now),
  ),

  spend: query((db, p: { token_digest: Digest; now: number }) =>
    db
      .updateTable('initial_access')
      .set(({ eb }) => ({ uses_left: eb('uses_left', '-', sql.lit(1)) }))
      .where('token_digest', '=', p.token_digest)
      .where('uses_left', '>', sql.lit(0))
      .where('expires_at', '>', p.now),
  ),

  store: query((db, p: RegistrationAccessTable) =>
    db.insertInto('registration_access').values(columnsOf(p, ['application_id', 'token_digest', 'secret_method'])),
  ),

  findByAccess: query((db, p: { token_digest: Digest }) =>
    db
      .selectFrom('registration_access')
      .select(['application_id', 'secret_method'])
      .where('token_digest', '=', p.token_digest),
  ),

  rotate: query(
    (db, p: { application_id: ApplicationId; presented: Digest; next: Digest; secret_method: SecretMethod }) =>
      db
        .updateTable('registration_access')
        .set({ token_digest: p.next, secret_method: p.secret_method })
        .where('application_id', '=', p.application_id)
        .where('token_digest', '=', p.presented),
  ),

  countUnverified: query((db) =>
    db
      .selectFrom('application')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('provenance', '<>', sql.lit<Provenance>('made')),
  ),
};

type Q = Statements<typeof queries>;

/** Makes the store. `applications`: whose cache has to hear of a change. */
export function createRegistrationStore(
  engine: Engine,
  applications: Pick<ApplicationSteps, 'create' | 'update' | 'changing'>,
): RegistrationStore {
  const q = engine.prepare('registrations', queries);
  return {
    async createInitialAccess({ tokenDigest, uses, createdAtMs, expiresAtMs }) {
      await engine.writeCount(q.create, {
        token_digest: tokenDigest,
        uses_left: uses,
        created_at: createdAtMs,
        expires_at: expiresAtMs,
      });
    },
    async isInitialAccess(tokenDigest, nowMs) {
      return (await engine.readOne(q.find, { token_digest: tokenDigest, now: nowMs })) !== null;
    },
    register: (step) => applications.changing(engine.transition(() => register(q, step, applications))),
    registerDocument: (step) => applications.changing(engine.transition(() => registerDocument(q, step, applications))),
    async countUnverified() {
      return Number((await engine.readOne(q.countUnverified, {}))?.count ?? 0);
    },
    async findByAccess(tokenDigest) {
      const row = await engine.readOne(q.findByAccess, { token_digest: tokenDigest });
      return row === null ? null : { applicationId: row.application_id, secretMethod: row.secret_method };
    },
    update: (step) => applications.changing(engine.transition(() => update(q, step, applications))),
  };
}

type Registered = Awaited<ReturnType<RegistrationStore['register']>>;

function* register(
  q: Q,
  step: NewRegistration,
  applications: Pick<ApplicationSteps, 'create'>,
): Transition<Registered> {
  const { application, initialAccess } = step;
  if (application.provenance !== 'made' && (yield* isFull(q, step))) return { outcome: 'full' };
  if (initialAccess !== null) {
    const spent = yield* count(q.spend, { token_digest: initialAccess, now: step.nowMs });
    if (spent === 0) return { outcome: 'bad_token' };
  }
  const created = yield* applications.create(application);
  if (created.outcome === 'id_taken') return new Undone<Registered>({ outcome: 'id_taken' });
  yield* count(q.store, {
    application_id: application.id,
    token_digest: step.accessDigest,
    secret_method: step.secretMethod,
  });
  return { outcome: 'registered' };
}

function* isFull(q: Q, { unverifiedMax }: Pick<NewRegistration, 'unverifiedMax'>): Transition<boolean> {
  return Number((yield* one(q.countUnverified, {}))?.count ?? 0) >= unverifiedMax;
}

type DocumentRegistered = Awaited<ReturnType<RegistrationStore['registerDocument']>>;

function* registerDocument(
  q: Q,
  step: Parameters<RegistrationStore['registerDocument']>[0],
  applications: Pick<ApplicationSteps, 'create'>,
): Transition<DocumentRegistered> {
  if (yield* isFull(q, step)) return { outcome: 'full' };
  const { outcome } = yield* applications.create(step.application);
  return { outcome: outcome === 'created' ? 'registered' : outcome };
}

type Updated = Awaited<ReturnType<RegistrationStore['update']>>;

/** The token first: whoever changes it holds its row until the application is changed too. */
function* update(
  q: Q,
  { application, presented, next, secretMethod }: Parameters<RegistrationStore['update']>[0],
  applications: Pick<ApplicationSteps, 'update'>,
): Transition<Updated> {
  const step = { application_id: application.id, presented, next, secret_method: secretMethod };
  if ((yield* count(q.rotate, step)) === 0) return { outcome: 'bad_token' };
  const { outcome } = yield* applications.update(application);
  return outcome === 'updated' ? { outcome } : new Undone<Updated>({ outcome: 'bad_token' });
}
