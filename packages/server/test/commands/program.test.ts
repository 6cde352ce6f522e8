import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { uris, words } from '../../src/commands/options.ts';
import { runCommandLine } from '../../src/commands/program.ts';
import type { Terminal } from '../../src/commands/terminal.ts';

/** A terminal that keeps what is written to it. */
function quietTerminal(): Terminal & { readonly written: () => string; readonly complained: () => string } {
  let written = '';
  let complained = '';
  return {
    write: (text) => {
      written += text;
    },
    complain: (line) => {
      complained += `${line}\n`;
    },
    interactive: false,
    readInput: async () => '',
    variable: () => undefined,
    clock: () => 0,
    written: () => written,
    complained: () => complained,
  };
}

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
    const terminal = quietTerminal();
    expect(await runCommandLine(['--help'], terminal)).toBe(0);
    for (const command of ['serve', 'migrate', 'config', 'create-superuser', 'user', 'app', 'key', 'cleanup']) {
      expect(terminal.written()).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(terminal.written()).not.toMatch(/^ {2}(import|export|apply|backup|restore|audit|doctor) /m);
  });

  it.each([
    [['serve', '--help'], '--migrate'],
    [['user', 'create', '--help'], '--password-stdin'],
    [['app', 'create', '--help'], '--post-logout-redirect-uri'],
    [['app', 'secret', 'remove', '--help'], '<secret>'],
    [['key', 'rotate', '--help'], '--algorithm'],
    [['cleanup', '--help'], '--json'],
  ])('%j explains itself', async (argv, word) => {
    const terminal = quietTerminal();
    expect(await runCommandLine(argv, terminal)).toBe(0);
    expect(terminal.written()).toContain(word);
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
  ])('%j is a wrong command line: status 2, and the word %j', async (argv, word) => {
    const terminal = quietTerminal();
    expect(await runCommandLine(argv, terminal)).toBe(2);
    expect(terminal.complained()).toContain(word);
  });

  it('asks nothing without a terminal: it names what is missing', async () => {
    const terminal = quietTerminal();
    expect(await runCommandLine(['create-superuser'], terminal)).toBe(2);
    expect(terminal.complained()).toBe('diapason: Give --username.\n');
  });

  it('is there as `npx diapason` from the root of the clone', () => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url));
    const { status, stdout } = spawnSync('npx', ['diapason', '--version'], { cwd: root, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
