/** `diapason import django` as an operator runs it: exit statuses, output, dry runs, and a run that is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install } from './run-diapason.ts';

const FIXTURES = fileURLToPath(new URL('../../../../test/django/fixtures/', import.meta.url));
const SOURCE = join(FIXTURES, 'django.sqlite3');
const DIAPASON = fileURLToPath(new URL('../../bin/diapason.js', import.meta.url));

interface Report {
  readonly written: boolean;
  readonly refused: boolean;
  readonly kinds: readonly { readonly kind: string; readonly in_source: number; readonly brought: number }[];
  readonly findings: readonly { readonly severity: string; readonly code: string; readonly row: string }[];
}

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.remove());

describe('diapason import django', () => {
  it('brings everybody, says what it decided, and finds no difference afterwards', async () => {
    const report = (await installation.json(['import', 'django', '--from', SOURCE])) as Report;
    expect(report).toMatchObject({ written: true, refused: false });
    const { finding_counts: _counts, ...rest } = documented('import django') as Record<string, unknown>;
    expect(shapeOf(report)).toMatchObject(shapeOf(rest) as object);
    expect(report.kinds.find(({ kind }) => kind === 'account')).toMatchObject({ in_source: 26, brought: 26 });
    expect(await installation.json(['user', 'show', 'alice'])).toMatchObject({
      id: 2,
      email: 'alice@example.org',
      email_verified: true,
    });
    const verified = await installation.run(['import', 'django', '--from', SOURCE, '--verify']);
    expect(verified).toMatchObject({ status: 0, complaint: '' });
  });

  it('prints a report that people read, with no control character of anybody’s name', async () => {
    const { status, output } = await installation.run(['import', 'django', '--from', SOURCE]);
    expect(status).toBe(0);
    expect(output).toMatch(/^account +26 +26/m);
    expect(output).toContain(
      'warning: address "case@example.org": 2 users have it: 17, 18. User 17 keeps it as verified',
    );
    expect(output.endsWith('Written.\n')).toBe(true);
    for (const hostile of ['\u0007', '\u202e']) expect(output).not.toContain(hostile);
  });

  it('makes nothing in a dry run where there was nothing, and prints the same report', async () => {
    const dry = (await installation.json(['import', 'django', '--from', SOURCE, '--dry-run'])) as Report;
    expect(dry.written).toBe(false);
    expect(readdirSync(installation.folder)).toEqual([]);
    const wet = (await installation.json(['import', 'django', '--from', SOURCE])) as Report;
    expect({ ...wet, written: false }).toEqual(dry);
  });

  it('tries and compares beside one who writes all the while, and changes nothing', async () => {
    await installation.run(['import', 'django', '--from', SOURCE]);
    const file = join(installation.folder, 'data', 'diapason.db');
    const writer = new Database(file);
    writer.exec('begin immediate');
    const dry = (await installation.json(['import', 'django', '--from', SOURCE, '--dry-run'])) as Report;
    expect(dry.kinds.find(({ kind }) => kind === 'account')).toMatchObject({ in_source: 26, brought: 0 });
    const verified = await installation.run(['import', 'django', '--from', SOURCE, '--verify']);
    expect(verified).toMatchObject({ status: 0, complaint: '' });
    writer.exec('rollback');
    writer.close();
  });

  it('ends with status 1 and the reason where the source is none', async () => {
    for (const from of ['nowhere.sqlite3', 'oracle://x/y', 'postgres://user:geheim@127.0.0.1:1/db']) {
      const ended = await installation.run(['import', 'django', '--from', from]);
      expect(ended).toMatchObject({ status: 1, output: '' });
      expect(ended.complaint).toMatch(/Nothing was written\.\n$/);
      expect(ended.complaint).not.toContain('geheim');
    }
  });

  it('ends with status 1 and the report where a row stands against it, and with 0 once that is let go', async () => {
    const path = join(installation.folder, 'source.sqlite3');
    await new Database(SOURCE, { readonly: true }).backup(path);
    const source = new Database(path);
    source.exec("update auth_user set password = 'md5$salt$abc' where id = 2");
    source.close();
    const ended = await installation.run(['import', 'django', '--from', path]);
    expect(ended.status).toBe(1);
    expect(ended.output).toContain(
      'refusal: user 2 ("alice"): Its password is of a form that cannot be verified ("md5").',
    );
    expect(await installation.json(['user', 'list'])).toEqual([]);
    const dropped = await installation.run(['import', 'django', '--from', path, '--drop-unreadable-passwords']);
    expect(dropped.status).toBe(0);
    expect(await installation.json(['user', 'show', 'alice'])).toMatchObject({ has_password: false });
  });

  it('ends with status 1 where verifying finds a difference, and 2 where the command line is wrong', async () => {
    await installation.run(['import', 'django', '--from', SOURCE]);
    await installation.run(['user', 'delete', 'alice', '--yes']);
    const verified = await installation.run(['import', 'django', '--from', SOURCE, '--verify']);
    expect(verified).toMatchObject({ status: 1 });
    expect(verified.output).toContain('user 2 ("alice") is not here.');
    expect((await installation.run(['import', 'django'])).status).toBe(2);
    expect((await installation.run(['import', 'django', '--from', SOURCE, '--dry-run', '--verify'])).status).toBe(2);
  });

  it('leaves nothing behind when it is killed half way, and brings all when it is run again', {
    timeout: 120_000,
  }, async () => {
    const path = join(installation.folder, 'large.sqlite3');
    await new Database(SOURCE, { readonly: true }).backup(path);
    const source = new Database(path);
    source.exec(`
      with recursive n (i) as (select 1000 union all select i + 1 from n where i < 20000)
      insert into auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      select i, '!', 0, 'person.' || i, '', '', 'person.' || i || '@example.org', 0, 1, '2020-01-01' from n
    `);
    source.close();
    const database = join(installation.folder, 'data', 'diapason.db');
    await installation.run(['migrate']);
    const child = spawn(process.execPath, [DIAPASON, 'import', 'django', '--from', path], { cwd: installation.folder });
    const ended = once(child, 'exit');
    const wal = `${database}-wal`;
    while (child.exitCode === null && !(existsSync(wal) && statSync(wal).size > 3_000_000)) await setTimeout(5);
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await ended;
    expect(await installation.json(['user', 'list'])).toEqual([]);
    const report = (await installation.json(['import', 'django', '--from', path])) as Report;
    expect(report.kinds.find(({ kind }) => kind === 'account')).toMatchObject({ in_source: 19_027, brought: 19_027 });
  });
});
