/**
 * RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) at `/o/logout/`.
 *
 * Owns the request's checks and whether the person is asked. Ending the session is `accounts/`.
 * An ID token is a hint and no lasting licence (D20): only the one of the session that is signed in now spares the
 * question (ASVS 10.6.2).
 */
import type { Application } from './application.ts';
import { parseUiLocales } from './authorization-request.ts';
import { formBodyFault } from './back-channel-request.ts';
import { presentedClientId } from './client-id.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import { BAD_HINT, ENCRYPTED_HINT, isEncrypted } from './id-token-hint.ts';
import { type PairwiseKey, sessionNameOf, subjectOf } from './pairwise-subject.ts';
import { type Parameters, parseParameters } from './parameters.ts';
import type { ApplicationReader } from './ports/applications.ts';
import type { SessionView } from './ports/people.ts';
import type { Signer } from './ports/signer.ts';
import { formActionSource } from './redirect-uri.ts';

/** A request to `/o/logout/`, unparsed. */
export interface LogoutHttpRequest {
  readonly method: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly body: string;
  /** True once the person has confirmed on our page (whose form http has proven to be ours). */
  readonly confirmed: boolean;
}

/** What logout uses. */
export interface LogoutDeps {
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly signer: Pick<Signer, 'verifyOwn'>;
  readonly pairwiseKey: PairwiseKey;
}

/** What the browser gets. */
export type LogoutOutcome =
  /** Nothing was ended, and nobody is sent anywhere. */
  | {
      readonly kind: 'error_page';
      readonly status: number;
      readonly error: ProtocolError;
      /** null: it is not known. */
      readonly application: Application | null;
    }
  /** Ask the person. The page's form posts `parameters` back unchanged, to this same endpoint, with the confirmation. */
  | {
      readonly kind: 'ask';
      readonly application: Application | null;
      readonly parameters: readonly (readonly [name: string, value: string])[];
      readonly uiLocales: readonly string[];
      readonly formActionSource: string | null;
    }
  /** End the session, if there is one, and go to `location`; null: to the server's own page that says so. */
  | {
      readonly kind: 'end';
      readonly application: Application | null;
      readonly location: string | null;
      readonly formActionSource: string | null;
    };

/** OpenID Connect RP-Initiated Logout 1.0 §2. GET and POST. */
export async function logoutEndpoint(
  request: LogoutHttpRequest,
  session: SessionView | null,
  deps: LogoutDeps,
): Promise<LogoutOutcome> {
  if (!METHODS.includes(request.method)) return errorPage(WRONG_METHOD, 405);
  const parameters = readParameters(request);
  if (isProtocolError(parameters)) return errorPage(parameters);
  const hint = parameters.get('id_token_hint');
  const claims = hint === null ? null : await deps.signer.verifyOwn(hint);
  const application = await findApplication(parameters, claims, deps);
  if (isProtocolError(application)) return errorPage(application);
  // A hint that we cannot read and nothing else to know the application by: most likely a mistake of its developer.
  if (hint !== null && claims === null && application === null) {
    return errorPage(isEncrypted(hint) ? ENCRYPTED_HINT : BAD_HINT);
  }
  const target = redirectTarget(parameters, application);
  if (isProtocolError(target)) return errorPage(target, 400, application);

  const formAction = target === null ? null : formActionSource(target);
  const theirs = session === null || (claims !== null && isOfSession(claims, session, application, deps.pairwiseKey));
  if (theirs || request.confirmed) {
    const location = target === null ? null : withState(target, parameters.get('state'));
    return { kind: 'end', application, location, formActionSource: formAction };
  }
  return {
    kind: 'ask',
    application,
    parameters: CARRIED.flatMap((name) => {
      const value = parameters.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
    uiLocales: parseUiLocales(parameters.get('ui_locales')),
    formActionSource: formAction,
  };
}

/**
 * Whether the hint is of this session: by the names that its application has for it, or by those of everybody, which it was told
 * where its `subject_type` was another then.
 */
function isOfSession(
  { sub, sid }: Readonly<Record<string, unknown>>,
  { accountId, sessionId }: SessionView,
  application: Application | null,
  key: PairwiseKey,
): boolean {
  if (sub === accountId && sid === sessionId) return true;
  if (application === null) return false;
  return sub === subjectOf(accountId, application, key) && sid === sessionNameOf(sessionId, application, key);
}

/** What the question's form carries through: the parameters of §2. */
const CARRIED = [
  'id_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
  'logout_hint',
] as const;
const METHODS = ['GET', 'HEAD', 'POST'];
const WRONG_METHOD = protocolError('invalid_request', 'The logout endpoint takes GET and POST.');

function readParameters(request: LogoutHttpRequest): Parameters | ProtocolError {
  const inBody = request.method === 'POST' && request.body !== '';
  const mediaFault = inBody ? formBodyFault(request.contentType) : null;
  if (mediaFault !== null) return mediaFault;
  const parts = inBody ? [request.query, request.body] : [request.query];
  const parameters = parseParameters(parts.filter((part) => part !== '').join('&'));
  return parameters.firstFault() ?? parameters;
}

/** §2: `client_id`, or the audience of the hint; with both, they must agree. */
async function findApplication(
  parameters: Parameters,
  claims: Readonly<Record<string, unknown>> | null,
  deps: LogoutDeps,
): Promise<Application | ProtocolError | null> {
  const asked = parameters.get('client_id');
  const audience = claims?.['aud'];
  if (asked !== null && audience !== undefined && audience !== asked) {
    return protocolError('invalid_request', 'The client_id is not the one that the id_token_hint was issued to.');
  }
  const named = asked ?? audience;
  const id = typeof named === 'string' ? presentedClientId(named) : null;
  const application = id === null ? null : await deps.applications.findByClientId(id);
  const usable = application?.disabledAtMs === null ? application : null;
  if (usable !== null || asked === null) return usable;
  return protocolError('invalid_request', 'No application has this client_id.');
}

/** §3: nobody is sent to an address that the application did not register, character for character. */
function redirectTarget(parameters: Parameters, application: Application | null): string | ProtocolError | null {
  const asked = parameters.get('post_logout_redirect_uri');
  if (asked === null) return null;
  if (application === null) {
    return protocolError(
      'invalid_request',
      'A post_logout_redirect_uri needs an id_token_hint or a client_id that says whose it is.',
    );
  }
  if (application.postLogoutRedirectUris.includes(asked)) return asked;
  return protocolError(
    'invalid_request',
    'The post_logout_redirect_uri is not registered for this application. It must be the same text, trailing slash included.',
    `asked: ${asked}; registered: ${application.postLogoutRedirectUris.join(' ')}`,
  );
}

function withState(uri: string, state: string | null): string {
  if (state === null) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}

function errorPage(error: ProtocolError, status = 400, application: Application | null = null): LogoutOutcome {
  return { kind: 'error_page', status, error, application };
}
