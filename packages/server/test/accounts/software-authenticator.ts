/**
 * An authenticator in software: makes ES256 keys and signs as WebAuthn wants it, or as a test has it wrong.
 *
 * Owns the octets (§6.1, §6.5). Whom it is shown to is the tests'.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { CeremonyAnswer, CeremonyRequest } from '../../src/accounts/passkey-ceremonies.ts';

/** What a test has wrong, or otherwise than it usually is. */
export interface Oddities {
  readonly origin?: string;
  readonly rpId?: string;
  readonly crossOrigin?: boolean;
  readonly challenge?: string;
  /** The authenticator did not verify its user. */
  readonly unverified?: boolean;
  readonly count?: number;
  readonly userHandle?: string | null;
  readonly backupEligible?: boolean;
  /** Attestation statement with a certificate. */
  readonly certificates?: boolean;
  readonly otherKey?: boolean;
}

/** One passkey in its authenticator. */
export class SoftwareAuthenticator {
  readonly credentialId: string;
  count = 0;
  userHandle = '';
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #synced: boolean;

  constructor(credentialId: string, { synced = true }: { readonly synced?: boolean } = {}) {
    this.credentialId = Buffer.from(credentialId).toString('base64url');
    this.#synced = synced;
  }

  /** Answers `navigator.credentials.create()`. */
  create(request: CeremonyRequest, odd: Oddities = {}): CeremonyAnswer {
    const options = JSON.parse(request.options) as { challenge: string; user: { id: string } };
    this.userHandle = options.user.id;
    const id = Buffer.from(this.credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    // AAGUID, then the credential (§6.5.1).
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#coseKey()]);
    const authData = Buffer.concat([this.#data(0x40, odd), attested]);
    const statement = new Map<string, unknown>(
      odd.certificates === true ? [['x5c', [new Uint8Array([1])]] as const, ['alg', -7] as const] : [],
    );
    const attestation = new Map<string, unknown>([
      ['fmt', odd.certificates === true ? 'packed' : 'none'],
      ['attStmt', statement],
      ['authData', new Uint8Array(authData)],
    ]);
    return this.#answer(request, {
      clientDataJSON: clientData('webauthn.create', options.challenge, odd),
      attestationObject: Buffer.from(isoCBOR.encode(attestation as Parameters<typeof isoCBOR.encode>[0])).toString(
        'base64url',
      ),
      transports: ['internal', 'carrier-pigeon'],
    });
  }

  /** Answers `navigator.credentials.get()`. */
  get(request: CeremonyRequest, odd: Oddities = {}): CeremonyAnswer {
    const options = JSON.parse(request.options) as { challenge: string };
    this.count = odd.count ?? (this.count === 0 ? 0 : this.count + 1);
    const authData = this.#data(0, { ...odd, count: this.count });
    const clientDataJSON = clientData('webauthn.get', options.challenge, odd);
    const signed = Buffer.concat([
      authData,
      createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest(),
    ]);
    const { privateKey } = odd.otherKey === true ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : this.#keys;
    const userHandle = odd.userHandle === undefined ? this.userHandle : odd.userHandle;
    return this.#answer(request, {
      clientDataJSON,
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, privateKey).toString('base64url'),
      ...(userHandle === null ? {} : { userHandle }),
    });
  }

  #answer({ challenge }: CeremonyRequest, response: object): CeremonyAnswer {
    const { credentialId: id } = this;
    const credential = { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
    return { credential: JSON.stringify(credential), challenge };
  }

  /** §6.1: the hash of the RP ID, the flags, the count. */
  #data(flags: number, odd: Oddities): Buffer {
    const isSynced = odd.backupEligible ?? this.#synced;
    const head = Buffer.alloc(5);
    head.writeUInt8(0x01 | (odd.unverified === true ? 0 : 0x04) | (isSynced ? 0x08 | 0x10 : 0) | flags);
    head.writeUInt32BE(odd.count ?? this.count, 1);
    return Buffer.concat([
      createHash('sha256')
        .update(odd.rpId ?? 'id.example')
        .digest(),
      head,
    ]);
  }

  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const octets = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, octets(x)],
      [-3, octets(y)],
    ]);
    return Buffer.from(isoCBOR.encode(key as unknown as Parameters<typeof isoCBOR.encode>[0]));
  }
}

function clientData(type: string, challenge: string, odd: Oddities): string {
  const data = {
    type,
    challenge: odd.challenge ?? challenge,
    origin: odd.origin ?? 'https://id.example',
    crossOrigin: odd.crossOrigin ?? false,
  };
  return Buffer.from(JSON.stringify(data)).toString('base64url');
}
