/**
 * The scopes that exist: one registry that consent, tokens, metadata and registration all read.
 *
 * Owns the list, its syntax and the rules of RFC 6749 §3.3. Which claims a scope opens is `claims.ts`; the words that a
 * person reads for it are the pages' (`messageKey`), or the operator's own (`description`).
 */
import type { Application } from './application.ts';
import { type ProtocolError, protocolError } from './errors.ts';

/** A scope, and how it is put into words for a person. */
export interface ScopeDefinition {
  readonly name: string;
  /** Key of the pages' own text; null for a scope that the operator declared. */
  readonly messageKey: string | null;
  /** The operator's words; null for a scope of ours. */
  readonly description: string | null;
  /** Speaks about a person: without one (client credentials) it cannot be given. */
  readonly aboutPerson: boolean;
  /** Speaks about the application itself: in a person's name it is given only where the request names it. */
  readonly aboutApplication: boolean;
}

/** A scope that the operator declares. */
export interface DeclaredScope {
  readonly name: string;
  readonly description: string;
}

/** Every scope that exists, in the order in which it is shown. */
export type ScopeRegistry = ReadonlyMap<string, ScopeDefinition>;

const BUILT_IN: readonly ScopeDefinition[] = [
  { name: 'openid', messageKey: 'scope.openid', description: null, aboutPerson: true, aboutApplication: false },
  { name: 'profile', messageKey: 'scope.profile', description: null, aboutPerson: true, aboutApplication: false },
  { name: 'email', messageKey: 'scope.email', description: null, aboutPerson: true, aboutApplication: false },
  { name: 'groups', messageKey: 'scope.groups', description: null, aboutPerson: true, aboutApplication: false },
  { name: 'read', messageKey: 'scope.read', description: null, aboutPerson: false, aboutApplication: false },
  { name: 'write', messageKey: 'scope.write', description: null, aboutPerson: false, aboutApplication: false },
  {
    name: 'offline_access',
    messageKey: 'scope.offline_access',
    description: null,
    aboutPerson: true,
    aboutApplication: false,
  },
  {
    name: 'introspection',
    messageKey: 'scope.introspection',
    description: null,
    aboutPerson: false,
    aboutApplication: true,
  },
];

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). 100 characters: a scope is read by people too. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/**
 * Makes the registry of the built-in scopes and the operator's own.
 * @throws RangeError when a declared name is no scope-token (RFC 6749 §3.3) or is taken.
 */
export function scopeRegistry(declared: readonly DeclaredScope[] = []): ScopeRegistry {
  const registry = new Map(BUILT_IN.map((scope) => [scope.name, scope]));
  for (const { name, description } of declared) {
    if (!isScopeToken(name)) throw new RangeError(`a scope is 1 to 100 characters without space, quote or backslash`);
    if (registry.has(name)) throw new RangeError(`the scope ${name} exists already`);
    registry.set(name, { name, messageKey: null, description, aboutPerson: false, aboutApplication: false });
  }
  return registry;
}

/** RFC 6749 §3.3. */
export function isScopeToken(name: string): boolean {
  return SCOPE_TOKEN.test(name);
}

/** What `scope` came to: the list in the order asked for, each once, or the refusal. */
export type ScopeOutcome =
  | { readonly outcome: 'granted'; readonly scope: readonly string[] }
  | { readonly outcome: 'refused'; readonly error: ProtocolError };

/**
 * RFC 6749 §3.3: the scopes that a request of this application comes to. Without `scope`, all of the application's
 * (django-oauth-toolkit answers the same), but for what a person has no part in.
 * @param whose the application's own (client credentials), or a person's, who is asked for it.
 * @returns `invalid_scope` for one that does not exist or that the application was not assigned (ASVS 10.4.11); both get
 *   the same text, so that nobody learns what exists.
 */
export function requestedScope(
  asked: string | null,
  application: Pick<Application, 'scopes'>,
  registry: ScopeRegistry,
  whose: 'application' | 'person',
): ScopeOutcome {
  if (asked === null) {
    const isGiven = (scope: ScopeDefinition | undefined) =>
      scope !== undefined && !(whose === 'person' && scope.aboutApplication);
    const scope = application.scopes.filter((name) => isGiven(registry.get(name)));
    return scope.length > 0 ? { outcome: 'granted', scope } : { outcome: 'refused', error: NONE_ASSIGNED };
  }
  const names = scopeTokens(asked);
  const refused = names.find((name) => !registry.has(name) || !application.scopes.includes(name));
  if (names.length > 0 && refused === undefined) return { outcome: 'granted', scope: names };
  return {
    outcome: 'refused',
    error: protocolError(
      'invalid_scope',
      'A scope in the request does not exist or is not assigned to this application. See the scopes in its settings.',
      refused === undefined ? 'scope is blank' : `asked: ${asked}; assigned: ${application.scopes.join(' ')}`,
    ),
  };
}

const NONE_ASSIGNED = protocolError(
  'invalid_scope',
  'This application has no scope. Its owner can assign it some, such as read, in the application settings.',
);

/** Splits a scope value at its spaces, each name once. Names are not checked here. */
export function scopeTokens(text: string): readonly string[] {
  return [...new Set(text.split(' ').filter((name) => name !== ''))];
}
