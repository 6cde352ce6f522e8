/** `diapason export` and `diapason import diapason`: everything there and back over both engines, and files that are none. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEPT_KINDS } from '../../src/import/ports/kept-kinds.ts';
import { newPostgresDatabase } from '../postgres.ts';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install, PASSWORD } from './run-diapason.ts';

const SOURCE = fileURLToPath(new URL('../../../../test/django/fixtures/django.sqlite3', import.meta.url));
const SECRET = 's'.repeat(40);

interface Report {
  readonly written: boolean;
  readonly kinds: readonly {
    readonly kind: string;
    readonly in_source: number;
    readonly brought: number;
    readonly kept_as_here: number;
    readonly left_out: number;
  }[];
  readonly findings: readonly { readonly code: string; readonly row: string; readonly what: string }[];
}

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.remove());

/** The environment of a database under a secret. */
function at(database: string, secret = SECRET) {
  return { environment: { DIAPASON_DATABASE: database, DIAPASON_SECRET: secret } };
}

/** Brings the fixtures in and adds what Django has not; writes the export `a.jsonl` and answers its lines. */
async function exported(): Promise<readonly string[]> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(join(installation.folder, 'oidc.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(
    join(installation.folder, 'scopes.json'),
    '{"read": "See your data", "write": "Change it", "reports": "See reports"}',
  );
  await installation.json(
    ['import', 'django', '--from', SOURCE, '--issuer-key', 'oidc.pem', '--scopes-file', 'scopes.json'],
    at('a.db'),
  );
  await installation.json(
    [
      'app',
      'create',
      '--name',
      'Page',
      '--type',
      'public',
      '--grant',
      'authorization-code',
      '--redirect-uri',
      'https://page.example/cb',
      '--allowed-origin',
      'https://page.example',
    ],
    at('a.db'),
  );
  await installation.json(
    ['user', 'create', '--username', 'native', '--email', 'native@example.com', '--password-stdin'],
    {
      ...at('a.db'),
      input: PASSWORD,
    },
  );
  // The old server's passkeys stay behind: this one was made here.
  const db = new Database(join(installation.folder, 'a.db'));
  db.exec(`insert into passkey select 'a-passkey', id, 'Phone', 'Y3JlZGVudGlhbA', x'a501', 'aGFuZGxl', 7, 'internal hybrid', 1, 0,
    '00000000-0000-0000-0000-000000000000', 1000, null from account where username = 'native'`);
  db.exec(`insert into account_picture select id, 'face', x'00ff52494646', 1000 from account where username = 'native';
    update account set picture = 'face' where username = 'native'`);
  db.close();
  await installation.json(['export', 'a.jsonl'], at('a.db'));
  return linesOf('a.jsonl');
}

function linesOf(file: string): readonly string[] {
  return readFileSync(join(installation.folder, file), 'utf8').trimEnd().split('\n');
}

function write(file: string, lines: readonly string[]): void {
  writeFileSync(join(installation.folder, file), `${lines.join('\n')}\n`);
}

describe('diapason export', () => {
  it('brings everything from SQLite to PostgreSQL and back, each row as it was', { timeout: 60_000 }, async () => {
    const lines = await exported();
    const kinds = new Set(lines.slice(1).map((line) => (JSON.parse(line) as { kind: string }).kind));
    for (const kind of [
      ...['group', 'account', 'picture', 'address', 'membership', 'social_account', 'totp', 'passkey', 'recovery_code'],
      ...['application', 'client_secret', 'declared_scope', 'consent', 'token_family', 'access_token'],
      ...['signing_key', 'imported_row', 'end'],
    ]) {
      expect(kinds).toContain(kind);
    }
    const postgres = await newPostgresDatabase();
    await installation.run(['migrate'], at(postgres));
    const report = (await installation.json(['import', 'diapason', '--from', 'a.jsonl'], at(postgres))) as Report;
    expect(report).toMatchObject({ written: true, findings: [] });
    await installation.json(['export', 'b.jsonl'], at(postgres));
    await installation.json(['import', 'diapason', '--from', 'b.jsonl'], at('c.db'));
    await installation.json(['export', 'c.jsonl'], at('c.db'));
    expect(linesOf('b.jsonl').slice(1)).toEqual(lines.slice(1));
    expect(linesOf('c.jsonl').slice(1)).toEqual(lines.slice(1));
  });

  it('leaves both databases the same in what follows from the rows', async () => {
    await exported();
    await installation.json(['import', 'diapason', '--from', 'a.jsonl'], at('c.db'));
    for (const [table, columns] of [
      ['account', 'id, username_key, username_skeleton'],
      ['account_email', 'account_id, address_key'],
      ['application_origin', 'origin, application_id'],
    ]) {
      const [before, after] = ['a.db', 'c.db'].map((file) => {
        const db = new Database(join(installation.folder, file));
        const rows = db.prepare(`select ${columns} from ${table} order by 1, 2`).all();
        db.close();
        return rows;
      });
      expect(before?.length).toBeGreaterThan(0);
      expect(after).toEqual(before);
    }
    // The import from Django goes on from where it was.
    const report = (await installation.json(['import', 'django', '--from', SOURCE], at('c.db'))) as Report;
    expect(report.kinds.find(({ kind }) => kind === 'account')).toMatchObject({ in_source: 26, brought: 0 });
  });

  it('writes a file that its owner alone reads, writes over none, and nothing to a screen', async () => {
    await installation.run(['migrate'], at('a.db'));
    const counts = await installation.json(['export', 'a.jsonl'], at('a.db'));
    expect(shapeOf(counts)).toEqual(shapeOf(documented('export')));
    expect(statSync(join(installation.folder, 'a.jsonl')).mode & 0o777).toBe(0o600);
    const again = await installation.run(['export', 'a.jsonl'], at('a.db'));
    expect(again).toMatchObject({ status: 1, output: '' });
    expect(again.complaint).toContain('is there already');
    const nowhere = await installation.run(['export', 'nowhere/a.jsonl'], at('a.db'));
    expect(nowhere.complaint).toMatch(/cannot be written \(ENOENT\)/);
    const screen = await installation.run(['export', '-'], { ...at('a.db'), outputIsTerminal: true });
    expect(screen).toMatchObject({ status: 1, output: '' });
    const piped = await installation.run(['export', '-'], at('a.db'));
    expect(piped.output).toMatch(/^\{"format":"diapason-export","version":1,[^\n]*\n\{"kind":"end","rows":0\}\n$/);
  });

  it('gives the applications alone, which come beside others; one that is here stays as it is', async () => {
    await exported();
    await installation.json(['export', 'apps.jsonl', '--apps'], at('a.db'));
    const kinds = new Set(
      linesOf('apps.jsonl')
        .slice(1)
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    );
    expect([...kinds]).toEqual(['application', 'client_secret', 'declared_scope', 'end']);
    await installation.json(
      [
        'app',
        'create',
        '--name',
        'Ours',
        '--type',
        'public',
        '--grant',
        'authorization-code',
        '--redirect-uri',
        'https://ours.example/cb',
      ],
      at('b.db'),
    );
    const first = (await installation.json(['import', 'diapason', '--from', 'apps.jsonl'], at('b.db'))) as Report;
    expect(first.written).toBe(true);
    const before = await installation.json(['app', 'list'], at('b.db'));
    const again = (await installation.json(['import', 'diapason', '--from', 'apps.jsonl'], at('b.db'))) as Report;
    const applications = again.kinds.find(({ kind }) => kind === 'application');
    expect(applications).toMatchObject({ brought: 0, kept_as_here: applications?.in_source });
    expect(await installation.json(['app', 'list'], at('b.db'))).toEqual(before);
  });
});

describe('what an export holds', () => {
  /** Why each is not in it: docs/export.md. */
  const LEFT_OUT = [
    ...['session', 'known_browser', 'failure', 'application_origin', 'pending_request', 'pushed_request'],
    ...['authorization_code', 'device_grant', 'initial_access', 'logout_notice', 'used_proof', 'server_key'],
    ...['outgoing_mail', 'mailed_secret', 'audit_line', 'audit_head', 'flow_attempt'],
  ];
  /** Of a family or token that is good it is null; who was first matters to the first start alone. */
  const LEFT_OUT_COLUMNS = [
    'token_family.revoked_at',
    'access_token.revoked_at',
    'signing_key.first_of',
    'invitation.accepted_at',
    'invitation.accepted_by',
    'invitation.revoked_at',
  ];

  it('is every column of every table, but for those that are named here', async () => {
    await installation.run(['migrate'], at('a.db'));
    const db = new Database(join(installation.folder, 'a.db'));
    const columns = db
      .prepare<[], string>(
        `select t.name || '.' || c.name from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'schema_version' order by 1`,
      )
      .pluck()
      .all();
    db.close();
    const kept = [...KEPT_KINDS.values()].flatMap(({ table, fields, derived }) =>
      [...Object.keys(fields), ...derived].map((name) => `${table}.${name}`),
    );
    const left = columns.filter((name) => LEFT_OUT.includes(name.slice(0, name.indexOf('.'))));
    expect([...kept, ...left, ...LEFT_OUT_COLUMNS].toSorted()).toEqual(columns);
  });

  it('is documented, each field of each kind', () => {
    const rows = readFileSync(new URL('../../../../docs/export.md', import.meta.url), 'utf8').split('\n');
    for (const { name, fields } of KEPT_KINDS.values()) {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
      for (const field of Object.keys(fields)) expect(row).toContain(`\`${field === 'kind' ? 'of_kind' : field}\``);
    }
  });
});

describe('diapason import diapason', () => {
  it('refuses what another secret sealed, and leaves it out where that is asked', async () => {
    await exported();
    const other = at('b.db', 'o'.repeat(40));
    const refused = await installation.run(['import', 'diapason', '--from', 'a.jsonl', '--json'], other);
    expect(refused.status).toBe(1);
    expect((JSON.parse(refused.output) as Report).findings.map(({ code }) => code)).toEqual(['other-secret']);
    expect(await installation.json(['user', 'list'], other)).toEqual([]);
    const argv = ['import', 'diapason', '--from', 'a.jsonl', '--drop-sealed'];
    const report = (await installation.json(argv, other)) as Report;
    expect(report.written).toBe(true);
    expect(report.findings.map(({ row }) => row.replace(/ \(\d+\)$/, ''))).toEqual([
      'second factors (TOTP)',
      'recovery codes',
      'client secrets',
      'signing keys',
    ]);
    expect(report.kinds.find(({ kind }) => kind === 'totp')).toMatchObject({ brought: 0 });
    expect(await installation.json(['user', 'show', 'native'], other)).toMatchObject({ has_password: true });
  });

  it('refuses a database that is not empty, and writes nothing in a dry run', async () => {
    await exported();
    const dry = (await installation.json(
      ['import', 'diapason', '--from', 'a.jsonl', '--dry-run'],
      at('b.db'),
    )) as Report;
    expect(dry.written).toBe(false);
    expect(existsSync(join(installation.folder, 'b.db'))).toBe(false);
    const ended = await installation.run(['import', 'diapason', '--from', 'a.jsonl'], at('a.db'));
    expect(ended.status).toBe(1);
    expect(ended.output).toContain('refusal: this database: It has accounts, groups or applications already');
  });

  it('names the file that is none or is cut off, and writes nothing', async () => {
    const lines = await exported();
    write('cut.jsonl', lines.slice(0, -3));
    write('newer.jsonl', [(lines[0] ?? '').replace('"version":1', '"version":2'), ...lines.slice(1)]);
    write(
      'missing-line.jsonl',
      lines.filter((_line, index) => index !== 5),
    );
    write('none.jsonl', ['{"id":1}']);
    write('empty.jsonl', []);
    for (const [file, reason] of [
      ['cut.jsonl', 'is cut off after line'],
      ['missing-line.jsonl', 'is cut off after line'],
      ['newer.jsonl', 'is an export of version 2'],
      ['none.jsonl', 'is no export of this program'],
      ['empty.jsonl', 'is no export of this program'],
      ['nowhere.jsonl', 'There is no file'],
    ] as const) {
      const ended = await installation.run(['import', 'diapason', '--from', file], at('b.db'));
      expect(ended).toMatchObject({ status: 1, output: '' });
      expect(ended.complaint).toContain(reason);
      expect(ended.complaint).toContain('Nothing was written.');
    }
    expect(await installation.json(['user', 'list'], at('b.db'))).toEqual([]);
  });

  it.each([
    ['no JSON', () => '{', 'It is no JSON object.'],
    ['a kind that there is not', () => '{"kind":"x"}', 'It is of no kind that there is.'],
    ['a strange field', (line: object) => ({ ...line, x: 1 }), 'It has a field "x", which no account has.'],
    ['no field', (line: object) => ({ ...line, username: undefined }), 'It has no "username".'],
    ['null', (line: object) => ({ ...line, username: null }), 'It has null as its "username".'],
    ['another type', (line: object) => ({ ...line, is_superuser: 1 }), 'a "is_superuser" that is not true or false.'],
    ['U+0000', (line: object) => ({ ...line, username: 'a\0b' }), 'It has a "username" that is not text.'],
    ['no date', (line: object) => ({ ...line, created_at: '2026-13-01' }), 'a "created_at" that is not an instant'],
    [
      'a hostile hash',
      (line: object) => ({ ...line, password_hash: 'pbkdf2_sha256$99999999999$a$b' }),
      'a password hash',
    ],
    ['an id twice', (line: object) => ({ ...line, id: '2' }), 'They have the same id.'],
    [
      'a missing account',
      (line: object) => ({ ...line, id: 'elsewhere' }),
      'Its account_id is in no line of the file.',
    ],
  ])('refuses a line with %s, by its number', async (_name, change, what) => {
    const lines = await exported();
    const place = lines.findIndex((line) => line.includes('"username":"native"'));
    const changed = change(JSON.parse(lines[place] ?? '') as object);
    write('bad.jsonl', lines.with(place, typeof changed === 'string' ? changed : JSON.stringify(changed)));
    const ended = await installation.run(['import', 'diapason', '--from', 'bad.jsonl', '--json'], at('b.db'));
    expect(ended.status).toBe(1);
    const { findings, written } = JSON.parse(ended.output) as Report;
    expect(written).toBe(false);
    expect(findings.some((finding) => finding.what.includes(what) && /^lines? \d+/.test(finding.row))).toBe(true);
    expect(await installation.json(['user', 'list'], at('b.db'))).toEqual([]);
  });
});
