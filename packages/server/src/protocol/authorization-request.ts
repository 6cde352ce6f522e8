/**
 * An authorization request, parsed once into a typed value (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
 *
 * Owns everything beyond the proof of client and redirect URI, which is `authorization-proof.ts`: its errors go to the application.
 * Whether the person has to sign in or consent is `authorization-step.ts`.
 */

import type { AuthorizationDetailTypes } from '../vocabulary/authorization-detail-type.ts';
import type { Digest } from '../vocabulary/credentials.ts';
import { wantsTwoFactors } from './acr.ts';
import type { Application } from './application.ts';
import { requestedDetails, scopeBeside, withDetails } from './authorization-details.ts';
import {
  type ErrorPageRead,
  errorPage,
  type Proof,
  type ProofDeps,
  proveClient,
  proveRedirectUri,
  type ResponseTarget,
} from './authorization-proof.ts';
import type { ProfileClaims } from './claims.ts';
import { readClaimsParameter } from './claims-parameter.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { isFapi } from './fapi.ts';
import { BAD_HINT, ENCRYPTED_HINT, isEncrypted } from './id-token-hint.ts';
import { type Parameters, parseParameters } from './parameters.ts';
import { challengeFault } from './pkce.ts';
import type { Signer } from './ports/signer.ts';
import {
  type RequestSource,
  type RequestSourceDeps,
  type RequestSourceRead,
  readRequestSource,
  readUnpushed,
  sourceFault,
} from './request-source.ts';
import { requestedResources } from './resource-indicators.ts';
import type { ScopeRegistry } from './scopes.ts';
import { wantsSecondFactor } from './second-factor.ts';
import { type AuthorizationDetail, boundTo, type TokenContext, withResources } from './token-context.ts';

/** What metadata advertises and what is accepted: no implicit, no hybrid (ASVS 10.6.1). */
export const RESPONSE_TYPES = ['code'] as const;
/** OpenID Connect Core §3.1.2.1, and Initiating User Registration 1.0 for `create`. */
export const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'] as const;
/** One of {@link PROMPTS}. */
export type Prompt = (typeof PROMPTS)[number];

/** An authorization request in which everything is checked that can be without a person. */
export interface AuthorizationRequest extends ResponseTarget {
  readonly redirectUriWasSent: boolean;
  /** RFC 9126: what it was pushed as; null: it was not. */
  readonly pushed: Digest | null;
  readonly scope: readonly string[];
  /** What a person is asked for: the scope, and the scopes of claims that are asked for by name. */
  readonly consentScope: readonly string[];
  /** RFC 9396: what it asks for in detail; empty: nothing. */
  readonly details: readonly AuthorizationDetail[];
  /** What its tokens will carry besides the scope; null: nothing. */
  readonly context: TokenContext | null;
  /** RFC 7636, S256. */
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly prompts: ReadonlySet<Prompt>;
  readonly maxAgeSeconds: number | null;
  /** Whose sign-in it has to be; null: anybody's. */
  readonly demanded: DemandedSubject | null;
  /**
   * Whether the sign-in has to be by two factors: without them it is refused (`claims`, §5.5.1.1; the application's `second_factor`), or
   * given with what it has (`acr_values`, §3.1.2.1: voluntary); null: one is enough.
   */
  readonly secondFactor: 'required' | 'wanted' | null;
  readonly loginHint: string | null;
  readonly uiLocales: readonly string[];
}

/** `sub` of the `id_token_hint`, which is one of our own, or of the parameter `claims`. */
export interface DemandedSubject {
  readonly sub: string;
  /** It stands in an ID token that this application was given: it may be what was said before its `subject_type` changed. */
  readonly fromOwnToken: boolean;
}

/** What a request came to. */
export type AuthorizationRequestRead =
  | ErrorPageRead
  | {
      readonly outcome: 'refused';
      readonly target: ResponseTarget;
      readonly error: ProtocolError;
      /** `prompt=none`: nobody may be asked anything on the way to the error. */
      readonly silent: boolean;
    }
  | { readonly outcome: 'read'; readonly request: AuthorizationRequest };

/** What reading a request uses. */
export interface AuthorizationRequestDeps extends RequestSourceDeps, ProofDeps {
  readonly signer: Pick<Signer, 'verifyOwn'>;
  readonly scopes: ScopeRegistry;
  readonly profileClaims: ProfileClaims;
  readonly detailTypes: AuthorizationDetailTypes;
}

/**
 * Parses, proves and checks an authorization request, given as its form-encoded parameters.
 * @param arrivedAtMs when the browser came with it: what is short-lived in it has to be good then.
 */
export async function readAuthorizationRequest(
  encoded: string,
  arrivedAtMs: number,
  deps: AuthorizationRequestDeps,
): Promise<AuthorizationRequestRead> {
  const outer = parseParameters(encoded);
  const client = await proveClient(outer, deps);
  if (client.outcome === 'error_page') return client;
  const { application } = client;
  const source = await readRequestSource(outer, application, arrivedAtMs, deps);
  return readSourced(source, source.outcome === 'read' && source.pushed !== null, outer, application, deps);
}

/** RFC 9126 §2.1: the same for a request that is being pushed by `application`, which has proven itself. */
export async function readPushedRequest(
  encoded: string,
  application: Application,
  nowMs: number,
  deps: AuthorizationRequestDeps,
): Promise<AuthorizationRequestRead> {
  const outer = parseParameters(encoded);
  return readSourced(await readUnpushed(outer, application, nowMs, null, deps), true, outer, application, deps);
}

async function readSourced(
  source: RequestSourceRead,
  isPushed: boolean,
  outer: Parameters,
  application: Application,
  deps: AuthorizationRequestDeps,
): Promise<AuthorizationRequestRead> {
  if (source.outcome === 'error_page') return errorPage(source.reason, source.error, application);
  if (source.outcome === 'refused') return refusedSource(source.error, outer, application);
  const proof = proveRedirectUri(source.parameters, application);
  if (proof.outcome === 'error_page') return proof;
  if (!proof.redirectUriWasSent && demandsRedirectUri(source.parameters, application)) {
    return errorPage('redirect_uri_missing', NO_OPENID_REDIRECT_URI, application);
  }
  const { target } = proof;
  const fault = source.parameters.firstFault() ?? proof.modeFault ?? sourceFault(source, isPushed, application);
  if (fault !== null) return refused(target, fault, source.parameters);
  return readParameters(source, proof, deps);
}

/**
 * OpenID Connect Core §3.1.2.1: `redirect_uri` is REQUIRED where the scope has `openid` in it, asked for by name or not.
 * Otherwise RFC 6749 §3.1.2.3 lets a client with one address leave it out.
 */
function demandsRedirectUri(parameters: Parameters, { settings, scopes }: Application): boolean {
  if (settings.redirectUriOptional) return false;
  const asked = parameters.get('scope');
  if (asked === null) return !parameters.has('authorization_details') && scopes.includes('openid');
  return asked.split(' ').includes('openid');
}

/** The request object is not good: its sender may hear of it where the parameters beside it prove to lead. */
function refusedSource(error: ProtocolError, outer: Parameters, application: Application): AuthorizationRequestRead {
  const proof = proveRedirectUri(outer, application);
  return proof.outcome === 'proven'
    ? refused(proof.target, error, outer)
    : errorPage('malformed_request', error, application);
}

function refused(target: ResponseTarget, error: ProtocolError, parameters: Parameters): AuthorizationRequestRead {
  return { outcome: 'refused', target, error, silent: parameters.get('prompt') === 'none' };
}

async function readParameters(
  { parameters, pushed }: RequestSource,
  { target, redirectUriWasSent }: Extract<Proof, { readonly outcome: 'proven' }>,
  deps: AuthorizationRequestDeps,
): Promise<AuthorizationRequestRead> {
  const refuse = (error: ProtocolError) => refused(target, error, parameters);
  const fault = requestFault(parameters, target.application);
  if (fault !== null) return refuse(fault);
  // FAPI 2.0 Security Profile §5.3.2.2
  if (isFapi(target.application.settings) && !redirectUriWasSent) return refuse(NO_FAPI_REDIRECT_URI);
  const details = requestedDetails(parameters.get('authorization_details'), target.application, deps.detailTypes);
  if (isProtocolError(details)) return refuse(details);
  const scope = scopeBeside(details, parameters.get('scope'), target.application, deps.scopes);
  if (scope.outcome === 'refused') return refuse(scope.error);
  const resources = requestedResources(parameters, target.application, deps.issuer);
  if (isProtocolError(resources)) return refuse(resources);
  const claims = readClaimsParameter(parameters.get('claims'), target.application.scopes, deps.profileClaims);
  if (isProtocolError(claims)) return refuse(claims);
  const prompts = parsePrompts(parameters);
  if (isProtocolError(prompts)) return refuse(prompts);
  const maxAgeSeconds = parseMaxAge(parameters.get('max_age'));
  if (isProtocolError(maxAgeSeconds)) return refuse(maxAgeSeconds);
  const demanded = await demandedSubject(parameters.get('id_token_hint'), claims.sub, target.application, deps.signer);
  if (isProtocolError(demanded)) return refuse(demanded);

  const dpopJkt = parameters.get('dpop_jkt');
  // RFC 9449 §10, RFC 7638 §3: SHA-256 in base64url.
  if (dpopJkt !== null && !/^[\w-]{43}$/.test(dpopJkt)) return refuse(BAD_JKT);

  return {
    outcome: 'read',
    request: {
      ...target,
      redirectUriWasSent,
      pushed,
      scope: scope.scope,
      consentScope: [...new Set([...scope.scope, ...claims.scope])],
      details,
      context: boundTo(
        withDetails(withResources(claims.claims === null ? null : { claims: claims.claims }, resources), details),
        dpopJkt === null ? null : { jkt: dpopJkt },
      ),
      codeChallenge: parameters.get('code_challenge'),
      nonce: parameters.get('nonce'),
      prompts,
      maxAgeSeconds,
      demanded,
      secondFactor: secondFactorOf(
        claims.twoFactors || wantsSecondFactor(target.application),
        parameters.get('acr_values'),
      ),
      loginHint: parameters.get('login_hint'),
      uiLocales: parseUiLocales(parameters.get('ui_locales')),
    },
  };
}

/** OpenID Connect Core §3.1.2.1: `acr_values` is voluntary, in the order of preference. */
function secondFactorOf(isRequired: boolean, acrValues: string | null): AuthorizationRequest['secondFactor'] {
  if (isRequired) return 'required';
  return acrValues !== null && wantsTwoFactors(acrValues.split(' ')) ? 'wanted' : null;
}

const NO_FAPI_REDIRECT_URI = protocolError(
  'invalid_request',
  'The parameter redirect_uri is missing: this application has to send it with each request (FAPI 2.0 Security Profile section 5.3.2.2).',
);
const NO_OPENID_REDIRECT_URI = protocolError(
  'invalid_request',
  'The parameter redirect_uri is missing: a request whose scope has openid in it has to send it (OpenID Connect Core section 3.1.2.1).',
);
const BAD_JKT = protocolError(
  'invalid_request',
  'The dpop_jkt is not the SHA-256 thumbprint of a key (RFC 9449 section 10).',
);
const TWO_PEOPLE = protocolError(
  'invalid_request',
  'The id_token_hint is about another person than the sub in the parameter claims.',
);

/** What an application can get wrong, in the order in which a developer would want to hear of it. */
function requestFault(parameters: Parameters, application: Application): ProtocolError | null {
  // OpenID Connect Core §7.2.1: what is not supported is said, not skipped.
  if (parameters.has('registration')) {
    return protocolError('registration_not_supported', 'The parameter registration is not supported.');
  }
  const responseType = parameters.get('response_type');
  if (responseType === null) {
    return protocolError('invalid_request', 'The parameter response_type is missing: send response_type=code.');
  }
  // RFC 9700 §2.1.2: no implicit, no hybrid.
  if (responseType !== 'code') {
    return protocolError(
      'unsupported_response_type',
      'The only response_type here is code, with PKCE, for applications in browsers too (RFC 9700 section 2.1.2).',
    );
  }
  if (!application.grants.includes('authorization-code')) {
    return protocolError(
      'unauthorized_client',
      'This application may not use the authorization code grant. Its owner can add it in the application settings.',
    );
  }
  const sent = { challenge: parameters.get('code_challenge'), method: parameters.get('code_challenge_method') };
  return challengeFault(sent, application);
}

/** OpenID Connect Core §3.1.2.1, and `approval_prompt=force`, as django-oauth-toolkit calls `prompt=consent`. */
function parsePrompts(parameters: Parameters): ReadonlySet<Prompt> | ProtocolError {
  const asked = (parameters.get('prompt') ?? '').split(' ').filter((value) => value !== '');
  const prompts = new Set(PROMPTS.filter((prompt) => asked.includes(prompt)));
  if (asked.some((value) => !(PROMPTS as readonly string[]).includes(value))) {
    return protocolError('invalid_request', `A value of prompt is not one of ${PROMPTS.join(', ')}.`);
  }
  if (prompts.has('none') && prompts.size > 1) {
    return protocolError(
      'invalid_request',
      'The prompt value none stands alone (OpenID Connect Core section 3.1.2.1).',
    );
  }
  if (parameters.get('approval_prompt') === 'force' && !prompts.has('none')) prompts.add('consent');
  return prompts;
}

function parseMaxAge(text: string | null): number | null | ProtocolError {
  if (text === null) return null;
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  return protocolError('invalid_request', 'The max_age is not a number of seconds, such as 3600.');
}

/**
 * OpenID Connect Core §3.1.2.1, §5.5.1: whose sign-in it has to be; null: anybody's. An ID token of another application is a hint
 * as well, of a person whom both know by the same name.
 */
async function demandedSubject(
  hint: string | null,
  claimed: string | null,
  { clientId }: Application,
  signer: Pick<Signer, 'verifyOwn'>,
): Promise<DemandedSubject | null | ProtocolError> {
  if (hint === null) return claimed === null ? null : { sub: claimed, fromOwnToken: false };
  if (isEncrypted(hint)) return ENCRYPTED_HINT;
  const { sub, aud } = (await signer.verifyOwn(hint)) ?? {};
  if (typeof sub !== 'string' || sub.length === 0) return BAD_HINT;
  if (claimed !== null && claimed !== sub) return TWO_PEOPLE;
  return { sub, fromOwnToken: aud === clientId };
}

/** Language tags (RFC 5646), best first. What is none is skipped: a preference is not worth an error (§3.1.2.1). */
export function parseUiLocales(text: string | null): readonly string[] {
  return (text ?? '').split(' ').filter((tag) => /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/.test(tag));
}
