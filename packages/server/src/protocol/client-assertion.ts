/**
 * `private_key_jwt`: a client proves itself by a JWT that it signed (RFC 7523 §2.2 and §3, OpenID Connect Core §9).
 *
 * Owns what makes an assertion good. `aud` is this server's issuer identifier, as the update of RFC 7523
 * (draft-ietf-oauth-rfc7523bis) demands of clients; the addresses of the token and of the pushed-request endpoint are taken
 * too, as OpenID Connect Core §9 and RFC 9126 §2 have it, but one of them alone: an assertion for several servers at once is
 * what that update is about. Single use is storage's (`ReplayStore`).
 */
import { decodeJwt, errors, type JWTPayload } from 'jose';
import { digestOf, presentedSecret } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import { type ClientKeysDeps, verifyWithClientKeys } from './client-keys.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import { FAPI_ALGORITHMS, isFapi } from './fapi.ts';
import { readJoseHeader } from './jose-header.ts';
import type { Parameters } from './parameters.ts';
import type { ReplayStore } from './ports/applications.ts';

/** RFC 8725 §3.1: what an assertion may be signed with. */
export const CLIENT_ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
/** RFC 7523 §2.2 */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Clocks differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** An assertion is made for one request. What is good for longer waits to be stolen, and its jti has to be kept for as long. */
const LIFETIME_SECONDS_MAX = 600;
/** What `typ` may say (draft-ietf-oauth-rfc7523bis §4); most clients say nothing or JWT. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'client-authentication+jwt']);

/** What checking an assertion uses. */
export interface ClientAssertionDeps extends ClientKeysDeps {
  readonly issuer: string;
  readonly replays: ReplayStore;
}

/** An assertion as it came: whose it says it is, nothing of which is proven. */
export interface PresentedAssertion {
  readonly jwt: string;
  readonly clientId: string;
}

/** Reads the parameters of RFC 7521 §4.2. */
export function presentedAssertion(parameters: Parameters): PresentedAssertion | ProtocolError {
  const jwt = parameters.get('client_assertion');
  if (parameters.get('client_assertion_type') !== CLIENT_ASSERTION_TYPE || jwt === null) {
    return refusal(`It needs client_assertion and client_assertion_type=${CLIENT_ASSERTION_TYPE}.`);
  }
  const header = readJoseHeader(jwt);
  let subject: string | undefined;
  try {
    subject = decodeJwt(jwt).sub;
  } catch {
    return refusal('It is not a signed JWT of three parts.');
  }
  if (header === null) return refusal('It is not a signed JWT of three parts.');
  const fault = algorithmFault(header.alg);
  if (fault !== null) return fault;
  if (!TYPES.has(header.typ?.toLowerCase())) return refusal('Its typ is not client-authentication+jwt or JWT.');
  // RFC 7523 §3 item 2B: the subject is the client.
  if (typeof subject !== 'string') return refusal('Its sub is not the client_id (RFC 7523 section 3).');
  const clientId = parameters.get('client_id');
  // RFC 7521 §4.2: a client_id beside it has to be the same.
  if (clientId !== null && clientId !== subject) return refusal('Its sub is not the client_id of the request.');
  return { jwt, clientId: subject };
}

function algorithmFault(algorithm: string | undefined): ProtocolError | null {
  if ((CLIENT_ASSERTION_ALGORITHMS as readonly unknown[]).includes(algorithm)) return null;
  if (algorithm === 'none') return refusal('It is not signed: alg is none.');
  if (algorithm?.startsWith('HS') === true) {
    return refusal(
      'client_secret_jwt is not supported: secrets are kept hashed here, so that none is there to verify it with. Use private_key_jwt, or HTTP Basic.',
    );
  }
  return refusal(`Its alg is none of ${CLIENT_ASSERTION_ALGORITHMS.join(', ')}.`);
}

/**
 * RFC 7523 §3: verifies an assertion and uses it up.
 * @returns null when it is good; `invalid_client` otherwise, in which `detail` names what the hint keeps back.
 */
export async function assertionFault(
  presented: PresentedAssertion,
  application: Application,
  nowMs: number,
  deps: ClientAssertionDeps,
): Promise<ProtocolError | null> {
  const { clientId } = application;
  let payload: JWTPayload;
  try {
    const options = {
      algorithms: [...CLIENT_ASSERTION_ALGORITHMS],
      // §3 items 1 and 2B
      issuer: clientId,
      subject: clientId,
      currentDate: new Date(nowMs),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'aud', 'jti'],
    };
    ({ payload } = await verifyWithClientKeys(presented.jwt, application, options, deps));
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return verificationFault(error);
  }
  const profile = isFapi(application.settings) ? fapiFault(presented, payload.aud, deps.issuer) : null;
  const fault = profile ?? audienceFault(payload.aud, deps.issuer) ?? timeFault(payload, nowMs);
  if (fault !== null) return fault;
  if (typeof payload.jti !== 'string' || payload.jti === '') return refusal('Its jti is no text.');
  // §3 item 7, OpenID Connect Core §9: "A unique identifier for the token, which can be used to prevent reuse".
  const isFirst = await deps.replays.useOnce({
    kind: 'client_assertion',
    proofDigest: digestOf(presentedSecret(`${application.id} ${payload.jti}`)),
    expiresAtMs: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1_000,
  });
  return isFirst ? null : refusal('It was used before: make a new one, with a jti of its own, for each request.');
}

/** FAPI 2.0 Security Profile §5.4.1 and §5.3.2.1: the algorithm, and the issuer alone as text in `aud`. */
function fapiFault({ jwt }: PresentedAssertion, audience: unknown, issuer: string): ProtocolError | null {
  if (!(FAPI_ALGORITHMS as readonly unknown[]).includes(readJoseHeader(jwt)?.alg)) {
    return refusal(`Its alg is none of ${FAPI_ALGORITHMS.join(', ')} (FAPI 2.0 Security Profile section 5.4.1).`);
  }
  return audience === issuer
    ? null
    : refusal(
        `Its aud is not the text ${issuer}, neither another nor a list (FAPI 2.0 Security Profile section 5.3.2.1).`,
      );
}

/** §3 item 3. */
function audienceFault(audience: unknown, issuer: string): ProtocolError | null {
  const [only, ...others] = Array.isArray(audience) ? audience : [audience];
  const accepted = [issuer, ...['/token/', '/token', '/par/', '/par'].map((path) => `${issuer}${path}`)];
  if (others.length === 0 && accepted.includes(only)) return null;
  return refusal(`Its aud is not ${issuer} alone.`);
}

/** §3 items 4 to 6. */
function timeFault({ exp = 0, iat }: JWTPayload, nowMs: number): ProtocolError | null {
  const nowSeconds = nowMs / 1_000;
  if (exp - nowSeconds > LIFETIME_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) {
    return refusal('Its exp is more than ten minutes away.');
  }
  if (iat !== undefined && iat - nowSeconds > CLOCK_TOLERANCE_SECONDS) return refusal('Its iat is in the future.');
  return null;
}

function verificationFault(error: errors.JOSEError): ProtocolError {
  if (error instanceof errors.JWTExpired) return refusal('It has expired (exp).');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refusal(
      'A claim of it is missing or not what is expected: it needs iss, sub, aud, exp and jti.',
      error.message,
    );
  }
  // Keys and signature in one wording with an unknown client.
  return protocolError(
    'invalid_client',
    'Client authentication failed: the client_id is unknown, or no key registered for it has signed the client_assertion.',
    error.message,
  );
}

function refusal(what: string, detail?: string): ProtocolError {
  return protocolError('invalid_client', `The client_assertion cannot be used. ${what}`, detail);
}
