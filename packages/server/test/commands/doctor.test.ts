/** `diapason doctor` as it is run: on real files, a real server, a real certificate; and its exit status. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificateOf } from '../certificates.ts';
import { newPostgresDatabase } from '../postgres.ts';
import { documented, shapeOf } from './documented.ts';
import { type Given, type Installation, install, PASSWORD } from './run-diapason.ts';

interface Report {
  readonly faults: number;
  readonly warnings: number;
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly about: string | null }[];
  readonly skipped: readonly string[];
}

let diapason: Installation;
beforeEach(() => {
  diapason = install();
});
afterEach(() => diapason.remove());

async function examined(given: Given = {}, options: readonly string[] = []) {
  const ended = await diapason.run(['doctor', '--json', ...options], given);
  const report = JSON.parse(ended.output) as Report;
  return { ...ended, report, codes: report.findings.map(({ code }) => code) };
}

describe('diapason doctor', () => {
  it('finds nothing where nothing is yet, and makes nothing', async () => {
    const { status, report } = await examined();
    expect([status, report.findings]).toEqual([0, []]);
    expect((await diapason.run(['doctor'])).output).toContain('Nothing is wrong.');
  });

  it('finds nothing in an installation that serves', async () => {
    const serving = await diapason.serve();
    try {
      const environment = { DIAPASON_URL: `http://localhost:${serving.port}` };
      const { status, report } = await examined({ environment });
      expect([status, report]).toEqual([0, { faults: 0, warnings: 0, findings: [], skipped: [] }]);
    } finally {
      serving.process.kill('SIGTERM');
      await serving.ended;
    }
  });

  it('says so in the form that is documented', async () => {
    await diapason.run(['migrate']);
    chmodSync(join(diapason.folder, 'data', 'diapason.db'), 0o644);
    const { status, report, codes } = await examined();
    expect([status, codes]).toEqual([2, ['files.readable']]);
    expect(shapeOf(report)).toEqual(shapeOf(documented('doctor')));
  });

  it('ends with 0 where there are warnings alone, and with 1 by --strict', async () => {
    await diapason.run(['create-superuser', '--username', 'ada', '--email', 'a@example.org', '--password-stdin'], {
      input: PASSWORD,
    });
    const lax = await examined();
    expect([lax.status, lax.codes]).toEqual([0, ['superuser.no-second-factor']]);
    expect((await examined({}, ['--strict'])).status).toBe(1);
    const { output } = await diapason.run(['doctor']);
    expect(output).toContain('WARNING superuser.no-second-factor (ASVS 6.3.3)');
    expect(output).toContain('→ ');
  });

  it('names a setting that is bad, a secret that is another, and weak applications', async () => {
    expect((await examined({ environment: { DIAPASON_PORT: 'many' } })).codes).toEqual(['settings.bad']);
    const made = ['app', 'create', '--name', 'Old', '--type', 'confidential', '--grant', 'authorization-code'];
    await diapason.run([...made, '--redirect-uri', 'https://old.example.org/cb']);
    expect((await examined()).codes).toEqual(['app.no-pkce']);
    const db = new Database(join(diapason.folder, 'data', 'diapason.db'));
    db.exec(`update application set grants = '["authorization-code","password"]', require_pkce = 1,
      redirect_uris = '["http://old.example.org/cb","https://*.example.org/cb"]'`);
    db.exec('delete from audit_line where sequence = 1');
    db.close();
    const other = await examined({ environment: { DIAPASON_SECRET: 'o'.repeat(40) } });
    expect(other.status).toBe(2);
    expect(other.codes.toSorted()).toEqual([
      'app.grant',
      'app.redirect-http',
      'app.redirect-wildcard',
      'audit.broken',
      'secret.wrong',
    ]);
  });

  it('finds a certificate that nobody trusts, another issuer, and a mail server that is not there', async () => {
    const { key, certificate: cert } = await certificateOf({ names: [{ type: 'dns', value: 'localhost' }] });
    const server = createServer({ key, cert }, (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('set-cookie', 'browser=x; Path=/');
      response.end(JSON.stringify({ issuer: 'https://elsewhere.example/o' }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    try {
      const environment = {
        DIAPASON_URL: `https://localhost:${port}`,
        DIAPASON_SMTP_URL: 'smtp://127.0.0.1:9',
        DIAPASON_TRUSTED_PROXIES: '128.0.0.0/1',
      };
      const { status, codes } = await examined({ environment });
      expect(status).toBe(2);
      for (const code of [
        'tls.certificate-untrusted',
        'issuer.other',
        'cookies.not-secure',
        'cookies.no-same-site',
        'tls.no-hsts',
        'mail.unreachable',
        'proxies.everybody',
      ]) {
        expect(codes).toContain(code);
      }
    } finally {
      server.close();
    }
  });

  it('says what is wrong with PostgreSQL: not there, or not migrated', async () => {
    const secret = { DIAPASON_SECRET: 's'.repeat(40) };
    const nowhere = { ...secret, DIAPASON_DATABASE: 'postgres://diapason:hidden@127.0.0.1:9/diapason' };
    const lost = await examined({ environment: nowhere });
    expect([lost.status, lost.codes]).toEqual([2, ['database.unreachable']]);
    expect(lost.output).not.toContain('hidden');
    const empty = await examined({ environment: { ...secret, DIAPASON_DATABASE: await newPostgresDatabase() } });
    expect(empty.codes).toEqual(['database.schema']);
  });

  it('reads a file that is no database as one that cannot be used', async () => {
    writeFileSync(join(diapason.folder, 'no.db'), 'hello, this is no database at all, only text', { mode: 0o600 });
    const environment = { DIAPASON_DATABASE: 'no.db', DIAPASON_SECRET: 's'.repeat(40) };
    expect((await examined({ environment })).codes).toEqual(['database.unreachable']);
  });
});
