import { createHmac } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  generateKeyPair,
  type JSONWebKeySet,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureSigningKeys } from '../../src/keys/signing-keys.ts';
import { ID_TOKEN_ALGORITHMS } from '../../src/protocol/application.ts';
import type { Signer } from '../../src/protocol/ports/signer.ts';
import { openVault, type Vault } from './vault.ts';

let vault: Vault;
let signer: Signer;
let keySet: JSONWebKeySet;
beforeAll(async () => {
  vault = await openVault();
  const process = vault.process();
  await ensureSigningKeys(process);
  signer = process.signer;
  keySet = (await signer.publicKeySet()) as JSONWebKeySet;
});
afterAll(() => vault.close());

const claims = { iss: 'https://id.example/o', sub: 'Zoë 🐢', exp: 1 };

describe.each(ID_TOKEN_ALGORITHMS)('RFC 7515 §5.1 with %s', (algorithm) => {
  it('makes a JWS that another library verifies with the published key', async () => {
    const jws = await signer.sign(claims, { algorithm, type: 'JWT' });
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(keySet), {
      algorithms: [algorithm],
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: expect.any(String) });
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(claims);
  });

  it('sets the type that is asked for', async () => {
    const jws = await signer.sign(claims, { algorithm, type: 'at+jwt' });
    expect(decodeProtectedHeader(jws).typ).toBe('at+jwt');
    expect(decodeProtectedHeader(await signer.sign(claims, { algorithm, type: 'JWT' })).typ).toBe('JWT');
  });

  it('knows its own again, past its expiry too, and not with a character changed', async () => {
    const jws = await signer.sign(claims, { algorithm, type: 'JWT' });
    expect(await signer.verifyOwn(jws)).toEqual(claims);
    const [header, payload, signature] = jws.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
    expect(await signer.verifyOwn(`${header}.${forged}.${signature}`)).toBeNull();
    expect(await signer.verifyOwn(`${header}.${payload}.`)).toBeNull();
    expect(
      await signer.verifyOwn(`${header}.${payload}.${signature?.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`),
    ).toBeNull();
  });
});

describe('RFC 7517 §5, the key set', () => {
  it('holds public members alone, each with kid, alg and use', () => {
    expect(keySet.keys).toHaveLength(3);
    for (const key of keySet.keys) {
      expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']));
      for (const secretMember of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secretMember);
      expect(key).toMatchObject({ kid: expect.any(String), alg: expect.any(String), use: 'sig' });
    }
  });

  it('names each key by its thumbprint (RFC 7638)', async () => {
    for (const key of keySet.keys) expect(key.kid).toBe(await calculateJwkThumbprint(key, 'sha256'));
  });

  it('has an RSA key of 2048 bits (RFC 7518 §3.3)', () => {
    const rsa = keySet.keys.find(({ kty }) => kty === 'RSA');
    expect(Buffer.from(rsa?.n ?? '', 'base64url')).toHaveLength(256);
  });
});

describe('ASVS 9.1.2, 9.1.3: a JWS that is not ours', () => {
  const kidOf = (alg: string) => keySet.keys.find((key) => key.alg === alg)?.kid ?? '';
  const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  let stranger: { publicKey: CryptoKey; privateKey: CryptoKey };
  beforeAll(async () => {
    stranger = await generateKeyPair('ES256');
  });

  it('of alg none is refused', async () => {
    expect(await signer.verifyOwn(`${header({ alg: 'none', kid: kidOf('RS256') })}.${body}.`)).toBeNull();
  });

  it('of HS256 under our public key is refused', async () => {
    const rsa = keySet.keys.find(({ kty }) => kty === 'RSA');
    const input = `${header({ alg: 'HS256', kid: rsa?.kid })}.${body}`;
    const signature = createHmac('sha256', JSON.stringify(rsa)).update(input).digest('base64url');
    expect(await signer.verifyOwn(`${input}.${signature}`)).toBeNull();
  });

  it('by a key of somebody else under one of our kids, or with that key in its header, is refused', async () => {
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: kidOf('ES256') })
      .sign(stranger.privateKey);
    expect(await signer.verifyOwn(forged)).toBeNull();
    const withKey = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', jku: 'https://evil.example/keys' })
      .sign(stranger.privateKey);
    expect(await signer.verifyOwn(withKey)).toBeNull();
  });

  it('under a kid of another algorithm is refused', async () => {
    const jws = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: kidOf('RS256') })
      .sign(stranger.privateKey);
    expect(await signer.verifyOwn(jws)).toBeNull();
  });

  it.each(['', 'x', '..', 'a.b.c', 'eyJhbGciOiJSUzI1NiJ9..', '\u0000', 'é.é.é', `${'a'.repeat(100_000)}.b.c`])(
    'in the shape of %j is refused, not an error',
    async (text) => expect(await signer.verifyOwn(text.slice(0, 100_100))).toBeNull(),
  );
});

describe('an algorithm without a key', () => {
  it('is an error that says what to do', async () => {
    const empty = await openVault();
    await expect(empty.process().signer.sign(claims, { algorithm: 'RS256', type: 'JWT' })).rejects.toThrow(
      'diapason key rotate RS256',
    );
    await empty.close();
  });
});
