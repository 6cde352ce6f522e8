/**
 * `@diapason/client/resource-server`: an API that lets in who brings an access token.
 *
 * Owns the options, the order of the checks and the metadata of the resource. Stands alone: an API needs no pages and no store.
 *
 * @module @diapason/client/resource-server
 */

import { createHash } from 'node:crypto';
import { requireBaseUrl } from './providers/base-url.ts';
import { type AccessToken, type Refused, refused, TOKEN_REFUSALS, type TokenRefusal } from './resource/access-token.ts';
import { createAuthorizationServer } from './resource/authorization-server.ts';
import { challengeResponse, type Demand } from './resource/challenge.ts';
import {
  createNonces,
  createReplayMemory,
  DPOP_ALGORITHMS,
  type Nonces,
  type ReplayMemory,
  verifyProof,
} from './resource/dpop-proof.ts';
import { createIntrospection } from './resource/introspection.ts';
import { createJwtVerifier } from './resource/jwt-access-token.ts';

export { type AccessToken, createReplayMemory, type ReplayMemory, TOKEN_REFUSALS, type TokenRefusal };

const SECRET_LENGTH_MIN = 32;

/** What `createResourceServer()` takes. */
export interface ResourceServerOptions {
  /** The API's identifier (RFC 8707, RFC 9728): an https URL at which people reach it, and the audience of its tokens. */
  readonly resource: string;
  /** The authorization server. */
  readonly issuer: string;
  /** Where this API reaches that server, when it is another address. */
  readonly backChannelUrl?: string;
  /** http beyond this machine, as between containers. */
  readonly allowInsecure?: boolean;
  /**
   * Without it tokens are JWTs (RFC 9068), verified here: a revoked one is accepted until it expires. With it the server is asked
   * (RFC 7662), and its answer is believed for `cacheMs` (default 5 seconds): a revoked token is accepted for that long at most.
   */
  readonly introspection?: { readonly clientId: string; readonly clientSecret: string; readonly cacheMs?: number };
  /** How far the clocks of the two servers may be apart. Default 10 seconds. */
  readonly clockToleranceMs?: number;
  readonly dpop?: {
    /** Refuse tokens that are bound to no key. Default false. */
    readonly required?: boolean;
    /** 32 characters or more: proofs have to carry a nonce of ours (RFC 9449 §9). */
    readonly nonceSecret?: string;
    /** Where used proofs are remembered. Default: in this process. */
    readonly replays?: ReplayMemory;
  };
  /** RFC 9728: what the metadata says to whoever develops against the API. */
  readonly metadata?: { readonly name?: string; readonly documentation?: string; readonly scopes?: readonly string[] };
  /** Told of every refusal. The entry never holds a token. Default: nothing is logged. */
  readonly log?: (entry: { readonly reason: TokenRefusal; readonly detail: string }) => void;
  /** For the back channel. Default: the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Epoch milliseconds. Default: the system's clock. */
  readonly now?: () => number;
}

/** What a route demands. */
export interface TokenDemand {
  /** Every one of them, as a list or separated by spaces. */
  readonly scope?: string | readonly string[];
  /** One of them. Default: the resource. null: whatever the server issues, for servers whose tokens have no audience. */
  readonly audience?: string | readonly string[] | null;
  /** RFC 9470: one of these authentication contexts. */
  readonly acr?: string | readonly string[];
  /** RFC 9470: the person authenticated no longer ago than this. */
  readonly maxAgeMs?: number;
}

/** What an adapter knows about the connection. */
export interface ResourceConnection {
  /** RFC 8705: the certificate that the sender proved in the TLS handshake, DER. */
  readonly certificate?: Uint8Array;
}

/** An API's side of OAuth. */
export interface ResourceServer {
  /** The verified token of a request, or the answer that says what is missing. Never throws for what a request says. */
  requireToken(
    request: Request,
    demand?: TokenDemand,
    connection?: ResourceConnection,
  ): Promise<AccessToken | Response>;
  /** Answers the address of the metadata (RFC 9728 §3), and null for every other. */
  handle(request: Request): Response | null;
  /** Where the metadata is: in `WWW-Authenticate`, and for whoever is told of the API. */
  readonly metadataUrl: string;
  /** `https://api.example.org`: in the place of what `Host` says. */
  readonly origin: string;
}

/** @throws TypeError that names the option which is wrong. */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  const allowInsecure = options.allowInsecure ?? false;
  requireBaseUrl(options.resource, 'resource', allowInsecure);
  requireBaseUrl(options.issuer, 'issuer', allowInsecure);
  const resource = new URL(options.resource);
  const now = options.now ?? Date.now;
  const nonces = readNonces(options.dpop?.nonceSecret);
  const deps: Deps = {
    options,
    origin: resource.origin,
    verify: createVerifier(options, allowInsecure, now),
    nonces,
    replays: options.dpop?.replays ?? createReplayMemory(),
    now,
  };
  // RFC 9728 §3.1: between host and path.
  const metadataPath = `/.well-known/oauth-protected-resource${resource.pathname.replace(/\/$/, '')}`;
  const metadataUrl = `${resource.origin}${metadataPath}`;
  const metadata = JSON.stringify(metadataOf(options));
  return {
    metadataUrl,
    origin: resource.origin,
    requireToken: async (request, wanted = {}, connection = {}) => {
      const demand = readDemand(wanted);
      const outcome = await check(request, { ...wanted, ...demand }, connection, deps);
      if (!('kind' in outcome)) return outcome;
      options.log?.({ reason: outcome.reason, detail: outcome.detail });
      const bearer = options.dpop?.required !== true;
      const dpopNonce = nonces?.current(now()) ?? null;
      return challengeResponse(outcome, { demand, metadataUrl, bearer, dpopNonce });
    },
    handle: (request) => {
      if (new URL(request.url).pathname !== metadataPath) return null;
      const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };
      if (request.method === 'GET') return new Response(metadata, { headers });
      if (request.method === 'HEAD') return new Response(null, { headers });
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    },
  };
}

interface Deps {
  readonly options: ResourceServerOptions;
  readonly origin: string;
  readonly verify: (token: string, audience: readonly string[] | null) => Promise<AccessToken | Refused>;
  readonly nonces: Nonces | null;
  readonly replays: ReplayMemory;
  readonly now: () => number;
}

/** Presented how → verified → bound to the sender → enough for the route. */
async function check(
  request: Request,
  wanted: Demand & Pick<TokenDemand, 'audience'>,
  connection: ResourceConnection,
  deps: Deps,
): Promise<AccessToken | Refused> {
  const presented = readAuthorization(request);
  if ('kind' in presented) return presented;
  const { audience = deps.options.resource } = wanted;
  const token = await deps.verify(presented.token, audience === null ? null : listOf(audience));
  if ('kind' in token) return token;
  const { keyThumbprint, certificateThumbprint } = token.boundTo;
  if (presented.scheme === 'DPoP' || keyThumbprint !== null || deps.options.dpop?.required === true) {
    const unproven = await checkProof(request, presented, keyThumbprint, deps);
    if (unproven !== null) return unproven;
  }
  // RFC 8705 §3
  if (certificateThumbprint !== null) {
    if (connection.certificate === undefined) return refused('certificate_missing');
    const here = createHash('sha256').update(connection.certificate).digest('base64url');
    if (here !== certificateThumbprint) return refused('certificate_wrong');
  }
  const lacking = wanted.scope.find((each) => !token.scope.has(each));
  if (lacking !== undefined) return refused('scope_insufficient', lacking);
  return authenticatedEnough(token, wanted, deps) ? token : refused('authentication_insufficient', token.acr ?? '');
}

async function checkProof(
  request: Request,
  presented: { readonly scheme: 'Bearer' | 'DPoP'; readonly token: string },
  keyThumbprint: string | null,
  deps: Deps,
): Promise<Refused | null> {
  // RFC 9449 §7.2: a bound token is worth nothing as a bearer token; §7.1: nor is an unbound one with a proof.
  if (presented.scheme === 'Bearer') return refused('dpop_scheme_needed');
  if (keyThumbprint === null) return refused('dpop_key_wrong', 'the token is bound to no key');
  const proof = request.headers.get('dpop');
  if (proof === null) return refused('dpop_proof_missing');
  const { pathname } = new URL(request.url);
  const proven = await verifyProof(
    proof,
    { method: request.method, url: `${deps.origin}${pathname}`, accessToken: presented.token },
    deps,
  );
  if (proven.kind === 'refused') return proven;
  return proven.thumbprint === keyThumbprint ? null : refused('dpop_key_wrong');
}

/** RFC 9470 §3: what the server does not say is not enough. */
function authenticatedEnough(token: AccessToken, demand: Demand, deps: Deps): boolean {
  if (demand.acr.length > 0 && (token.acr === null || !demand.acr.includes(token.acr))) return false;
  if (demand.maxAgeMs === null) return true;
  return token.authenticatedAtMs !== null && deps.now() - token.authenticatedAtMs <= demand.maxAgeMs;
}

/** RFC 6750 §2.1 and RFC 9449 §7.1: the header alone. Tokens in a query or a form end up in logs. */
function readAuthorization(request: Request): { scheme: 'Bearer' | 'DPoP'; token: string } | Refused {
  const header = request.headers.get('authorization');
  if (header === null) return refused('token_missing');
  // The web's Headers joins two of one name by a comma, which no token has in it.
  if (header.includes(',')) return refused('token_repeated');
  const match = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header);
  if (match === null) return /^(bearer|dpop)\b/i.test(header) ? refused('token_malformed') : refused('token_missing');
  return { scheme: match[1]?.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token: match[2] ?? '' };
}

function createVerifier(options: ResourceServerOptions, allowInsecure: boolean, now: () => number): Deps['verify'] {
  const server = createAuthorizationServer({
    issuer: options.issuer,
    backChannelUrl: options.backChannelUrl ?? null,
    allowInsecure,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    now,
  });
  const clockToleranceMs = options.clockToleranceMs ?? 10_000;
  const { introspection } = options;
  return introspection === undefined
    ? createJwtVerifier({ server, clockToleranceMs, now })
    : createIntrospection({ server, clockToleranceMs, now, ...introspection, cacheMs: introspection.cacheMs ?? 5_000 });
}

function readNonces(secret: string | undefined): Nonces | null {
  if (secret === undefined) return null;
  if (secret.length >= SECRET_LENGTH_MIN) return createNonces(secret);
  throw new TypeError(`dpop.nonceSecret: expected ${SECRET_LENGTH_MIN} characters or more`);
}

function readDemand(wanted: TokenDemand): Demand {
  return { scope: listOf(wanted.scope), acr: listOf(wanted.acr), maxAgeMs: wanted.maxAgeMs ?? null };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? value.split(' ').filter((each) => each !== '') : value;
}

/** RFC 9728 §2 */
function metadataOf(options: ResourceServerOptions): Readonly<Record<string, unknown>> {
  const { name, documentation, scopes } = options.metadata ?? {};
  return {
    resource: options.resource,
    authorization_servers: [options.issuer],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    dpop_bound_access_tokens_required: options.dpop?.required === true,
    tls_client_certificate_bound_access_tokens: true,
    ...(scopes === undefined ? {} : { scopes_supported: scopes }),
    ...(name === undefined ? {} : { resource_name: name }),
    ...(documentation === undefined ? {} : { resource_documentation: documentation }),
  };
}
