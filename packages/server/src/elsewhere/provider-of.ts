/**
 * From the operator's declaration of a provider to the client library's.
 *
 * Owns the translation. What is particular to each service is the library's.
 */
import {
  apple,
  auth0,
  diapason,
  github,
  gitlab,
  google,
  keycloak,
  microsoft,
  oauth2,
  oidc,
  type Provider,
} from '@diapason/client/relying-party';
import type { IdentityProvider } from '../vocabulary/identity-provider.ts';

/** The provider. @throws TypeError for what `config/identity-providers.ts` refuses. */
export function providerOf(declared: IdentityProvider): Provider {
  const { id, name, scope, trustEmail } = declared;
  const common = {
    id,
    name,
    ...(scope === null ? {} : { scope }),
    ...(trustEmail === null ? {} : { trustEmail }),
  };
  switch (declared.kind) {
    case 'google':
      return google({ ...common, hostedDomains: declared.hostedDomains });
    case 'github':
      return github({ ...common, ...serverOf(declared.serverUrl) });
    case 'gitlab':
      return gitlab({ ...common, ...serverOf(declared.serverUrl) });
    case 'microsoft': {
      const { tenant, tenants } = declared;
      return microsoft({ ...common, tenants, ...(tenant === null ? {} : { tenant }) });
    }
    case 'apple':
      return apple({ ...common, teamId: declared.teamId, keyId: declared.keyId });
    case 'keycloak':
      return keycloak({ ...common, realmUrl: declared.realmUrl, roles: declared.roles });
    case 'auth0':
      return auth0({ ...common, domain: declared.domain });
    case 'diapason':
      return diapason({ ...common, serverUrl: declared.serverUrl });
    case 'oidc':
      return oidc({ ...common, issuer: declared.issuer });
    case 'oauth2': {
      const { issuer, authorizationUrl, tokenUrl, profileUrl, uid, fields } = declared;
      const addresses = { issuer, authorizationUrl, tokenUrl, profileUrl };
      return oauth2({ ...common, ...addresses, uid, ...(fields === null ? {} : { fields }) });
    }
    default:
      return declared satisfies never;
  }
}

function serverOf(serverUrl: string | null) {
  return serverUrl === null ? {} : { serverUrl };
}
