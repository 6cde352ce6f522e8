/**
 * What a code, a family or an access token carries besides its scope. Most carry nothing: then the whole is null.
 *
 * Owns the shape. Each field belongs to the file of its specification.
 */
import type { IdTokenAlgorithm } from './application.ts';

/** RFC 7800 §3.1, `cnf`: DPoP's `jkt` (RFC 9449 §6), mutual TLS's `x5t#S256` (RFC 8705 §3.1). */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string };

/** Names of claims, each of which exists and was allowed. */
export interface ClaimsRequest {
  readonly userinfo: readonly string[];
  readonly idToken: readonly string[];
}

/** RFC 9396 §2: what exactly is allowed, in the fields that the operator declared for its type. */
export interface AuthorizationDetail {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Absent fields mean nothing of the kind. Storage keeps it as JSON text in a column of its own. */
export interface TokenContext {
  /** RFC 8707: the resources (absolute URIs) that the token is for; its `aud`. */
  readonly resources?: readonly string[];
  /** OpenID Connect Core §5.5: claims that were asked for by name, besides those that the scope opens. */
  readonly claims?: ClaimsRequest;
  /** RFC 7800 §3.1: the key that its holder has to prove (DPoP: `jkt`; mutual TLS: `x5t#S256`). */
  readonly confirmation?: Confirmation;
  /** OpenID Connect Core §5.3.2: what userinfo is signed with; here, so that userinfo stays one read. Absent: it is JSON. */
  readonly userinfoAlgorithm?: IdTokenAlgorithm;
  /** RFC 9396 §7: what was granted in detail; of an access token what it was given of it. Not empty. */
  readonly authorizationDetails?: readonly AuthorizationDetail[];
  /** RFC 8693 §2.1: the applications, by `client_id`, that an exchanged token is for, beside its resources. */
  readonly audiences?: readonly string[];
  /** OpenID Connect Core §8.1: the pairwise `sub`; here, so that every endpoint says the same. Absent: the account's id. */
  readonly subject?: string;
  /** The `sid` that goes with it. */
  readonly sid?: string;
  /** RFC 8693 §4.1: who acts for the person, and for whom they act in turn. */
  readonly act?: ActClaim;
}

/** RFC 8693 §4.1: the acting party; a nested one acted before it. */
export interface ActClaim {
  readonly sub: string;
  readonly client_id: string;
  readonly act?: ActClaim;
}

/** The same but for its resources; undefined or none: it is for no resource in particular. */
export function withResources(
  context: TokenContext | null,
  resources: readonly string[] | undefined,
): TokenContext | null {
  const { resources: _, ...others } = context ?? {};
  return contextOrNull(resources === undefined || resources.length === 0 ? others : { ...others, resources });
}

/** The same with this key, in place of another it may have had; null: with whatever it has. */
export function boundTo(context: TokenContext | null, confirmation: Confirmation | null): TokenContext | null {
  return confirmation === null ? context : { ...context, confirmation };
}

/** The thumbprint of the DPoP key that it is bound to; null: to none. */
export function jktOf(context: TokenContext | null): string | null {
  const confirmation = context?.confirmation;
  return confirmation !== undefined && 'jkt' in confirmation ? confirmation.jkt : null;
}

/** The thumbprint of the certificate that it is bound to (RFC 8705 §3.1); null: to none. */
export function certificateOf(context: TokenContext | null): string | null {
  const confirmation = context?.confirmation;
  return confirmation !== undefined && 'x5t#S256' in confirmation ? confirmation['x5t#S256'] : null;
}

/** The same resources, key and all; the order of the fields does not matter. */
export function contextOrNull(context: TokenContext): TokenContext | null {
  return Object.values(context).some((value) => value !== undefined) ? context : null;
}
