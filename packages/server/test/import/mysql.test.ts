/** MySQL as a source, where the machine has a MariaDB server: unlike PostgreSQL, none comes with npm. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceError } from '../../src/import/sources/source.ts';
import { freePort } from '../commands/run-diapason.ts';
import { FIXTURES, openTarget, type Target } from './installation.ts';

const hasServer = ['mariadbd', 'mariadb-install-db'].every((program) => spawnSync('which', [program]).status === 0);

describe.skipIf(!hasServer)('a MySQL source', () => {
  let url: string;
  let target: Target;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ url, stop } = await startServer());
    target = await openTarget('sqlite');
  });

  afterAll(async () => {
    await target?.close();
    await stop?.();
  });

  it('holds what the SQLite file holds: nothing is changed by the second', async () => {
    const report = await target.bring(url);
    expect(report.kinds['account']).toMatchObject({ inSource: 26, brought: 26 });
    const again = await target.bring(join(FIXTURES, 'django.sqlite3'));
    expect(again.kinds).toMatchObject({ account: { unchanged: 26 }, group: { unchanged: 3 } });
    expect((await target.verify(url)).differences).toEqual([]);
  });

  it.each([
    ['refused', (there: string) => there.replace('root', 'root:geheim')],
    ['refused', (there: string) => there.replace('/django', '/nowhere')],
    ['not_django', (there: string) => there.replace('/django', '/mysql')],
  ])('is %s where it is, without its password being shown', async (fault, change) => {
    const error = await target.bring(change(url)).catch((thrown: unknown) => thrown);
    if (!(error instanceof SourceError)) throw new Error(`no SourceError: ${error}`);
    expect(error.fault).toBe(fault);
    expect(error.message).not.toContain('geheim');
  });
});

async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'diapason-mariadb-'));
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = spawnSync('mariadb-install-db', [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const port = await freePort();
  const server = spawn('mariadbd', [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 'socket')}`,
  ]);
  const url = `mysql://root@127.0.0.1:${port}/django`;
  const connection = await connected(port);
  await connection.query('create database django character set utf8mb4 collate utf8mb4_bin');
  await connection.query('use django');
  await connection.query('set foreign_key_checks = 0');
  await connection.query(await readFile(join(FIXTURES, 'mysql.sql'), 'utf8'));
  await connection.end();
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function connected(port: number) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await createConnection({
        host: '127.0.0.1',
        port,
        user: 'root',
        multipleStatements: true,
        charset: 'utf8mb4',
      });
    } catch (error) {
      if (attempt === 300) throw error;
      await setTimeout(100);
    }
  }
}
