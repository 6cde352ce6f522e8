import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WrongSecretError } from '../../src/keys/key-encryption.ts';
import { KEY_RING_AGE_MAX_MS } from '../../src/keys/key-ring.ts';
import {
  ensureSigningKeys,
  KEY_OVERLAP_MS,
  KEY_PROPAGATION_MS,
  listSigningKeys,
  rotateSigningKey,
} from '../../src/keys/signing-keys.ts';
import { openVault, type Vault } from './vault.ts';

let vault: Vault;
beforeEach(async () => {
  vault = await openVault();
});
afterEach(() => vault.close());

const claims = { iss: 'https://id.example/o', sub: '42' };
const kidOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).kid;
const sign = async (process: ReturnType<Vault['process']>) =>
  process.signer.sign(claims, { algorithm: 'ES256', type: 'JWT' });
const publishedKids = async (process: ReturnType<Vault['process']>) =>
  (await process.signer.publicKeySet()).keys.map((key) => key['kid']);

describe('the first start', () => {
  it('makes one key of each algorithm that signs at once, and a second start makes none', async () => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const made = await listSigningKeys(process);
    expect(made.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['RS256', 'signing'],
      ['ES256', 'signing'],
      ['EdDSA', 'signing'],
    ]);
    await ensureSigningKeys(vault.process());
    expect(await listSigningKeys(process)).toEqual(made);
  });

  it('of two processes that start together leaves one key of each algorithm, which both use', async () => {
    const [first, second] = [vault.process(), vault.process()];
    await Promise.all([ensureSigningKeys(first), ensureSigningKeys(second)]);
    expect(await listSigningKeys(first)).toHaveLength(3);
    expect(kidOf(await sign(first))).toBe(kidOf(await sign(second)));
  });

  it('keeps no private half in the clear', async () => {
    await ensureSigningKeys(vault.process());
    for (const record of await vault.storage.keys.listKeys()) {
      expect(Object.keys(JSON.parse(record.publicJwk))).not.toContain('d');
      expect(record.privateJwkEncrypted.toString('latin1')).not.toMatch(/"d"|kty/);
    }
  });

  it('names a database of another secret', async () => {
    await ensureSigningKeys(vault.process());
    const stranger = vault.process('another secret of thirty-two characters');
    await expect(stranger.signer.publicKeySet()).rejects.toThrow(WrongSecretError);
    await expect(sign(stranger)).rejects.toThrow('DIAPASON_SECRET');
  });
});

describe('D30, rotation without outage', () => {
  it('publishes the new key at once, signs with it an hour later, and keeps the old one published for a day', async () => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const old = kidOf(await sign(process));
    const next = await rotateSigningKey('ES256', process);
    expect(next).toMatchObject({ algorithm: 'ES256', state: 'upcoming' });

    vault.advance(KEY_RING_AGE_MAX_MS);
    expect(await publishedKids(process)).toEqual(expect.arrayContaining([old, next.kid]));
    expect(kidOf(await sign(process))).toBe(old);

    vault.advance(KEY_PROPAGATION_MS - KEY_RING_AGE_MAX_MS - 1);
    expect(kidOf(await sign(process))).toBe(old);
    const lastOfOld = await sign(process);
    vault.advance(1);
    expect(kidOf(await sign(process))).toBe(next.kid);
    expect(await listSigningKeys(process)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kid: old, state: 'published' }),
        expect.objectContaining({ kid: next.kid, state: 'signing' }),
      ]),
    );

    vault.advance(KEY_OVERLAP_MS - 1);
    expect(await process.signer.verifyOwn(lastOfOld)).toEqual(claims);
    expect(await publishedKids(process)).toContain(old);
    vault.advance(1);
    expect(await publishedKids(process)).not.toContain(old);
    expect(await process.signer.verifyOwn(lastOfOld)).toBeNull();
    expect(kidOf(await sign(process))).toBe(next.kid);
  });

  it('is seen by another process within seconds', async () => {
    const [first, second] = [vault.process(), vault.process()];
    await ensureSigningKeys(first);
    await publishedKids(second);
    const next = await rotateSigningKey('ES256', first);
    vault.advance(KEY_RING_AGE_MAX_MS);
    expect(await publishedKids(second)).toContain(next.kid);
    vault.advance(KEY_PROPAGATION_MS);
    expect(kidOf(await sign(second))).toBe(next.kid);
  });

  it('signs at once where there is nothing to wait for', async () => {
    const process = vault.process();
    const only = await rotateSigningKey('EdDSA', process);
    expect(only).toMatchObject({ state: 'signing', activeFromMs: vault.clock() });
    await expect(process.signer.sign(claims, { algorithm: 'EdDSA', type: 'JWT' })).resolves.toContain('.');
  });

  it('twice in a row goes from one to the next, and touches no other algorithm', async () => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const [old] = (await listSigningKeys(process)).filter(({ algorithm }) => algorithm === 'ES256');
    const second = await rotateSigningKey('ES256', process);
    vault.advance(60_000);
    const third = await rotateSigningKey('ES256', process);
    const signedBy: unknown[] = [];
    for (const wait of [0, KEY_PROPAGATION_MS - 60_000, 60_000, KEY_OVERLAP_MS]) {
      vault.advance(wait);
      signedBy.push(kidOf(await sign(process)));
    }
    expect(signedBy).toEqual([old?.kid, second.kid, third.kid, third.kid]);
    expect(await publishedKids(process)).not.toContain(second.kid);
    const others = (await listSigningKeys(process)).filter(({ algorithm }) => algorithm !== 'ES256');
    expect(others.map(({ state, retiresAtMs }) => [state, retiresAtMs])).toEqual([
      ['signing', null],
      ['signing', null],
    ]);
  });

  it('lets the first key sign for a process whose clock is behind', async () => {
    await ensureSigningKeys(vault.process());
    vault.advance(-10_000);
    await expect(sign(vault.process())).resolves.toContain('.');
  });
});
