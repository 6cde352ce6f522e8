/**
 * From what openid-client throws to the catalogue of failures.
 *
 * Owns the reading of its errors, and the developer's hint for each. Answers are quoted by their error code alone: an
 * `error_description` is the server's text and may hold anything.
 */
import * as openid from 'openid-client';
import { type Failure, type FailureCode, failure } from '../core/failure.ts';
import { ClientSecretError } from '../providers/provider.ts';
import { BackChannelError } from './back-channel.ts';

/** What was being done. */
export type Step = 'discovery' | 'token' | 'profile';

/** The failure that an error means. @throws the error itself when it is none of the protocol: a bug. */
export function protocolFailure(error: unknown, step: Step, where: string): Failure {
  for (const cause of causes(error)) {
    if (cause instanceof BackChannelError) {
      return failure('provider_unreachable', cause.message, {
        hint: 'check that the server runs and that its back-channel address is right as seen from this application',
      });
    }
    if (cause instanceof ClientSecretError) {
      return failure('app_secret_unreadable', `${where}: ${cause.message}`, {
        hint: "enter the provider's secret again",
      });
    }
    if (cause instanceof openid.ResponseBodyError) return errorResponse(cause.error, cause.status, step, where);
    if (cause instanceof openid.WWWAuthenticateChallengeError) return challenge(cause.status, step, where);
    if (cause instanceof Response) return unexpectedAnswer(cause, step, where);
  }
  if (error instanceof openid.ClientError) return invalidAnswer(error, step, where);
  throw error;
}

/** RFC 6749 §5.2. */
function errorResponse(code: string, status: number, step: Step, where: string): Failure {
  const detail = `${where} answered ${status} ${printable(code)}`;
  if (step === 'profile') return failure('profile_refused', detail, { hint: profileHint });
  switch (code) {
    case 'invalid_client':
      return failure('client_credentials_refused', detail, { hint: credentialsHint });
    case 'unauthorized_client':
      return failure('grant_not_allowed', detail, {
        hint: 'allow the grant "authorization code" for this application at the server',
      });
    case 'invalid_grant':
      return failure('code_refused', detail, {
        hint: 'the code was used before, has expired, was asked for under another redirect URI, or needs a proof: `dpop: true`',
      });
    default:
      return failure(status >= 500 ? 'provider_unreachable' : 'token_refused', detail);
  }
}

/** RFC 6749 §5.2 and RFC 6750 §3: 401 with WWW-Authenticate. */
function challenge(status: number, step: Step, where: string): Failure {
  const detail = `${where} answered ${status} with WWW-Authenticate`;
  return step === 'profile'
    ? failure('profile_refused', detail, { hint: profileHint })
    : failure('client_credentials_refused', detail, { hint: credentialsHint });
}

function unexpectedAnswer(response: Response, step: Step, where: string): Failure {
  const type = response.headers.get('content-type') ?? 'no content type';
  const detail = `${where} answered ${response.status}, ${printable(type)}`;
  if (response.status >= 500) return failure('provider_unreachable', detail, { hint: "see the server's own log" });
  if (response.status === 401 && step === 'token') {
    return failure('client_credentials_refused', detail, { hint: credentialsHint });
  }
  return failure(INVALID[step], detail, { hint: addressHint });
}

function invalidAnswer(error: openid.ClientError, step: Step, where: string): Failure {
  const reason = messages(error).join(': ');
  const detail = `${where}: ${printable(reason)}`;
  if (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT') return failure('provider_unreachable', detail);
  if (step === 'token' && /JWT|ID Token|JWS|signature|JSON Web|jwks/i.test(reason))
    return failure(idTokenCode(error), detail);
  if (step === 'profile' && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
    return failure('subject_mismatch', detail);
  return failure(INVALID[step], detail, step === 'discovery' ? { hint: addressHint } : {});
}

/** OpenID Connect Core §3.1.3.7: which of its checks an ID token did not pass, where the library under us says so. */
function idTokenCode(error: openid.ClientError): FailureCode {
  for (const cause of causes(error)) {
    if (!(cause instanceof Error)) continue;
    const code = 'code' in cause ? cause.code : null;
    const about =
      typeof cause.cause === 'object' && cause.cause !== null && 'claim' in cause.cause ? cause.cause.claim : null;
    if (code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' || code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') {
      const found = CLAIM_CODES[String(about)];
      if (found !== undefined) return found;
    }
    if (code === 'OAUTH_KEY_SELECTION_FAILED') return 'id_token_key_unknown';
    if (cause.message === 'JWT signature verification failed') return 'id_token_signature_wrong';
    if (cause.message === 'unexpected JWT "alg" header parameter') return 'id_token_algorithm_refused';
    if (/^(JWT|ID Token) .*claim missing$/.test(cause.message)) return 'id_token_claim_missing';
  }
  return 'id_token_invalid';
}

const CLAIM_CODES: Readonly<Record<string, FailureCode>> = {
  iss: 'id_token_issuer_wrong',
  aud: 'id_token_audience_wrong',
  azp: 'id_token_party_wrong',
  nonce: 'id_token_nonce_wrong',
  exp: 'id_token_expired',
  nbf: 'id_token_not_yet_valid',
};

const INVALID = {
  discovery: 'discovery_invalid',
  token: 'token_response_invalid',
  profile: 'profile_invalid',
} as const satisfies Record<Step, string>;

const credentialsHint =
  'client_id or secret are not those of the server: enter them again in /admin/socialaccount/socialapp/';
const profileHint =
  'the access token lacks the scope that the profile needs, or the profile address belongs to another server';
const addressHint = "check the server's base URL: this is not the answer of an OAuth 2 server";

/** The error, what caused it, and so on. */
function* causes(error: unknown): Generator<unknown> {
  let current = error;
  for (let depth = 0; depth < 6 && current !== undefined && current !== null; depth += 1) {
    yield current;
    current = current instanceof Error ? current.cause : undefined;
  }
}

function messages(error: Error): string[] {
  return [...causes(error)].flatMap((cause) => (cause instanceof Error ? [cause.message] : []));
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
