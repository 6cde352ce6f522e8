import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uris, words } from '../../src/commands/options.ts';
import { type Installation, install, PASSWORD } from './run-diapason.ts';

let diapason: Installation;
beforeAll(() => {
  diapason = install();
});
afterAll(() => diapason.remove());

describe('A list on the command line', () => {
  it('may be repeated, separated by commas or by white space', () => {
    expect(words('authorization-code,refresh-token')).toEqual(['authorization-code', 'refresh-token']);
    expect(words('openid email', words('read,openid'))).toEqual(['read', 'openid', 'email']);
  });

  it('of URIs keeps a comma that is part of one', () => {
    expect(uris('https://a.example/cb?x=1,2')).toEqual(['https://a.example/cb?x=1,2']);
    expect(uris('https://a.example/cb,https://b.example/cb')).toEqual(['https://a.example/cb', 'https://b.example/cb']);
    expect(uris('com.example.app:/cb', uris('http://a.example/cb'))).toEqual([
      'http://a.example/cb',
      'com.example.app:/cb',
    ]);
  });
});

describe('diapason', () => {
  it('shows its commands, and none that does not exist yet', async () => {
    const { status, output } = await diapason.run(['--help']);
    expect(status).toBe(0);
    for (const command of [
      'serve',
      'migrate',
      'config',
      'create-superuser',
      'user',
      'app',
      'key',
      'import',
      'export',
      'audit',
      'backup',
      'restore',
      'doctor',
      'cleanup',
    ]) {
      expect(output).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(output).not.toMatch(/^ {2}apply /m);
  });

  it.each([
    [['serve', '--help'], '--migrate'],
    [['user', 'create', '--help'], '--password-stdin'],
    [['app', 'create', '--help'], '--post-logout-redirect-uri'],
    [['app', 'secret', 'remove', '--help'], '<secret>'],
    [['key', 'rotate', '--help'], '--algorithm'],
    [['cleanup', '--help'], '--json'],
  ])('%j explains itself', async (argv, word) => {
    expect(await diapason.run(argv)).toMatchObject({ status: 0, output: expect.stringContaining(word) });
  });

  it.each([
    [['sevre'], 'unknown command'],
    [['user'], 'Usage:'],
    [['user', 'create', '--username', 'a'], '--email'],
    [['user', 'create', '--username', 'a', '--email', 'a@example.org', '--password', 'x'], 'unknown option'],
    [['user', 'show', 'a', '--jsn'], '--json'],
    [['app', 'create', '--name', 'N', '--type', 'secret', '--grant', 'authorization-code'], 'Allowed choices'],
    [['app', 'update', 'x', '--require-pkce', 'maybe'], 'on or off'],
    [['app', 'update', 'x', '--access-token-lifetime', '-5'], 'whole number'],
    [['user', 'set-password', 'a', '--password-stdin', '--password-env', 'X'], 'cannot be used with'],
    [['key', 'rotate', '--algorithm', 'HS256'], 'RS256, ES256, EdDSA'],
    [['key', 'rotate', '--algorithm', 'RS256', '--refresh-tokens'], 'cannot be used with'],
  ])('%j is a wrong command line: status 2, and the word %j', async (argv, word) => {
    expect(await diapason.run(argv)).toMatchObject({ status: 2, complaint: expect.stringContaining(word) });
  });

  it('asks nothing without a terminal: it names what is missing', async () => {
    expect(await diapason.run(['create-superuser'])).toMatchObject({
      status: 2,
      complaint: 'diapason: Give --username.\n',
    });
  });
});

describe('The command as a process of its own', () => {
  it('is there as `npx diapason` from the root of the clone', () => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url));
    const { status, stdout } = spawnSync('npx', ['diapason', '--version'], { cwd: root, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('reads the password from standard input, writes to standard output, and ends with status 0', async () => {
    const argv = [
      'create-superuser',
      '--username',
      'admin',
      '--email',
      'admin@example.org',
      '--password-stdin',
      '--json',
    ];
    const ended = await diapason.spawn(argv, { input: `${PASSWORD}\n` });
    expect(ended).toMatchObject({ status: 0, complaint: '' });
    expect(JSON.parse(ended.output)).toMatchObject({ username: 'admin', is_superuser: true, has_password: true });
  });

  it('reads settings from its environment and .env, and ends with status 1 and one line for a bad one', async () => {
    writeFileSync(join(diapason.folder, '.env'), 'DIAPASON_PORT=nine\n');
    expect(await diapason.spawn(['user', 'list'])).toEqual({
      status: 1,
      output: '',
      complaint: 'diapason: DIAPASON_PORT is not a whole number from 0 to 65535. Example: DIAPASON_PORT=9977\n',
    });
    const listed = await diapason.spawn(['user', 'list', '--json'], { environment: { DIAPASON_PORT: '9' } });
    expect(JSON.parse(listed.output)).toMatchObject([{ username: 'admin' }]);
  });

  it('ends with status 2 for a wrong command line', async () => {
    expect(await diapason.spawn(['sevre'])).toMatchObject({ status: 2, output: '' });
  });

  it('says which Node it needs on one that is too old, before anything else is loaded', () => {
    // What the entry looks at, made old: no such Node is at hand.
    const pretend =
      "Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); await import(process.argv[1]);";
    const entry = new URL('../../bin/diapason.js', import.meta.url).href;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', pretend, entry], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Diapason needs Node 24 or newer, and this is Node 20\.20\.2\. .*\n$/);
  });
});
