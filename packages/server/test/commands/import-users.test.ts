/** `diapason import users` as an operator runs it: exit statuses and output. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Installation, install } from './run-diapason.ts';

let installation: Installation;
let folder: string;

beforeEach(async () => {
  installation = install();
  folder = await mkdtemp(join(tmpdir(), 'diapason-users-'));
});

afterEach(async () => {
  await installation.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('diapason import users', () => {
  it('tries, brings, compares, and refuses a bad file', async () => {
    const file = join(folder, 'users.csv');
    writeFileSync(file, 'id,username,email\n7,ann,ann@example.org\n');
    const command = ['import', 'users', '--from', file];
    expect(await installation.json([...command, '--dry-run'])).toMatchObject({ written: false, refused: false });
    expect(await installation.json(command)).toMatchObject({ written: true, refused: false });
    expect(await installation.json(['user', 'show', 'ann'])).toMatchObject({ id: 7, email: 'ann@example.org' });
    expect(await installation.run([...command, '--verify'])).toMatchObject({ status: 0, complaint: '' });
    const declared = { DIAPASON_PROFILE_FIELDS: '{"badge":{"label":{"en":"Badge","fr":"Badge"}}}' };
    writeFileSync(file, 'id,username,email,locale,zoneinfo,badge\n7,ann,ann@example.org,fr,Europe/Paris,4711\n');
    const unknown = await installation.run(command);
    expect([unknown.status, unknown.complaint]).toEqual([1, expect.stringContaining('there is no field "badge"')]);
    await installation.json(command, { environment: declared });
    const profile = { locale: 'fr', zoneinfo: 'Europe/Paris', fields: { badge: '4711' } };
    expect(await installation.json(['user', 'show', 'ann'])).toMatchObject(profile);
    writeFileSync(file, 'id,username,colour\n7,ann,red\n');
    const bad = await installation.run(command);
    expect(bad.status).toBe(1);
    expect(bad.complaint).toContain('line 1: there is no field "colour"');
  });
});
