/**
 * Client authentication (RFC 6749 §2.3): which application a back-channel request comes from, and by what proof.
 *
 * Owns the methods and the one answer that a failed proof gets. How a secret is kept is `client-secret.ts`. A further
 * method is one more case of `presentedClient` and one more name in `CLIENT_AUTHENTICATION_METHODS`.
 */
import { presentedSecret, type Secret } from '../vocabulary/credentials.ts';
import type { Application } from './application.ts';
import {
  assertionFault,
  type ClientAssertionDeps,
  type PresentedAssertion,
  presentedAssertion,
} from './client-assertion.ts';
import {
  type ClientCertificate,
  type ClientCertificateDeps,
  certificateFault,
  isTlsMethod,
} from './client-certificate.ts';
import { isDocumentAddress, presentedClientId } from './client-id.ts';
import { type ClientSecretKey, matchClientSecret } from './client-secret.ts';
import type { EndpointResponse } from './endpoint.ts';
import { errorResponse } from './error-response.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import type { ImportedSecrets } from './imported-secret.ts';
import { decode, hasControlCharacter, type Parameters } from './parameters.ts';
import type { ApplicationReader, ClientDocumentReader, ClientSecretUse } from './ports/applications.ts';

/** What is done; metadata leaves out those by a certificate where none can arrive. `none` is a public application, known by its `client_id` alone. */
export const CLIENT_AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;
/** One of {@link CLIENT_AUTHENTICATION_METHODS}. */
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number];

/** RFC 6749 §5.2, RFC 7617 §2: what a 401 to a client asks for. */
export const BASIC_CHALLENGE: Readonly<Record<string, string>> = { 'www-authenticate': 'Basic realm="diapason"' };

/** Who the client is, or the answer that refuses it. */
export type ClientAuthentication =
  | {
      readonly outcome: 'authenticated';
      readonly application: Application;
      readonly method: ClientAuthenticationMethod;
    }
  | { readonly outcome: 'refused'; readonly response: EndpointResponse };

/** What client authentication uses. */
export interface ClientAuthenticationDeps extends ClientAssertionDeps, ClientCertificateDeps {
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly clientSecretKey: ClientSecretKey;
  readonly secretUse: Pick<ClientSecretUse, 'secretWasUsed'>;
  readonly importedSecrets: ImportedSecrets;
  /** Where a sign-in may begin (RFC 9126, RFC 8628); absent: applications are known as they are kept, and no document is read. */
  readonly documents?: ClientDocumentReader | undefined;
}

/** What a request says about its client, before anything of it is proven. */
interface PresentedClient {
  readonly clientId: string;
  /** null: none was shown. The form-decoded reading first, then the raw one where it differs. */
  readonly secrets: readonly Secret<'client_secret'>[];
  readonly method: ClientAuthenticationMethod;
  /** null: none was shown. */
  readonly assertion: PresentedAssertion | null;
}

/** Longest `Authorization` value looked at: a client id and a secret of 1,000 characters, encoded twice. */
const AUTHORIZATION_CHARACTERS_MAX = 4_096;

/**
 * Authenticates the client of a back-channel request.
 * @returns `invalid_client` (401, with `WWW-Authenticate`, RFC 6749 §5.2) in one wording for an unknown client, a disabled
 *   one, and a wrong or missing secret; what is wrong with a `client_assertion` is said; `invalid_request` for more than one
 *   method or two different client ids; `temporarily_unavailable` (503, with `Retry-After`) while too many imported secrets
 *   are being verified.
 */
export async function authenticateClient(
  request: {
    readonly authorization: string | null;
    readonly certificate?: ClientCertificate | null | undefined;
    readonly parameters: Parameters;
  },
  nowMs: number,
  deps: ClientAuthenticationDeps,
): Promise<ClientAuthentication> {
  const presented = presentedClient(request.authorization, request.parameters);
  if (isProtocolError(presented)) return refused(presented);
  const known = await clientOf(presented.clientId, deps);
  if (isProtocolError(known)) {
    // RFC 6749 §5.2: what is wrong with the client has one code, wherever its description comes from.
    return refused(known.code === 'invalid_request' ? { ...known, code: 'invalid_client' } : known);
  }
  const application = known;

  // The HMAC is made whether or not the application exists, and every secret is compared.
  const secrets = application?.secrets ?? [];
  const matched = presented.secrets
    .map((secret) => matchClientSecret(secret, secrets, deps.clientSecretKey))
    .find((record) => record !== null);

  if (application === null) return failed('no such client');
  if (application.disabledAtMs !== null) return failed('the application is disabled');
  if (application.type === 'public') {
    // RFC 6749 §2.3.1: an empty secret is the same as none. django-oauth-toolkit gave public applications one too, which
    // their clients show: it proves nothing more, and a wrong one is wrong.
    if (presented.assertion !== null) return failed('a public application has no key');
    if (presented.secrets.length > 0 && matched === undefined) {
      const compared = await deps.importedSecrets.match(presented.secrets, secrets);
      if (compared.outcome === 'busy') return busy(compared.retryAfterSeconds);
      if (compared.record === null) return failed('the public application has no such secret');
    }
    return { outcome: 'authenticated', application, method: 'none' };
  }
  const { clientAuthentication } = application.settings;
  if (isTlsMethod(clientAuthentication)) {
    // RFC 6749 §2.3: no more than one method in a request. A certificate counts as none until it is looked at.
    if (presented.method !== 'none') return failed(`the application is set to ${clientAuthentication}`);
    const fault = await certificateFault(request.certificate ?? null, clientAuthentication, application, nowMs, deps);
    return fault === null ? { outcome: 'authenticated', application, method: clientAuthentication } : refused(fault);
  }
  // RFC 9700 §2.5: who has a key is not let in by something weaker.
  if ((clientAuthentication === 'private_key_jwt') !== (presented.assertion !== null)) {
    return failed(`the application is set to ${clientAuthentication}`);
  }
  if (presented.assertion !== null) {
    const fault = await assertionFault(presented.assertion, application, nowMs, deps);
    return fault === null ? { outcome: 'authenticated', application, method: presented.method } : refused(fault);
  }
  if (presented.secrets.length === 0) return failed('a confidential application showed no secret');
  let used = matched;
  if (used === undefined && secrets.some(({ importedHash }) => importedHash !== null)) {
    const compared = await deps.importedSecrets.match(presented.secrets, secrets);
    if (compared.outcome === 'busy') return busy(compared.retryAfterSeconds);
    used = compared.record ?? undefined;
  }
  if (used === undefined) return failed('no secret of the application is this one');
  deps.secretUse.secretWasUsed(used.id, nowMs);
  return { outcome: 'authenticated', application, method: presented.method };
}

/** @returns what is wrong with the document that describes it; null: there is none of this name. */
async function clientOf(
  text: string,
  { applications, documents }: Pick<ClientAuthenticationDeps, 'applications' | 'documents'>,
): Promise<Application | ProtocolError | null> {
  const id = presentedClientId(text);
  if (id === null) return null;
  if (documents === undefined || !isDocumentAddress(id)) return applications.findByClientId(id);
  const described = await documents(id);
  return described.outcome === 'found' ? described.application : described.error;
}

function presentedClient(authorization: string | null, parameters: Parameters): PresentedClient | ProtocolError {
  const bodyId = parameters.get('client_id');
  const bodySecret = parameters.get('client_secret');
  if (parameters.has('client_assertion') || parameters.has('client_assertion_type')) {
    // RFC 6749 §2.3: no more than one method in a request.
    if (authorization !== null || bodySecret !== null) return TWO_METHODS;
    const assertion = presentedAssertion(parameters);
    if (isProtocolError(assertion)) return assertion;
    return { clientId: assertion.clientId, secrets: [], method: 'private_key_jwt', assertion };
  }
  if (authorization !== null) {
    const basic = parseBasic(authorization);
    if (isProtocolError(basic)) return basic;
    // RFC 6749 §2.3: no more than one method in a request.
    if (bodySecret !== null) return TWO_METHODS;
    if (bodyId !== null && bodyId !== basic.clientId) {
      return protocolError('invalid_request', 'The client_id in the body is not the one in the Authorization header.');
    }
    return basic;
  }
  if (bodyId === null) {
    return protocolError('invalid_client', `The request does not say which client it is from. ${METHODS_HINT}`);
  }
  if (bodySecret === null) return { clientId: bodyId, secrets: [], method: 'none', assertion: null };
  const secrets = [presentedSecret<'client_secret'>(bodySecret)];
  return { clientId: bodyId, secrets, method: 'client_secret_post', assertion: null };
}

const TWO_METHODS = protocolError(
  'invalid_request',
  'The client authenticates twice, in the Authorization header and in the body, or by a secret and an assertion.',
);

/**
 * RFC 7617 §2 and RFC 6749 §2.3.1: id and secret are form-encoded, joined by a colon, then base64.
 * Many clients leave the form-encoding out, which shows only where an imported secret has `+` or `%` in it: then the raw
 * text is tried as well. It costs a guesser nothing to send both by themselves.
 */
function parseBasic(authorization: string): PresentedClient | ProtocolError {
  const malformed = protocolError(
    'invalid_client',
    'The Authorization header is not Basic with base64 of client_id:client_secret (RFC 6749 section 2.3.1).',
  );
  if (authorization.length > AUTHORIZATION_CHARACTERS_MAX) return malformed;
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return malformed;
  const text = strictUtf8(Buffer.from(encoded, 'base64'));
  if (text === null || hasControlCharacter(text)) return malformed;
  const colon = text.indexOf(':');
  if (colon === -1) return malformed;
  const id = decode(text.slice(0, colon));
  const raw = text.slice(colon + 1);
  if (id === null || id === '') return malformed;
  const method = 'client_secret_basic';
  if (raw === '') return { clientId: id, secrets: [], method, assertion: null };
  const decoded = decode(raw);
  const secrets = decoded === null || decoded === raw ? [raw] : [decoded, raw];
  return { clientId: id, secrets: secrets.map(presentedSecret<'client_secret'>), method, assertion: null };
}

function strictUtf8(octets: Buffer): string | null {
  const text = octets.toString('utf8');
  return text.includes('\ufffd') ? null : text;
}

const METHODS_HINT =
  'Send HTTP Basic, or client_id and client_secret in the body, or a client_assertion; a public client, or one with a certificate, sends client_id alone.';

function failed(detail: string): ClientAuthentication {
  return refused(
    protocolError(
      'invalid_client',
      'Client authentication failed: the client_id is unknown, or its secret is missing or wrong.',
      detail,
    ),
  );
}

/** RFC 9110 §15.6.4. */
function busy(retryAfterSeconds: number): ClientAuthentication {
  const error = protocolError(
    'temporarily_unavailable',
    'Too many imported client secrets are being verified right now. Try again after the seconds of Retry-After.',
  );
  return {
    outcome: 'refused',
    response: errorResponse(error, { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}

function refused(error: ProtocolError): ClientAuthentication {
  // RFC 6749 §5.2: 401 names the scheme to use.
  const options = error.code === 'invalid_client' ? { headers: BASIC_CHALLENGE } : {};
  return { outcome: 'refused', response: errorResponse(error, options) };
}
