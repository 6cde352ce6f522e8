/**
 * The end of a sign-in: from the response in the browser's URL to a person.
 *
 * Owns the order of the checks: `state` first, then the issuer, then what the server says, and only then is the code exchanged.
 * What becomes of the person in this application is decided in `flows/`.
 */
import * as openid from 'openid-client';
import { type Failure, failure } from '../core/failure.ts';
import { readFields, readSubject } from '../providers/profile-fields.ts';
import type { OAuth2Provider, OidcProvider, Profile, ProfileFields, Provider } from '../providers/provider.ts';
import type { Sealer } from '../security/sealing.ts';
import { type Attempt, findAttempt } from './attempt.ts';
import type { ProtocolClient } from './client-configuration.ts';
import { type DpopKey, dpopHandle } from './dpop-key.ts';
import { protocolFailure } from './protocol-failures.ts';

/** Who came back. */
export interface Identity {
  readonly kind: 'identified';
  readonly issuer: string;
  readonly subject: string;
  readonly fields: ProfileFields;
  /** All that the provider said about the person. */
  readonly profile: Profile;
  /** What the ID token says, which the provider signed: when and how the person was authenticated among it. null without OpenID Connect. */
  readonly claims: Profile | null;
  /** Kept for RP-initiated logout; null without OpenID Connect. */
  readonly idToken: string | null;
  /** The provider's own session (`sid`), by which it may end ours. */
  readonly sid: string | null;
  readonly tokens: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly lifetimeSeconds: number | null;
    /** The key that they are bound to (RFC 9449); null: bearer tokens. */
    readonly dpopKey: DpopKey | null;
  };
}

/** Steps 1 and 2: the attempt that a response belongs to. Nothing has been asked of the server. */
export function matchAttempt(
  provider: Provider,
  query: URLSearchParams,
  cookies: ReadonlyMap<string, string>,
  deps: { sealer: Pick<Sealer, 'open'>; now: () => number },
): Attempt | Failure {
  // RFC 6749 §3.1: parameters are not repeated.
  const states = query.getAll('state');
  const [state] = states;
  if (state === undefined || states.length > 1 || !/^[A-Za-z0-9_-]{22}$/.test(state)) {
    return failure('state_missing', `the callback came with ${states.length} usable state parameters`, {
      hint: 'the server must return state as it was sent; a bookmark of the callback address has none that fits',
    });
  }
  // RFC 6749 §10.12: bound to the browser that asked.
  const attempt = findAttempt(state, cookies, deps);
  if (attempt === 'missing') {
    return failure(
      'attempt_missing',
      'no sign-in with this state was started in this browser, or it was completed already',
      {
        hint: 'cookies blocked, another host name than the configured url, the Back button, or a foreign link',
      },
    );
  }
  if (attempt === 'expired') return failure('attempt_expired', 'the sign-in was started more than an hour ago');
  // RFC 9700 §4.4: a response at one provider's redirect URI must not answer a request to another.
  if (attempt.provider !== provider.id) {
    return failure('attempt_other_provider', `the sign-in was started at "${attempt.provider}"`);
  }
  return attempt;
}

/** Steps 3 to 5: what the response says, the code's exchange, and the profile. */
export async function identify(
  provider: Provider,
  protocol: ProtocolClient,
  attempt: Pick<Attempt, 'state' | 'nonce' | 'codeVerifier'> & Partial<Pick<Attempt, 'dpopKey'>>,
  query: URLSearchParams,
  redirectUri: string,
): Promise<Identity | Failure> {
  const problem = readResponse(protocol, query);
  if (problem !== null) return problem;

  const currentUrl = new URL(`${redirectUri}?${query}`);
  // Apple's, for `profileFromResponse`; no parameter of OAuth.
  currentUrl.searchParams.delete('user');
  const checks: openid.AuthorizationCodeGrantChecks = {
    expectedState: attempt.state,
    pkceCodeVerifier: attempt.codeVerifier,
    ...(attempt.nonce === null ? {} : { expectedNonce: attempt.nonce, idTokenExpected: true }),
  };
  const dpopKey = attempt.dpopKey ?? null;
  const dpop = dpopKey === null ? {} : { DPoP: await dpopHandle(protocol.configuration, dpopKey) };
  let tokens: Tokens;
  try {
    tokens = await openid.authorizationCodeGrant(protocol.configuration, currentUrl, checks, undefined, dpop);
  } catch (error) {
    return protocolFailure(error, 'token', `token endpoint of "${provider.id}"`);
  }
  // RFC 9449 §5: a server that knows nothing of proofs ignores them, and its tokens are good in anybody's hand.
  if (dpopKey !== null && tokens.token_type !== 'dpop') {
    return failure('token_not_bound', `token endpoint of "${provider.id}" answered with a bearer token`);
  }
  const answered = { tokens, dpopKey, dpop };
  const identity =
    provider.protocol === 'oidc'
      ? await identifyByIdToken(provider, protocol, answered, query)
      : await identifyByProfile(provider, protocol, answered);
  if (identity.kind === 'failure') return identity;
  const refused = provider.accept?.(identity.profile) ?? null;
  return refused === null ? identity : failure('account_not_accepted', `a person of "${provider.id}": ${refused}`);
}

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;

/** What the token endpoint answered, and how a request with it proves the key. */
interface Answered {
  readonly tokens: Tokens;
  readonly dpopKey: DpopKey | null;
  readonly dpop: openid.DPoPOptions;
}

/** RFC 6749 §4.1.2 and RFC 9207 §2.4: null when the response holds a code of the right issuer. */
function readResponse(protocol: ProtocolClient, query: URLSearchParams): Failure | null {
  for (const name of ['code', 'error', 'iss']) {
    if (query.getAll(name).length > 1) return failure('authorization_response_invalid', `${name} comes more than once`);
  }
  const issuer = query.get('iss');
  if (issuer === null && protocol.issuerInResponse) return failure('issuer_missing', 'the response has no iss');
  if (issuer !== null && issuer !== protocol.issuer) {
    return failure(
      'issuer_mismatch',
      `the response names the issuer ${printable(issuer)}, expected ${protocol.issuer}`,
      {
        hint: "the browser's base URL of the server must be the one that the server is configured with",
      },
    );
  }
  const error = query.get('error');
  if (error !== null) return refusal(printable(error));
  if (!query.get('code')) return failure('authorization_response_invalid', 'the response has neither code nor error');
  return null;
}

/** RFC 6749 §4.1.2.1. */
function refusal(error: string): Failure {
  const detail = `the server answered the authorization request with ${error}`;
  switch (error) {
    case 'access_denied':
      return failure('access_denied', detail, { providerError: error });
    case 'server_error':
    case 'temporarily_unavailable':
      return failure('provider_busy', detail, { providerError: error, hint: "see the server's own log" });
    case 'invalid_scope':
      return failure('authorization_refused', detail, {
        providerError: error,
        hint: 'allow the scope for this application at the server, or ask for another one here',
      });
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return failure('authorization_refused', detail, {
        providerError: error,
        hint: 'allow the grant "authorization code" for this application at the server',
      });
    default:
      return failure('authorization_refused', detail, { providerError: error });
  }
}

async function identifyByProfile(
  provider: OAuth2Provider,
  protocol: ProtocolClient,
  answered: Answered,
): Promise<Identity | Failure> {
  const url = protocol.profileUrl;
  if (url === null) throw new Error('an OAuth 2 provider has a profile address');
  const response = await fetchProfile(url, provider, protocol, answered);
  if ('kind' in response) return response;
  if (!response.ok) {
    const code = response.status >= 500 ? 'provider_unreachable' : 'profile_refused';
    return failure(code, `${url} answered ${response.status}`, {
      hint: 'the access token lacks the scope that the profile needs, or the address belongs to another server',
    });
  }
  const first = readObject(await response.text());
  if (first === null) return failure('profile_invalid', `${url} did not answer with a JSON object`);
  const more: Record<string, unknown> = {};
  for (const [name, moreUrl] of Object.entries(protocol.moreProfileUrls)) {
    const document = await fetchProfile(moreUrl, provider, protocol, answered);
    if ('kind' in document && document.code === 'provider_unreachable') return document;
    if (!('kind' in document) && document.status >= 500) {
      return failure('provider_unreachable', `${moreUrl} answered ${document.status}`);
    }
    more[name] = 'kind' in document || !document.ok ? undefined : readJson(await document.text());
  }
  const profile = { ...first, ...more };
  const read = readSubject(provider.uid, profile);
  if ('problem' in read) return failure('profile_invalid', `${url}: ${read.problem}`);
  return {
    kind: 'identified',
    issuer: protocol.issuer,
    subject: read.subject,
    fields: readFields(provider.fields, profile),
    profile,
    claims: null,
    idToken: null,
    sid: null,
    tokens: issued(answered),
  };
}

async function fetchProfile(
  url: string,
  provider: OAuth2Provider,
  protocol: ProtocolClient,
  { tokens, dpop }: Answered,
): Promise<Response | Failure> {
  const headers = new Headers(provider.profileHeaders ?? { accept: 'application/json' });
  try {
    return await openid.fetchProtectedResource(
      protocol.configuration,
      tokens.access_token,
      new URL(url),
      'GET',
      undefined,
      headers,
      dpop,
    );
  } catch (error) {
    return protocolFailure(error, 'profile', url);
  }
}

async function identifyByIdToken(
  provider: OidcProvider,
  protocol: ProtocolClient,
  answered: Answered,
  response: URLSearchParams,
): Promise<Identity | Failure> {
  const { tokens, dpop } = answered;
  const claims = tokens.claims();
  if (claims === undefined) return failure('id_token_invalid', 'the token response has no ID token');
  let profile: Profile = { ...provider.profileFromResponse?.(response), ...claims };
  const { userinfo = true } = provider;
  if (userinfo && protocol.configuration.serverMetadata().userinfo_endpoint !== undefined) {
    try {
      // OpenID Connect Core §5.3.2: openid-client compares `sub`.
      profile = {
        ...profile,
        ...(await openid.fetchUserInfo(protocol.configuration, tokens.access_token, claims.sub, dpop)),
      };
    } catch (error) {
      return protocolFailure(error, 'profile', `userinfo endpoint of "${provider.id}"`);
    }
  }
  // OpenID Connect Core §5.7: iss and sub together, and nothing else, identify a person. Another uid is the ID token's as well.
  const read = readSubject(provider.uid ?? 'sub', claims);
  if ('problem' in read) return failure('profile_invalid', `ID token of "${provider.id}": ${read.problem}`);
  return {
    kind: 'identified',
    issuer: claims.iss,
    subject: read.subject,
    fields: readFields(provider.fields, profile),
    profile,
    claims: { ...claims },
    idToken: tokens.id_token ?? null,
    sid: typeof claims['sid'] === 'string' ? claims['sid'] : null,
    tokens: issued(answered),
  };
}

function issued({ tokens, dpopKey }: Answered): Identity['tokens'] {
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? null,
    lifetimeSeconds: tokens.expires_in ?? null,
    dpopKey,
  };
}

function readObject(text: string): Profile | null {
  const value = readJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Profile) : null;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
