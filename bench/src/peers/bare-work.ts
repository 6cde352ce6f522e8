/**
 * The limits that no server passes: one core signing, hashing, or committing and nothing else.
 * `node bare-work.ts NAME MILLISECONDS FOLDER` prints `{"perSecond": …, "busy": …}`, busy as a share of the core.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { hash, verify } from '@node-rs/argon2';
import Database from 'better-sqlite3';

const [, , name = '', milliseconds = '', folder = ''] = process.argv;
const input = Buffer.from(`${'h'.repeat(60)}.${'p'.repeat(300)}`);

/** Each makes the function that does it once. */
const WORKS: Readonly<Record<string, () => (() => unknown) | Promise<() => unknown>>> = {
  'RS256 signatures': () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return () => sign('sha256', input, privateKey);
  },
  'ES256 signatures': () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return () => sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  },
  // OWASP's parameters: 19 MiB, two passes, one lane.
  'Argon2id verifications': async () => {
    const made = await hash('demo-password-9977', {
      // Argon2id: the package's enum exists at type level alone.
      algorithm: 2,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
    });
    return () => verify(made, 'demo-password-9977');
  },
  'SQLite commits, synchronous=FULL': () => {
    const database = new Database(join(folder, 'bare.db'));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE token (digest BLOB PRIMARY KEY, application TEXT, expires_at INTEGER) WITHOUT ROWID');
    const insert = database.prepare('INSERT INTO token VALUES (?, ?, ?)');
    return () => insert.run(randomBytes(32), 'bench', 1);
  },
};

const make = WORKS[name];
if (make === undefined) throw new Error(`no such work: ${name}`);
const once = await make();
await once();
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
let count = 0;
for (; performance.now() - startedAt < Number(milliseconds); count += 1) await once();
const elapsedMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(
  `${JSON.stringify({ perSecond: (count / elapsedMs) * 1000, busy: (user + system) / 1000 / elapsedMs })}\n`,
);
