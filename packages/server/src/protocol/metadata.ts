/**
 * What the server says about itself: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, one document for both.
 *
 * Owns the document. Each list in it is the registry that the endpoint itself reads.
 */
import type { ScopeRegistry } from './scopes.ts';

/** What the document is made of. */
export interface MetadataDeps {
  /** `DIAPASON_URL` without a slash at its end. */
  readonly baseUrl: string;
  readonly scopes: ScopeRegistry;
}

/** The document. It changes only with the configuration: make it once. */
export function providerMetadata(_deps: MetadataDeps): Readonly<Record<string, unknown>> {
  throw new Error('providerMetadata is being built');
}
