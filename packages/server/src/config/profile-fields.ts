/**
 * The operator's file of profile fields → typed declarations, or the one line that says what is wrong.
 *
 * Owns the form of the file; `docs/profile-fields.md` describes it. That a field's scope exists is for `config.ts` to check, since it
 * depends on a second setting.
 */
import type { LocalText } from '../vocabulary/authorization-detail-type.ts';
import type { ProfileField, ProfileFields } from '../vocabulary/profile-field.ts';
import type { Parsed } from './values.ts';

const FIELDS_MAX = 30;
const CHOICES_MAX = 200;
const WORDS_CHARACTERS_MAX = 100;
const CHARACTERS_MAX = 1_000;
/** Unless said. */
const CHARACTERS = 200;
const FIELD_NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** Namespaced ones are addresses (OpenID Connect Core §5.1.2). */
const CLAIM_NAME = /^[A-Za-z][A-Za-z0-9._:/-]{0,99}$/;
const KINDS = ['text', 'choice', 'date', 'url'] as const;
const MEMBERS = ['label', 'type', 'choices', 'max_characters', 'required', 'edited_by', 'scope', 'claim'];
/**
 * Names that mean something else already: claims of this server and of tokens (RFC 7519 §4.1, OpenID Connect Core §2 and §5.1), and
 * the members of `/profile/`.
 */
const TAKEN_CLAIMS: ReadonlySet<string> = new Set([
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'azp',
    'nonce',
    'acr',
    'amr',
    'auth_time',
    'at_hash',
    'c_hash',
    's_hash',
  ],
  ...['sid', 'cnf', 'act', 'scope', 'client_id', 'events', 'active', 'token_type', 'authorization_details'],
  ...[
    'name',
    'given_name',
    'family_name',
    'preferred_username',
    'picture',
    'email',
    'email_verified',
    'zoneinfo',
    'locale',
  ],
  ...['updated_at', 'groups', 'id', 'username', 'first_name', 'last_name', '_claim_names', '_claim_sources'],
]);

type Json = Readonly<Record<string, unknown>>;

/** Says what is wrong with the file, as the second half of a sentence that starts with the variable's name. */
class Fault extends Error {}

/** Reads the file's text. */
export function profileFields(raw: string): Parsed<ProfileFields> {
  if (raw === '') return { ok: true, value: new Map() };
  try {
    const declared = Object.entries(object(JSON.parse(raw), 'the whole'));
    if (declared.length > FIELDS_MAX) throw new Fault(`declares more than ${FIELDS_MAX} fields`);
    const fields = declared.map(([name, given]) => fieldOf(name, given));
    const twice = fields.find(({ claim }, index) => fields.findIndex((other) => other.claim === claim) !== index);
    if (twice !== undefined) throw new Fault(`tells two fields as the claim ${twice.claim}`);
    return { ok: true, value: new Map(fields.map((field) => [field.name, field])) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.message };
    if (error instanceof SyntaxError) return { ok: false, fault: 'is not JSON' };
    throw error;
  }
}

function fieldOf(name: string, given: unknown): ProfileField {
  if (!FIELD_NAME.test(name)) {
    throw new Fault('has a field whose name is not 1 to 40 small letters, digits or _, beginning with a letter');
  }
  const where = `the field ${name}`;
  const declared = object(given, where);
  const unknown = Object.keys(declared).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) throw new Fault(`has an unknown member at ${where} (known: ${MEMBERS.join(', ')})`);
  const kind = oneOf(declared['type'], KINDS, `the type of ${where}`);
  if ((kind === 'choice') !== (declared['choices'] !== undefined)) {
    throw new Fault(`gives ${where} choices without the type choice, or that type without choices`);
  }
  const claim = declared['claim'] ?? name;
  if (typeof claim !== 'string' || !CLAIM_NAME.test(claim)) {
    throw new Fault(`does not have 1 to 100 letters, digits or . _ : / - as the claim of ${where}`);
  }
  if (TAKEN_CLAIMS.has(claim))
    throw new Fault(`tells ${where} as the claim ${claim}, which means something else already`);
  const scope = declared['scope'] ?? null;
  if (scope !== null && typeof scope !== 'string')
    throw new Fault(`does not have a text or null as the scope of ${where}`);
  return {
    name,
    label: localText(declared['label'], `the label of ${where}`),
    kind,
    choices: kind === 'choice' ? choicesOf(declared['choices'], where) : new Map(),
    charactersMax: charactersOf(declared['max_characters'], where),
    required: flag(declared['required'], `required of ${where}`),
    editedBy: oneOf(declared['edited_by'], ['person', 'operator'], `edited_by of ${where}`),
    scope,
    claim,
  };
}

function choicesOf(given: unknown, where: string): ReadonlyMap<string, LocalText> {
  const choices = Object.entries(object(given, `choices of ${where}`));
  if (choices.length === 0 || choices.length > CHOICES_MAX) {
    throw new Fault(`does not have 1 to ${CHOICES_MAX} choices of ${where}`);
  }
  return new Map(
    choices.map(([value, words]) => {
      if (!isWords(value))
        throw new Fault(`has a choice of ${where} that is not 1 to ${WORDS_CHARACTERS_MAX} characters`);
      return [value, localText(words, `the words of a choice of ${where}`)];
    }),
  );
}

function charactersOf(given: unknown, where: string): number {
  const value = given ?? CHARACTERS;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= CHARACTERS_MAX) return value;
  throw new Fault(`does not have a whole number from 1 to ${CHARACTERS_MAX} as max_characters of ${where}`);
}

function object(given: unknown, where: string): Json {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Json;
  throw new Fault(`is not a JSON object at ${where}`);
}

function localText(given: unknown, where: string): LocalText {
  const { en, fr } = object(given, where);
  if (isWords(en) && isWords(fr)) return { en, fr };
  throw new Fault(`does not have ${where} as en and fr, each of 1 to ${WORDS_CHARACTERS_MAX} characters`);
}

function isWords(given: unknown): given is string {
  return (
    typeof given === 'string' && given.trim() !== '' && given.length <= WORDS_CHARACTERS_MAX && !/\p{C}/u.test(given)
  );
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
