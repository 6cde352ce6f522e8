/** `import users`: people of each format sign in and get a hash of ours; bad rows are named; a second run; a dry run. */
import { pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as argon2Hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usernameKeyOf } from '../../src/accounts/username.ts';
import { openUsersFile } from '../../src/import/users-file/open.ts';
import { accountId } from '../../src/vocabulary/identifiers.ts';
import type { ProfileField } from '../../src/vocabulary/profile-field.ts';
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

const fieldOf = (name: string, more: Partial<ProfileField> = {}): ProfileField => ({
  name,
  label: { en: name, fr: name },
  kind: 'text',
  choices: new Map(),
  charactersMax: 20,
  required: false,
  editedBy: 'person',
  scope: null,
  claim: name,
  ...more,
});
const choices = new Map(['it', 'hr'].map((value) => [value, { en: value, fr: value }]));
const FIELDS = [
  fieldOf('department', { kind: 'choice', choices, required: true }),
  fieldOf('badge', { editedBy: 'operator' }),
  fieldOf('starts', { kind: 'date' }),
  fieldOf('site', { kind: 'url' }),
  // A name that means something else in a file.
  fieldOf('is_active'),
];
const READING = { profileFields: new Map(FIELDS.map((field) => [field.name, field])), locales: ['en', 'fr'] };

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
    const source = await openUsersFile(path, config, READING);
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
    await expect(openUsersFile(path, null, READING)).rejects.toThrow(
      'user 1: its password needs --firebase-hash-config',
    );
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
      const error = await openUsersFile(await fileOf(content), null, READING).catch((reason: Error) => reason);
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

  const profiles = async () =>
    (await target.sql('select username, locale, zoneinfo, fields from account order by username')).map((row) => {
      const { fields, ...rest } = row as { fields: string | null };
      return { ...rest, fields: fields === null ? null : JSON.parse(fields) };
    });

  it('brings declared fields, languages and time zones of CSV, and of JSON in either place', async () => {
    await bring(
      await fileOf(
        'username,locale,zoneinfo,department,badge,fields.is_active,starts\nann,fr_CA,europe/paris,it,"4711, b",soon,2026-01-31\nbob,,,,,,\n',
      ),
    );
    const ann = { department: 'it', badge: '4711, b', is_active: 'soon', starts: '2026-01-31' };
    const bob = { username: 'bob', locale: null, zoneinfo: null, fields: null };
    expect(await profiles()).toEqual([{ username: 'ann', locale: 'fr', zoneinfo: 'Europe/Paris', fields: ann }, bob]);
    await bring(
      await fileOf([
        { username: 'cat', zoneinfo: 'Asia/Kolkata', fields: { badge: '12' } },
        { username: 'dan', locale: 'en', badge: '13', site: 'https://dan.example/' },
      ]),
    );
    expect((await profiles()).slice(2)).toEqual([
      { username: 'cat', locale: null, zoneinfo: 'Asia/Kolkata', fields: { badge: '12' } },
      { username: 'dan', locale: 'en', zoneinfo: null, fields: { badge: '13', site: 'https://dan.example/' } },
    ]);
  });

  it('brings attributes of Keycloak and custom claims of Firebase that are declared, and names the others', async () => {
    const attributes = { department: ['hr'], locale: ['de'], zoneinfo: ['Europe/Berlin'], shoe_size: ['42'] };
    const report = await bring(await fileOf({ users: [{ username: 'kim', email: 'kim@example.org', attributes }] }));
    expect(report.findings.map(({ code, row, what }) => [code, row, what])).toEqual([
      ['left-behind', 'user 1 ("kim")', 'It has attributes ("shoe_size").'],
      ['language-unknown', 'user 1 ("kim")', 'Its language is "de", which these pages do not have.'],
    ]);
    const claims = { department: 'it', admin: true, locale: 'fr' };
    const fire = await bring(
      await fileOf({ users: [{ localId: 'f1', email: 'fay@example.org', customAttributes: JSON.stringify(claims) }] }),
    );
    expect(fire.findings.map(({ what }) => what)).toEqual(['It has custom claims ("admin").']);
    expect(await profiles()).toEqual([
      { username: 'fay@example.org', locale: 'fr', zoneinfo: null, fields: { department: 'it' } },
      { username: 'kim', locale: null, zoneinfo: 'Europe/Berlin', fields: { department: 'hr' } },
    ]);
  });

  it('names each value that a field cannot have by its line, and writes nothing', async () => {
    const faults = async (content: unknown) => {
      const error = await openUsersFile(await fileOf(content), null, READING).catch((reason: Error) => reason);
      return error instanceof Error ? error.message : '';
    };
    const lines = [
      'id,username,locale,zoneinfo,department,badge,starts,site',
      '1,a,français,,,,,',
      '2,b,,Mars/Base,,,,',
      '3,c,,+02:00,,,,',
      '4,d,,,sales,,,',
      `5,e,,,,${'9'.repeat(21)},,`,
      '6,f,,,,a\u0007b,,',
      '7,g,,,,,2026-02-30,',
      '8,h,,,,,,javascript:alert(1)',
      '9,i,fr,Europe/Paris,it,1,2026-02-28,https://i.example/',
    ];
    const message = await faults(lines.join('\n'));
    for (const part of [
      'line 2: its locale is no language such as en or fr-CA: "français"',
      'line 3: its zoneinfo is no time zone such as Europe/Paris: "Mars/Base"',
      'line 4: its zoneinfo is no time zone such as Europe/Paris: "+02:00"',
      'line 5: its department is none of "it", "hr": "sales"',
      'line 6: its badge has more than 20 characters',
      'line 7: its badge has characters that cannot be shown',
      'line 8: its starts is no date such as 2026-01-31: "2026-02-30"',
      'line 9: its site is no web address such as https://example.org/: "javascript:alert(1)"',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('line 10');
    const one = (fields: unknown, more = {}) => faults([{ username: 'a', fields, ...more }]);
    expect(await one({ colour: 'red' })).toContain(
      'user 1: there is no profile field "colour" (DIAPASON_PROFILE_FIELDS declares department, badge, ',
    );
    expect(await one('red')).toContain('user 1: its fields are no object');
    expect(await one({ badge: 1 })).toContain('user 1: its badge is no text');
    expect(await one({ badge: '1' }, { badge: '2' })).toContain('user 1: it has the profile field "badge" twice');
    expect(await faults('username,fields.colour\na,red\n')).toContain('line 1: there is no profile field "colour"');
    const several = { username: 'kim', attributes: { badge: ['1', '2'] } };
    expect(await faults({ users: [several] })).toContain('user 1: its badge is no text');
  });

  it('knows in a second run which profile changed, keeps what was changed here, and compares', async () => {
    const rows = (badge: string) => [
      { username: 'ann', zoneinfo: 'Europe/Paris', fields: { badge, department: 'it' } },
      { username: 'bob', locale: 'fr' },
    ];
    await bring(await fileOf(rows('1')), { keep: false });
    expect(await profiles()).toEqual([]);
    await bring(await fileOf(rows('1')));
    // The same, in another order.
    const same = [
      { username: 'bob', locale: 'fr-FR' },
      { ...rows('1')[0], fields: { department: 'it', badge: '1' } },
    ];
    expect((await bring(await fileOf(same))).kinds['account']).toMatchObject({ unchanged: 2 });
    expect((await bring(await fileOf(rows('2')))).kinds['account']).toMatchObject({ changed: 1, unchanged: 1 });
    const source = await openUsersFile(await fileOf(rows('3')), null, READING);
    const { differences } = await target.verifyFrom(source, { origin: 'file' });
    expect(differences).toEqual([expect.stringContaining('("ann"): badge is 3 there and 2 here.')]);
    const ann = await target.storage.accounts.findByUsername(usernameKeyOf('ann'), 'ann');
    if (ann === null) throw new Error('ann is gone');
    target.advance(1_000);
    await target.storage.accounts.setFields(ann.account.id, { badge: '7' }, target.clock());
    const kept = await bring(await fileOf(rows('3')));
    expect(kept.findings.map(({ code }) => code)).toContain('kept-as-here');
    expect(await profiles()).toMatchObject([{ fields: { badge: '7', department: 'it' } }, { locale: 'fr' }]);
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
