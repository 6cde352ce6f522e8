/**
 * What an authorization request has to prove before its errors may be sent anywhere: first the client, then the redirect URI
 * (RFC 6749 §4.1.2.1, DOT#1719). Until both are proven an error is shown to the person.
 *
 * Owns these two proofs and the reasons of error pages. The rest of the request is `authorization-request.ts`.
 */
import type { Application } from './application.ts';
import { isDocumentAddress, presentedClientId } from './client-id.ts';
import { type ProtocolError, protocolError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { ApplicationReader, ClientDocumentReader } from './ports/applications.ts';
import { matchRedirectUri } from './redirect-uri.ts';
import { type ResponseMode, responseModeOf } from './response-mode.ts';

/** Where an answer goes once client and redirect URI are proven. */
export interface ResponseTarget {
  readonly application: Application;
  readonly redirectUri: string;
  /** Exactly as it was sent; null when it was not. */
  readonly state: string | null;
  readonly responseMode: ResponseMode;
}

/** Why an error is shown to the person and not sent to the application. The pages have a text for each. */
export type ErrorPageReason =
  /** The request cannot be read: repeated `client_id`, malformed encoding and the like. */
  | 'malformed_request'
  /** 405; neither GET nor POST. */
  | 'method_not_allowed'
  | 'unknown_application'
  | 'application_disabled'
  | 'redirect_uri_missing'
  /** It is not, octet for octet, one that is registered. */
  | 'redirect_uri_mismatch'
  /** The pending sign-in is too old, or another browser's. */
  | 'request_expired'
  /** The form was sent before: the application has its answer. */
  | 'request_answered';

/** An error for the person's eyes. */
export interface ErrorPageRead {
  readonly outcome: 'error_page';
  readonly reason: ErrorPageReason;
  readonly error: ProtocolError;
  readonly application: Application | null;
}

/** What proving uses. */
export interface ProofDeps {
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  /** Absent: applications are known as they are kept, and no document is read. */
  readonly documents?: ClientDocumentReader | undefined;
}

/** Where answers may go, or the page that says why nowhere. */
export type Proof =
  | ErrorPageRead
  | {
      readonly outcome: 'proven';
      readonly target: ResponseTarget;
      readonly redirectUriWasSent: boolean;
      readonly modeFault: ProtocolError | null;
    };

/** Proves that there is such an application, and that it is in use. */
export async function proveClient(
  parameters: Parameters,
  deps: ProofDeps,
): Promise<ErrorPageRead | { readonly outcome: 'proven'; readonly application: Application }> {
  // CVE-2026-9689: of a repeated client_id or request_uri neither value is believed.
  const fault = parameters.faultOf('client_id') ?? parameters.faultOf('request_uri') ?? parameters.faultOf('');
  if (fault !== null) return errorPage('malformed_request', fault);
  const id = parameters.get('client_id');
  if (id === null) return errorPage('unknown_application', NO_CLIENT);
  const known = presentedClientId(id);
  if (known !== null && deps.documents !== undefined && isDocumentAddress(known)) {
    const described = await deps.documents(known);
    if (described.outcome === 'refused') return errorPage('unknown_application', described.error);
    return enabled(described.application);
  }
  const application = known === null ? null : await deps.applications.findByClientId(known);
  if (application === null) return errorPage('unknown_application', UNKNOWN_CLIENT);
  return enabled(application);
}

function enabled(application: Application) {
  if (application.disabledAtMs !== null) return errorPage('application_disabled', DISABLED, application);
  return { outcome: 'proven', application } as const;
}

/** RFC 6749 §3.1.2.3: proves the `redirect_uri` of the request, and reads how the answer is wanted. */
export function proveRedirectUri(parameters: Parameters, application: Application): Proof {
  // CVE-2026-9689: of a repeated redirect_uri neither value is believed.
  const fault = parameters.faultOf('redirect_uri') ?? parameters.faultOf('');
  if (fault !== null) return errorPage('malformed_request', fault, application);
  const asked = parameters.get('redirect_uri');
  const match = matchRedirectUri(asked, application);
  switch (match.outcome) {
    case 'matched': {
      const { mode, fault: modeFault } = responseModeOf(
        parameters.get('response_mode'),
        application.settings.responseModes,
      );
      const { redirectUri, wasSent } = match;
      const target = { application, redirectUri, state: parameters.get('state'), responseMode: mode };
      return { outcome: 'proven', target, redirectUriWasSent: wasSent, modeFault };
    }
    case 'missing':
      return errorPage('redirect_uri_missing', NO_REDIRECT_URI, application);
    case 'mismatch':
    case 'shape': {
      // D3: the owner sees both in the flow trace; the requester does not get the list.
      const detail = `${match.outcome}; asked: ${asked}; registered: ${application.redirectUris.join(' ')}`;
      return errorPage('redirect_uri_mismatch', { ...WRONG_REDIRECT_URI, detail }, application);
    }
    default:
      return match satisfies never;
  }
}

const NO_CLIENT = protocolError('invalid_request', 'The parameter client_id is missing (RFC 6749 section 4.1.1).');
const UNKNOWN_CLIENT = protocolError('invalid_request', 'No application has this client_id.');
const DISABLED = protocolError('unauthorized_client', 'This application has been disabled by the operator.');
const NO_REDIRECT_URI = protocolError(
  'invalid_request',
  'The parameter redirect_uri is missing, and the application has not exactly one registered (RFC 6749 section 3.1.2.3).',
);
const WRONG_REDIRECT_URI = protocolError(
  'invalid_request',
  'The redirect_uri is not registered for this application. It must be the same text, trailing slash included.',
);
export function errorPage(reason: ErrorPageReason, error: ProtocolError, application: Application | null = null) {
  return { outcome: 'error_page', reason, error, application } as const;
}
