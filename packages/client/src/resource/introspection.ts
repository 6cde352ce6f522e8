/**
 * Access tokens that only the server can read: introspection (RFC 7662) with a small memory.
 *
 * Owns the memory: what the server said is believed for `cacheMs`, never beyond `exp`, so a revoked token is accepted for
 * `cacheMs` at most. Requests with one token that come together ask once. Only digests of tokens are kept.
 */
import { BackChannelError } from '../protocol/back-channel.ts';
import { digest } from '../security/tokens.ts';
import { type AccessToken, type Refused, readAccessToken, refused } from './access-token.ts';
import type { AuthorizationServer } from './authorization-server.ts';

/** About a megabyte; the oldest goes first. */
const REMEMBERED_MAX = 1_000;
const TOKEN_LENGTH_MAX = 16 * 1024;

/** Asks about one. */
export type Introspect = (token: string, audience: readonly string[] | null) => Promise<AccessToken | Refused>;

interface Remembered {
  readonly answer: Promise<Readonly<Record<string, unknown>>>;
  untilMs: number;
}

/** Introspection at this server, authenticated as this client. */
export function createIntrospection(deps: {
  readonly server: AuthorizationServer;
  readonly clientId: string;
  readonly clientSecret: string;
  /** 0: the server is asked each time. */
  readonly cacheMs: number;
  readonly clockToleranceMs: number;
  readonly now: () => number;
}): Introspect {
  const memory = new Map<string, Remembered>();
  const { server, now } = deps;

  const remembered = (token: string): Promise<Readonly<Record<string, unknown>>> => {
    const key = digest(token);
    const known = memory.get(key);
    if (known !== undefined && now() < known.untilMs) return known.answer;
    const asked: Remembered = { answer: ask(token, deps), untilMs: Number.POSITIVE_INFINITY };
    memory.delete(key);
    memory.set(key, asked);
    for (const oldest of memory.keys()) {
      if (memory.size <= REMEMBERED_MAX) break;
      memory.delete(oldest);
    }
    asked.answer.then(
      (claims) => {
        const expiresAtMs = typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : Number.POSITIVE_INFINITY;
        asked.untilMs = Math.min(now() + deps.cacheMs, expiresAtMs);
        if (deps.cacheMs === 0) memory.delete(key);
      },
      // What failed is asked again by the next one.
      () => memory.delete(key),
    );
    return asked.answer;
  };

  return async (token, audience) => {
    if (token.length > TOKEN_LENGTH_MAX) return refused('token_malformed', 'longer than any token');
    let claims: Readonly<Record<string, unknown>>;
    try {
      claims = await remembered(token);
    } catch (error) {
      if (error instanceof BackChannelError) return refused('server_unavailable', error.message);
      throw error;
    }
    // RFC 7662 §2.2: anything but true is no.
    if (claims['active'] !== true) return refused('token_inactive');
    const read = readAccessToken(claims);
    if ('kind' in read) return read;
    if (read.issuer !== null && read.issuer !== server.issuer) return refused('token_issuer_wrong', read.issuer);
    if (read.expiresAtMs !== null && now() >= read.expiresAtMs + deps.clockToleranceMs) return refused('token_expired');
    const notBefore = claims['nbf'];
    if (typeof notBefore === 'number' && notBefore * 1000 > now() + deps.clockToleranceMs) {
      return refused('token_not_yet_valid');
    }
    const fits = audience === null || audience.some((each) => read.audience.includes(each));
    return fits ? read : refused('token_audience_wrong', read.audience.join(' '));
  };
}

async function ask(
  token: string,
  deps: { readonly server: AuthorizationServer; readonly clientId: string; readonly clientSecret: string },
): Promise<Readonly<Record<string, unknown>>> {
  const { introspectionUrl } = await deps.server.addresses();
  if (introspectionUrl === null) {
    throw new BackChannelError(deps.server.issuer, 'the metadata has no introspection_endpoint');
  }
  const formEncoded = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length);
  // RFC 6749 §2.3.1: both form-encoded before they are put together.
  const basic = Buffer.from(`${formEncoded(deps.clientId)}:${formEncoded(deps.clientSecret)}`).toString('base64');
  const response = await deps.server.fetch(introspectionUrl, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
  });
  // Such as a token of a kind that the server introspects not at all: nobody vouches for it.
  if (response.status === 400) return { active: false };
  const answer: unknown = response.ok ? await response.json().catch(() => null) : null;
  if (typeof answer !== 'object' || answer === null) {
    const why = response.status === 401 ? 'the credentials for introspection were refused' : 'no introspection answer';
    throw new BackChannelError(introspectionUrl, `${why} (status ${response.status})`);
  }
  return answer as Readonly<Record<string, unknown>>;
}
