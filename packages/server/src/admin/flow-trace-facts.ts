/**
 * What of a refused request may be kept: the few parameters that say what was asked, beside what is registered.
 *
 * Owns the rule that no secret is among them. Parameters are taken by name from a list of those that hold none, every value that the
 * request sent under another name is masked in them, and so is whatever has the form of a token. Which comparison a reason wants is
 * `protocol/refusal-reasons.ts`.
 */
import type { Application } from '../protocol/application.ts';
import type { Compared } from '../protocol/refusal-reasons.ts';
import type { FlowComparison } from './ports/flow-trace.ts';

/** A request's parts, unparsed. */
export interface SentParts {
  readonly query: string;
  readonly body: string;
  readonly authorization: string | null;
}

/** What may be kept of a request. */
export interface Asked {
  /** The application that it says it is from; null: it does not say. */
  readonly clientId: string | null;
  /** By name, cleaned. */
  readonly parameters: ReadonlyMap<string, string>;
  /** How the client proved itself, as far as the request shows. */
  readonly method: string;
  /** Masks in further text what this request sent as a secret. */
  readonly masked: (text: string) => string;
}

/** They hold no secret where they are used as they should be. */
const SHOWN: ReadonlySet<string> = new Set([
  'client_id',
  'redirect_uri',
  'post_logout_redirect_uri',
  'response_type',
  'response_mode',
  'grant_type',
  'scope',
  'resource',
  'code_challenge_method',
]);

/** What stands in a secret's place. */
const MASK = '•••';
const VALUE_CHARACTERS_MAX = 500;
const CLIENT_ID_CHARACTERS_MAX = 255;
/** The rest of a larger request is not looked at: an honest one is a tenth of it. */
const LOOKED_AT_CHARACTERS_MAX = 16_384;
/** A shorter value is in too many texts by chance. */
const SECRET_CHARACTERS_MIN = 6;
const SECRETS_MAX = 64;
/** Our own tokens, codes and secrets have 43 characters or more of this kind in a row, a part of a JWT has a dot behind it. */
const TOKEN_SHAPED = /[A-Za-z0-9_-]{43,}|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*/g;
/** Of addresses: what somebody put into a query though it does not belong there, and a user's name and password. */
const SENSITIVE_QUERY =
  /([?&;#](?:code|state|nonce|token|access_token|refresh_token|id_token|secret|client_secret|password|passwd|pwd|key|api_?key|session|sid|assertion|otp)=)[^&;#]*/gi;
const USER_INFORMATION = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?#]*@/;

/** Reads what may be kept of a request. Never throws: what cannot be read is left out. */
export function askedOf({ query, body, authorization }: SentParts): Asked {
  const sent = [...pairsOf(query), ...pairsOf(body)];
  const basic = basicOf(authorization);
  const secrets = new Set<string>();
  for (const value of [authorization?.replace(/^\S+ +/, ''), basic?.secret]) addSecret(secrets, value);
  for (const [name, value] of sent) if (!SHOWN.has(name)) addSecret(secrets, value);
  // The longest first: one may be a part of another.
  const hidden = [...secrets].sort((left, right) => right.length - left.length);
  const masked = (text: string) => maskedText(text, hidden);
  const parameters = new Map<string, string>();
  for (const [name, value] of sent) {
    if (SHOWN.has(name) && !parameters.has(name)) parameters.set(name, cleaned(value, masked));
  }
  // Of another's making: a request says it twice at most, and the header counts.
  const clientId = basic?.id ?? sent.find(([name]) => name === 'client_id')?.[1] ?? subjectOf(sent);
  return {
    clientId: clientId === null ? null : clientId.slice(0, CLIENT_ID_CHARACTERS_MAX),
    parameters,
    method: methodOf(sent, authorization),
    masked,
  };
}

/** Lays what was asked beside what is registered. @param application null: it is unknown. */
export function comparisonsOf(
  compared: Compared | null,
  { parameters, method, masked, clientId }: Asked,
  application: Application | null,
): readonly FlowComparison[] {
  if (compared === null) return [];
  const asked = parameters.get(compared) ?? null;
  const text = (registered: readonly string[], value = asked): FlowComparison[] => [
    { parameter: compared, asked: value, registered, kind: 'text' },
  ];
  switch (compared) {
    case 'client_id':
      return text([], clientId === null ? null : cleaned(clientId, masked));
    case 'redirect_uri':
      return text(application?.redirectUris ?? []);
    case 'post_logout_redirect_uri':
      return text(application?.postLogoutRedirectUris ?? []);
    case 'response_type':
      return text(['code']);
    case 'response_mode':
      return text(application?.settings.responseModes ?? []);
    case 'grant_type':
      return text(application?.grants.map(wireGrant) ?? []);
    case 'code_challenge_method':
      return text(['S256']);
    case 'client_authentication':
      return text(application === null ? [] : [methodSet(application)], method);
    case 'scope':
      return [{ parameter: compared, asked, registered: application?.scopes ?? [], kind: 'words' }];
    case 'resource':
      return [{ parameter: compared, asked, registered: application?.settings.resources ?? [], kind: 'words' }];
    default:
      return compared satisfies never;
  }
}

/** RFC 6749 §4, RFC 8628 §3.4, RFC 8693 §2.1: the names on the wire. */
function wireGrant(name: string): string {
  if (name === 'device-code' || name === 'token-exchange') {
    return `urn:ietf:params:oauth:grant-type:${name.replace('-', name === 'device-code' ? '_' : '-')}`;
  }
  return name.replaceAll('-', '_');
}

function methodSet({ type, settings }: Application): string {
  return type === 'public' ? 'none' : settings.clientAuthentication;
}

function methodOf(sent: readonly (readonly [string, string])[], authorization: string | null): string {
  const has = (name: string) => sent.some(([sentName]) => sentName === name);
  if (has('client_assertion')) return 'private_key_jwt';
  if (authorization !== null) return /^basic /i.test(authorization) ? 'client_secret_basic' : 'Authorization';
  return has('client_secret') ? 'client_secret_post' : 'none';
}

/** RFC 7523 §3: an assertion may say alone whose it is. Nothing of it is believed or kept but the name. */
function subjectOf(sent: readonly (readonly [string, string])[]): string | null {
  const assertion = sent.find(([name]) => name === 'client_assertion')?.[1];
  const [, payload] = assertion?.split('.') ?? [];
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return null;
    return typeof claims.sub === 'string' ? claims.sub : null;
  } catch {
    return null;
  }
}

function pairsOf(text: string): readonly (readonly [string, string])[] {
  return text === '' ? [] : [...new URLSearchParams(text.slice(0, LOOKED_AT_CHARACTERS_MAX))];
}

function basicOf(authorization: string | null): { readonly id: string; readonly secret: string } | null {
  const encoded = /^Basic +([A-Za-z0-9+/]{1,4096}={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return null;
  return { id: formDecoded(text.slice(0, colon)), secret: text.slice(colon + 1) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function addSecret(secrets: Set<string>, value: string | undefined): void {
  if (value === undefined || value.length < SECRET_CHARACTERS_MIN || secrets.size >= SECRETS_MAX) return;
  secrets.add(value);
  const decoded = formDecoded(value);
  if (decoded.length >= SECRET_CHARACTERS_MIN) secrets.add(decoded);
}

function maskedText(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, MASK);
  return shown
    .replace(TOKEN_SHAPED, MASK)
    .replace(SENSITIVE_QUERY, `$1${MASK}`)
    .replace(USER_INFORMATION, `$1${MASK}@`);
}

/** Control characters would be a log's or a terminal's to act on. */
function cleaned(value: string, masked: (text: string) => string): string {
  const cut = value.slice(0, VALUE_CHARACTERS_MAX * 4);
  return masked(cut)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .slice(0, VALUE_CHARACTERS_MAX);
}
