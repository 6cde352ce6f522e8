import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, exportJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeOverSigningKey } from '../../src/keys/foreign-key.ts';
import { KEY_RING_AGE_MAX_MS } from '../../src/keys/key-ring.ts';
import { ensureSigningKeys, KEY_OVERLAP_MS, listSigningKeys } from '../../src/keys/signing-keys.ts';
import { openVault, type Vault } from './vault.ts';

let vault: Vault;
beforeEach(async () => {
  vault = await openVault();
});
afterEach(() => vault.close());

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const PKCS8 = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
const PKCS1 = pair.privateKey.export({ type: 'pkcs1', format: 'pem' });

describe('the key that another server signed with', () => {
  it.each([
    ['PKCS #8', PKCS8],
    ['PKCS #1, as openssl genrsa made it for django-oauth-toolkit', PKCS1],
  ])('signs at once, under the kid that it had there (%s)', async (_, pem) => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const taken = await takeOverSigningKey(pem.toString(), process);
    const thumbprint = await calculateJwkThumbprint(await exportJWK(pair.publicKey));
    expect(taken).toMatchObject({ outcome: 'taken_over', key: { kid: thumbprint, state: 'signing' } });
    const signed = await process.signer.sign({ sub: '42' }, { algorithm: 'RS256', type: 'JWT' });
    const { protectedHeader } = await compactVerify(signed, createPublicKey(PKCS8.toString()));
    expect(protectedHeader).toMatchObject({ kid: thumbprint, alg: 'RS256' });
  });

  it('leaves our own key of the algorithm in the key set for a day, and shows no private member there', async () => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const [own] = await listSigningKeys(process);
    await takeOverSigningKey(PKCS8.toString(), process);
    const published = async () => (await vault.process().signer.publicKeySet()).keys;
    expect((await published()).map(({ kid }) => kid)).toContain(own?.kid);
    for (const key of await published()) expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']));
    vault.advance(KEY_OVERLAP_MS + KEY_RING_AGE_MAX_MS);
    expect((await published()).map(({ kid }) => kid)).not.toContain(own?.kid);
  });

  it('is taken over once', async () => {
    const process = vault.process();
    await ensureSigningKeys(process);
    await takeOverSigningKey(PKCS8.toString(), process);
    const before = await listSigningKeys(process);
    expect(await takeOverSigningKey(PKCS1.toString(), process)).toMatchObject({ outcome: 'present' });
    expect(await listSigningKeys(process)).toEqual(before);
  });

  it.each([
    ['no PEM', 'secret-nonsense', 'no private key in PEM form'],
    ['cut off', PKCS8.toString().slice(0, 700), 'no private key in PEM form'],
    ['of 1,024 bits', rsaPem(1_024), '1024 bits'],
    [
      'of another type',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'type ec',
    ],
    ['public', pair.publicKey.export({ type: 'spki', format: 'pem' }), 'the private key is needed'],
    [
      'encrypted',
      pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'take the passphrase off',
    ],
    ['endless', 'x'.repeat(100_000), 'longer than'],
  ])('is refused with the reason where it is %s, and nothing of it is repeated', async (_, pem, reason) => {
    const process = vault.process();
    await ensureSigningKeys(process);
    const before = await listSigningKeys(process);
    const taken = await takeOverSigningKey(pem.toString(), process);
    expect(taken).toMatchObject({ outcome: 'unreadable', fault: expect.stringContaining(reason) });
    expect(JSON.stringify(taken)).not.toContain('secret-nonsense');
    expect(await listSigningKeys(process)).toEqual(before);
  });
});

function rsaPem(modulusLength: number): string {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}
