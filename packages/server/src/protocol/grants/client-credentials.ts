/**
 * The client credentials grant (RFC 6749 §4.4): a confidential application for itself.
 *
 * Owns its scope rule: what speaks about a person (`openid profile email offline_access`) cannot be given where there is
 * none. Asked for by name it is refused, so that its developer learns of it; without `scope` it is left out of "all".
 * No refresh token (§4.4.3).
 */
import type { Application } from '../application.ts';
import { detailsWithoutPerson, withDetails } from '../authorization-details.ts';
import { isProtocolError, type ProtocolError, protocolError } from '../errors.ts';
import { requestedResources } from '../resource-indicators.ts';
import { requestedScope, type ScopeRegistry } from '../scopes.ts';
import { withResources } from '../token-context.ts';
import { mintAccessToken, tokenResponse } from '../token-response.ts';
import type { Grant, GrantDeps, GrantOutcome, TokenRequest } from './grant.ts';

/** `grant_type=client_credentials`. */
export const clientCredentialsGrant: Grant = {
  type: 'client_credentials',
  name: 'client-credentials',
  redeem: redeemClientCredentials,
};

async function redeemClientCredentials(request: TokenRequest, deps: GrantDeps): Promise<GrantOutcome> {
  const { application, confirmation, nowMs } = request;
  // RFC 6749 §4.4: confidential clients only.
  if (application.type === 'public') {
    return refused(
      protocolError(
        'unauthorized_client',
        'A public client cannot use client_credentials: it has nothing to prove itself by.',
      ),
    );
  }
  const details = detailsWithoutPerson(request.parameters, application, deps.detailTypes);
  if (isProtocolError(details)) return refused(details);
  const asked = request.parameters.get('scope');
  const detailsAlone = asked === null && details.length > 0;
  const scope = detailsAlone ? [] : scopeWithoutPerson(asked, application, deps.scopes);
  if (isProtocolError(scope)) return refused(scope);
  const resources = requestedResources(request.parameters, application, deps.issuer);
  if (isProtocolError(resources)) return refused(resources);
  const context = withDetails(withResources(null, resources), details);
  const access = await mintAccessToken(
    { application, accountId: null, familyId: null, authentication: null, scope, context, confirmation, nowMs },
    deps,
  );
  await deps.grants.issueAccessToken(access.record);
  return { outcome: 'issued', response: tokenResponse({ access, refreshToken: null, idToken: null }) };
}

function scopeWithoutPerson(
  asked: string | null,
  application: Application,
  registry: ScopeRegistry,
): readonly string[] | ProtocolError {
  const requested = requestedScope(asked, application, registry, 'application');
  if (requested.outcome === 'refused') return requested.error;
  const scope = requested.scope.filter((name) => registry.get(name)?.aboutPerson === false);
  if (asked !== null && scope.length < requested.scope.length) {
    return protocolError(
      'invalid_scope',
      'The scopes openid, profile, email and offline_access are about a person, and client_credentials has none.',
    );
  }
  if (scope.length > 0) return scope;
  return protocolError(
    'invalid_scope',
    'This application has no scope that works without a person. Assign it one, such as read, in its settings.',
  );
}

function refused(error: ProtocolError): GrantOutcome {
  return { outcome: 'refused', error };
}
