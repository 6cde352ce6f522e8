/**
 * OAuth 2.0 Protected Resource Metadata (RFC 9728) of the resources that this server has itself: `/profile/` and userinfo.
 *
 * Owns the documents and what points to them from a challenge. How a token is shown there is `bearer.ts`.
 */
import type { EndpointResponse } from './endpoint.ts';
import { issuerOf } from './issuer.ts';
import { PROTECTED_RESOURCES, type ProtectedResourcePath } from './own-resources.ts';

/** RFC 9728 §3: the well-known part stands between the host and the path of the resource. */
export function resourceMetadataPath(path: ProtectedResourcePath): string {
  return `/.well-known/oauth-protected-resource${path}`;
}

/**
 * RFC 9728 §2: the document of a resource.
 * @param slash whether the address that was asked for ends in one. §3.3: a client refuses a document whose `resource` is
 *   not the identifier that it began with, and both forms of our addresses answer.
 */
export function protectedResourceMetadata(
  path: ProtectedResourcePath,
  slash: boolean,
  deps: { readonly baseUrl: string },
): Readonly<Record<string, unknown>> {
  const { name, scopes, methods } = PROTECTED_RESOURCES[path];
  return {
    resource: `${deps.baseUrl}${path}${slash ? '/' : ''}`,
    authorization_servers: [issuerOf(deps.baseUrl)],
    scopes_supported: scopes,
    bearer_methods_supported: methods,
    resource_name: name,
  };
}

/**
 * RFC 9728 §5.1: a challenge says where the document is. With a slash at its end, as the addresses that metadata and
 * documentation name have one.
 */
export function withResourceMetadata(
  response: EndpointResponse,
  path: ProtectedResourcePath,
  deps: { readonly baseUrl: string },
): EndpointResponse {
  const challenge = response.headers['www-authenticate'];
  if (challenge === undefined) return response;
  const pointer = `resource_metadata="${deps.baseUrl}${resourceMetadataPath(path)}/"`;
  return { ...response, headers: { ...response.headers, 'www-authenticate': `${challenge}, ${pointer}` } };
}
