/**
 * Everything that administrators change, made so that a change and its line in the audit log are one transaction: implements
 * `Administration`.
 *
 * A store is made anew for each change, over an engine that appends the line to whatever the store writes. What a change is called
 * stands in one table per store, which names every method of it: a new one does not compile until it is said whether it changes
 * something, and what that is called. Nothing of this is on the way of a token.
 *
 * Longer than other files: the tables are the whole of what is written down, and whoever asks whether something is reads them in one place.
 */
import type {
  AdministeredAccounts,
  AdministeredAddresses,
  AdministeredInvitations,
  Administration,
  AuditAction,
  AuditActor,
  AuditDetail,
  AuditNote,
  AuditSubject,
} from '../admin/ports/audit.ts';
import type { ImportStore } from '../import/ports.ts';
import type { Audited } from '../vocabulary/audited.ts';
import type { Clock } from '../vocabulary/time.ts';
import { createAccountStore } from './accounts.ts';
import { createAddressStore } from './addresses.ts';
import { type ApplicationSteps, applicationsOf, createApplicationStore } from './applications.ts';
import { applicationQueries } from './applications-queries.ts';
import { appendLine, auditStatements } from './audit.ts';
import { applicationChanges } from './audit-application.ts';
import { createFactorStore } from './factors.ts';
import { createGroupStore, groupQueries } from './groups.ts';
import { createImportStore } from './import/store.ts';
import { createInvitationStore } from './invitations.ts';
import { createKeyStores } from './keys.ts';
import { createMailedSecretStore } from './mailed-secrets.ts';
import { createOutboxStore } from './outbox.ts';
import { createPictureStore } from './pictures.ts';
import type { Query, Statements } from './query.ts';
import { createRegistrationStore } from './registrations.ts';
import { createSessionStore } from './sessions.ts';
import { all, count, type Engine, one, type Perform, type Step, type Transition, Undone } from './transition.ts';

/** What a method is to the log: it reads, or it changes something that is called so. */
type Way<Method> = Method extends (...args: infer Args) => Promise<unknown> ? 'reads' | Change<Args> : 'reads';

interface Change<Args extends readonly unknown[]> {
  /** null: this one is not written down. */
  note(...args: Args): AuditNote | null;
  /** Reads in the same transaction, before the change, what the line needs besides; null: nothing was there to change. */
  look?(note: AuditNote, ...args: Args): Generator<Step, AuditNote, unknown>;
}

type Ways<Store> = { readonly [Name in keyof Store]: Way<Store[Name]> };

/** Makes the administration of a database. */
export function createAdministration(
  engine: Engine,
  steps: Pick<ApplicationSteps, 'changing'>,
  clock: Clock,
): (actor: AuditActor) => Administration {
  const cached = cachedStatements(engine);
  const q = auditStatements(engine);
  const applications = applicationWays(cached);
  const groups = groupWays(cached);

  return (actor) => {
    const append = (note: AuditNote) => appendLine(q, note, actor, clock());

    function audited<Store extends object>(make: (engine: Engine) => Store, ways: Ways<Store>): Audited<Store> {
      const plain = make(cached);
      const methods = Object.entries(ways).map(([name, way]) => {
        const method = name as keyof Store;
        if (way === 'reads') return [name, plain[method]];
        const change = way as Change<readonly unknown[]>;
        const perform = async (...args: unknown[]) => {
          const note = change.note(...args);
          if (note === null) return (plain[method] as (...given: unknown[]) => unknown)(...args);
          const look = () => change.look?.(note, ...args) ?? nothingElse(note);
          const noting = make(notingEngine(cached, look, append));
          return (noting[method] as (...given: unknown[]) => unknown)(...args);
        };
        return [name, perform];
      });
      return Object.fromEntries(methods) as Audited<Store>;
    }

    const made = audited((on) => createApplicationStore(on, clock).applications, applications);
    return {
      // What this process has read of an application a moment ago is dropped, as after a change in silence.
      applications: dropping(made, steps),
      accounts: audited<AdministeredAccounts>((on) => createAccountStore(on, clock), ACCOUNTS),
      groups: audited(createGroupStore, groups),
      invitations: audited<AdministeredInvitations>(createInvitationStore, INVITATIONS),
      sessions: audited<Pick<SessionsMade, 'endSessionsOf' | 'endSessionOf'>>(
        (on) => createSessionStore(on, clock),
        SESSIONS,
      ),
      addresses: audited<AdministeredAddresses>(createAddressStore, ADDRESSES),
      pictures: audited<Pick<ReturnType<typeof createPictureStore>, 'removePicture'>>(createPictureStore, PICTURES),
      factors: audited<Pick<ReturnType<typeof createFactorStore>, 'resetFactors'>>(createFactorStore, FACTORS),
      keys: audited<Pick<ReturnType<typeof createKeyStores>['keys'], 'rotateKey' | 'listKeys'>>(
        (on) => createKeyStores(on).keys,
        KEYS,
      ),
      serverKeys: audited((on) => createKeyStores(on).serverKeys, SERVER_KEYS),
      registrations: audited<Pick<ReturnType<typeof createRegistrationStore>, 'createInitialAccess'>>(
        (on) => createRegistrationStore(on, createApplicationStore(on, clock).steps),
        REGISTRATIONS,
      ),
      outbox: audited(createOutboxStore, OUTBOX),
      mailedSecrets: audited<Pick<ReturnType<typeof createMailedSecretStore>, 'keepSecret'>>(
        createMailedSecretStore,
        MAILED_SECRETS,
      ),
      imports: (from) =>
        notingImports(cached, (perform) => perform(append(note('installation.import', 'installation', '', { from })))),
      note: async (note) => {
        await engine.transition(function* () {
          yield* append(note);
        });
      },
    };
  };
}

/** The line is the last thing that the transaction of a run writes: nobody waits for the end of the chain meanwhile. */
function notingImports(engine: Engine, append: (perform: Perform) => Promise<void>): ImportStore {
  return createImportStore({
    ...engine,
    whole: (work) =>
      engine.whole(async (perform) => {
        const end = await work(perform);
        if (end.keep) await append(perform);
        return end;
      }),
  });
}

type SessionsMade = ReturnType<typeof createSessionStore>;

// biome-ignore lint/correctness/useYield: a step that asks for nothing
function* nothingElse(note: AuditNote): Generator<Step, AuditNote, unknown> {
  return note;
}

/** Statements are compiled once, however often a store is made. */
function cachedStatements(engine: Engine): Engine {
  const groups = new Map<string, Statements<Record<string, Query<never, unknown>>>>();
  return {
    dialect: engine.dialect,
    prepare<Queries extends Record<string, Query<never, unknown>>>(group: string, queries: Queries) {
      const known = groups.get(group) ?? engine.prepare(group, queries);
      groups.set(group, known);
      return known as Statements<Queries>;
    },
    readOne: (statement, args) => engine.readOne(statement, args),
    readAll: (statement, args) => engine.readAll(statement, args),
    writeOne: (statement, args) => engine.writeOne(statement, args),
    writeCount: (statement, args) => engine.writeCount(statement, args),
    transition: (work) => engine.transition(work),
    whole: (work) => engine.whole(work),
    snapshot: (work) => engine.snapshot(work),
  };
}

/** Outcomes of a transition that changed nothing. */
const NOTHING_CHANGED = new Set([
  'already_asked',
  'already_in',
  'email_taken',
  'full',
  'id_taken',
  'none',
  'name_taken',
  'not_asked',
  'not_found',
  'not_in',
  'not_open',
  'there',
  'too_many',
  'username_taken',
]);

function notingEngine(
  engine: Engine,
  look: () => Generator<Step, AuditNote, unknown>,
  append: (note: AuditNote) => Generator<Step, void, unknown>,
): Engine {
  function transition<Result>(
    work: () => Generator<Step, Result | Undone<Result>, unknown>,
    changed: (result: Result) => boolean,
  ): Promise<Result> {
    return engine.transition(function* (): Transition<Result> {
      const note = yield* look();
      const result = yield* work();
      if (result instanceof Undone || !changed(result)) return result;
      yield* append(note);
      return result;
    });
  }
  return {
    ...engine,
    writeOne: (statement, args) =>
      transition(
        () => one(statement, args),
        (row) => row !== null,
      ),
    writeCount: (statement, args) =>
      transition(
        () => count(statement, args),
        (rows) => rows > 0,
      ),
    transition: (work) => transition(work, isChange),
    whole: () => {
      throw new Error('a command’s long transaction writes its line itself');
    },
  };
}

function isChange(result: unknown): boolean {
  const outcome = typeof result === 'object' && result !== null && 'outcome' in result ? result.outcome : null;
  return typeof outcome !== 'string' || !NOTHING_CHANGED.has(outcome);
}

function dropping<Store extends object>(store: Store, { changing }: Pick<ApplicationSteps, 'changing'>): Store {
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    (...args: unknown[]) => changing((method as (...given: unknown[]) => Promise<unknown>)(...args)),
  ]);
  return Object.fromEntries(methods) as Store;
}

function note(
  action: AuditAction,
  kind: AuditSubject['kind'],
  id: string,
  detail: AuditDetail = {},
  label: string | null = null,
): AuditNote {
  return { action, subject: { kind, id, label }, detail };
}

function applicationWays(engine: Engine): Ways<ReturnType<typeof createApplicationStore>['applications']> {
  const q = engine.prepare('applications', applicationQueries);
  /** Gives the line the application's name, and what else is known of it before the change. */
  const named = (detailOf?: (before: ReturnType<typeof applicationsOf>[number]) => AuditDetail) =>
    function* (given: AuditNote): Generator<Step, AuditNote, unknown> {
      const [before] = applicationsOf(yield* all(q.find, { id: given.subject.id as never }));
      if (before === undefined) return given;
      const subject = { ...given.subject, label: before.name };
      return { ...given, subject, detail: { ...given.detail, client_id: before.clientId, ...detailOf?.(before) } };
    };
  return {
    findByClientId: 'reads',
    isAllowedOrigin: 'reads',
    findApplication: 'reads',
    findApplicationByClientId: 'reads',
    listApplications: 'reads',
    createApplication: {
      note: ({ id, name, clientId, type, ownerId, grants, secrets }) =>
        note(
          'application.create',
          'application',
          id,
          { client_id: clientId, type, grants, owner: ownerId, secrets: secrets.map((secret) => secret.id) },
          name,
        ),
    },
    updateApplication: {
      note: ({ id }) => note('application.update', 'application', id),
      *look(given, after) {
        return yield* named((before) => ({ changed: applicationChanges(before, after) }))(given);
      },
    },
    setDisabled: {
      note: (id, disabledAtMs) =>
        note(disabledAtMs === null ? 'application.enable' : 'application.disable', 'application', id),
      look: named(),
    },
    deleteApplication: { note: (id) => note('application.delete', 'application', id), look: named() },
    addSecret: {
      note: (id, { id: secret }) => note('application.add-secret', 'application', id, { secret }),
      look: named(),
    },
    removeSecret: {
      note: (id, secret) => note('application.remove-secret', 'application', id, { secret }),
      look: named(),
    },
  };
}

const ACCOUNTS: Ways<AdministeredAccounts> = {
  findAccount: 'reads',
  findByUsername: 'reads',
  findByEmail: 'reads',
  listAccounts: 'reads',
  createAccount: {
    note: ({ id, isSuperuser, passwordHash, email }) =>
      note('user.create', 'account', id, {
        superuser: isSuperuser,
        has_password: passwordHash !== null,
        has_email: email !== null,
      }),
  },
  updateProfile: {
    // Not what they are: a username is a person's, and goes with the account.
    note: (id, change) => note('user.update', 'account', id, { fields: Object.keys(change.fields ?? {}) }),
  },
  setFields: { note: (id, patch) => note('user.set-fields', 'account', id, { fields: Object.keys(patch) }) },
  setEmail: { note: (id, email) => note('user.set-email', 'account', id, { has_email: email !== null }) },
  setPasswordHash: { note: (id, hash) => note('user.set-password', 'account', id, { has_password: hash !== null }) },
  setSuperuser: { note: (id, superuser) => note('user.set-superuser', 'account', id, { superuser }) },
  disableAccount: { note: (id) => note('user.disable', 'account', id) },
  enableAccount: { note: (id) => note('user.enable', 'account', id) },
  takeBackDeletion: { note: (id) => note('user.keep', 'account', id) },
  deleteAccount: { note: (id) => note('user.delete', 'account', id) },
};

function groupWays(engine: Engine): Ways<ReturnType<typeof createGroupStore>> {
  const q = engine.prepare('groups', groupQueries);
  function* named(given: AuditNote): Generator<Step, AuditNote, unknown> {
    const group = yield* one(q.findById, { id: given.subject.id });
    return { ...given, subject: { ...given.subject, label: group?.name ?? null } };
  }
  function* ofGroup(given: AuditNote, id: string): Generator<Step, AuditNote, unknown> {
    const group = yield* one(q.findById, { id });
    return { ...given, detail: { group: id, name: group?.name ?? null } };
  }
  return {
    findGroup: 'reads',
    findGroupById: 'reads',
    listGroups: 'reads',
    listMembers: 'reads',
    listMembersPage: 'reads',
    groupsOf: 'reads',
    createGroup: {
      note: ({ id, name, requiresSecondFactor }) =>
        note('group.create', 'group', id, { requires_second_factor: requiresSecondFactor }, name),
    },
    requireSecondFactor: {
      note: (id, required) => note('group.update', 'group', id, { requires_second_factor: required }),
      look: named,
    },
    deleteGroup: { note: (id) => note('group.delete', 'group', id), look: named },
    // To the account: that is who may do more from now on, or less.
    addMember: { note: (_group, account) => note('group.add-member', 'account', account), look: ofGroup },
    removeMember: { note: (_group, account) => note('group.remove-member', 'account', account), look: ofGroup },
  };
}

const INVITATIONS: Ways<AdministeredInvitations> = {
  listInvitations: 'reads',
  findInvitation: 'reads',
  createInvitation: {
    note: ({ id, isSuperuser, groupIds, expiresAtMs }) =>
      note('invitation.create', 'invitation', id, {
        superuser: isSuperuser,
        groups: groupIds,
        expires_at: new Date(expiresAtMs).toISOString(),
      }),
  },
  revokeInvitation: { note: (id) => note('invitation.revoke', 'invitation', id) },
};

const SESSIONS: Ways<Pick<SessionsMade, 'endSessionsOf' | 'endSessionOf'>> = {
  endSessionsOf: { note: (account) => note('user.end-sessions', 'account', account) },
  endSessionOf: { note: (account, session) => note('user.end-sessions', 'account', account, { session }) },
};

const ADDRESSES: Ways<AdministeredAddresses> = {
  listAddresses: 'reads',
  addVerifiedAddress: { note: (account) => note('user.add-address', 'account', account) },
  removeAddress: { note: (account) => note('user.remove-address', 'account', account) },
  makePrimary: { note: (account) => note('user.make-address-primary', 'account', account) },
};

const PICTURES: Ways<Pick<ReturnType<typeof createPictureStore>, 'removePicture'>> = {
  removePicture: { note: (account) => note('user.remove-picture', 'account', account) },
};

const FACTORS: Ways<Pick<ReturnType<typeof createFactorStore>, 'resetFactors'>> = {
  resetFactors: { note: (account) => note('user.reset-factors', 'account', account) },
};

const KEYS: Ways<Pick<ReturnType<typeof createKeyStores>['keys'], 'rotateKey' | 'listKeys'>> = {
  listKeys: 'reads',
  rotateKey: {
    note: ({ kid, algorithm, activeFromMs }) =>
      note('key.rotate', 'key', kid, { algorithm, signs_from: new Date(activeFromMs).toISOString() }),
  },
};

const SERVER_KEYS: Ways<ReturnType<typeof createKeyStores>['serverKeys']> = {
  findServerKey: 'reads',
  insertServerKey: { note: (name) => note('key.rotate-refresh-tokens', 'key', name) },
};

const REGISTRATIONS: Ways<Pick<ReturnType<typeof createRegistrationStore>, 'createInitialAccess'>> = {
  createInitialAccess: {
    note: ({ uses, expiresAtMs }) =>
      note('registration-token.create', 'registration', '', { uses, expires_at: new Date(expiresAtMs).toISOString() }),
  },
};

const OUTBOX: Ways<ReturnType<typeof createOutboxStore>> = {
  claimMail: 'reads',
  settleMail: 'reads',
  listMail: 'reads',
  listKeptMail: 'reads',
  countMail: 'reads',
  queueMail: {
    note: ({ kind }, secret) =>
      kind === 'reset-started' && secret !== null
        ? note('user.start-reset', 'account', secret.accountId, { by: 'mail' })
        : null,
  },
  retryMail: { note: (id) => note('mail.retry', 'mail', id ?? '') },
};

const MAILED_SECRETS: Ways<Pick<ReturnType<typeof createMailedSecretStore>, 'keepSecret'>> = {
  keepSecret: { note: ({ accountId }) => note('user.start-reset', 'account', accountId, { by: 'hand' }) },
};
