/**
 * Signed request objects (RFC 9101, JAR): the authorization request as a JWT of its application.
 *
 * Owns what makes one genuine, and how its claims become parameters. What they mean is `authorization-request.ts`.
 */
import { errors, type JWTPayload } from 'jose';
import type { Application } from './application.ts';
import { type ClientKeysDeps, verifyWithClientKeys } from './client-keys.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { FAPI_ALGORITHMS, isFapi, signsMessages } from './fapi.ts';
import { readJoseHeader } from './jose-header.ts';

/** RFC 8725 §3.1, ASVS 9.1.2: what a request object may be signed with. No `none`, and no HS256: a secret is no key. */
export const REQUEST_OBJECT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

/** Clocks differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** A request is about now: what is good for longer than an hour is a mistake, or waits to be stolen. */
const LIFETIME_SECONDS_MAX = 3_600;
/** RFC 9101 §10.8: what `typ` may say. Applications that say nothing are many. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'oauth-authz-req+jwt']);
/** RFC 9101 §4: claims of the JWT itself. They are no parameters. */
const JWT_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);

/** What reading one uses. */
export interface RequestObjectDeps extends ClientKeysDeps {
  readonly issuer: string;
}

/**
 * RFC 9101 §6.1 to §6.3: verifies a request object and gives its parameters, form-encoded. Those outside it are not looked at.
 * @param nowMs when it came.
 * @returns `invalid_request_object`, with what is wrong with it and what was expected.
 */
export async function readRequestObject(
  jwt: string,
  application: Application,
  nowMs: number,
  deps: RequestObjectDeps,
): Promise<string | ProtocolError> {
  const algorithm = algorithmFault(jwt);
  if (algorithm !== null) return algorithm;
  const profile = isFapi(application.settings) ? fapiAlgorithmFault(jwt) : null;
  if (profile !== null) return profile;
  const payload = await verified(jwt, application, nowMs, deps);
  if (isProtocolError(payload)) return payload;
  return claimsFault(payload, application, nowMs) ?? encodedParameters(payload);
}

/** Looked at before the signature for the sake of a better answer; jose has the same allow-list again. */
function algorithmFault(jwt: string): ProtocolError | null {
  const header = readJoseHeader(jwt);
  // RFC 9101 §10.2: encrypted ones have five parts, and end here too.
  if (header === null) return fault('It is not a signed JWT of three parts.');
  if (header.alg === 'none') return fault('It is not signed: alg is none. Sign it with a key of your jwks.');
  if (header.alg?.startsWith('HS') === true) {
    return fault('It is signed with a secret (HMAC), which is no signing key here. Sign it with a key of your jwks.');
  }
  if (!(REQUEST_OBJECT_ALGORITHMS as readonly unknown[]).includes(header.alg)) {
    return fault(`Its alg is none of ${REQUEST_OBJECT_ALGORITHMS.join(', ')}.`);
  }
  // RFC 9101 §10.8, ASVS 9.2.2: a JWT that was made for another purpose is no request.
  return TYPES.has(header.typ?.toLowerCase()) ? null : fault('Its typ is not oauth-authz-req+jwt.');
}

/** FAPI 2.0 Security Profile §5.4.1. */
function fapiAlgorithmFault(jwt: string): ProtocolError | null {
  if ((FAPI_ALGORITHMS as readonly unknown[]).includes(readJoseHeader(jwt)?.alg)) return null;
  return fault(`Its alg is none of ${FAPI_ALGORITHMS.join(', ')} (FAPI 2.0 Security Profile section 5.4.1).`);
}

async function verified(
  jwt: string,
  application: Application,
  nowMs: number,
  deps: RequestObjectDeps,
): Promise<JWTPayload | ProtocolError> {
  const options = {
    algorithms: [...REQUEST_OBJECT_ALGORITHMS],
    issuer: application.clientId,
    audience: deps.issuer,
    currentDate: new Date(nowMs),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
  };
  try {
    return (await verifyWithClientKeys(jwt, application, options, deps)).payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return verificationFault(error, deps.issuer);
  }
}

function verificationFault(error: errors.JOSEError, issuer: string): ProtocolError {
  if (error instanceof errors.JWTExpired) return fault('It has expired (exp).');
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'iss':
        return fault('Its iss is not the client_id (RFC 9101 section 4).');
      case 'aud':
        return fault(`Its aud is not ${issuer} (RFC 9101 section 4).`);
      case 'nbf':
        return fault('It is not valid yet (nbf).');
      case 'exp':
        return fault('It has no exp, or one that is no number.');
      default:
        return fault('A claim of it is not what a JWT has there (RFC 7519 section 4.1).');
    }
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return fault('No key that the application registered (jwks, jwks_uri) fits its kid and alg.', error.message);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return fault('Its signature is not of a key of the registered jwks.');
  }
  return fault('It is not a signed JWT (RFC 7519).', error.code);
}

function claimsFault(payload: JWTPayload, application: Application, nowMs: number): ProtocolError | null {
  // RFC 9101 §5, §6.3: the client_id inside is the one outside.
  if (payload['client_id'] !== application.clientId) return fault('Its client_id is missing, or another one.');
  // RFC 9101 §10.8: what proves the client at the token endpoint has a sub, and is no request.
  if (payload.sub === application.clientId) return fault('Its sub is the client: it is a client assertion.');
  // RFC 9101 §4
  if ('request' in payload || 'request_uri' in payload) return fault('It has a request or request_uri in it.');
  const nowSeconds = nowMs / 1_000;
  if (payload.exp !== undefined && payload.exp - nowSeconds > LIFETIME_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) {
    return fault('Its exp is more than an hour away.');
  }
  if (payload.nbf !== undefined && nowSeconds - payload.nbf > LIFETIME_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) {
    return fault('Its nbf is more than an hour ago.');
  }
  return signsMessages(application.settings) ? messageFault(payload) : null;
}

/** FAPI 2.0 Message Signing §5.3: it says from when on it is good, and for an hour at most. */
function messageFault({ nbf, exp }: JWTPayload): ProtocolError | null {
  if (nbf === undefined) return fault('It has no nbf (FAPI 2.0 Message Signing section 5.3).');
  return (exp ?? 0) - nbf > LIFETIME_SECONDS_MAX
    ? fault('Its exp is more than an hour after its nbf (FAPI 2.0 Message Signing section 5.3).')
    : null;
}

/** RFC 9101 §4: strings as they are, numbers in digits, the JSON of `claims` and `authorization_details` as JSON. */
function encodedParameters(payload: JWTPayload): string | ProtocolError {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(payload)) {
    if (JWT_CLAIMS.has(name)) continue;
    // RFC 8707 §2: more than one resource is a list of them.
    const values = name === 'resource' && Array.isArray(value) ? value : [value];
    for (const one of values) {
      const text = parameterText(one);
      if (text === null) return fault(`A parameter in it has a value that is no text, number, object or list.`);
      // RFC 7493 §2.1: half a character would come back as another one, which no state may.
      if (!name.isWellFormed() || !text.isWellFormed())
        return fault('A parameter in it has half a character (a lone surrogate).');
      parameters.append(name, text);
    }
  }
  return parameters.toString();
}

function parameterText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
}

function fault(what: string, detail?: string): ProtocolError {
  return protocolError('invalid_request_object', `The request object cannot be used. ${what}`, detail);
}
