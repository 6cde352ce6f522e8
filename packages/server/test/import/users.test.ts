/** `import users`: people of each format sign in and get a hash of ours; bad rows are named; a second run; a dry run. */
import { pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as argon2Hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openUsersFile } from '../../src/import/users-file/open.ts';
import { accountId } from '../../src/vocabulary/identifiers.ts';
import { ENGINES } from '../storage/databases.ts';
import { openTarget, type Target } from './installation.ts';

/** Of github.com/firebase/scrypt. */
const FIREBASE_CONFIG = {
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memCost: 14,
};
const FIREBASE_HASH = 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diapason-users-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: unknown, name = 'users'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function keycloakUser(username: string, algorithm: string, octets: number) {
  const salt = Buffer.from('0123456789abcdef');
  const digest = { pbkdf2: 'sha1', 'pbkdf2-sha256': 'sha256', 'pbkdf2-sha512': 'sha512' }[algorithm] ?? 'sha256';
  return {
    id: `5b4c0a6e-0000-4000-8000-${username.padStart(12, '0').replaceAll(/[^0-9a-f]/g, 'a')}`,
    username,
    enabled: true,
    emailVerified: true,
    email: `${username}@example.org`,
    createdTimestamp: Date.UTC(2025, 0, 1),
    groups: ['/crew'],
    realmRoles: ['default-roles'],
    credentials: [
      {
        type: 'password',
        credentialData: JSON.stringify({ hashIterations: 2_000, algorithm, additionalParameters: {} }),
        secretData: JSON.stringify({
          value: pbkdf2Sync(`pw of ${username}`, salt, 2_000, octets, digest).toString('base64'),
          salt: salt.toString('base64'),
          additionalParameters: {},
        }),
      },
    ],
  };
}

describe.each(ENGINES)('people of a file on %s', (engine) => {
  let target: Target;

  beforeEach(async () => {
    target = await openTarget(engine);
  });

  afterEach(() => target.close());

  const bring = async (path: string, options = {}, config: string | null = null) => {
    const source = await openUsersFile(path, config);
    return target.bringFrom(source, { origin: 'file', ...options }, source.findings);
  };
  const expectSignIn = async (username: string, password: string) => {
    expect((await target.signIn(username, 'wrong')).outcome, username).not.toBe('signed_in');
    expect((await target.signIn(username, password)).outcome, username).toBe('signed_in');
  };
  const currentHashes = async () =>
    (await target.sql("select id from account where password_hash like '$argon2id$v=19$m=19456,t=2,p=1$%'")).length;

  it('brings CSV: quoted fields, flags, groups, bcrypt', async () => {
    const bcrypt = await bcryptHash('pw of ann', { cost: 4 });
    const report = await bring(
      await fileOf(
        `\ufeffid,username,email,email_verified,first_name,password_hash,is_superuser,groups,created_at\r\n7,ann,ann@example.org,true,"Ann, ""A""",${bcrypt},1,crew;staff,2025-01-01T00:00:00Z\r\n,bob,bob@example.org,,,,,,\r\n`,
      ),
    );
    expect(report).toMatchObject({
      isRefused: false,
      kinds: { account: { brought: 2 }, group: { brought: 2 }, membership: { brought: 2 } },
    });
    await expectSignIn('ann', 'pw of ann');
    expect(await currentHashes()).toBe(1);
    const ann = await target.sql("select id, first_name, is_superuser from account where username = 'ann'");
    expect(ann).toEqual([expect.objectContaining({ id: '7', first_name: 'Ann, "A"' })]);
  });

  it.each(['array', 'lines'])('brings JSON as %s', async (form) => {
    const hash = await argon2Hash('pw of ann', { memoryCost: 1_024, timeCost: 1, parallelism: 1 });
    const rows = [
      { id: 12, username: 'ann', password_hash: hash, groups: ['crew'] },
      { username: 'bob', is_active: false },
    ];
    const path = await fileOf(form === 'array' ? rows : rows.map((row) => JSON.stringify(row)).join('\n'));
    expect((await bring(path)).kinds['account']).toMatchObject({ brought: 2 });
    await expectSignIn('ann', 'pw of ann');
    expect(await currentHashes()).toBe(1);
  });

  it('brings a realm of Keycloak, and names the second factors that stay behind', async () => {
    const argon2 = await argon2Hash('pw of dan', { memoryCost: 7_168, timeCost: 5, parallelism: 1, outputLen: 32 });
    const [salt = '', value = ''] = argon2.split('$').slice(-2);
    const otp = { type: 'otp', secretData: '{}', credentialData: '{}' };
    const ann = await keycloakUser('ann', 'pbkdf2', 64);
    const users = [
      { ...ann, credentials: [...ann.credentials, otp] },
      await keycloakUser('bob', 'pbkdf2-sha256', 64),
      await keycloakUser('cat', 'pbkdf2-sha512', 64),
      {
        username: 'dan',
        credentials: [
          {
            type: 'password',
            secretData: JSON.stringify({ salt, value }),
            credentialData: JSON.stringify({
              hashIterations: 5,
              algorithm: 'argon2',
              additionalParameters: {
                hashLength: ['32'],
                memory: ['7168'],
                type: ['id'],
                version: ['1.3'],
                parallelism: ['1'],
              },
            }),
          },
        ],
      },
    ];
    const report = await bring(await fileOf({ realm: 'acme', users }));
    expect(report).toMatchObject({ isRefused: false, kinds: { account: { brought: 4 }, group: { brought: 1 } } });
    expect(report.findings.filter(({ code }) => code === 'left-behind').map(({ row }) => row)).toEqual([
      'user 1 ("ann")',
    ]);
    for (const name of ['ann', 'bob', 'cat', 'dan']) await expectSignIn(name, `pw of ${name}`);
    expect(await currentHashes()).toBe(4);
  });

  it('brings what Firebase exports, by the published vector', async () => {
    const users = [
      {
        localId: 'Ab3',
        email: 'user1@example.org',
        emailVerified: true,
        displayName: 'Ann Bee',
        passwordHash: FIREBASE_HASH.replaceAll('/', '_').replaceAll('+', '-'),
        salt: '42xEC+ixf3L2lw==',
        createdAt: '1735689600000',
      },
    ];
    const path = await fileOf({ users });
    await expect(openUsersFile(path, null)).rejects.toThrow('user 1: its password needs --firebase-hash-config');
    await bring(path, {}, await fileOf(FIREBASE_CONFIG, 'config'));
    await expectSignIn('user1@example.org', 'user1password');
    expect(await currentHashes()).toBe(1);
    expect(
      await target.storage.imports.importing(async (rows) => ({
        keep: false,
        result: await rows.readAccounts([accountId('Ab3')]),
      })),
    ).toEqual([expect.objectContaining({ firstName: 'Ann', lastName: 'Bee' })]);
  });

  it('names each bad row by its line, and the columns that there are not', async () => {
    const faults = async (content: unknown) => {
      const error = await openUsersFile(await fileOf(content), null).catch((reason: Error) => reason);
      return error instanceof Error ? error.message : '';
    };
    expect(await faults('username,shoe_size\nann,42\n')).toContain('line 1: there is no field "shoe_size"');
    const message = await faults('username,is_active\nann,maybe\nbob,1\n,\ncat\n');
    for (const part of ['line 2: its is_active is neither', 'line 4: it has neither', 'line 5: ']) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('line 3');
    expect(await faults('{"username":"ann"}\n{"username":\n')).toContain('line 2: it is no object');
    expect(await faults([{ username: 'ann', created_at: 'soon' }, 3])).toMatch(/user 1: its created_at.*user 2: /);
    expect(await faults('')).toContain('is empty');
    expect(await faults('[{"username"')).toContain('no whole JSON');
  });

  it('refuses a hash of no known form by name, and leaves it out where it is told to', async () => {
    const path = await fileOf([{ username: 'ann', password_hash: 'md5$salt$00' }]);
    const refusedRun = await bring(path);
    expect(refusedRun).toMatchObject({ isRefused: true, findingCounts: { 'password-unreadable': 1 } });
    expect(await target.sql('select id from account')).toEqual([]);
    expect(await bring(path, { dropUnreadablePasswords: true })).toMatchObject({ isRefused: false });
  });

  it('writes nothing in a dry run; a second run brings what changed, and names nobody as gone', async () => {
    const both = await fileOf([{ username: 'ann', first_name: 'Ann' }, { username: 'bob' }]);
    await bring(both, { keep: false });
    expect(await target.sql('select id from account')).toEqual([]);
    await bring(both);
    expect((await bring(both)).kinds['account']).toMatchObject({ unchanged: 2, brought: 0, changed: 0 });
    const again = await bring(await fileOf([{ username: 'ann', first_name: 'Anna' }]));
    expect(again.kinds['account']).toMatchObject({ changed: 1, brought: 0 });
    expect(again.findings.map(({ code }) => code)).not.toContain('gone-at-source');
    const names = (await target.sql('select first_name from account order by username')) as { first_name: string }[];
    expect(names.map((row) => row.first_name)).toEqual(['Anna', '']);
  });

  it('names nobody of Django’s file as gone, nor is one of its ids taken', async () => {
    await bring(await fileOf([{ id: 'file-1', username: 'zoe' }]));
    const { FIXTURES } = await import('./installation.ts');
    const report = await target.bring(join(FIXTURES, 'django.sqlite3'));
    expect(report.findings.map(({ code }) => code)).not.toContain('gone-at-source');
    const taken = await bring(await fileOf([{ id: 1, username: 'yan' }], 'other'));
    expect(taken).toMatchObject({ isRefused: true, findingCounts: { 'account-id-taken': 1 } });
  });
});
