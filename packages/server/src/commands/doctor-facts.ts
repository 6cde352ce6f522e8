/**
 * Gathers what `diapason doctor` judges by: settings, files, the database, the public address, the mail server. Changes nothing, not even
 * the schema. What could not be asked is told with the reason; what it means is `admin/doctor/`.
 */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { verifyAuditLog } from '../admin/audit-chain.ts';
import type { Facts, Probed } from '../admin/doctor/finding.ts';
import { everyUser } from '../admin/users.ts';
import { isLoopbackHost } from '../config/values.ts';
import type { Config } from '../config.ts';
import { createKeyEncryption, WrongSecretError } from '../keys/key-encryption.ts';
import { loadServerKeys } from '../keys/server-keys.ts';
import { listSigningKeys } from '../keys/signing-keys.ts';
import { checkSmtp } from '../mail/transport.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { StorageError } from '../storage/storage-error.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import { probe } from './doctor-probe.ts';
import type { Terminal } from './terminal.ts';

const DAY_MS = 86_400_000;
const MAIL_LOOKED_AT = 1_000;

/** The facts, and what could not be asked. */
export interface Gathered {
  readonly facts: Facts;
  readonly skipped: readonly string[];
}

/** Gathers them. */
export async function gatherFacts(config: Config, terminal: Terminal): Promise<Gathered> {
  const [address, smtpFault, database] = await Promise.all([
    addressFacts(config),
    config.mail.smtpUrl === null ? null : checkSmtp(config.mail.smtpUrl),
    databaseFacts(config, terminal),
  ]);
  const { skipped, ...seen } = address;
  const nowMs = terminal.clock();
  const facts = { nowMs, settings: settingFacts(config), smtpFault, ...fileFacts(config), ...database, ...seen };
  return { facts, skipped };
}

function settingFacts(config: Config): Facts['settings'] {
  return {
    url: config.url,
    issuer: config.issuer,
    isLoopback: isLoopbackHost(new URL(config.url).hostname),
    trustedProxies: config.trustedProxies,
    workers: config.workers,
    poolSize: config.poolSize,
    engine: config.database.engine,
    databaseUrl: config.database.engine === 'postgres' ? config.database.url : null,
    signUp: config.signUp,
    emailVerification: config.emailVerification,
    registration: config.registration,
    openScopes: config.unverified.scopes,
    smtpUrl: config.mail.smtpUrl,
    mailFrom: config.mail.from,
    sessionLifetimeMs: config.sessionLifetimeMs,
    logLevel: config.logLevel,
  };
}

type AddressFacts = Pick<Facts, 'metadata' | 'signInPage' | 'plainHttp'> & { readonly skipped: readonly string[] };

async function addressFacts({ url, issuer }: Config): Promise<AddressFacts> {
  const metadata = await probe(`${issuer}/.well-known/openid-configuration`);
  // On a machine of one's own the server need not run while one looks at it.
  if ('fault' in metadata && isLoopbackHost(new URL(url).hostname)) {
    const skipped = [
      `address, cookies: ${url} does not answer (${metadata.fault}); start the server to have them looked at`,
    ];
    return { metadata: null, signInPage: null, plainHttp: null, skipped };
  }
  const isHttps = url.startsWith('https:');
  const [signInPage, plainHttp] = await Promise.all([probe(`${url}/login/`), isHttps ? plainly(url) : null]);
  return { metadata, signInPage, plainHttp, skipped: [] };
}

/** Where nothing listens by plain http, nothing is wrong. */
async function plainly(url: string): Promise<Probed | null> {
  const { hostname, port } = new URL(url);
  return port === '' ? probe(`http://${hostname}/`) : null;
}

type FileFacts = Pick<Facts, 'files' | 'disk' | 'walBytes'>;

function fileFacts({ database }: Config): FileFacts {
  if (database.engine === 'postgres') return { files: [], disk: null, walBytes: null };
  const { file } = database;
  const there = [file, `${file}-wal`, `${file}.secret`].filter((path) => existsSync(path));
  const disk = statfsSync(existsSync(dirname(file)) ? dirname(file) : '.');
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false });
  return {
    files: there.map((path) => ({ path, mode: statSync(path).mode })),
    disk: { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
    walBytes: wal?.size ?? null,
  };
}

type DatabaseFacts = Pick<
  Facts,
  | 'mail'
  | 'databaseNowMs'
  | 'databaseFault'
  | 'pendingMigrations'
  | 'secretFits'
  | 'keys'
  | 'applications'
  | 'superusers'
  | 'auditBrokenAt'
>;

const NO_DATABASE: DatabaseFacts = {
  mail: null,
  databaseNowMs: null,
  databaseFault: null,
  pendingMigrations: 0,
  secretFits: true,
  keys: [],
  applications: [],
  superusers: [],
  auditBrokenAt: null,
};

async function databaseFacts(config: Config, terminal: Terminal): Promise<DatabaseFacts> {
  const { database } = config;
  // Looking at it does not make it; the first start does.
  if (database.engine === 'sqlite' && !existsSync(database.file)) return NO_DATABASE;
  try {
    const storage = await openStorage({
      database: database.engine === 'sqlite' ? database.file : database.url,
      poolSize: 2,
      clock: terminal.clock,
    });
    try {
      const pending = (await storage.pendingMigrations()).length;
      // Before they are applied nothing of it can be read.
      if (pending > 0) return { ...NO_DATABASE, pendingMigrations: database.engine === 'postgres' ? pending : 0 };
      return await contents(storage, config, terminal);
    } finally {
      await storage.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return { ...NO_DATABASE, databaseFault: error.message };
    throw error;
  }
}

async function contents(storage: Storage, config: Config, { clock }: Terminal): Promise<DatabaseFacts> {
  const nowMs = clock();
  const verdict = await verifyAuditLog(storage.audit, null);
  return {
    databaseNowMs: await storage.clockMs(),
    databaseFault: null,
    pendingMigrations: 0,
    mail: await mailFacts(storage, nowMs),
    secretFits: await fits(storage, config, clock),
    keys: await listSigningKeys({ keys: storage.keys, clock }),
    applications: await storage.applications.listApplications(),
    superusers: await superusers(storage),
    auditBrokenAt: verdict.outcome === 'broken' ? verdict.sequence : null,
  };
}

async function mailFacts({ outbox }: Storage, nowMs: number): Promise<NonNullable<Facts['mail']>> {
  const { failed } = await outbox.countMail({ failedSinceMs: nowMs - DAY_MS });
  const waiting = (await outbox.listMail(MAIL_LOOKED_AT)).filter(({ state }) => state === 'waiting');
  const oldest = Math.min(...waiting.map(({ queuedAtMs }) => queuedAtMs));
  return { failedOfLastDay: failed, oldestWaitingMs: waiting.length === 0 ? null : nowMs - oldest };
}

/** Whether the secret opens the database's own keys. Of one that holds none yet, every secret does. */
async function fits({ serverKeys }: Storage, { secret }: Config, clock: Terminal['clock']): Promise<boolean> {
  const encryption = createKeyEncryption(secret, systemRandomness);
  const reading = {
    findServerKey: serverKeys.findServerKey,
    // Looked at, never made.
    insertServerKey: async (_name: string, encrypted: Buffer) => encrypted,
  };
  try {
    await loadServerKeys({ serverKeys: reading, encryption, clock, randomness: systemRandomness });
    return true;
  } catch (error) {
    if (error instanceof WrongSecretError) return false;
    throw error;
  }
}

async function superusers({ accounts, factors }: Storage): Promise<Facts['superusers']> {
  const found = [];
  for await (const { id, username, isSuperuser, disabledAtMs } of everyUser(null, { accounts })) {
    if (!isSuperuser) continue;
    found.push({ username, hasSecondFactor: await factors.hasFactor(id), isDisabled: disabledAtMs !== null });
  }
  return found;
}
