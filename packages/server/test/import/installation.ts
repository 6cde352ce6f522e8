/**
 * What the import is tested with: the databases that the real Django made (`test/django/make_fixtures.py`), as each kind of source,
 * and an installation of ours on either engine to bring them to.
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { AttemptTurns } from '../../src/accounts/attempt-turns.ts';
import { accountEvents } from '../../src/accounts/events.ts';
import { createPasswordHasher } from '../../src/accounts/password-hashing.ts';
import { DEFAULT_SESSION_LIMITS } from '../../src/accounts/sessions.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { accountsPart } from '../../src/import/django/accounts.ts';
import { importDjango, verifyDjango } from '../../src/import/django.ts';
import type { DjangoOptions, ImportPart, ImportSecrets } from '../../src/import/part.ts';
import type { Finding } from '../../src/import/report.ts';
import { openSource } from '../../src/import/sources/open.ts';
import type { Source } from '../../src/import/sources/source.ts';
import { factorSecretsOf } from '../../src/keys/factor-secrets.ts';
import { createKeyEncryption } from '../../src/keys/key-encryption.ts';
import { type ClientSecretKey, clientSecretMac } from '../../src/protocol/client-secret.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { systemRandomness } from '../../src/vocabulary/credentials.ts';
import { browserAt } from '../accounts/installation.ts';
import { newPostgresDatabase } from '../postgres.ts';
import { type EngineName, emptyDatabase } from '../storage/databases.ts';

/** The folder of the fixtures. */
export const FIXTURES = fileURLToPath(new URL('../../../../test/django/fixtures/', import.meta.url));

/** A user of the fixtures with the password that Django hashed; null: nobody knows one. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly password: string | null;
  readonly active: boolean;
}

/** Everybody in the fixtures. */
export async function everybody(): Promise<readonly Person[]> {
  return JSON.parse(await readFile(join(FIXTURES, 'people.json'), 'utf8')) as Person[];
}

/** Options of a run without any. */
export const PLAIN: DjangoOptions = {
  origin: 'django',
  userTable: null,
  trustEmails: false,
  dropUnreadablePasswords: false,
  scopes: null,
};

/** Seals nothing, so that what was sealed can be read. */
const OPEN_SECRETS: ImportSecrets = {
  sealTotpSeed: (_id, seed) => seed,
  recoveryCodeMac: (_account, code) => Buffer.from(code),
  clientSecretMac: (secret) => clientSecretMac(secret, Buffer.alloc(32, 7) as ClientSecretKey),
};

/** A PostgreSQL database as Django left it. */
export async function djangoOnPostgres(): Promise<string> {
  const url = await newPostgresDatabase();
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(await readFile(join(FIXTURES, 'postgres.sql'), 'utf8'));
  } finally {
    await client.end();
  }
  return url;
}

/** A copy of a fixture that a test may change. */
export async function copyOf(fixture: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-import-'));
  const path = join(folder, fixture);
  await cp(join(FIXTURES, fixture), path);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

export type Target = Awaited<ReturnType<typeof openTarget>>;

/** An empty installation of ours. Its clock moves a second at each run. */
export async function openTarget(engine: EngineName, parts: readonly ImportPart[] = [accountsPart]) {
  const empty = await emptyDatabase(engine);
  const time = { nowMs: Date.UTC(2026, 2, 2, 8) };
  const clock = () => time.nowMs;
  const storage = await openStorage({ database: empty.database, clock });
  await storage.migrate();
  const accountDeps = {
    ...storage,
    clock,
    randomness: systemRandomness,
    passwords: createPasswordHasher({ hashConcurrency: 2, randomness: systemRandomness }),
    attemptTurns: new AttemptTurns(),
    factorSecrets: factorSecretsOf(createKeyEncryption('a secret of the tests, 32 characters', systemRandomness)),
    sessionLimits: DEFAULT_SESSION_LIMITS,
    emailVerification: 'required' as const,
    notices: { tell: async () => undefined },
    events: accountEvents({ accountEvents: storage.accountEvents, clock, randomness: systemRandomness }),
  };
  const deps = () => {
    time.nowMs += 1_000;
    return {
      store: storage.imports,
      parts,
      secrets: OPEN_SECRETS,
      randomness: systemRandomness,
      nowMs: time.nowMs,
    };
  };
  const withSource = async <Result>(
    from: string,
    work: (source: Awaited<ReturnType<typeof openSource>>) => Promise<Result>,
  ) => {
    const source = await openSource(from);
    try {
      return await work(source);
    } finally {
      await source.close();
    }
  };
  return {
    storage,
    sql: empty.sql,
    bring: (from: string, options: Partial<DjangoOptions> & { keep?: boolean } = {}) =>
      withSource(from, (source) => importDjango(source, { ...PLAIN, keep: true, ...options }, deps())),
    bringFrom: (source: Source, options: Partial<DjangoOptions> & { keep?: boolean }, findings: readonly Finding[]) =>
      importDjango(source, { ...PLAIN, keep: true, ...options }, { ...deps(), findings }),
    verifyFrom: (source: Source, options: Partial<DjangoOptions>) =>
      verifyDjango(source, { ...PLAIN, ...options }, deps()),
    verify: (from: string) => withSource(from, (source) => verifyDjango(source, PLAIN, deps())),
    signIn: (username: string, password: string) => signIn({ username, password }, browserAt('192.0.2.1'), accountDeps),
    /** Lets time pass, so that what changes now differs from what was brought. */
    advance: (ms: number) => {
      time.nowMs += ms;
    },
    clock,
    async close() {
      await storage.close();
      await empty.remove();
    },
  };
}
