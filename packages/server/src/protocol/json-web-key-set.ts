/**
 * Public keys that an application registers (RFC 7517 §5).
 *
 * Owns their shape and which may be registered. What each use makes of them is that use's file.
 */

/** RFC 7517 §5. Members are as they were registered. */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Of one application: enough for some that come and some that go. */
const KEYS_MAX = 20;
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1: what only its owner may know. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** RFC 7518 §3.3: 2,048 bits are 342 characters and more of base64url. */
const RSA_MODULUS_CHARACTERS_MIN = 342;
const CURVES = ['P-256', 'Ed25519'];

/** What can be wrong with a set: it is none, has a key in it that was to stay private, or one that is of no use. */
export type JsonWebKeySetFault = 'shape' | 'private' | 'key';

/** A set that may be registered, or in a sentence why it may not. */
export type JsonWebKeySetRead =
  | { readonly outcome: 'read'; readonly jwks: JsonWebKeySet }
  | { readonly outcome: 'refused'; readonly fault: JsonWebKeySetFault; readonly message: string };

/** Reads a key set, as JSON text or as the value. Private keys are refused: they were not to be sent to anybody. */
export function readJsonWebKeySet(given: unknown): JsonWebKeySetRead {
  const value = typeof given === 'string' ? parsed(given) : given;
  const keys = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > KEYS_MAX || !keys.every(isObject)) {
    return {
      outcome: 'refused',
      fault: 'shape',
      message: `It is not a JSON Web Key Set of 1 to ${KEYS_MAX} keys: {"keys":[…]}.`,
    };
  }
  if (keys.some((key) => PRIVATE_MEMBERS.some((member) => member in key))) {
    const message =
      'It has a private or a secret key in it. Register public keys alone, and replace the one that was shown.';
    return { outcome: 'refused', fault: 'private', message };
  }
  const message = keys.map(keyFault).find((fault) => fault !== null) ?? null;
  return message === null ? { outcome: 'read', jwks: { keys } } : { outcome: 'refused', fault: 'key', message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyFault(key: Readonly<Record<string, unknown>>): string | null {
  const text = (member: string) => (typeof key[member] === 'string' ? key[member] : '');
  switch (key['kty']) {
    case 'RSA':
      if (text('n').length < RSA_MODULUS_CHARACTERS_MIN || text('e') === '')
        return 'An RSA key has fewer than 2,048 bits.';
      return null;
    case 'EC':
    case 'OKP':
      return CURVES.includes(text('crv')) && text('x') !== '' ? null : `A key is on none of ${CURVES.join(', ')}.`;
    default:
      return 'A key has another kty than RSA, EC or OKP.';
  }
}
