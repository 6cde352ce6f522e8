/**
 * Introspection as a signed JWT (RFC 9701): evidence of what this server said of a token, to be kept by who asked.
 *
 * Owns how it is asked for and its claims. What is said of a token is `introspection.ts`.
 */
import { type Clock, numericDate } from '../vocabulary/time.ts';
import type { EndpointResponse } from './endpoint.ts';
import type { ApplicationReader } from './ports/applications.ts';
import type { Signer } from './ports/signer.ts';

/** §4, §5: the content type, and without `application/` the type of the JWT, which keeps it from being taken for a token. */
const MEDIA_TYPE = 'application/token-introspection+jwt';
const TYPE = 'token-introspection+jwt';

/** What it uses. */
export interface SignedIntrospectionDeps {
  readonly issuer: string;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly signer: Pick<Signer, 'sign'>;
  readonly clock: Clock;
}

/** §4: whether the `Accept` header asks for it by name. Whoever takes anything gets JSON. */
export function acceptsJwt(accept: string | null): boolean {
  const ranges = (accept ?? '').slice(0, 1_000).split(',');
  return ranges.some((range) => {
    const [media = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return media === MEDIA_TYPE && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** §5: signs a good answer for the application that asked, with the algorithm of its ID tokens. */
export async function signedIntrospection(
  answered: EndpointResponse,
  deps: SignedIntrospectionDeps,
): Promise<EndpointResponse> {
  const { clientId, body } = answered;
  const application = clientId === undefined ? null : await deps.applications.findByClientId(clientId);
  // It was there a moment ago: it authenticated.
  if (application === null) return answered;
  const claims = {
    iss: deps.issuer,
    aud: application.clientId,
    iat: numericDate(deps.clock()),
    // §5: the members of the token stay inside, where no verifier takes them for this JWT's own. No sub and no exp (§8.1).
    token_introspection: body,
  };
  const signed = await deps.signer.sign(claims, { algorithm: application.idTokenAlgorithm, type: TYPE });
  return { ...answered, headers: { ...answered.headers, 'content-type': MEDIA_TYPE }, body: signed };
}
