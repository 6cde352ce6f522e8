import { readFileSync } from 'node:fs';
/** The end of one's own account, and the copy of what is kept of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askDeletion, takeBackDeletion } from '../../src/accounts/deletion.ts';
import { myData } from '../../src/accounts/my-data.ts';
import { signIn } from '../../src/accounts/sign-in.ts';
import { addUser, browserAt, type Installation, openInstallation, PASSWORD, sessionOf } from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());

const DAY_MS = 86_400_000;
const visitor = browserAt('192.0.2.1');

async function signedIn(username: string) {
  const result = await signIn({ username, password: PASSWORD }, visitor, installation.deps);
  if (result.outcome !== 'signed_in') throw new Error(result.outcome);
  return sessionOf(installation, result.started);
}
const cleanUp = () => installation.storage.cleanup(installation.deps.clock(), { batchSize: 10 });

describe('deleting one’s own account', () => {
  it('is done after the period of grace, and its owner is told when', async () => {
    const { id } = await addUser(installation, 'leaves');
    const asked = await askDeletion(await signedIn('leaves'), visitor, installation.deps);
    expect(asked).toEqual({ outcome: 'asked' });
    const deletedAtMs = installation.deps.clock() + 14 * DAY_MS;
    expect(installation.told.at(-1)).toEqual({ kind: 'deletion-asked', deletedAtMs });
    installation.advance(14 * DAY_MS - 1);
    await cleanUp();
    expect(await installation.storage.accounts.findAccount(id)).not.toBeNull();
    installation.advance(1);
    await cleanUp();
    expect(await installation.storage.accounts.findAccount(id)).toBeNull();
  });

  it('is taken back by who signs in until then', async () => {
    const { id } = await addUser(installation, 'stays');
    const before = await signedIn('stays');
    // Events of one millisecond have no order.
    installation.advance(1);
    await askDeletion(before, visitor, installation.deps);
    installation.advance(13 * DAY_MS);
    const current = await signedIn('stays');
    installation.advance(1);
    const result = await takeBackDeletion(current, visitor, installation.deps);
    expect(result).toEqual({ outcome: 'taken_back' });
    expect(installation.told.at(-1)).toEqual({ kind: 'deletion-taken-back' });
    installation.advance(2 * DAY_MS);
    await cleanUp();
    expect((await installation.storage.accounts.findAccount(id))?.deletesAtMs).toBeNull();
    const events = await installation.storage.accountEvents.listEvents(id, { before: null, limit: 9 });
    expect(events.map(({ kind }) => kind)).toEqual(['deletion-taken-back', 'signed-in', 'deletion-asked', 'signed-in']);
  });

  it('is told once, however often it is asked for', async () => {
    await addUser(installation, 'twice');
    const current = await signedIn('twice');
    await askDeletion(current, visitor, installation.deps);
    const before = installation.told.length;
    expect(await askDeletion(current, visitor, installation.deps)).toEqual({ outcome: 'already_asked' });
    expect(installation.told).toHaveLength(before);
    await takeBackDeletion(current, visitor, installation.deps);
    expect(await takeBackDeletion(current, visitor, installation.deps)).toEqual({ outcome: 'not_asked' });
  });
});

describe('the copy of one’s data', () => {
  it('is documented, each of its members', async () => {
    await addUser(installation, 'documented');
    const copy = (await myData(await signedIn('documented'), installation.deps)) as Record<string, object>;
    const document = readFileSync(new URL('../../../../docs/my-data.md', import.meta.url), 'utf8');
    const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(document)?.[1] ?? 'null');
    expect(Object.keys(example.account)).toEqual(Object.keys(copy['account'] ?? {}));
    for (const name of Object.keys(copy)) expect(document).toContain(`| \`${name}\``);
  });

  it('has what is kept, and no secret or digest', async () => {
    const { id } = await addUser(installation, 'copied');
    const current = await signedIn('copied');
    const text = JSON.stringify(await myData(current, installation.deps));
    const copy = JSON.parse(text);
    expect(copy).toMatchObject({
      account: { id, username: 'copied', has_password: true, deletion_due_at: null },
      email_addresses: [{ address: 'copied@example.com', is_primary: true }],
      sessions: [{ is_this_one: true, factors: ['pwd'], network_address: '192.0.2.1' }],
      security_log: [{ event: 'signed-in' }],
      groups: [],
      known_browsers: 1,
    });
    expect(text).not.toContain('argon2');
    expect(text).not.toContain(current.session.id);
    expect(text).not.toContain(current.session.tokenDigest.toString('hex'));
  });
});
