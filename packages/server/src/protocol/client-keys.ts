/**
 * The public keys of an application (RFC 7517), registered by value or by address, and what is signed with them.
 *
 * Owns where the keys come from and which of them are tried. What a signed thing has to say is the file of its specification.
 */
import { createLocalJWKSet, errors, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Application } from './application.ts';
import type { KeySetReader } from './fetcher.ts';
import type { JsonWebKeySet } from './json-web-key-set.ts';

/** The keys that are there, or why there are none. */
export type ClientKeys =
  | { readonly outcome: 'read'; readonly jwks: JsonWebKeySet }
  | { readonly outcome: 'unavailable'; readonly detail: string };

/** What finding keys uses. */
export interface ClientKeysDeps {
  readonly keySets: KeySetReader;
}

/** The application's keys. `unknownKid` asks for a newer look at an address than the one that is kept. */
export async function clientKeys(
  application: Pick<Application, 'settings'>,
  deps: ClientKeysDeps,
  options: { readonly unknownKid: boolean } = { unknownKid: false },
): Promise<ClientKeys> {
  const { jwks, jwksUri } = application.settings;
  if (jwks !== null) return { outcome: 'read', jwks };
  if (jwksUri === null) return { outcome: 'unavailable', detail: 'the application has no keys registered' };
  return deps.keySets.keySet(jwksUri, options);
}

/**
 * Verifies a JWT with the application's keys; of a set at an address once more with what is there now, when no key fits.
 * @throws jose's errors: for a signature, a claim, or a key that is not there (`JWKSNoMatchingKey`, also without any keys).
 */
export async function verifyWithClientKeys(
  jwt: string,
  application: Pick<Application, 'settings'>,
  options: JWTVerifyOptions,
  deps: ClientKeysDeps,
): Promise<JWTVerifyResult> {
  const keys = await clientKeys(application, deps);
  if (keys.outcome === 'unavailable') throw new errors.JWKSNoMatchingKey(keys.detail);
  try {
    return await verifyWithSet(jwt, keys.jwks, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey) || application.settings.jwks !== null) throw error;
    const newer = await clientKeys(application, deps, { unknownKid: true });
    if (newer.outcome === 'unavailable') throw new errors.JWKSNoMatchingKey(newer.detail);
    return verifyWithSet(jwt, newer.jwks, options);
  }
}

/** ASVS 9.1.3: a key, certificate or address in the header (`jwk`, `x5c`, `jku`, `x5u`) is not looked at. */
async function verifyWithSet(jwt: string, jwks: JsonWebKeySet, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const keys = createLocalJWKSet({ keys: jwks.keys.map((key) => ({ kty: '', ...key })) });
  try {
    return await jwtVerify(jwt, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // RFC 7515 §4.1.4: without a `kid` several keys may fit.
    for await (const key of error) {
      try {
        return await jwtVerify(jwt, key, options);
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}
