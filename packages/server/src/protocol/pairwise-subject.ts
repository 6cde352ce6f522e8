/**
 * Subject identifiers (OpenID Connect Core §8): under which name an application knows a person. `public`: the account's id, the
 * same everywhere. `pairwise`: another name at every sector, so that two applications cannot find out that they have the same
 * person.
 *
 * Owns the sector, the derivation, and what of a token's context comes of it. The session's id is derived too: it stands in ID
 * tokens and logout tokens as `sid`, and would say as much as the `sub`. Who may set what is `admin/application-rules.ts`.
 */
import type { Branded, SessionId } from '../vocabulary/identifiers.ts';
import type { Application } from './application.ts';
import { hmacSha256 } from './hmac.ts';
import { isLoopbackRedirect } from './redirect-uri.ts';
import type { ActClaim, TokenContext } from './token-context.ts';

/** HMAC-SHA-256 of persons and sessions, derived from `DIAPASON_SECRET`. Under another secret everybody is somebody else. */
export type PairwiseKey = Branded<Buffer, 'PairwiseKey'>;

/** What is read of an application. */
export type SubjectOwner = Pick<Application, 'clientId' | 'redirectUris' | 'settings'>;

/** The `sub` by which this application knows the account. 43 characters where it is pairwise. */
export function subjectOf(accountId: string, application: SubjectOwner, key: PairwiseKey): string {
  return isPairwise(application) ? derived('sub', accountId, application, key) : accountId;
}

/** The `sid` by which it knows the session. */
export function sessionNameOf(sessionId: SessionId, application: SubjectOwner, key: PairwiseKey): string {
  return isPairwise(application) ? derived('sid', sessionId, application, key) : sessionId;
}

/**
 * The same context with the names that the tokens of a sign-in will say. A family keeps them (§12.2 of OpenID Connect Core: a
 * refreshed ID token has the same `sub`), so that a setting that is changed is in force from the next sign-in on.
 * @param sessionId null: an access token alone comes of it.
 */
export function withSubject(
  context: TokenContext | null,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: SessionId | null },
  application: SubjectOwner,
  key: PairwiseKey,
): TokenContext | null {
  if (!isPairwise(application)) return context;
  return {
    ...context,
    subject: subjectOf(accountId, application, key),
    ...(sessionId === null ? {} : { sid: sessionNameOf(sessionId, application, key) }),
  };
}

/**
 * Who acts for a person (RFC 8693 §4.1), as this application may know of them: a person in the chain has a name of its own here
 * too, whichever application put them there. An application that acts for itself is its `client_id` everywhere.
 */
export function actorsFor(act: ActClaim, application: SubjectOwner, key: PairwiseKey): ActClaim {
  const sub = act.sub === act.client_id ? act.sub : subjectOf(act.sub, application, key);
  return { ...act, sub, ...(act.act === undefined ? {} : { act: actorsFor(act.act, application, key) }) };
}

/**
 * §8.1: the host of the sector identifier URI, or else of the redirect URIs. Where those name no host of its own (this machine, a
 * private-use scheme, none at all), an application is a sector by itself: `localhost` would be one that all of them share.
 */
export function sectorOf({ clientId, redirectUris, settings }: SubjectOwner): string {
  const { sectorIdentifierUri } = settings;
  const [host, ...others] =
    sectorIdentifierUri === null ? redirectHosts(redirectUris) : [new URL(sectorIdentifierUri).hostname];
  return host === undefined || others.length > 0 ? `client:${clientId}` : `host:${host}`;
}

/** The hosts of redirect URIs, each once; none of loopback addresses and private-use schemes. */
export function redirectHosts(redirectUris: readonly string[]): readonly string[] {
  const hosts = redirectUris
    .filter((uri) => /^https?:/.test(uri) && !isLoopbackRedirect(uri))
    .map((uri) => URL.parse(uri)?.hostname ?? '');
  return [...new Set(hosts)];
}

function isPairwise({ settings }: SubjectOwner): boolean {
  return settings.subjectType === 'pairwise';
}

/** JSON, since its texts can be put together in one way alone. */
function derived(kind: 'sub' | 'sid', id: string, application: SubjectOwner, key: PairwiseKey): string {
  return hmacSha256(key, JSON.stringify([kind, sectorOf(application), id])).toString('base64url');
}
