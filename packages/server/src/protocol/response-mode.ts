/**
 * Response modes: how the answer of the authorization endpoint reaches the application (OAuth 2.0 Multiple Response Type
 * Encoding Practices §2.1, Form Post Response Mode 1.0, JARM §2.3).
 *
 * Owns the list and which of it a request means. How each is written is `authorization-response.ts`.
 */
import { type ProtocolError, protocolError } from './errors.ts';

/** What metadata advertises and what is done. `jwt` is not among them: it stands for `query.jwt` (JARM §2.3.4). */
export const RESPONSE_MODES = ['query', 'fragment', 'form_post', 'query.jwt', 'fragment.jwt', 'form_post.jwt'] as const;
/** One of {@link RESPONSE_MODES}. */
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** How a request is answered, and what is wrong with the mode that it asked for; null: nothing. */
export interface ResponseModeRead {
  readonly mode: ResponseMode;
  readonly fault: ProtocolError | null;
}

/**
 * The mode of a request of an application that takes `responseModes`. Where the one asked for cannot be had, the refusal goes out in a mode that the application takes:
 * `query` where it may, else its first.
 * @returns the fault `invalid_request` for a mode that does not exist or that the application does not take (ASVS 10.4.12).
 */
export function responseModeOf(asked: string | null, responseModes: readonly ResponseMode[]): ResponseModeRead {
  const fallback = responseModes.includes('query') ? 'query' : (responseModes[0] ?? 'query');
  // OAuth 2.0 Multiple Response Type Encoding Practices §3: of the response type code the default is query.
  const wanted = asked === null ? 'query' : asked === 'jwt' ? 'query.jwt' : asked;
  const mode = RESPONSE_MODES.find((name) => name === wanted);
  if (mode === undefined) return { mode: fallback, fault: UNKNOWN };
  return responseModes.includes(mode) ? { mode, fault: null } : { mode: fallback, fault: NOT_TAKEN };
}

const UNKNOWN = protocolError(
  'invalid_request',
  'The response_mode is none of query, fragment, form_post, jwt, query.jwt, fragment.jwt and form_post.jwt.',
);
const NOT_TAKEN = protocolError(
  'invalid_request',
  'This application does not take this response_mode (query where none is sent). See the response modes in its settings.',
);
