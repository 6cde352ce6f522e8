/**
 * The authorization response (RFC 6749 §4.1.2, RFC 9207): to a proven redirect URI, in the response mode of the request.
 *
 * Owns how it is written. `state` goes back as it came, and `iss` is in every one (RFC 9700 §2.1, mix-up). Which mode a
 * request means is `response-mode.ts`.
 */
import type { Secret } from '../vocabulary/credentials.ts';
import { numericDate } from '../vocabulary/time.ts';
import type { ResponseTarget } from './authorization-proof.ts';
import type { ProtocolError } from './errors.ts';
import type { Signer } from './ports/signer.ts';

/** JARM §2.1: short-lived, as the code in it is; a slow browser and clocks that differ fit into ten minutes. */
const RESPONSE_LIFETIME_SECONDS = 600;

/** A response, ready for the browser. */
export type AuthorizationResponse =
  | { readonly kind: 'redirect'; readonly location: string }
  /** Form Post Response Mode 1.0 §2: a page that posts these fields to `action`. */
  | { readonly kind: 'form_post'; readonly action: string; readonly fields: readonly ResponseField[] };

/** A parameter of the response. */
export interface ResponseField {
  readonly name: string;
  readonly value: string;
}

/** What writing one uses. */
export interface ResponseDeps {
  /** RFC 9207 `iss`. */
  readonly issuer: string;
  readonly signer: Pick<Signer, 'sign'>;
  readonly clock: () => number;
  /** What this request is found by, for whoever may see why it was refused; absent: it is not told. */
  readonly reference?: string;
}

/** The response that carries a code. */
export function codeResponse(
  target: ResponseTarget,
  code: Secret<'code'>,
  deps: ResponseDeps,
): Promise<AuthorizationResponse> {
  return respond(target, [{ name: 'code', value: code }], deps);
}

/** The response that carries an error (RFC 6749 §4.1.2.1). Only for a target whose client and redirect URI are proven. */
export function errorResponseTo(
  target: ResponseTarget,
  error: ProtocolError,
  deps: ResponseDeps,
): Promise<AuthorizationResponse> {
  const answer = [
    { name: 'error', value: error.code },
    { name: 'error_description', value: error.hint },
    // §4.1.2: "The client MUST ignore unrecognized response parameters."
    ...(deps.reference === undefined ? [] : [{ name: 'reference', value: deps.reference }]),
  ];
  return respond(target, answer, deps);
}

async function respond(
  target: ResponseTarget,
  answer: readonly ResponseField[],
  deps: ResponseDeps,
): Promise<AuthorizationResponse> {
  const { redirectUri, responseMode, state } = target;
  const plain = [
    ...answer,
    ...(state === null ? [] : [{ name: 'state', value: state }]),
    { name: 'iss', value: deps.issuer },
  ];
  switch (responseMode) {
    case 'query':
      return { kind: 'redirect', location: queryLocation(redirectUri, plain) };
    case 'fragment':
      return { kind: 'redirect', location: fragmentLocation(redirectUri, plain) };
    case 'form_post':
      return { kind: 'form_post', action: redirectUri, fields: plain };
    case 'query.jwt':
      return { kind: 'redirect', location: queryLocation(redirectUri, await signed(target, plain, deps)) };
    case 'fragment.jwt':
      return { kind: 'redirect', location: fragmentLocation(redirectUri, await signed(target, plain, deps)) };
    case 'form_post.jwt':
      return { kind: 'form_post', action: redirectUri, fields: await signed(target, plain, deps) };
    default:
      return responseMode satisfies never;
  }
}

/** JARM §2.1: all of it in one JWT, signed with the algorithm that the application has for its ID tokens. */
async function signed(
  { application }: ResponseTarget,
  plain: readonly ResponseField[],
  deps: ResponseDeps,
): Promise<readonly ResponseField[]> {
  const issuedAt = numericDate(deps.clock());
  const claims = {
    ...Object.fromEntries(plain.map(({ name, value }) => [name, value])),
    aud: application.clientId,
    iat: issuedAt,
    exp: issuedAt + RESPONSE_LIFETIME_SECONDS,
  };
  const jwt = await deps.signer.sign(claims, { algorithm: application.idTokenAlgorithm, type: 'JWT' });
  return [{ name: 'response', value: jwt }];
}

/** The redirect URI is not parsed and written anew: what was registered stays as it is, octet for octet (§3.1.2). */
function queryLocation(redirectUri: string, fields: readonly ResponseField[]): string {
  const separator = redirectUri.includes('?') ? (/[?&]$/.test(redirectUri) ? '' : '&') : '?';
  return `${redirectUri}${separator}${encoded(fields)}`;
}

/** No redirect URI has a fragment of its own (`redirect-uri.ts`). */
function fragmentLocation(redirectUri: string, fields: readonly ResponseField[]): string {
  return `${redirectUri}#${encoded(fields)}`;
}

function encoded(fields: readonly ResponseField[]): string {
  return fields.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('&');
}
