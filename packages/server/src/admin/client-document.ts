/**
 * What a client document may say (draft-ietf-oauth-client-id-metadata-document §4): client metadata with its own address in it.
 *
 * Owns the members that are taken from one. A document is written for many servers: a grant or scope that this one would not give is
 * left out of it, and so is every other member, those among them that would have this server call at further addresses.
 */
import type { ClientId } from '../vocabulary/identifiers.ts';
import { type ClientMetadataRead, grantTypesOf, readClientMetadata } from './client-metadata.ts';
import type { OpenRegistration } from './client-registration.ts';

const TAKEN = [
  'client_name',
  'application_type',
  'redirect_uris',
  'post_logout_redirect_uris',
  'jwks',
  'jwks_uri',
  'client_uri',
  'policy_uri',
  'tos_uri',
] as const;

/** Reads a document that was found at an address. What is wrong is said in our words alone. */
export function readClientDocument(body: string, address: ClientId, bounds: OpenRegistration): ClientMetadataRead {
  const document = objectIn(body);
  if (document === null) return refused('it', 'is not a JSON object.');
  // §4: compared as text (RFC 3986 §6.2.1).
  if (document['client_id'] !== address) return refused('client_id', 'in it is not the address that it was read from.');
  // §4.1: what is public cannot hold a secret.
  if (document['client_secret'] !== undefined || document['client_secret_expires_at'] !== undefined) {
    return refused('client_secret', 'may not be in it.');
  }
  // RFC 7591 §2 has client_secret_basic where nothing is said, which no document can mean.
  const method = document['token_endpoint_auth_method'] ?? 'none';
  if (method !== 'none' && method !== 'private_key_jwt') {
    return refused('token_endpoint_auth_method', 'may be none or private_key_jwt.');
  }
  const redirectUris = document['redirect_uris'];
  if (!Array.isArray(redirectUris) || redirectUris.length === 0) {
    return refused('redirect_uris', 'has to be there, with an address in it.');
  }
  const grantTypes = within(document['grant_types'] ?? ['authorization_code'], grantTypesOf(bounds.grants));
  if (!grantTypes.includes('authorization_code')) return refused('grant_types', 'has to hold authorization_code.');
  if (!within(document['response_types'] ?? ['code'], ['code']).includes('code')) {
    return refused('response_types', 'has to hold code.');
  }
  const { scope } = document;
  const scopes = within(typeof scope === 'string' ? scope.split(' ') : [], bounds.scopes);
  const taken = Object.fromEntries(
    TAKEN.map((member) => [member, document[member]]).filter(([, value]) => value !== undefined),
  );
  const metadata = {
    ...taken,
    token_endpoint_auth_method: method,
    grant_types: grantTypes,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  };
  return readClientMetadata(metadata, { scopesMost: bounds.scopes, certificates: false });
}

function within(given: unknown, allowed: readonly string[]): readonly string[] {
  return Array.isArray(given) ? allowed.filter((name) => given.includes(name)) : [];
}

function objectIn(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function refused(member: string, text: string): ClientMetadataRead {
  return { outcome: 'refused', fault: { member, text } };
}
