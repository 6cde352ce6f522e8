import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documented, shapeOf } from './documented.ts';
import { type Installation, install } from './run-diapason.ts';

let diapason: Installation;
beforeEach(() => {
  diapason = install();
});
afterEach(() => diapason.remove());

describe('diapason migrate', () => {
  it('prints what it applied, and then that nothing is left', async () => {
    const applied = await diapason.json(['migrate']);
    expect(shapeOf(applied)).toEqual(shapeOf(documented('migrate')));
    expect(await diapason.json(['migrate'])).toEqual([]);
    expect(await diapason.run(['migrate'])).toMatchObject({ status: 0, output: 'The database is up to date.\n' });
  });
});

describe('diapason cleanup', () => {
  it('prints how many rows of each kind it deleted', async () => {
    expect(shapeOf(await diapason.json(['cleanup']))).toEqual(shapeOf(documented('cleanup')));
  });
});

describe('diapason key', () => {
  it('rotates one algorithm so that the former key stays published', async () => {
    const [first] = (await diapason.json(['key', 'rotate', '--algorithm', 'ES256'])) as { kid: string }[];
    const [second] = (await diapason.json(['key', 'rotate', '--algorithm', 'ES256'])) as { kid: string }[];
    const listed = await diapason.json(['key', 'list']);
    expect(shapeOf(listed)).toEqual(shapeOf(documented('key list')));
    expect(listed).toMatchObject([
      { kid: second?.kid, algorithm: 'ES256', state: 'upcoming', retires_at: null },
      { kid: first?.kid, algorithm: 'ES256', state: 'signing', retires_at: expect.stringMatching(/Z$/) },
    ]);
  });

  it('rotates each algorithm unless one is named', async () => {
    const made = await diapason.json(['key', 'rotate']);
    expect(made).toMatchObject([{ algorithm: 'RS256' }, { algorithm: 'ES256' }, { algorithm: 'EdDSA' }]);
  });

  it('rotates the key of refresh tokens on its own', async () => {
    expect(await diapason.json(['key', 'rotate', '--refresh-tokens'])).toEqual([]);
    expect(await diapason.json(['key', 'list'])).toEqual([]);
  });
});

describe('diapason config', () => {
  it('prints the settings, hides the secret, and makes nothing', async () => {
    const secret = 'xyzzy-xyzzy-xyzzy-xyzzy-xyzzy-xyzzy';
    writeFileSync(join(diapason.folder, '.env'), 'DIAPASON_LOG_LEVEL=warn\n');
    const environment = { DIAPASON_SECRET: secret, DIAPASON_DATABASE: 'postgres://u:plugh@db/d' };
    const settings = await diapason.json(['config'], { environment });
    expect(shapeOf(settings)).toEqual(shapeOf(documented('config')));
    expect(settings).toEqual(
      expect.arrayContaining([
        { variable: 'DIAPASON_LOG_LEVEL', value: 'warn', from: '.env', file: null },
        { variable: 'DIAPASON_SECRET', value: '(hidden)', from: 'environment', file: null },
        { variable: 'DIAPASON_DATABASE', value: 'postgres://u:(hidden)@db/d', from: 'environment', file: null },
        { variable: 'DIAPASON_URL', value: 'http://localhost:9977', from: 'default', file: null },
      ]),
    );
    const { output } = await diapason.run(['config'], { environment });
    expect(output).toMatch(/^DIAPASON_LOG_LEVEL +warn +\.env$/m);
    expect(output).not.toMatch(/xyzzy|plugh/);
  });

  it('shows of a long value the beginning, on one line', async () => {
    const environment = { DIAPASON_SCOPES: Array.from({ length: 20 }, (_, index) => `s${index}=See it`).join('\n') };
    const { output } = await diapason.run(['config'], { environment });
    const line = output.split('\n').find((text) => text.startsWith('DIAPASON_SCOPES'));
    expect(line).toMatch(/s0=See it s1=See it .*… +environment$/);
    expect(line?.length).toBeLessThan(150);
  });

  it('warns of a name that means nothing', async () => {
    const { status, complaint } = await diapason.run(['config'], { environment: { DIAPASON_PROT: '1' } });
    expect({ status, complaint }).toEqual({
      status: 0,
      complaint: expect.stringContaining('Did you mean DIAPASON_PORT?'),
    });
  });
});

describe('What stands against a command is one line, status 1', () => {
  it('a bad setting', async () => {
    const ended = await diapason.run(['user', 'list'], { environment: { DIAPASON_PORT: 'nine' } });
    expect(ended).toEqual({
      status: 1,
      output: '',
      complaint: 'diapason: DIAPASON_PORT is not a whole number from 0 to 65535. Example: DIAPASON_PORT=9977\n',
    });
  });

  it('a file that is no database', async () => {
    writeFileSync(join(diapason.folder, 'notes.txt'), 'These are my notes, and no database at all. '.repeat(50));
    writeFileSync(join(diapason.folder, 'notes.txt.secret'), 'x'.repeat(40), { mode: 0o600 });
    const ended = await diapason.run(['user', 'list'], { environment: { DIAPASON_DATABASE: 'notes.txt' } });
    expect(ended).toMatchObject({
      status: 1,
      output: '',
      complaint: expect.stringMatching(/^diapason: .*notes\.txt.*\n$/),
    });
  });

  it('a folder in the place of the database', async () => {
    mkdirSync(join(diapason.folder, 'data'));
    const ended = await diapason.run(['user', 'list'], { environment: { DIAPASON_DATABASE: 'data' } });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringMatching(/^diapason: .*data.*\n$/) });
  });

  it('a PostgreSQL that does not answer, and its password is in no line', async () => {
    const environment = {
      DIAPASON_DATABASE: 'postgres://diapason:xyzzy@127.0.0.1:1/diapason',
      DIAPASON_SECRET: 'a-secret-of-at-least-32-characters',
    };
    const ended = await diapason.run(['user', 'list'], { environment });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringMatching(/^diapason: .*\n$/) });
    expect(ended.complaint).not.toContain('xyzzy');
  });

  it('a secret that the database was not made with', async () => {
    await diapason.json(['user', 'list']);
    const ended = await diapason.run(['user', 'list'], {
      environment: { DIAPASON_SECRET: 'another-secret-of-at-least-32-characters' },
    });
    expect(ended).toMatchObject({ status: 1, output: '', complaint: expect.stringContaining('DIAPASON_SECRET') });
  });
});
