/**
 * Rich authorization requests (RFC 9396): the parameter `authorization_details`, held to the types that the operator declared.
 *
 * Owns its syntax, which types an application may ask for, and what a token carries of what was granted. Which details are
 * narrower than others is `authorization-details-narrowing.ts`; their words are the pages'.
 * The parameter `resource` changes nothing of what may be asked (§3.2); it says which details a token is sent out with.
 */
import type {
  AuthorizationDetailType,
  AuthorizationDetailTypes,
  DetailField,
  KnownValues,
} from '../vocabulary/authorization-detail-type.ts';
import type { Application } from './application.ts';
import { isNarrower, numberOf, uncovered } from './authorization-details-narrowing.ts';
import { isProtocolError, type ProtocolError, protocolError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { requestedScope, type ScopeOutcome, type ScopeRegistry } from './scopes.ts';
import type { AuthorizationDetail, TokenContext } from './token-context.ts';

/** A consent page with more is read by nobody. */
const DETAILS_MAX = 20;

type Json = Readonly<Record<string, unknown>>;
type Types = AuthorizationDetailTypes;
type Asking = Pick<Application, 'settings'>;

/**
 * The details that a request names, as they will be kept: declared fields alone, in the order of the declaration, whatever the
 * JSON that they came in made of repeated or hidden names.
 * @returns empty where it names none; `invalid_authorization_details` (§5) for what is no list of objects, a type that is not
 *   declared or not the application's, a field that is unknown, missing or of another shape, and for too many of them.
 */
export function requestedDetails(
  text: string | null,
  application: Asking,
  types: Types,
): readonly AuthorizationDetail[] | ProtocolError {
  if (text === null) return [];
  const list = parsedList(text);
  if (list === null) return NO_LIST;
  if (list.length === 0 || list.length > DETAILS_MAX) return WRONG_COUNT;
  const details: AuthorizationDetail[] = [];
  for (const given of list) {
    const read = readDetail(given, application, types);
    if (isProtocolError(read)) return read;
    details.push(read);
  }
  return details;
}

/**
 * §6: the details of an access token that is asked for on a grant: those that the token request names, each as wide as one of the
 * grant's or narrower (§6.1); all of the grant's where it names none, less what the application may no longer ask for.
 * @param granted those of the authorization request; undefined: it named none.
 */
export function narrowedDetails(
  parameters: Parameters,
  application: Asking,
  granted: readonly AuthorizationDetail[] | undefined,
  types: Types,
): readonly AuthorizationDetail[] | ProtocolError {
  const text = parameters.get('authorization_details');
  if (text === null && granted === undefined) return [];
  const kept = (granted ?? []).filter((detail) => !isProtocolError(readDetail(detail, application, types)));
  if (text === null) return kept;
  const asked = requestedDetails(text, application, types);
  if (isProtocolError(asked)) return asked;
  return isNarrower(asked, kept, types) ? asked : NOT_GRANTED;
}

/** §6 with nobody to ask: what client credentials may have, as the type's declaration says. */
export function detailsWithoutPerson(
  parameters: Parameters,
  application: Asking,
  types: Types,
): readonly AuthorizationDetail[] | ProtocolError {
  const asked = requestedDetails(parameters.get('authorization_details'), application, types);
  if (isProtocolError(asked)) return asked;
  return asked.every(({ type }) => types.get(type)?.withoutPerson === true) ? asked : NEEDS_PERSON;
}

/** Who asks in detail and names no scope gets none, in place of all: what was written out is what was meant (§3.1). */
export function scopeBeside(
  details: readonly AuthorizationDetail[],
  asked: string | null,
  application: Pick<Application, 'scopes'>,
  scopes: ScopeRegistry,
): ScopeOutcome {
  return asked === null && details.length > 0
    ? { outcome: 'granted', scope: [] }
    : requestedScope(asked, application, scopes, 'person');
}

/** What a person has to be asked: what was not allowed before as widely, and what is asked each time. */
export function detailsToAsk(
  asked: readonly AuthorizationDetail[],
  allowed: readonly AuthorizationDetail[],
  types: Types,
): { readonly fresh: readonly AuthorizationDetail[]; readonly eachTime: boolean } {
  if (asked.length === 0) return { fresh: [], eachTime: false };
  return { fresh: uncovered(asked, allowed, types), eachTime: asked.some((detail) => asksEachTime(detail, types)) };
}

/** What is kept of a consent: not what is asked each time. */
export function rememberedDetails(asked: readonly AuthorizationDetail[], types: Types): readonly AuthorizationDetail[] {
  return asked.filter((detail) => !asksEachTime(detail, types));
}

/** The same grant with other details; none: it has none. */
export function withDetails(
  context: TokenContext | null,
  details: readonly AuthorizationDetail[],
): TokenContext | null {
  if (details.length === 0 && context?.authorizationDetails === undefined) return context;
  const { authorizationDetails: _, ...others } = context ?? {};
  if (details.length > 0) return { ...others, authorizationDetails: details };
  return Object.keys(others).length === 0 ? null : others;
}

/**
 * §9.1, §9.2: the details that concern one of these audiences: those that name it among their `locations`, and those that name
 * no location.
 */
export function relevantDetails(
  details: readonly AuthorizationDetail[],
  audiences: readonly string[],
): readonly AuthorizationDetail[] {
  return details.filter(({ locations }) => {
    return !Array.isArray(locations) || locations.some((uri) => audiences.includes(String(uri)));
  });
}

/** A detail as the declaration of its type has it; a refusal where it does not fit. For what was stored as well: declarations change. */
export function readDetail(given: unknown, application: Asking, types: Types): AuthorizationDetail | ProtocolError {
  const type = isObject(given) && typeof given['type'] === 'string' ? given['type'] : null;
  if (!isObject(given) || type === null) return NO_TYPE;
  const declared = types.get(type);
  // §5: one answer whether it does not exist or is not the application's, so that nobody learns what exists.
  if (declared === undefined || !application.settings.authorizationDetailsTypes.includes(type)) return UNKNOWN_TYPE;
  const read = fittingDetail(given, declared);
  return typeof read === 'string' ? misfit(read) : read;
}

/** The same for what is shown: whichever application has it. @returns null where it does not fit. */
export function shownDetail(detail: AuthorizationDetail, types: Types): AuthorizationDetailType | null {
  const declared = types.get(detail.type);
  return declared === undefined || typeof fittingDetail(detail, declared) === 'string' ? null : declared;
}

function asksEachTime(detail: AuthorizationDetail, types: Types): boolean {
  return types.get(detail.type)?.asksEachTime !== false;
}

function parsedList(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The detail, or what is wrong with it. */
function fittingDetail(given: Json, declared: AuthorizationDetailType): AuthorizationDetail | string {
  const { type: _, ...others } = given;
  const fields = fittingFields(others, declared.fields, '');
  return typeof fields === 'string' ? fields : { type: declared.name, ...fields };
}

/** Names in a refusal are the declaration's; one that came from outside is not repeated. */
function fittingFields(given: Json, declared: readonly DetailField[], above: string): Json | string {
  const unknown = Object.keys(given).find((name) => !declared.some((field) => field.name === name));
  if (unknown !== undefined) return `It has a field that its type does not have${above === '' ? '' : ` in ${above}`}.`;
  const fields: [string, unknown][] = [];
  for (const { name, required, shape } of declared) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const path = above === '' ? name : `${above}.${name}`;
    if (value === undefined) {
      if (required) return `Its field ${path} is missing.`;
      continue;
    }
    const read = fittingValue(value, shape, path);
    if ('wrong' in read) return read.wrong;
    fields.push([name, read.value]);
  }
  return Object.fromEntries(fields);
}

type Fitting = { readonly value: unknown } | { readonly wrong: string };

function fittingValue(value: unknown, shape: DetailField['shape'], path: string): Fitting {
  const wrong = (what: string): Fitting => ({ wrong: `Its field ${path} ${what}.` });
  switch (shape.kind) {
    case 'text':
      if (isText(value, shape)) return { value };
      return wrong(`is not ${textWords(shape)}`);
    case 'list': {
      const items = Array.isArray(value) ? [...new Set<unknown>(value)] : [];
      if (items.length === 0 || items.length > shape.itemsMax)
        return wrong(`is not a list of 1 to ${shape.itemsMax} texts`);
      return items.every((item) => isText(item, shape))
        ? { value: items }
        : wrong(`has an item that is not ${textWords(shape)}`);
    }
    case 'integer':
    case 'decimal': {
      const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
      const number = shape.kind === 'integer' ? (isWhole ? numberOf(String(value)) : null) : numberOf(value);
      if (number === null)
        return wrong(shape.kind === 'integer' ? 'is not a whole number' : 'is not a text such as 12.50');
      const [least, most] = [numberOf(shape.minimum), numberOf(shape.maximum)];
      const isWithin = (least === null || number >= least) && (most === null || number <= most);
      return isWithin ? { value } : wrong('is less or more than its type allows');
    }
    case 'boolean':
      return typeof value === 'boolean' ? { value } : wrong('is not true or false');
    case 'object': {
      if (!isObject(value)) return wrong('is not an object');
      const inner = fittingFields(value, shape.fields, path);
      return typeof inner === 'string' ? { wrong: inner } : { value: inner };
    }
    default:
      return shape satisfies never;
  }
}

interface TextShape {
  readonly charactersMax: number;
  readonly values: KnownValues | null;
}

function textWords({ charactersMax, values }: TextShape): string {
  return values === null ? `a text of 1 to ${charactersMax} plain characters` : 'one of the texts that its type allows';
}

/**
 * What a person reads has to be what is meant: nothing that is not seen, that breaks a line or that turns the direction of what
 * follows (Trojan Source, CVE-2021-42574). The two joiners are letters' own in some scripts.
 */
function isText(value: unknown, { charactersMax, values }: TextShape): value is string {
  if (typeof value !== 'string') return false;
  if (values !== null) return values.has(value);
  const seen = value.replace(/[\u200c\u200d]/g, '');
  return seen.trim() !== '' && value.length <= charactersMax && !/[\p{C}\p{Zl}\p{Zp}]/u.test(seen);
}

function misfit(what: string): ProtocolError {
  return protocolError(
    'invalid_authorization_details',
    `A detail does not fit the declaration of its type (RFC 9396 section 5). ${what}`,
  );
}

const NO_LIST = protocolError(
  'invalid_authorization_details',
  'The parameter authorization_details is not a JSON array (RFC 9396 section 2).',
);
const WRONG_COUNT = protocolError(
  'invalid_authorization_details',
  `The parameter authorization_details holds 1 to ${DETAILS_MAX} details. Leave it out to ask for none.`,
);
const NO_TYPE = protocolError(
  'invalid_authorization_details',
  'An element of authorization_details is not an object with a type (RFC 9396 section 2).',
);
const UNKNOWN_TYPE = protocolError(
  'invalid_authorization_details',
  'A type in authorization_details does not exist or is not assigned to this application. See authorization_details_types in its settings.',
);
const NOT_GRANTED = protocolError(
  'invalid_authorization_details',
  'A token request may name the details of its grant or narrower ones, each once (RFC 9396 section 6).',
);
const NEEDS_PERSON = protocolError(
  'invalid_authorization_details',
  'A type in authorization_details needs a person who allows it, and client_credentials has none.',
);
