import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, loadConfig, readSettings, sizeThreadPool } from '../../src/config.ts';

const SECRET = 'a-secret-of-at-least-32-characters';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'diapason-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function configOf(environment: Record<string, string> = {}): Config {
  const loaded = loadConfig({ environment: { DIAPASON_SECRET: SECRET, ...environment }, directory });
  if (loaded.outcome === 'refused') throw new Error(loaded.faults.join('\n'));
  return loaded.config;
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  const read = readSettings({ environment, directory });
  return read.outcome === 'refused' ? read.faults : [];
}

function warningsOf(environment: Record<string, string>): readonly string[] {
  const read = readSettings({ environment, directory });
  return read.outcome === 'read' ? read.warnings : [];
}

describe('Configuration without any variable', () => {
  it('is a server for this machine on an embedded database', () => {
    expect(configOf()).toMatchObject({
      url: 'http://localhost:9977',
      issuer: 'http://localhost:9977/o',
      database: { engine: 'sqlite', file: join(directory, 'data/diapason.db') },
      host: '127.0.0.1',
      port: 9977,
      trustedProxies: 0,
      workers: 1,
      signUp: 'open',
      emailVerification: 'optional',
      logLevel: 'info',
    });
  });
});

describe('DIAPASON_URL', () => {
  it('gives the port, its scheme’s own where it names none', () => {
    expect(configOf({ DIAPASON_URL: 'http://127.0.0.1:4000/' }).port).toBe(4000);
    expect(configOf({ DIAPASON_URL: 'https://id.example.org' }).port).toBe(443);
    expect(configOf({ DIAPASON_URL: 'https://id.example.org', DIAPASON_PORT: '9977' }).port).toBe(9977);
  });

  it('is answered without a trailing slash, so that the issuer has one slash', () => {
    expect(configOf({ DIAPASON_URL: 'https://ID.example.org/' }).issuer).toBe('https://id.example.org/o');
  });

  it.each([
    ['id.example.org', 'is not an http or https URL'],
    ['ftp://id.example.org', 'is not an http or https URL'],
    ['https://a:b@id.example.org', 'holds a user name or password'],
    ['https://example.org/sso', 'has a path'],
    ['https://example.org/?a=b', 'has a query or fragment'],
  ])('refuses %s: it %s', (url, fault) => {
    expect(faultsOf({ DIAPASON_URL: url })).toEqual([
      expect.stringMatching(new RegExp(`^DIAPASON_URL ${fault}.*Example: DIAPASON_URL=https://id.example.org$`)),
    ]);
  });
});

describe('RFC 9700 #19: TLS throughout, http only for loopback', () => {
  it.each(['http://localhost:9977', 'http://127.0.0.1:1', 'http://[::1]:9977', 'http://sso.localhost'])(
    'accepts %s',
    (url) => {
      expect(faultsOf({ DIAPASON_URL: url })).toEqual([]);
    },
  );

  it.each(['http://id.example.org', 'http://localhost.example.org', 'http://10.0.0.1'])('refuses %s', (url) => {
    expect(faultsOf({ DIAPASON_URL: url })).toEqual([expect.stringContaining('plain http')]);
  });

  it('accepts it with a warning where the operator says so', () => {
    const environment = { DIAPASON_URL: 'http://id.example.org', DIAPASON_INSECURE_HTTP: 'allowed' };
    expect(warningsOf(environment)).toEqual([expect.stringContaining('plain http')]);
  });
});

describe('A bad value', () => {
  it.each([
    [{ DIAPASON_PORT: '99999' }, 'DIAPASON_PORT is not a whole number from 0 to 65535'],
    [{ DIAPASON_PORT: '1e3' }, 'DIAPASON_PORT is not a whole number'],
    [{ DIAPASON_DATABASE: 'mysql://h/d' }, 'DIAPASON_DATABASE is a URL of the unknown kind mysql://'],
    [{ DIAPASON_DATABASE: ':memory:' }, 'DIAPASON_DATABASE is a database in memory'],
    [{ DIAPASON_HOST: 'not a host' }, 'DIAPASON_HOST is neither'],
    [{ DIAPASON_LOG_LEVEL: 'loud' }, 'DIAPASON_LOG_LEVEL is not one of trace'],
    [{ DIAPASON_WORKERS: '0' }, 'DIAPASON_WORKERS is not a whole number from 1'],
    [{ DIAPASON_BRAND_ACCENT: 'red' }, 'DIAPASON_BRAND_ACCENT is not a colour'],
    [{ DIAPASON_BRAND_LOGO: 'logo.exe' }, 'DIAPASON_BRAND_LOGO is not the path'],
    [{ DIAPASON_BRAND_LOGO: 'gone.svg' }, 'DIAPASON_BRAND_LOGO names a file that cannot be read (ENOENT)'],
    [{ DIAPASON_SMTP_URL: 'mail.example.org' }, 'DIAPASON_SMTP_URL is not an smtp'],
    [{ DIAPASON_MAIL_FROM: 'a@b.example, c@d.example' }, 'DIAPASON_MAIL_FROM is not one e-mail address'],
    [{ DIAPASON_SCOPES: 'openid=Mine' }, 'DIAPASON_SCOPES declares the scope openid, which exists already'],
    [{ DIAPASON_SCOPES: 'reports' }, 'DIAPASON_SCOPES gives the scope reports no description'],
    [{ DIAPASON_SCOPES: 'a b=Two words' }, 'DIAPASON_SCOPES has a scope name that is not'],
    [{ DIAPASON_SESSION_DAYS: '-1' }, 'DIAPASON_SESSION_DAYS is not a number from'],
    [{ DIAPASON_SIGN_UP: 'maybe' }, 'DIAPASON_SIGN_UP is not one of open, invitation, closed'],
    [{ DIAPASON_SECRET_FILE: 'gone' }, 'DIAPASON_SECRET_FILE names a file that cannot be read (ENOENT)'],
  ])('%o ends in one line with the fault and an example', (environment, line) => {
    const faults = faultsOf(environment);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(line);
    expect(faults[0]).toMatch(/Example: DIAPASON_\w+=.+$/);
    expect(faults[0]).not.toContain('\n');
  });

  it('of a secret is never repeated', () => {
    const [fault] = faultsOf({ DIAPASON_SECRET: 'tooshort-xyzzy' });
    expect(fault).toMatch(/^DIAPASON_SECRET is shorter than 32 characters/);
    expect(fault).not.toContain('xyzzy');
  });

  it('does not hide a second one', () => {
    expect(faultsOf({ DIAPASON_PORT: 'x', DIAPASON_WORKERS: 'y' })).toHaveLength(2);
  });
});

describe('DIAPASON_TRUSTED_PROXIES', () => {
  it('is a count, or addresses and ranges', () => {
    expect(configOf({ DIAPASON_TRUSTED_PROXIES: '2' }).trustedProxies).toBe(2);
    expect(configOf({ DIAPASON_TRUSTED_PROXIES: '10.0.0.0/8, ::1 fd00::/8' }).trustedProxies).toEqual([
      '10.0.0.0/8',
      '::1',
      'fd00::/8',
    ]);
  });

  it.each(['all', '10.0.0.0/33', '10.0.0', '-1', '10.0.0.0/8/8', '0.0.0.0/0', '::/0', '11'])('refuses %s', (value) => {
    expect(faultsOf({ DIAPASON_TRUSTED_PROXIES: value })).toHaveLength(1);
  });
});

describe('DIAPASON_EMAIL_VERIFICATION', () => {
  it('is required where mail can be sent, and optional where not', () => {
    expect(configOf({ DIAPASON_SMTP_URL: 'smtp://localhost:1025' }).emailVerification).toBe('required');
    expect(configOf().emailVerification).toBe('optional');
    const both = { DIAPASON_SMTP_URL: 'smtp://localhost:1025', DIAPASON_EMAIL_VERIFICATION: 'optional' };
    expect(configOf(both).emailVerification).toBe('optional');
  });
});

describe('DIAPASON_SIGN_IN_BY_MAIL', () => {
  it('needs mail: refused without DIAPASON_SMTP_URL, but on this machine, where mail is read at /dev/mail/', () => {
    const on = { DIAPASON_SIGN_IN_BY_MAIL: 'on' };
    const elsewhere = { ...on, DIAPASON_URL: 'https://id.example.org' };
    expect(faultsOf(elsewhere)).toEqual([
      expect.stringMatching(/^DIAPASON_SIGN_IN_BY_MAIL .*no mail can be sent without DIAPASON_SMTP_URL/),
    ]);
    expect(configOf({ ...elsewhere, DIAPASON_SMTP_URL: 'smtp://localhost:1025' }).signInByMail).toBe(true);
    expect(configOf(on).signInByMail).toBe(true);
    expect(configOf({ DIAPASON_URL: 'https://id.example.org' }).signInByMail).toBe(false);
    expect(faultsOf({ DIAPASON_SIGN_IN_BY_MAIL: 'yes' })).toHaveLength(1);
  });
});

describe('DIAPASON_SCOPES', () => {
  it('declares names with descriptions, by value or by file', () => {
    const scopes = [
      { name: 'reports', description: 'See your reports' },
      { name: 'reports:write', description: 'Change them = all of them' },
    ];
    const value = 'reports=See your reports; reports:write = Change them = all of them';
    expect(configOf({ DIAPASON_SCOPES: value }).declaredScopes).toEqual(scopes);
    writeFileSync(join(directory, 'scopes'), `# ours\n${value.replace('; ', '\n')}\n`);
    expect(configOf({ DIAPASON_SCOPES_FILE: 'scopes' }).declaredScopes).toEqual(scopes);
  });
});

describe('Sessions', () => {
  it('have an inactivity limit that is never longer than the absolute one', () => {
    const config = configOf({ DIAPASON_SESSION_DAYS: '0.5' });
    expect([config.sessionIdleMs, config.sessionLifetimeMs]).toEqual([43_200_000, 43_200_000]);
  });
});

describe('The thread pool', () => {
  it('has a thread for each password hash and some beside, unless the environment says how many', () => {
    const environment: NodeJS.ProcessEnv = {};
    sizeThreadPool({ hashConcurrency: 8 }, environment);
    expect(environment['UV_THREADPOOL_SIZE']).toBe('12');
    sizeThreadPool({ hashConcurrency: 2 }, environment);
    expect(environment['UV_THREADPOOL_SIZE']).toBe('12');
  });
});

describe('.env', () => {
  it('is read, and the real environment wins', () => {
    writeFileSync(join(directory, '.env'), 'DIAPASON_PORT=4000\nDIAPASON_HOST="0.0.0.0" # all\n');
    expect(configOf({ DIAPASON_PORT: '5000' })).toMatchObject({ port: 5000, host: '0.0.0.0' });
  });

  it('is named as the origin of a value', () => {
    writeFileSync(join(directory, '.env'), 'DIAPASON_PORT=4000\n');
    const read = readSettings({ environment: { DIAPASON_HOST: '::1' }, directory });
    if (read.outcome === 'refused') throw new Error(read.faults.join('\n'));
    const origins = Object.fromEntries(read.settings.map(({ variable, from }) => [variable, from]));
    expect(origins).toMatchObject({ DIAPASON_PORT: '.env', DIAPASON_HOST: 'environment', DIAPASON_URL: 'default' });
  });

  it('that is a folder is a fault', () => {
    mkdirSync(join(directory, '.env'));
    expect(faultsOf({})).toEqual([expect.stringContaining('.env')]);
  });

  it('takes an empty value for none, as compose files write it', () => {
    expect(configOf({ DIAPASON_PORT: '', DIAPASON_SMTP_URL: '' })).toMatchObject({
      port: 9977,
      mail: { smtpUrl: null },
    });
  });
});

describe('A variable that does not exist', () => {
  it('is a warning with the nearest name, and its value is not shown', () => {
    expect(warningsOf({ DIAPASON_DATABSE: 'xyzzy' })).toEqual([
      'DIAPASON_DATABSE is not a setting of Diapason and is ignored. Did you mean DIAPASON_DATABASE?',
    ]);
  });

  it('is not a variable of somebody else', () => {
    expect(warningsOf({ PATH: '/bin', DIAPASON_TEST_POSTGRES_URL: 'postgres://h/d' })).toEqual([]);
  });
});

describe('What `diapason config` shows', () => {
  it('holds no secret and no password', () => {
    const environment = {
      DIAPASON_SECRET: SECRET,
      DIAPASON_DATABASE: 'postgres://diapason:xyzzy@db/diapason?password=plugh',
      DIAPASON_SMTP_URL: 'smtps://user:xyzzy@mail',
    };
    const read = readSettings({ environment, directory });
    const shown = JSON.stringify(read.outcome === 'read' ? read.settings : null);
    expect(shown).toContain('postgres://diapason:(hidden)@db');
    expect(shown).not.toMatch(new RegExp(`xyzzy|plugh|${SECRET}`));
  });
});

describe('The secret of an embedded database', () => {
  const database = () => join(directory, 'data/diapason.db');
  const file = () => `${database()}.secret`;

  it('is made at the first start, readable by its owner alone, and stays the same', () => {
    const first = loadConfig({ environment: {}, directory });
    const second = loadConfig({ environment: {}, directory });
    if (first.outcome === 'refused' || second.outcome === 'refused') throw new Error('refused');
    expect(first.config.secret.length).toBeGreaterThanOrEqual(32);
    expect(second.config.secret).toBe(first.config.secret);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('is not made by reading the settings alone', () => {
    readSettings({ environment: {}, directory });
    expect(statSync(join(directory, 'data'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is one and the same for processes that start at once', async () => {
    const script = `
      const { loadConfig } = await import(process.argv[1]);
      const loaded = loadConfig({ environment: {}, directory: process.argv[2] });
      console.log(loaded.outcome === 'loaded' ? loaded.config.secret : loaded.faults.join());`;
    const config = new URL('../../src/config.ts', import.meta.url).href;
    const secrets = await Promise.all(
      Array.from({ length: 6 }, () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, config, directory]);
        return text(child.stdout);
      }),
    );
    expect(new Set(secrets.map((secret) => secret.trim()))).toEqual(new Set([readFileSync(file(), 'utf8').trim()]));
  });

  it('is not made anew for a database that had one', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(database(), 'something');
    expect(loadConfig({ environment: {}, directory })).toEqual({
      outcome: 'refused',
      faults: [expect.stringMatching(/^DIAPASON_SECRET is not set, and .*diapason\.db\.secret.* is gone/)],
    });
  });

  it('that others can read is a warning', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(file(), SECRET, { mode: 0o644 });
    const loaded = loadConfig({ environment: {}, directory });
    expect(loaded).toMatchObject({ outcome: 'loaded', warnings: [expect.stringContaining('chmod 600')] });
  });

  it('can be given by a file instead, and not twice', () => {
    writeFileSync(join(directory, 'secret'), `${SECRET}\n`);
    const loaded = loadConfig({ environment: { DIAPASON_SECRET_FILE: 'secret' }, directory });
    expect(loaded).toMatchObject({ outcome: 'loaded', config: { secret: SECRET } });
    expect(faultsOf({ DIAPASON_SECRET_FILE: 'secret', DIAPASON_SECRET: SECRET })).toHaveLength(1);
  });

  it('is shown with its file once it has been made, and its text never', () => {
    const loaded = loadConfig({ environment: {}, directory });
    const read = readSettings({ environment: {}, directory });
    const setting = read.outcome === 'read' ? read.settings.find((each) => each.variable === 'DIAPASON_SECRET') : null;
    expect(setting).toEqual({ variable: 'DIAPASON_SECRET', value: '(hidden)', from: 'default', file: file() });
    expect(JSON.stringify(read.outcome === 'read' ? read.settings : '')).not.toContain(
      loaded.outcome === 'loaded' ? loaded.config.secret : '',
    );
  });

  it('by a file that is too short names the file’s variable', () => {
    writeFileSync(join(directory, 'secret'), 'short');
    expect(faultsOf({ DIAPASON_SECRET_FILE: 'secret' })).toEqual([
      expect.stringMatching(/^DIAPASON_SECRET_FILE names a file whose content is shorter than 32 characters/),
    ]);
  });

  it('is required with PostgreSQL', () => {
    const environment = { DIAPASON_DATABASE: 'postgres://localhost/diapason' };
    expect(loadConfig({ environment, directory })).toEqual({
      outcome: 'refused',
      faults: [expect.stringMatching(/^DIAPASON_SECRET is not set.*Example: DIAPASON_SECRET=/)],
    });
  });
});
