/**
 * A database that is held, or lost for a moment, seen from outside: whoever can be answered is, the others hear 503 with
 * Retry-After, and it passes by itself.
 */
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { endConnections } from '../../packages/server/test/postgres.ts';
import type { Person } from '../person.ts';
import { expectSound } from './judge.ts';
import { type Engine, openSite, PASSWORD, type RegisteredApplication, register, type Site } from './site.ts';

let site: Site;
let developer: Person;
let application: RegisteredApplication;
async function open(engine: Engine): Promise<void> {
  site = await openSite(engine);
  developer = await site.member('developer');
  application = await register(developer, { grants: ['client-credentials'], redirect_uris: '' });
}
afterEach(() => site?.dispose());

function token(): Promise<Response> {
  return fetch(`${site.url}/o/token/`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${application.clientId}:${application.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

describe('another process that writes to the SQLite database for long', () => {
  it('holds up writing alone, and nothing is lost when it ends', async () => {
    await open('SQLite');
    const other = new DatabaseSync(site.environment['DIAPASON_DATABASE'] ?? '');
    other.exec('begin immediate');
    const [asked, signedIn] = [token(), site.person().signIn('developer', PASSWORD)];
    for (const path of ['/healthz', '/readyz', '/o/.well-known/jwks.json', '/login/']) {
      expect((await fetch(site.url + path)).status).toBe(200);
    }
    expect((await developer.open('/account/')).url).toBe(`${site.url}/account/`);
    other.exec('commit');
    other.close();
    expect([(await asked).status, (await signedIn).url]).toEqual([200, `${site.url}/account/`]);
  });

  it('and for too long: 503 with Retry-After, to programs and to people', async () => {
    await open('SQLite');
    const other = new DatabaseSync(site.environment['DIAPASON_DATABASE'] ?? '');
    other.exec('begin immediate');
    const [asked, seen] = await Promise.all([token(), site.person().signIn('developer', PASSWORD)]);
    expect([asked.status, seen.status]).toEqual([503, 503]);
    expect(await asked.json()).toMatchObject({ error: 'temporarily_unavailable', reference: expect.any(String) });
    for (const { headers } of [asked, seen]) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(seen.text).toContain('Just a moment');
    other.exec('rollback');
    other.close();
    expect((await token()).status).toBe(200);
  });
});

describe('connections to PostgreSQL that are lost', () => {
  it('cost what was under way at most, told as 503, and are made again', async () => {
    await open('PostgreSQL');
    let isOn = true;
    const answers: { status: number; retryAfter: string | null }[] = [];
    const note = async (response: Response, sent: string) => {
      const text = await response.text();
      const { status, headers } = response;
      // 503 is what is expected here; everything else that holds for an answer holds for it too.
      expectSound(
        { status: status === 503 ? 200 : status, text, contentType: headers.get('content-type') ?? '' },
        sent,
      );
      answers.push({ status, retryAfter: headers.get('retry-after') });
    };
    const load = [
      ...Array.from({ length: 4 }, async () => {
        while (isOn) await note(await token(), 'token');
      }),
      ...Array.from({ length: 2 }, async () => {
        while (isOn) await note(await developer.send('/account/'), 'account');
      }),
    ];
    for (let time = 0; time < 5; time += 1) {
      const before = answers.length;
      await expect.poll(() => answers.length - before, { timeout: 30_000, interval: 10 }).toBeGreaterThan(20);
      await endConnections(site.environment['DIAPASON_DATABASE'] ?? '');
    }
    isOn = false;
    await Promise.all(load);
    expect(
      [...new Set(answers.map(({ status }) => status))].filter((status) => status !== 200 && status !== 503),
    ).toEqual([]);
    for (const { status, retryAfter } of answers) if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
    await expect.poll(async () => (await token()).status, { timeout: 10_000 }).toBe(200);
    // Nobody was signed out by it.
    await expect.poll(async () => (await developer.send('/account/')).status, { timeout: 10_000 }).toBe(200);
  });
});
