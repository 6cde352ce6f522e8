import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdapters } from '../src/peers/sqlite-adapter.ts';

let folder: string;
let opened: ReturnType<typeof openAdapters>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diapason-bench-'));
  opened = openAdapters(join(folder, 'peer.db'));
});
afterEach(() => {
  opened.database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("The peer's adapter", () => {
  it('is as durable as our own engine: synchronous=FULL', () => {
    expect(opened.synchronous).toBe(2);
  });

  it('consumes once, of twenty at the same time', async () => {
    const codes = opened.adapter('AuthorizationCode');
    await codes.upsert('a', { grantId: 'g' }, 60);
    const consumed = await Promise.allSettled(Array.from({ length: 20 }, () => codes.consume('a')));
    expect(consumed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await codes.find('a')).toMatchObject({ consumed: expect.any(Number) });
  });

  it('keeps what shares a commit with a write that failed', async () => {
    const codes = opened.adapter('AuthorizationCode');
    const [failed, kept] = await Promise.allSettled([codes.consume('gone'), codes.upsert('b', { grantId: 'g' }, 60)]);
    expect([failed?.status, kept?.status]).toEqual(['rejected', 'fulfilled']);
    expect(await codes.find('b')).toMatchObject({ grantId: 'g' });
  });

  it('finds by id, uid and user code, revokes by grant, and forgets what has expired', async () => {
    const sessions = opened.adapter('Session');
    await sessions.upsert('s', { uid: 'u', userCode: 'c' }, 60);
    expect(await sessions.findByUid('u')).toMatchObject({ uid: 'u' });
    expect(await sessions.findByUserCode('c')).toMatchObject({ uid: 'u' });
    const tokens = opened.adapter('AccessToken');
    await tokens.upsert('t', { grantId: 'g' }, 60);
    await tokens.upsert('old', { grantId: 'h' }, -1);
    await tokens.revokeByGrantId('g');
    expect([await tokens.find('t'), await tokens.find('old')]).toEqual([undefined, undefined]);
  });
});
