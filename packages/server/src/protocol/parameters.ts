/**
 * Form-encoded parameters, from a query or a body, parsed once into a value that nobody has to look behind.
 *
 * Owns the decoding and what is refused whatever the parameter means: repetition, length, control characters, malformed
 * encoding. A parameter at fault has no value here, so that no later step can act on half of it. What a value means is
 * each endpoint's own.
 */
import { type ProtocolError, protocolError } from './errors.ts';

/** What can be wrong with a parameter whatever it means. */
export type ParameterFault = 'repeated' | 'too_long' | 'control_character' | 'malformed' | 'too_many';

/** More than any request that is known to us has (an authorization request with all extensions: about 30). */
const PARAMETERS_MAX = 100;
/** Parameter names of every registered extension stay under 50 characters. */
const NAME_CHARACTERS_MAX = 100;
/** Browsers and proxies carry URLs of 8,000 characters; a value of a quarter of that leaves room for the others. */
const VALUE_CHARACTERS_MAX = 2_000;
const VALUE_CHARACTERS_MAX_OF: ReadonlyMap<string, number> = new Map([
  ['client_id', 255],
  // Some clients carry an encrypted page address in it.
  ['state', 4_096],
  ['nonce', 512],
  // RFC 5321: 64 of local part, @, 255 of domain.
  ['login_hint', 320],
  // JWTs, which may bring a certificate chain.
  ['id_token_hint', 16_384],
  ['request', 16_384],
  ['client_assertion', 16_384],
  ['subject_token', 16_384],
  ['actor_token', 16_384],
  ['token', 16_384],
  // RFC 9396 and OpenID Connect Core §5.5: JSON.
  ['authorization_details', 8_192],
  ['claims', 8_192],
]);
/** Parameters that are JSON, which may have line breaks and tabs between its parts (RFC 8259 §2). */
const JSON_VALUES: ReadonlySet<string> = new Set(['authorization_details', 'claims']);
/** RFC 8707 §2 and RFC 8693 §2.1 let these appear more than once. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience']);

/** Parsed parameters. Empty ones count as left out (RFC 6749 §3.1, §3.2). */
export class Parameters {
  readonly #values = new Map<string, string>();
  readonly #furtherValues = new Map<string, string[]>();
  readonly #faults = new Map<string, ParameterFault>();

  /** The value; null when it was not sent, was sent empty, or is at fault. */
  get(name: string): string | null {
    return this.#values.get(name) || null;
  }

  /** Every value of a parameter that may repeat, in the order sent. */
  getAll(name: string): readonly string[] {
    const first = this.#values.get(name);
    return first === undefined ? [] : [first, ...(this.#furtherValues.get(name) ?? [])].filter((value) => value !== '');
  }

  /** Whether it was sent at all: empty and faulty ones count. */
  has(name: string): boolean {
    return this.#values.has(name) || this.#faults.has(name);
  }

  /** The names that were sent, in their order; those at fault last. */
  names(): readonly string[] {
    return [...this.#values.keys(), ...this.#faults.keys()];
  }

  /** The fault of one parameter, as the refusal to answer with; null when it has none. */
  faultOf(name: string): ProtocolError | null {
    const fault = this.#faults.get(name);
    return fault === undefined ? null : faultError(name, fault);
  }

  /** The first fault of all, as the refusal to answer with; null when there is none. */
  firstFault(): ProtocolError | null {
    for (const [name, fault] of this.#faults) return faultError(name, fault);
    return null;
  }

  /** Takes one decoded pair. For {@link parseParameters} alone. */
  add(name: string, value: string): void {
    if (this.#faults.has(name)) return;
    if (value.length > (VALUE_CHARACTERS_MAX_OF.get(name) ?? VALUE_CHARACTERS_MAX)) this.addFault(name, 'too_long');
    else if (hasControlCharacter(JSON_VALUES.has(name) ? value.replace(/[\t\r\n]/g, '') : value))
      this.addFault(name, 'control_character');
    else if (!this.#values.has(name)) this.#values.set(name, value);
    else if (!REPEATABLE.has(name)) this.addFault(name, 'repeated');
    else this.#furtherValues.set(name, [...(this.#furtherValues.get(name) ?? []), value]);
  }

  /** Notes a fault and forgets the value. For {@link parseParameters} alone. */
  addFault(name: string, fault: ParameterFault): void {
    this.#values.delete(name);
    this.#furtherValues.delete(name);
    this.#faults.set(name, fault);
  }
}

/**
 * Parses `application/x-www-form-urlencoded` text. Linear in its length; never throws. What is wrong with it is in the
 * result's faults.
 */
export function parseParameters(text: string): Parameters {
  const parameters = new Parameters();
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf('&', start);
    const end = next === -1 ? text.length : next;
    if (end > start) {
      count += 1;
      if (count > PARAMETERS_MAX) {
        parameters.addFault('', 'too_many');
        return parameters;
      }
      addPair(parameters, text.slice(start, end));
    }
    start = end + 1;
  }
  return parameters;
}

function addPair(parameters: Parameters, pair: string): void {
  const equals = pair.indexOf('=');
  const name = decode(equals === -1 ? pair : pair.slice(0, equals));
  const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
  if (name === null) parameters.addFault('', 'malformed');
  else if (name.length > NAME_CHARACTERS_MAX) parameters.addFault('', 'too_long');
  else if (value === null) parameters.addFault(name, 'malformed');
  else parameters.add(name, value);
}

/**
 * Form-decodes one name or value; null when a `%` is not followed by two hex digits or the octets are not UTF-8. Octets that
 * were none when the body became text are this mark by now, which a form carries encoded: it would go back as another value.
 */
export function decode(text: string): string | null {
  if (text.includes('\ufffd') || !text.isWellFormed()) return null;
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return null;
  }
}

/** Whether there is a C0 or C1 control character or DEL in it. */
export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function faultError(name: string, fault: ParameterFault): ProtocolError {
  // The name came from outside: only one that could be a parameter of some specification is repeated in the answer.
  const what = /^[a-z][a-z0-9_]{0,40}$/.test(name) ? `The parameter ${name}` : 'A parameter';
  switch (fault) {
    case 'repeated':
      return protocolError('invalid_request', `${what} appears more than once: send it once (RFC 6749 section 3.1).`);
    case 'too_long':
      return protocolError('invalid_request', `${what} is too long for this server.`);
    case 'control_character':
      return protocolError('invalid_request', `${what} has a control character in it, such as a line break.`);
    case 'malformed':
      return protocolError(
        'invalid_request',
        `${what} is not form-encoded: each % must be followed by two hex digits, and the octets must be UTF-8.`,
      );
    case 'too_many':
      return protocolError('invalid_request', `The request has more than ${PARAMETERS_MAX} parameters.`);
    default:
      return fault satisfies never;
  }
}
