/** Signing and verifying with this server's own keys. Owns the interface; `keys/` implements it. */
import type { IdTokenAlgorithm } from '../application.ts';

/** Signs. Implemented by `keys/`. */
export interface Signer {
  /** Compact JWS over the claims, with `kid`, `typ` and `alg` set. @throws when no key of that algorithm exists. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    options: { readonly algorithm: IdTokenAlgorithm; readonly type: string },
  ): Promise<string>;
  /** RFC 7517 §5: public keys only, those that signed within the overlap included. */
  publicKeySet(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /**
   * Verifies a JWS that this server signed (id_token_hint), with any key that it still publishes, and answers its claims;
   * null when it is not ours, or of another `typ` than `type` (ID tokens' `JWT` unless said): an access token is never
   * taken for an ID token (ASVS 9.2.2). `exp` is not looked at.
   */
  verifyOwn(jws: string, type?: string): Promise<Readonly<Record<string, unknown>> | null>;
}
