/**
 * The kinds of fields that a setting of an application can be: a choice, a box, an address, names, keys and the like, each with how it
 * is read and shown.
 *
 * Owns the syntax of each kind. Which settings there are is `setting-fields.ts`; whether they fit together `application-rules.ts`.
 */
import type { ProblemCode } from '../accounts/problems.ts';
import type { ApplicationSettings } from '../protocol/application-settings.ts';
import { type JsonWebKeySetFault, readJsonWebKeySet } from '../protocol/json-web-key-set.ts';
import { isResource, RESOURCES_MAX } from '../protocol/resource-indicators.ts';
import { RESPONSE_MODES } from '../protocol/response-mode.ts';

/** How a field is shown and typed. `choice`: one of `options`; `boxes`: some of them; `switch`: a box; `lines`: one to a line. */
export type SettingKind = 'choice' | 'boxes' | 'switch' | 'lines' | 'text' | 'json';

/** A value, or what is wrong with what was given. */
type Read<Value> =
  | { readonly value: Value }
  | { readonly problem: ProblemCode; readonly values?: Readonly<Record<string, string | number>> };

/** One setting as a field. The option of the command line has its name with dashes. */
export interface SettingField<Name extends string = string> {
  /** In the form, in problems and in JSON. */
  readonly name: Name;
  readonly kind: SettingKind;
  /** What may be chosen; absent: anything that `read` takes. */
  readonly options?: readonly string[];
  /** What may be chosen is the operator's to declare; shown where they declared any. */
  readonly declaredBy?: 'detailTypes';
  /** Shown to superusers, and changed by them, alone. */
  readonly superuserOnly?: true;
  /** For `--help`. */
  readonly help: string;
  /** The change that is meant by a text, by a list of them (`boxes`, `lines`), or by the state of a box. */
  readonly read: (given: unknown) => Read<Partial<ApplicationSettings>>;
  /** As it stands in the form and in JSON. */
  readonly show: (settings: ApplicationSettings) => string | boolean | readonly string[];
}

export function keySet<Name extends string>(name: Name, help: string): SettingField<Name> {
  return {
    name,
    kind: 'json',
    help,
    read: (given) => {
      if (given === '' || given === null) return { value: { jwks: null } };
      const read = readJsonWebKeySet(given);
      return read.outcome === 'refused' ? { problem: KEY_PROBLEMS[read.fault] } : { value: { jwks: read.jwks } };
    },
    show: ({ jwks }) => (jwks === null ? '' : JSON.stringify(jwks)),
  };
}

/** An address that this server fetches: https, or this machine for development. Whether it may is decided again when it does. */
export function uri<Name extends string>(
  name: Name,
  key: 'jwksUri' | 'sectorIdentifierUri',
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help,
    read: (given) => {
      if (given === '' || given === null) return { value: { [key]: null } };
      const isAddress =
        typeof given === 'string' &&
        given.length <= 2_000 &&
        URL.canParse(given) &&
        /^https?:$/.test(new URL(given).protocol);
      if (!isAddress) return { problem: 'problem.address.invalid' };
      // CVE-2026-1180: it would not be fetched either; whoever registers it hears so at once.
      const problem = addressProblem(given);
      return problem === null ? { value: { [key]: given } } : { problem, values: { uri: given.slice(0, 100) } };
    },
    show: (settings) => settings[key] ?? '',
  };
}

/** Keeps the name as a type. */
export function field<Name extends string>(described: SettingField<Name>): SettingField<Name> {
  return described;
}

export function choice<Name extends string, Key extends keyof ApplicationSettings>(
  name: Name,
  key: Key,
  options: readonly (ApplicationSettings[Key] & string)[],
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'choice',
    options,
    help,
    read: (given) => {
      const chosen = options.find((option) => option === given);
      return chosen === undefined ? { problem: 'problem.choice.unknown' } : { value: { [key]: chosen } };
    },
    show: (settings) => String(settings[key]),
  };
}

type KeyOf<Value> = {
  [Key in keyof ApplicationSettings]: ApplicationSettings[Key] extends Value ? Key : never;
}[keyof ApplicationSettings];

/** A box, ticked or not. */
export function toggle<Name extends string>(name: Name, key: KeyOf<boolean>, help: string): SettingField<Name> {
  return {
    name,
    kind: 'switch',
    help,
    read: (given) => (typeof given === 'boolean' ? { value: { [key]: given } } : { problem: 'problem.choice.unknown' }),
    show: (settings) => settings[key],
  };
}

/** Of an address that this server or a browser is sent to. */
const ADDRESS_CHARACTERS_MAX = 2_000;

/** An address of the application, https, or http on this machine; empty: none. */
export function address<Name extends string>(name: Name, key: KeyOf<string | null>, help: string): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help,
    read: (given) => {
      const text = typeof given === 'string' ? given.trim() : '';
      if (text === '') return { value: { [key]: null } };
      const problem = addressProblem(text);
      return problem === null ? { value: { [key]: text } } : { problem, values: { uri: text.slice(0, 100) } };
    },
    show: (settings) => settings[key] ?? '',
  };
}

/** A page for people to open. Https alone: on plain http, whoever is on the way could write what people go by. */
export function page<Name extends string>(
  name: Name,
  key: 'clientUri' | 'policyUri' | 'tosUri',
  help: string,
): SettingField<Name> {
  const whole = address(name, key, help);
  const read = (given: unknown): Read<Partial<ApplicationSettings>> => {
    const isPlain = typeof given === 'string' && /^\s*http:/i.test(given);
    return isPlain
      ? { problem: 'problem.uri.insecure', values: { uri: given.trim().slice(0, 100) } }
      : whole.read(given);
  };
  return { ...whole, read };
}

function addressProblem(text: string): ProblemCode | null {
  const url = /^[\x21-\x7e]+$/.test(text) && text.length <= ADDRESS_CHARACTERS_MAX ? URL.parse(text) : null;
  if (url === null || url.host === '') return 'problem.uri.invalid';
  if (text.includes('#')) return 'problem.uri.fragment';
  if (url.username !== '' || url.password !== '') return 'problem.uri.userinfo';
  if (url.protocol === 'https:') return null;
  const isLoopback = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url.hostname);
  return url.protocol === 'http:' && isLoopback ? null : 'problem.uri.insecure';
}
/** RFC 8705 §2.1.2: a name that a certificate has to have; empty: none. */
export function certificateName<Name extends string>(
  name: Name,
  key: KeyOf<string | null>,
  isOne: (text: string) => boolean,
  what: string,
): SettingField<Name> {
  return {
    name,
    kind: 'text',
    help: `for tls_client_auth: the ${what} of its certificate; one of these five; empty: not this one`,
    read: (given) => {
      const text = typeof given === 'string' ? given.trim() : '';
      if (text === '') return { value: { [key]: null } };
      const isGood = text.length <= CERTIFICATE_NAME_CHARACTERS_MAX && !/\p{Cc}/u.test(text) && isOne(text);
      return isGood ? { value: { [key]: text } } : { problem: 'problem.certificateName.invalid' };
    },
    show: (settings) => settings[key] ?? '',
  };
}

const CERTIFICATE_NAME_CHARACTERS_MAX = 1_000;

/** RFC 1123 §2.1. No wildcard: it would stand for others too. */
export function isHostName(text: string): boolean {
  return (
    text.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
  );
}

export function isMailAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/** A `client_id` or a URI: RFC 6749 §A.1 without the space that would part two of them. */
const NAME = /^[\x21-\x7e]{1,512}$/;
const NAMES_MAX = 50;

/** Names of applications or resources, for superusers. */
export function names<Name extends string>(
  name: Name,
  key: 'tokenExchangeSubjectClients' | 'tokenExchangeAudiences',
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'lines',
    superuserOnly: true,
    help,
    read: (given) => {
      const list: readonly unknown[] = Array.isArray(given) ? given : [given];
      const named = list.filter((value) => typeof value === 'string' && NAME.test(value)) as string[];
      if (named.length < list.length || named.length > NAMES_MAX) return { problem: 'problem.choice.unknown' };
      return { value: { [key]: [...new Set(named)] } };
    },
    show: (settings) => settings[key],
  };
}

function texts(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [];
}

/** As a group's name may be (`admin/groups.ts`), and as many as fit a page. */
const GROUP_CHARACTERS_MAX = 150;
const GROUPS_MAX = 50;

export function readGroups(given: unknown): Read<Partial<ApplicationSettings>> {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const named = list.flatMap((name) => (typeof name === 'string' ? name.trim() : [])).filter((name) => name !== '');
  if (list.some((name) => typeof name !== 'string') || named.length > GROUPS_MAX) {
    return { problem: 'problem.choice.unknown' };
  }
  if (named.some((name) => [...name].length > GROUP_CHARACTERS_MAX)) {
    return { problem: 'problem.text.tooLong', values: { maximum: GROUP_CHARACTERS_MAX } };
  }
  if (named.some((name) => /\p{C}/u.test(name))) return { problem: 'problem.text.controlCharacters' };
  return { value: { allowedGroups: [...new Set(named)] } };
}

const CONTACT_CHARACTERS_MAX = 200;

export function readContact(given: unknown): Read<Partial<ApplicationSettings>> {
  const text = typeof given === 'string' ? given.trim() : '';
  if ([...text].length > CONTACT_CHARACTERS_MAX) {
    return { problem: 'problem.text.tooLong', values: { maximum: CONTACT_CHARACTERS_MAX } };
  }
  if (/\p{C}/u.test(text)) return { problem: 'problem.text.controlCharacters' };
  return { value: { accessContact: text } };
}

export function readResponseModes(given: unknown): Read<Partial<ApplicationSettings>> {
  const names = texts(given);
  const responseModes = RESPONSE_MODES.filter((mode) => names.includes(mode));
  if (responseModes.length < new Set(names).size) return { problem: 'problem.choice.unknown' };
  return responseModes.length === 0 ? { problem: 'problem.required' } : { value: { responseModes } };
}

/** RFC 9396 §2: names. Whether they are declared is `application-rules.ts`. */
export function readTypes(given: unknown): Read<Partial<ApplicationSettings>> {
  const names = [...new Set(texts(given))];
  const isGood = names.length <= NAMES_MAX && names.every((name) => NAME.test(name));
  if (isGood) return { value: { authorizationDetailsTypes: names } };
  return {
    problem: 'problem.detailsTypes.unknown',
    values: { type: names.find((name) => !NAME.test(name))?.slice(0, 100) ?? '' },
  };
}

/** RFC 8707 §2: resources, each an absolute URI. */
export function uriList<Name extends string, Key extends 'resources' | 'resourceIdentifiers'>(
  name: Name,
  key: Key,
  help: string,
): SettingField<Name> {
  return {
    name,
    kind: 'lines',
    help,
    read: (given) => {
      const uris = [...new Set(texts(given))];
      const isGood = uris.length <= RESOURCES_MAX && uris.every(isResource);
      return isGood ? { value: { [key]: uris } } : { problem: 'problem.resource.invalid' };
    },
    show: (settings) => settings[key],
  };
}

const KEY_PROBLEMS: Readonly<Record<JsonWebKeySetFault, ProblemCode>> = {
  shape: 'problem.jwks.invalid',
  private: 'problem.jwks.private',
  key: 'problem.jwks.key',
};
