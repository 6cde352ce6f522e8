/**
 * JWT access tokens (RFC 9068).
 *
 * Owns their claims. They are stored by digest like opaque ones, so that revocation, introspection and the server's own
 * resources treat them alike; a service that verifies one by itself sees a revocation only when the token expires.
 */
import { presentedSecret, type Randomness, type Secret } from '../vocabulary/credentials.ts';
import type { AccountId } from '../vocabulary/identifiers.ts';
import { numericDate } from '../vocabulary/time.ts';
import { acrOf } from './acr.ts';
import type { Application } from './application.ts';
import type { AuthenticationEvent } from './ports/people.ts';
import type { Signer } from './ports/signer.ts';
import type { TokenContext } from './token-context.ts';

/** §2.1: the type that keeps an access token from being taken for an ID token (ASVS 9.2.2). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** What a JWT access token says. */
export interface AccessTokenFacts {
  readonly application: Pick<Application, 'clientId' | 'idTokenAlgorithm'>;
  /** null: nobody stands behind it. */
  readonly accountId: AccountId | null;
  /** null as `accountId`. */
  readonly authentication: AuthenticationEvent | null;
  readonly scope: readonly string[];
  readonly context: TokenContext | null;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

/** Makes and signs one: `iss sub aud client_id iat exp jti scope auth_time acr amr cnf act
 * authorization_details`, §2.2. */
export async function signAccessToken(
  facts: AccessTokenFacts,
  deps: { readonly issuer: string; readonly signer: Pick<Signer, 'sign'>; readonly randomness: Randomness },
): Promise<Secret<'access_token'>> {
  const { application, authentication, context } = facts;
  const acr = authentication === null ? null : acrOf(authentication);
  const claims = {
    iss: deps.issuer,
    // §2.2: where nobody stands behind it, the application itself.
    sub: context?.subject ?? facts.accountId ?? application.clientId,
    aud: accessTokenAudience(context, deps.issuer),
    client_id: application.clientId,
    iat: numericDate(facts.nowMs),
    exp: numericDate(facts.expiresAtMs),
    jti: deps.randomness(16).toString('base64url'),
    // §2.2.3
    ...(facts.scope.length === 0 ? {} : { scope: facts.scope.join(' ') }),
    // RFC 9396 §9.1
    ...(context?.authorizationDetails === undefined ? {} : { authorization_details: context.authorizationDetails }),
    // §2.2.1
    ...(authentication === null ? {} : { auth_time: numericDate(authentication.authTimeMs) }),
    // RFC 9470 §6.1: by which an API knows whether the sign-in was strong enough.
    ...(acr === null ? {} : { acr }),
    ...(authentication === null || authentication.amr.length === 0 ? {} : { amr: authentication.amr }),
    ...(context?.confirmation === undefined ? {} : { cnf: context.confirmation }),
    // RFC 8693 §4.1
    ...(context?.act === undefined ? {} : { act: context.act }),
  };
  const options = { algorithm: application.idTokenAlgorithm, type: ACCESS_TOKEN_TYPE } as const;
  return presentedSecret<'access_token'>(await deps.signer.sign(claims, options));
}

/** §3: the resources, and of an exchanged token the applications, that were asked for; without any, the server's own, which are all under its issuer's name. */
export function accessTokenAudience(context: TokenContext | null, issuer: string): string | readonly string[] {
  const [first, ...others] = [...(context?.resources ?? []), ...(context?.audiences ?? [])];
  if (first === undefined) return issuer;
  return others.length === 0 ? first : [first, ...others];
}
