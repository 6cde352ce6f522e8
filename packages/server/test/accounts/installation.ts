/**
 * An installation to test against: real storage on SQLite in a folder of its own, real password hashes (counted), a clock that
 * the test moves.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttemptTurns } from '../../src/accounts/attempt-turns.ts';
import { accountEvents } from '../../src/accounts/events.ts';
import { createNotices } from '../../src/accounts/notices.ts';
import type { RelyingParty } from '../../src/accounts/passkey-ceremonies.ts';
import { createPasswordHasher, type PasswordHasher } from '../../src/accounts/password-hashing.ts';
import { createPasswordPolicy } from '../../src/accounts/password-policy.ts';
import { createPasswordStrength } from '../../src/accounts/password-strength.ts';
import type { AccountNotice, NewMailedSecret, OutgoingMessage } from '../../src/accounts/ports/mail.ts';
import type { SessionFound } from '../../src/accounts/ports.ts';
import { DEFAULT_SESSION_LIMITS, readSession, type StartedSession } from '../../src/accounts/sessions.ts';
import type { SignInInput } from '../../src/accounts/sign-in.ts';
import type { SignUpInput } from '../../src/accounts/sign-up.ts';
import type { Visitor } from '../../src/accounts/visitor.ts';
import { createUser } from '../../src/admin/users.ts';
import { factorSecretsOf } from '../../src/keys/factor-secrets.ts';
import { createKeyEncryption } from '../../src/keys/key-encryption.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { newSecret, systemRandomness } from '../../src/vocabulary/credentials.ts';
import type { AccountId } from '../../src/vocabulary/identifiers.ts';
import type { ProfileFields } from '../../src/vocabulary/profile-field.ts';

/** One thread for all of a file. */
const strength = createPasswordStrength();

/** Monday, 2 March 2026, 08:00 UTC. */
const START_MS = Date.UTC(2026, 2, 2, 8);

/** A password that every rule allows. */
export const PASSWORD = 'tuning-forks-440';

export type Installation = Awaited<ReturnType<typeof openInstallation>>;

/** Opens one. `close` ends it and removes its folder. */
export async function openInstallation() {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-'));
  const time = { nowMs: START_MS };
  const clock = () => time.nowMs;
  const storage: Storage = await openStorage({ database: join(folder, 'test.db'), clock });
  await storage.migrate();
  const work = { hash: 0, verify: 0, verifyAgainstNobody: 0 };
  const sent: OutgoingMessage[] = [];
  const told: AccountNotice[] = [];
  const touchFailures: unknown[] = [];
  const touches: Promise<void>[] = [];
  const sessions: Storage['sessions'] = {
    ...storage.sessions,
    touchSession(...step) {
      const touch = storage.sessions.touchSession(...step);
      touches.push(touch);
      return touch;
    },
  };
  const outbox = {
    async enqueue(message: OutgoingMessage, secret: NewMailedSecret | null) {
      sent.push(message);
      const sealedContent = Buffer.from('sealed');
      const { kind, to } = message;
      const mail = {
        id: systemRandomness(12).toString('base64url'),
        kind,
        to,
        sealedContent,
        queuedAtMs: clock(),
        givesUpAtMs: clock(),
        kept: true,
      };
      await storage.outbox.queueMail(mail, secret);
    },
  };
  const notices = createNotices({ accounts: storage.accounts, addresses: storage.addresses, outbox, clock });
  // What administrators use is made as it is for them: each change writes its line.
  const office = storage.administration({ kind: 'command-line', systemUser: 'test', from: null });
  const deps = {
    ...storage,
    ...office,
    accounts: { ...storage.accounts, ...office.accounts },
    addresses: storage.addresses,
    pictures: storage.pictures,
    mailedSecrets: { ...storage.mailedSecrets, ...office.mailedSecrets },
    factors: { ...storage.factors, ...office.factors },
    invitations: { ...storage.invitations, ...office.invitations },
    registrations: { ...storage.registrations, ...office.registrations },
    keys: storage.keys,
    serverKeys: storage.serverKeys,
    sessions,
    clock,
    randomness: systemRandomness,
    events: accountEvents({ accountEvents: storage.accountEvents, clock, randomness: systemRandomness }),
    deletionGraceMs: 14 * 86_400_000,
    passwords: counting(createPasswordHasher({ hashConcurrency: 2, randomness: systemRandomness }), work),
    attemptTurns: new AttemptTurns(),
    factorSecrets: factorSecretsOf(createKeyEncryption('a secret of the tests, 32 characters', systemRandomness)),
    oneTime: storage.replays,
    relyingParty: { id: 'id.example', origin: 'https://id.example', name: 'Diapason' } as RelyingParty | null,
    issuerName: 'Diapason',
    sessionLimits: DEFAULT_SESSION_LIMITS,
    emailVerification: 'optional' as 'optional' | 'required',
    passwordPolicy: createPasswordPolicy({ organisationWords: ['Diapason'], strength, breaches: null }),
    signUpDomains: [] as readonly string[],
    locales: ['en', 'fr'],
    profileFields: new Map() as ProfileFields,
    timeZones: ['Europe/Paris', 'Pacific/Auckland'],
    outbox,
    mailedCodeKey: Buffer.alloc(32, 7),
    notices: {
      tell(id: AccountId, notice: AccountNotice, former?: string) {
        told.push(notice);
        return notices.tell(id, notice, former);
      },
    },
    touchFailed: (error: unknown) => void touchFailures.push(error),
  };
  return {
    deps,
    storage,
    database: join(folder, 'test.db'),
    work,
    sent,
    told,
    touchFailures,
    /** Waits for what no request waits for. */
    settle: () => Promise.all(touches.splice(0)),
    advance: (ms: number) => {
      time.nowMs += ms;
    },
    async close() {
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}

function counting(hasher: PasswordHasher, work: Record<keyof PasswordHasher, number>): PasswordHasher {
  return {
    hash: (password) => {
      work.hash += 1;
      return hasher.hash(password);
    },
    verify: (password, hash) => {
      work.verify += 1;
      return hasher.verify(password, hash);
    },
    verifyAgainstNobody: (password) => {
      work.verifyAgainstNobody += 1;
      return hasher.verifyAgainstNobody(password);
    },
  };
}

/** A browser that has a cookie of its own and no session. */
export function browserAt(networkAddress: string): Visitor {
  return { networkAddress, userAgent: 'Test/1.0', browser: newSecret<'browser'>(systemRandomness), session: null };
}

/** The sign-up form, filled in. */
export function signUpForm(username: string, changes: Partial<SignUpInput> = {}): SignUpInput {
  const email = `${username}@example.com`;
  return {
    username,
    email,
    firstName: 'First',
    lastName: 'Last',
    password: PASSWORD,
    locale: null,
    next: null,
    ...changes,
  };
}

/** The sign-in form, filled in. */
export function signInForm(username: string, password = PASSWORD): SignInInput {
  return { username, password };
}

/** Makes an account with a verified address, as an operator does. */
export async function addUser(
  { deps }: Installation,
  username: string,
  changes: Partial<Parameters<typeof createUser>[0]> = {},
) {
  const email = `${username.toLowerCase()}@example.com`;
  const user = { username, email, firstName: 'First', lastName: 'Last', password: PASSWORD, isSuperuser: false };
  const made = await createUser({ ...user, ...changes }, deps);
  if (made.outcome !== 'created') throw new Error(JSON.stringify(made));
  return made.account;
}

/** The session as the next request finds it. */
export async function sessionOf({ deps }: Installation, started: StartedSession): Promise<SessionFound> {
  const found = await readSession(started.secret, deps);
  if (found === null) throw new Error('the session is not live');
  return found;
}
