/**
 * The two ceremonies of WebAuthn, as this server asks for them and checks them: a passkey is made (registration, §7.1), a passkey is
 * shown (authentication, §7.2). The formats and signatures are `@simplewebauthn/server`'s.
 *
 * - The RP ID and the origin come from the public address alone, never from a request.
 * - A challenge is 256 random bits (`passkey-challenge.ts`).
 * - Passkeys are discoverable and verify their user, so that each is two factors by itself. As a second step after a password its
 *   presence is enough.
 * - No attestation is asked for: which make of authenticator it is decides nothing here. One that comes with certificates is
 *   refused, since checking those would fetch addresses that a stranger names.
 *
 * Owns what is asked and what is checked. What follows from it is `passkeys.ts`, `passkey-sign-in.ts`, `second-step.ts` and
 * `confirm-identity.ts`.
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type VerifiedAuthenticationResponse,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import {
  type Ceremony,
  CHALLENGE_LIFETIME_MS,
  type ChallengeDeps,
  sealChallenge,
  useChallenge,
} from './passkey-challenge.ts';
import {
  assertionSchema,
  hasCertificates,
  isCrossOrigin,
  parseCredential,
  registrationSchema,
  TRANSPORTS,
} from './passkey-credential.ts';
import type { PasskeyRecord, PasskeyStore } from './ports/passkeys.ts';
import type { SessionFound } from './ports.ts';

/** What passkeys are bound to. */
export interface RelyingParty {
  /** The host name: passkeys of one are of no use at another. */
  readonly id: string;
  readonly origin: string;
  /** The brand: what a browser shows. */
  readonly name: string;
}

/**
 * The relying party at a public address; null where browsers know no passkeys: at an IP address, which is no domain (§5.1.2), and
 * without TLS other than on the machine itself (Secure Contexts §3.1).
 */
export function relyingPartyOf(url: string, name: string): RelyingParty | null {
  const { protocol, hostname, origin } = new URL(url);
  const isAddress = hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isAddress || (protocol !== 'https:' && !isLocal) ? null : { id: hostname, origin, name };
}

/** What a ceremony needs. */
export interface CeremonyDeps extends ChallengeDeps {
  readonly relyingParty: RelyingParty | null;
  readonly passkeys: Pick<PasskeyStore, 'listPasskeys' | 'findPasskey' | 'acceptUse'>;
  readonly randomness: Randomness;
}

/** What a page hands to the browser. */
export interface CeremonyRequest {
  /** `PublicKeyCredentialRequestOptionsJSON` or `PublicKeyCredentialCreationOptionsJSON`, as text. */
  readonly options: string;
  /** The challenge, sealed: it comes back with the answer. */
  readonly challenge: string;
}

/** What the browser answered: fields `credential` (JSON) and `challenge` of every form that takes a passkey. */
export interface CeremonyAnswer {
  readonly credential: string;
  readonly challenge: string;
}

const CHALLENGE_BYTES = 32;
/** WebAuthn §5.4.3 allows 64. */
const USER_HANDLE_BYTES = 32;
/** RFC 9053: EdDSA, ES256 and RS256, which Windows Hello makes. */
const ALGORITHMS = [-8, -7, -257];
/** Asks for a new passkey for whoever is signed in. */
export async function creationRequest(current: SessionFound, deps: CeremonyDeps): Promise<CeremonyRequest | null> {
  const { relyingParty } = deps;
  if (relyingParty === null) return null;
  const { account } = current;
  const present = await deps.passkeys.listPasskeys(account.id);
  const userHandle = present[0]?.userHandle ?? deps.randomness(USER_HANDLE_BYTES).toString('base64url');
  const challenge = deps.randomness(CHALLENGE_BYTES);
  const options = await generateRegistrationOptions({
    rpName: relyingParty.name,
    rpID: relyingParty.id,
    userName: account.username,
    userDisplayName: `${account.firstName} ${account.lastName}`.trim() || account.username,
    userID: new Uint8Array(Buffer.from(userHandle, 'base64url')),
    challenge: new Uint8Array(challenge),
    timeout: CHALLENGE_LIFETIME_MS,
    attestationType: 'none',
    excludeCredentials: present.map(descriptorOf),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return {
    options: JSON.stringify(options),
    challenge: sealChallenge(
      { kind: 'registration', current },
      { challenge: challenge.toString('base64url'), userHandle },
      deps,
    ),
  };
}

/** Asks for a passkey: one of the account's where it is known, else of anybody's. */
export async function assertionRequest(ceremony: Ceremony, deps: CeremonyDeps): Promise<CeremonyRequest | null> {
  const { relyingParty } = deps;
  if (relyingParty === null) return null;
  const owner = ownerOf(ceremony);
  const allowed = owner === null ? [] : await deps.passkeys.listPasskeys(owner);
  if (owner !== null && allowed.length === 0) return null;
  const challenge = deps.randomness(CHALLENGE_BYTES);
  const options = await generateAuthenticationOptions({
    rpID: relyingParty.id,
    challenge: new Uint8Array(challenge),
    timeout: CHALLENGE_LIFETIME_MS,
    allowCredentials: allowed.map(descriptorOf),
    userVerification: needsVerification(ceremony) ? 'required' : 'preferred',
  });
  return {
    options: JSON.stringify(options),
    challenge: sealChallenge(ceremony, { challenge: challenge.toString('base64url'), userHandle: null }, deps),
  };
}

/** Why an answer is not taken. */
export type NotProved =
  /** The challenge is too old, used, or was given to another browser, session or account. */
  | { readonly outcome: 'expired' }
  /** It is not what was asked for. `reason` is for the log alone. */
  | { readonly outcome: 'wrong'; readonly reason: string };

/** A passkey that was just made. */
export type MadeCredential = Pick<
  PasskeyRecord,
  | 'credentialId'
  | 'publicKey'
  | 'userHandle'
  | 'signCount'
  | 'transports'
  | 'isBackupEligible'
  | 'isBackedUp'
  | 'aaguid'
>;

/** Checks a registration (WebAuthn §7.1). Whether the credential is free is the store's to say. */
export async function proveCreation(
  answer: CeremonyAnswer,
  current: SessionFound,
  deps: CeremonyDeps,
): Promise<{ readonly outcome: 'proved'; readonly made: MadeCredential; readonly amr: readonly string[] } | NotProved> {
  const { relyingParty } = deps;
  const sealed = await useChallenge({ kind: 'registration', current }, answer.challenge, deps);
  if (relyingParty === null || sealed === null || sealed.userHandle === null) return EXPIRED;
  const parsed = parseCredential(registrationSchema, answer.credential);
  if (parsed === null) return wrong('the credential is no registration');
  let verified: VerifiedRegistrationResponse;
  try {
    if (isCrossOrigin(parsed.response.clientDataJSON)) return wrong('made within a frame of another origin');
    if (hasCertificates(parsed.response.attestationObject)) return wrong('an attestation that was not asked for');
    verified = await verifyRegistrationResponse({
      response: { ...parsed, clientExtensionResults: {} },
      expectedChallenge: sealed.challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
  } catch (error) {
    return wrong(reasonOf(error));
  }
  if (!verified.verified) return wrong('the signature is not right');
  const { credential, credentialDeviceType, credentialBackedUp, aaguid } = verified.registrationInfo;
  const isBackupEligible = credentialDeviceType === 'multiDevice';
  const made = {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey),
    userHandle: sealed.userHandle,
    signCount: credential.counter,
    transports: parsed.response.transports.filter((transport) => TRANSPORTS.has(transport)),
    isBackupEligible,
    isBackedUp: credentialBackedUp,
    aaguid,
  };
  return { outcome: 'proved', made, amr: amrOf(isBackupEligible, true) };
}

/** Whose passkey an answer claims to be, before anything of it is checked: to count under. null: nobody's. */
export async function claimedPasskey(
  { credential }: CeremonyAnswer,
  deps: Pick<CeremonyDeps, 'passkeys'>,
): Promise<PasskeyRecord | null> {
  const parsed = parseCredential(assertionSchema, credential);
  return parsed === null ? null : deps.passkeys.findPasskey(parsed.id);
}

/** Checks an authentication (WebAuthn §7.2), and notes the use. */
export async function proveAssertion(
  answer: CeremonyAnswer,
  ceremony: Ceremony,
  deps: CeremonyDeps,
): Promise<
  | {
      readonly outcome: 'proved';
      readonly passkey: PasskeyRecord;
      /** RFC 8176 §2. With `mfa` where the authenticator verified its user. */
      readonly amr: readonly string[];
    }
  | NotProved
  /** Signed by the right key, with a count that was passed: there may be a copy of it (§6.1.1). */
  | { readonly outcome: 'cloned'; readonly passkey: PasskeyRecord }
> {
  const { relyingParty } = deps;
  const sealed = await useChallenge(ceremony, answer.challenge, deps);
  if (relyingParty === null || sealed === null) return EXPIRED;
  const parsed = parseCredential(assertionSchema, answer.credential);
  const passkey = parsed === null ? null : await deps.passkeys.findPasskey(parsed.id);
  if (parsed === null || passkey === null) return wrong('an unknown passkey');
  const owner = ownerOf(ceremony);
  if (owner !== null && passkey.accountId !== owner) return wrong('a passkey of another account');
  // §7.2 step 6: who the authenticator says it signs in.
  const { userHandle } = parsed.response;
  if (userHandle === undefined ? owner === null : userHandle !== passkey.userHandle)
    return wrong('another user handle');
  let verified: VerifiedAuthenticationResponse;
  try {
    if (isCrossOrigin(parsed.response.clientDataJSON)) return wrong('shown within a frame of another origin');
    verified = await verifyAuthenticationResponse({
      response: {
        ...parsed,
        response: { ...parsed.response, userHandle: userHandle ?? '' },
        clientExtensionResults: {},
      },
      expectedChallenge: sealed.challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      // The count is compared below: after the signature, and in the same step in which it is kept.
      credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
      requireUserVerification: needsVerification(ceremony),
    });
  } catch (error) {
    return wrong(reasonOf(error));
  }
  if (!verified.verified) return wrong('the signature is not right');
  const { newCounter, credentialBackedUp, credentialDeviceType, userVerified } = verified.authenticationInfo;
  // §7.2: whether it may be copied never changes.
  if ((credentialDeviceType === 'multiDevice') !== passkey.isBackupEligible) return wrong('another backup eligibility');
  const use = { signCount: newCounter, isBackedUp: credentialBackedUp, nowMs: deps.clock() };
  if (!(await deps.passkeys.acceptUse(passkey.id, use))) return { outcome: 'cloned', passkey };
  return { outcome: 'proved', passkey, amr: amrOf(passkey.isBackupEligible, userVerified) };
}

const EXPIRED = { outcome: 'expired' } as const;

function wrong(reason: string) {
  return { outcome: 'wrong', reason } as const;
}

/** What the library complains of names what was sent: for the log, in bounds. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

/**
 * RFC 8176 §2. A passkey that may be copied is kept by software (`swk`), one that may not by its device (`hwk`), as far as
 * authenticators say without attestation. `user`: somebody was there; `mfa`: and showed the device a finger, a face or a PIN.
 */
function amrOf(isBackupEligible: boolean, userVerified: boolean): readonly string[] {
  return [isBackupEligible ? 'swk' : 'hwk', 'user', ...(userVerified ? ['mfa'] : [])];
}

function needsVerification({ kind }: Ceremony): boolean {
  return kind !== 'second-step';
}

function ownerOf(ceremony: Ceremony): AccountId | null {
  switch (ceremony.kind) {
    case 'sign-in':
      return null;
    case 'second-step':
      return ceremony.accountId;
    default:
      return ceremony.current.account.id;
  }
}

function descriptorOf({ credentialId, transports }: PasskeyRecord) {
  return { id: credentialId, transports: [...transports] };
}
