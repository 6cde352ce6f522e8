/**
 * The protocol's `Signer`: compact JWS (RFC 7515 §3.1) with the key of the moment, the public key set, and the check of our own.
 *
 * Signing goes straight to `node:crypto` with a key opened once and a header built once: an ID token is signed at every code and
 * refresh, and jose's way over WebCrypto measured slower. Verification is jose's: it is rare, and there a mistake would matter.
 */
import { createPublicKey, sign as cryptoSign } from 'node:crypto';
import { promisify } from 'node:util';
import { type CompactJWSHeaderParameters, compactVerify, errors } from 'jose';
import { ID_TOKEN_ALGORITHMS } from '../protocol/application.ts';
import type { Signer } from '../protocol/ports/signer.ts';
import type { Clock } from '../vocabulary/time.ts';
import type { KeyRing, SigningKey } from './key-ring.ts';
import { isPublished, signingKeyOf } from './signing-keys.ts';

/** What signing needs. */
export interface SignerDeps {
  readonly keyRing: KeyRing;
  readonly clock: Clock;
}

/** Makes the signer. */
export function createSigner(deps: SignerDeps): Signer {
  const headers = new Map<string, string>();
  const headerOf = (key: SigningKey, type: string): string => {
    const name = `${key.kid} ${type}`;
    const known = headers.get(name);
    if (known !== undefined) return known;
    const made = encoded({ alg: key.algorithm, typ: type, kid: key.kid });
    headers.set(name, made);
    return made;
  };
  const published = async (): Promise<readonly SigningKey[]> => {
    const keys = await deps.keyRing.keys();
    const nowMs = deps.clock();
    return keys.filter((key) => isPublished(key, nowMs));
  };
  return {
    async sign(claims, { algorithm, type }) {
      const key = signingKeyOf(await deps.keyRing.keys(), algorithm, deps.clock());
      if (key === undefined)
        throw new Error(`there is no ${algorithm} key: diapason key rotate ${algorithm} makes one`);
      // RFC 7515 §5.1.
      const input = `${headerOf(key, type)}.${encoded(claims)}`;
      const signature = await signatureOf(Buffer.from(input, 'ascii'), key);
      return `${input}.${signature.toString('base64url')}`;
    },
    async publicKeySet() {
      return { keys: (await published()).map(({ publicJwk }) => publicJwk) };
    },
    async verifyOwn(jws, type = 'JWT') {
      return verifiedClaims(jws, type, await published());
    },
  };
}

const signInPool = promisify(cryptoSign);

/** RFC 7518 §3.3, §3.4; RFC 8037 §3.1. */
async function signatureOf(input: Buffer, { algorithm, privateKey }: SigningKey): Promise<Buffer> {
  switch (algorithm) {
    case 'RS256':
      return signInPool('sha256', input, privateKey);
    case 'ES256':
      return cryptoSign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
      return cryptoSign(null, input, privateKey);
    default:
      return algorithm satisfies never;
  }
}

/** The claims of a JWS under one of the keys; null: it is under none, or no JWS. */
async function verifiedClaims(
  jws: string,
  type: string,
  keys: readonly SigningKey[],
): Promise<Readonly<Record<string, unknown>> | null> {
  // ASVS 9.1.2: the key decides the algorithm, never the token. ASVS 9.1.3: a key in the header is not looked at.
  const keyFor = (header: CompactJWSHeaderParameters) => {
    const key = keys.find(({ kid, algorithm }) => kid === header.kid && algorithm === header.alg);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return createPublicKey(key.privateKey);
  };
  try {
    const { payload, protectedHeader } = await compactVerify(jws, keyFor, { algorithms: [...ID_TOKEN_ALGORITHMS] });
    // ASVS 9.2.2: what was made for one purpose serves no other.
    if (protectedHeader.typ !== type) return null;
    // Ours, then, and so a JSON object: `sign` makes nothing else.
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (error) {
    // Whatever is wrong with the text, it is not ours. A lost database is no JOSE error, and passes through.
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function encoded(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
