import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_SESSION_LIMITS,
  endOtherSessions,
  endOwnSession,
  endSession,
  listSessions,
  readSession,
  startSession,
  TOUCH_INTERVAL_MS,
} from '../../src/accounts/sessions.ts';
import { disableUser, enableUser } from '../../src/admin/users.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';
import { addUser, browserAt, type Installation, openInstallation, sessionOf } from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

let people = 0;
async function signedIn() {
  people += 1;
  const account = await addUser(installation, `person-${people}`);
  const started = await startSession(account.id, browserAt('192.0.2.1'), installation.deps);
  return { account, started };
}
const { sessionIdleMs, sessionLifetimeMs } = DEFAULT_SESSION_LIMITS;

describe('ASVS 7.2.3', () => {
  it('gives a secret of 256 random bits, and nothing but its digest is kept', async () => {
    const { started } = await signedIn();
    expect(started.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(started.session.tokenDigest).toHaveLength(32);
    expect(JSON.stringify(started.session)).not.toContain(started.secret);
  });

  it('finds nothing for another text', async () => {
    const { started } = await signedIn();
    expect(await readSession(presentedSecret<'session'>(started.session.id), installation.deps)).toBeNull();
    expect(await readSession(presentedSecret<'session'>(''), installation.deps)).toBeNull();
  });
});

describe('ASVS 7.3.1, the inactivity limit', () => {
  it('ends a session that is not used for 14 days', async () => {
    const { started } = await signedIn();
    installation.advance(sessionIdleMs - 1);
    const { started: other } = await signedIn();
    installation.advance(1);
    expect(await readSession(started.secret, installation.deps)).toBeNull();
    expect(await readSession(other.secret, installation.deps)).not.toBeNull();
  });

  it('moves with use, noted at most once a minute', async () => {
    const { started } = await signedIn();
    installation.advance(TOUCH_INTERVAL_MS - 1);
    await readSession(started.secret, installation.deps);
    expect((await sessionOf(installation, started)).session.lastSeenAtMs).toBe(started.session.lastSeenAtMs);
    installation.advance(1);
    await readSession(started.secret, installation.deps);
    await installation.settle();
    const touched = await sessionOf(installation, started);
    expect(touched.session.lastSeenAtMs).toBe(installation.deps.clock());
    expect(touched.session.idleExpiresAtMs).toBe(installation.deps.clock() + sessionIdleMs);
    expect(touched.session.expiresAtMs).toBe(started.session.expiresAtMs);
    expect(installation.touchFailures).toEqual([]);
  });

  it('does not fail or delay a request when noting its use fails', async () => {
    const { started } = await signedIn();
    installation.advance(TOUCH_INTERVAL_MS);
    const failures: unknown[] = [];
    const lost = new Error('database lost');
    const sessions = {
      ...installation.deps.sessions,
      findSession: installation.deps.sessions.findSession.bind(installation.deps.sessions),
      touchSession: () => Promise.reject(lost),
    };
    const deps = { ...installation.deps, sessions, touchFailed: (error: unknown) => void failures.push(error) };
    expect(await readSession(started.secret, deps)).not.toBeNull();
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toEqual([lost]);
  });
});

describe('ASVS 7.3.2, the absolute limit', () => {
  it('ends a session after 30 days, however much it is used', async () => {
    const { started } = await signedIn();
    for (let day = 0; day < 29; day += 1) {
      installation.advance(86_400_000);
      expect(await readSession(started.secret, installation.deps)).not.toBeNull();
      await installation.settle();
    }
    installation.advance(sessionLifetimeMs - 29 * 86_400_000 - 1);
    expect(await readSession(started.secret, installation.deps)).not.toBeNull();
    installation.advance(1);
    expect(await readSession(started.secret, installation.deps)).toBeNull();
  });
});

describe('ASVS 7.4', () => {
  it('7.4.1: an ended session is ended on the server', async () => {
    const { started } = await signedIn();
    await endSession(await sessionOf(installation, started), installation.deps);
    expect(await readSession(started.secret, installation.deps)).toBeNull();
  });

  it('7.4.2: disabling an account ends its sessions, and enabling it brings none back', async () => {
    const { account, started } = await signedIn();
    await disableUser(account.id, installation.deps);
    expect(await readSession(started.secret, installation.deps)).toBeNull();
    await enableUser(account.id, installation.deps);
    expect(await readSession(started.secret, installation.deps)).toBeNull();
  });

  it('7.4.3: the others can be ended, this one stays', async () => {
    const { account, started } = await signedIn();
    const others = await Promise.all(
      ['198.51.100.1', '198.51.100.2'].map((network) =>
        startSession(account.id, browserAt(network), installation.deps),
      ),
    );
    const current = await sessionOf(installation, started);
    expect(await endOtherSessions(current, installation.deps)).toBe(2);
    for (const other of others) expect(await readSession(other.secret, installation.deps)).toBeNull();
    expect(await readSession(started.secret, installation.deps)).not.toBeNull();
  });
});

describe('ASVS 7.5.2', () => {
  it('lists the live sessions of the person, with the device and the network, and nobody else’s', async () => {
    const { account, started } = await signedIn();
    await signedIn();
    const visitor = { ...browserAt('198.51.100.9'), userAgent: `Fire\u001b[31mfox\r\n${'x'.repeat(500)}` };
    const second = await startSession(account.id, visitor, installation.deps);
    const listed = await listSessions(await sessionOf(installation, started), installation.deps);
    expect(listed.map(({ id }) => id).sort()).toEqual([started.session.id, second.session.id].sort());
    const device = listed.find(({ id }) => id === second.session.id);
    expect(device).toMatchObject({ networkAddress: '198.51.100.9' });
    // ASVS 16.4.1: nothing that breaks a line or colours a terminal.
    expect(device?.userAgent).toMatch(/^Fire \[31mfox {2}x+$/);
    expect(device?.userAgent).toHaveLength(255);
  });

  it('ends one of one’s own; somebody else’s is not found', async () => {
    const { account, started } = await signedIn();
    const other = await startSession(account.id, browserAt('198.51.100.3'), installation.deps);
    const stranger = await signedIn();
    const current = await sessionOf(installation, started);
    expect(await endOwnSession(stranger.started.session.id, current, installation.deps)).toEqual({
      outcome: 'not_found',
    });
    expect(await readSession(stranger.started.secret, installation.deps)).not.toBeNull();
    expect(await endOwnSession(other.session.id, current, installation.deps)).toEqual({ outcome: 'ended' });
    expect(await readSession(other.secret, installation.deps)).toBeNull();
  });
});

describe('CVE-2025-12390', () => {
  it('a session that a browser brought is gone after the next sign-in there, whoever signs in', async () => {
    const first = await signedIn();
    const second = await signedIn();
    const visitor = { ...browserAt('192.0.2.1'), session: first.started.secret };
    await startSession(second.account.id, visitor, installation.deps);
    expect(await readSession(first.started.secret, installation.deps)).toBeNull();
  });
});
