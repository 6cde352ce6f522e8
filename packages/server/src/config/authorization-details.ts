/**
 * The operator's file of authorization detail types (RFC 9396) → typed declarations, or the one line that says what is wrong.
 *
 * Owns the form of the file; `docs/authorization-details.md` describes it. Its main rule: nothing that an application can ask for
 * stays unsaid on the consent page. Each field has a place in the description of every language, or a label of its own.
 */
import type {
  AuthorizationDetailType,
  AuthorizationDetailTypes,
  DetailField,
  DetailShape,
  KnownValues,
  LocalText,
} from '../vocabulary/authorization-detail-type.ts';
import type { Parsed } from './values.ts';

const TYPES_MAX = 50;
const FIELDS_MAX = 20;
const DEPTH_MAX = 3;
const VALUES_MAX = 100;
const WORDS_CHARACTERS_MAX = 300;
const TEXT_CHARACTERS_MAX = 1_000;
const LIST_ITEMS_MAX = 50;
/** Unless said: what still reads well on a page. */
const TEXT_CHARACTERS = 200;
const LIST_ITEMS = 20;
const LANGUAGES = ['en', 'fr'] as const;
/** What stays readable in a log and needs no escape anywhere: names from URNs and addresses among them. */
const TYPE_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/~-]{0,99}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,49}$/;
const DECIMAL = /^-?(0|[1-9]\d{0,14})(\.\d{1,8})?$/;

type Json = Readonly<Record<string, unknown>>;

/** Says what is wrong with the file, as the second half of a sentence that starts with the variable's name. */
class Fault extends Error {}

/** Reads the file's text. */
export function authorizationDetailTypes(raw: string): Parsed<AuthorizationDetailTypes> {
  if (raw === '') return { ok: true, value: new Map() };
  try {
    const types = Object.entries(object(JSON.parse(raw), 'the whole'));
    if (types.length > TYPES_MAX) throw new Fault(`declares more than ${TYPES_MAX} types`);
    return { ok: true, value: new Map(types.map(([name, given]) => [name, typeOf(name, given)])) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.message };
    if (error instanceof SyntaxError) return { ok: false, fault: 'is not JSON' };
    throw error;
  }
}

function typeOf(name: string, given: unknown): AuthorizationDetailType {
  if (!TYPE_NAME.test(name)) throw new Fault('has a type whose name is not 1 to 100 letters, digits or . _ : / ~ -');
  const where = `the type ${name}`;
  const declared = members(given, where, ['description', 'fields', 'consent', 'client_credentials']);
  const description = localText(declared['description'], `the description of ${name}`);
  const placed = LANGUAGES.map((language) => placesIn(description[language]));
  const places = placed[0]?.filter((place) => placed.every((each) => each.includes(place))) ?? [];
  const fields = fieldsOf(declared['fields'] ?? {}, '', { type: name, places, required: true, depth: 1 });
  const leaves = new Set(fields.flatMap((field) => requiredLeaves(field, '')));
  const lost = placed.flat().find((place) => !leaves.has(place));
  if (lost !== undefined) {
    throw new Fault(`has {${lost}} in the description of ${name}, which is no field that every detail of it holds`);
  }
  return {
    name,
    description,
    asksEachTime: oneOf(declared['consent'], ['remembered', 'every-time'], `consent of ${name}`) === 'every-time',
    withoutPerson: flag(declared['client_credentials'], `client_credentials of ${name}`),
    fields,
  };
}

/** What a field is declared in. */
interface Place {
  readonly type: string;
  /** The places of the description, in every language. */
  readonly places: readonly string[];
  /** Whether every object around it has to be there. */
  readonly required: boolean;
  readonly depth: number;
}

function fieldsOf(given: unknown, above: string, place: Place): readonly DetailField[] {
  const fields = Object.entries(object(given, `fields of ${above || place.type}`));
  if (fields.length > FIELDS_MAX) throw new Fault(`declares more than ${FIELDS_MAX} fields in ${place.type}`);
  if (place.depth > DEPTH_MAX) throw new Fault(`nests the fields of ${place.type} more than ${DEPTH_MAX} deep`);
  return fields.map(([name, field]) => fieldOf(name, field, above, place));
}

const COMMON = ['type', 'optional', 'label'];
const MEMBERS: Readonly<Record<DetailShape['kind'], readonly string[]>> = {
  text: [...COMMON, 'max_characters', 'values'],
  list: [...COMMON, 'max_characters', 'max_items', 'values'],
  integer: [...COMMON, 'minimum', 'maximum', 'narrowing'],
  decimal: [...COMMON, 'minimum', 'maximum', 'narrowing'],
  boolean: COMMON,
  object: ['type', 'optional', 'fields'],
};
const KINDS = Object.keys(MEMBERS) as readonly DetailShape['kind'][];

function fieldOf(name: string, given: unknown, above: string, place: Place): DetailField {
  // RFC 9396 §2: `type` is the detail's own.
  if (!FIELD_NAME.test(name) || (above === '' && name === 'type')) {
    throw new Fault(
      `has a field of ${place.type} whose name is not 1 to 50 letters, digits, _ or -, or is the word type`,
    );
  }
  const path = above + name;
  const where = `the field ${path} of ${place.type}`;
  const kind = oneOf(object(given, where)['type'], KINDS, `the type of ${where}`);
  const declared = members(given, where, MEMBERS[kind]);
  const required = !flag(declared['optional'], `optional of ${where}`);
  const always = required && place.required;
  const label = declared['label'] === undefined ? null : localText(declared['label'], `the label of ${where}`);
  if (kind !== 'object' && label === null && !(always && kind !== 'boolean' && place.places.includes(path))) {
    throw new Fault(
      `does not say ${where} to people: give it a label, or, where it is never left out, a place {${path}} in every description`,
    );
  }
  const inner = { ...place, required: always, depth: place.depth + 1 };
  return { name, required, label, shape: shapeOf(kind, declared, path, where, inner) };
}

function shapeOf(kind: DetailShape['kind'], declared: Json, path: string, where: string, inner: Place): DetailShape {
  switch (kind) {
    case 'text':
    case 'list': {
      const charactersMax = count(
        declared['max_characters'],
        TEXT_CHARACTERS,
        TEXT_CHARACTERS_MAX,
        `max_characters of ${where}`,
      );
      const values = declared['values'] === undefined ? null : knownValues(declared['values'], where);
      if (kind === 'text') return { kind, charactersMax, values };
      const itemsMax = count(declared['max_items'], LIST_ITEMS, LIST_ITEMS_MAX, `max_items of ${where}`);
      return { kind, itemsMax, charactersMax, values };
    }
    case 'integer':
    case 'decimal': {
      const narrowing = oneOf(declared['narrowing'], ['equal', 'lower'], `narrowing of ${where}`);
      const minimum = bound(declared['minimum'], `minimum of ${where}`);
      // Less than nothing would be narrower too: a payment of -100 is one in the other direction.
      if (narrowing === 'lower' && minimum === null) throw new Fault(`gives ${where} a narrowing and no minimum`);
      return {
        kind,
        minimum,
        maximum: bound(declared['maximum'], `maximum of ${where}`),
        narrowsDown: narrowing === 'lower',
      };
    }
    case 'boolean':
      return { kind };
    case 'object':
      return { kind, fields: fieldsOf(declared['fields'], `${path}.`, inner) };
    default:
      return kind satisfies never;
  }
}

/** The fields without which no detail is, by their paths. */
function requiredLeaves(field: DetailField, above: string): readonly string[] {
  if (!field.required) return [];
  const path = above + field.name;
  if (field.shape.kind === 'object') return field.shape.fields.flatMap((inner) => requiredLeaves(inner, `${path}.`));
  return field.shape.kind === 'boolean' ? [] : [path];
}

/** The places of a sentence. A brace that opens none is a mistake that people would read. */
function placesIn(sentence: string): readonly string[] {
  if (/[{}]/.test(sentence.replace(/\{[\w.-]+\}/g, '')))
    throw new Fault('has a description with a brace that is no place');
  return [...sentence.matchAll(/\{([\w.-]+)\}/g)].map(([, path = '']) => path);
}

function object(given: unknown, where: string): Json {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Json;
  throw new Fault(`is not a JSON object at ${where}`);
}

function members(given: unknown, where: string, known: readonly string[]): Json {
  const declared = object(given, where);
  const unknown = Object.keys(declared).find((name) => !known.includes(name));
  if (unknown === undefined) return declared;
  throw new Fault(`has an unknown member at ${where} (known: ${known.join(', ')})`);
}

function localText(given: unknown, where: string): LocalText {
  const words = object(given, where);
  const [en, fr] = LANGUAGES.map((language) => words[language]);
  if (isWords(en) && isWords(fr)) return { en, fr };
  throw new Fault(`does not have ${where} as en and fr, each of 1 to ${WORDS_CHARACTERS_MAX} characters`);
}

function isWords(given: unknown): given is string {
  return (
    typeof given === 'string' && given.trim() !== '' && given.length <= WORDS_CHARACTERS_MAX && !/\p{Cc}/u.test(given)
  );
}

/** A list of texts, or texts with their words. */
function knownValues(given: unknown, where: string): KnownValues {
  const entries: readonly (readonly [unknown, LocalText | null])[] = Array.isArray(given)
    ? given.map((value: unknown) => [value, null])
    : Object.entries(object(given, `values of ${where}`)).map(([value, words]) => [
        value,
        localText(words, `the words of a value of ${where}`),
      ]);
  const good = entries.filter(([value]) => isWords(value)) as [string, LocalText | null][];
  if (good.length === entries.length && good.length > 0 && good.length <= VALUES_MAX) return new Map(good);
  throw new Fault(`does not have 1 to ${VALUES_MAX} texts as the values of ${where}`);
}

function oneOf<const Word extends string>(given: unknown, words: readonly Word[], where: string): Word {
  const found = words.find((word) => word === (given ?? words[0]));
  if (found !== undefined) return found;
  throw new Fault(`does not have one of ${words.join(', ')} as ${where}`);
}

function flag(given: unknown, where: string): boolean {
  if (given === undefined || typeof given === 'boolean') return given === true;
  throw new Fault(`does not have true or false as ${where}`);
}

function count(given: unknown, unlessSaid: number, most: number, where: string): number {
  const value = given ?? unlessSaid;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Fault(`does not have a whole number from 1 to ${most} as ${where}`);
}

function bound(given: unknown, where: string): string | null {
  if (given === undefined) return null;
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text === 'string' && DECIMAL.test(text)) return text;
  throw new Fault(`does not have a number as ${where}`);
}
