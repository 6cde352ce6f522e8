/** The security log of one's own account: what is in it, whose it is, how it is read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../src/accounts/events.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { signUp } from '../../src/accounts/sign-up.ts';
import {
  addUser,
  browserAt,
  type Installation,
  openInstallation,
  PASSWORD,
  sessionOf,
  signUpForm,
} from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

async function signedIn(username: string) {
  const result = await signIn({ username, password: PASSWORD }, browserAt('192.0.2.1'), installation.deps);
  if (result.outcome !== 'signed_in') throw new Error(result.outcome);
  return sessionOf(installation, result.started);
}

describe('ASVS 6.3.5, the security log', () => {
  it('has every start of a session, with factor, browser and network', async () => {
    await addUser(installation, 'logged');
    const current = await signedIn('logged');
    const { events, next } = await readLog(current, null, installation.deps);
    expect(events).toMatchObject([
      { kind: 'signed-in', detail: 'pwd', networkAddress: '192.0.2.1', userAgent: 'Test/1.0' },
    ]);
    expect(next).toBeNull();
  });

  it('begins with the account', async () => {
    const result = await signUp(signUpForm('begins'), browserAt('192.0.2.2'), installation.deps);
    if (result.outcome !== 'signed_up') throw new Error(result.outcome);
    const { events } = await readLog(await sessionOf(installation, result.started), null, installation.deps);
    expect(events.map(({ kind }) => kind).sort()).toEqual(['signed-in', 'signed-up']);
  });

  it('shows nobody another’s, and no refused sign-in of theirs', async () => {
    await addUser(installation, 'watched');
    await addUser(installation, 'watcher');
    await signIn({ username: 'watched', password: 'wrong wrong wrong' }, browserAt('192.0.2.3'), installation.deps);
    const { events } = await readLog(await signedIn('watcher'), null, installation.deps);
    expect(events).toHaveLength(1);
  });

  it('ASVS 16.4.1: keeps nothing that breaks a line, and no more than 255 characters', async () => {
    const { id } = await addUser(installation, 'noisy');
    const visitor = { networkAddress: '192.0.2.4', userAgent: `Fire\u001b[31mfox\r\n${'x'.repeat(500)}` };
    await installation.deps.events.record(id, { kind: 'address-added', detail: `a\n${'y'.repeat(500)}` }, visitor);
    const [event] = await installation.deps.accountEvents.listEvents(id, { before: null, limit: 1 });
    expect(event?.userAgent).toMatch(/^Fire \[31mfox {2}x+$/);
    expect([event?.userAgent?.length, event?.detail?.length]).toEqual([255, 255]);
    expect(event?.detail).toMatch(/^a y+$/);
  });

  it('is read fifty at a time', async () => {
    const { id } = await addUser(installation, 'busy');
    const current = await signedIn('busy');
    for (let count = 0; count < 60; count += 1) {
      await installation.deps.events.record(id, { kind: 'password-changed' }, null);
    }
    const first = await readLog(current, null, installation.deps);
    const second = await readLog(current, first.next, installation.deps);
    expect([first.events.length, second.events.length, second.next]).toEqual([50, 11, null]);
    expect(new Set([...first.events, ...second.events].map((event) => event.id)).size).toBe(61);
  });
});
