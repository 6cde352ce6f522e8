/**
 * What the protocol is fuzzed with: text of every kind, known good text with a change in it, and forms made of both.
 *
 * Owns the making of inputs. What has to hold for them is `properties.ts`.
 */
import fc from 'fast-check';

/** Words that mean something to some endpoint: half of an attack is the right word in the wrong place. */
const WORDS = [
  '',
  'openid',
  'openid read',
  'code',
  'token',
  'none',
  'S256',
  'plain',
  'login',
  'consent',
  'query',
  'fragment',
  'form_post',
  'jwt',
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'password',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'urn:ietf:params:oauth:request_uri:x',
  '0',
  '-1',
  '1e9',
  'null',
  '[]',
  '{}',
  '%',
  '%00',
  '%ff',
  '+',
  '\u0000',
  '\r\n',
  '\ud800',
  '__proto__',
  'constructor',
  '../',
  '//',
  '\\',
  'javascript:alert(1)',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
] as const;

/** Parameter names of the specifications that are built, and some of none. */
const NAMES = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'nonce',
  'prompt',
  'max_age',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'request',
  'request_uri',
  'id_token_hint',
  'login_hint',
  'ui_locales',
  'claims',
  'registration',
  'resource',
  'acr_values',
  'authorization_details',
  'grant_type',
  'code',
  'code_verifier',
  'refresh_token',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'device_code',
  'token',
  'token_type_hint',
  'access_token',
  'post_logout_redirect_uri',
  '__proto__',
  '',
] as const;

/** Any text at all: every code unit, control characters and lone surrogates included. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(...WORDS),
);

/** A known text with something put in, taken out or put in place of a part of it. */
export function changed(...known: readonly string[]): fc.Arbitrary<string> {
  return fc
    .record({
      text: fc.constantFrom(...known),
      at: fc.nat(2_000),
      length: fc.nat(12),
      put: fc.oneof(
        anyText,
        fc.constantFrom('@evil.example', '.evil.example', '/../', '#', '?', ':1', ':65536', '*', ' '),
      ),
    })
    .map(({ text, at, length, put }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + put + text.slice(start + length);
    });
}

/**
 * A form, now well encoded, now not. `values` has what this server knows for some of the names.
 * @param base the pairs of a good request, most of which stay.
 */
export function forms(
  values: Readonly<Record<string, readonly string[]>>,
  base: Readonly<Record<string, string>>,
): fc.Arbitrary<string> {
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: anyText });
  const pair = name.chain((chosen) => {
    const known = Object.hasOwn(values, chosen) ? values[chosen] : undefined;
    const value = known === undefined ? anyText : fc.oneof(fc.constantFrom(...known), changed(...known), anyText);
    return value.map((text): [string, string] => [chosen, text]);
  });
  const kept = fc.subarray(Object.entries(base), { minLength: Math.max(0, Object.keys(base).length - 2) });
  const pairs = fc.tuple(kept, fc.array(pair, { maxLength: 5 })).map(([good, more]) => {
    // A changed value stands in the place of the good one as often as beside it.
    const replaced = new Map<string, string>(good);
    const beside: [string, string][] = [];
    for (const [index, [key, value]] of more.entries()) {
      if (index % 3 === 0) beside.push([key, value]);
      else replaced.set(key, value);
    }
    return [...replaced, ...beside];
  });
  const encoded = pairs.map((all) => new URLSearchParams(all).toString());
  const raw = pairs.map((all) => all.map(([key, value]) => `${key}=${value}`).join('&'));
  // Octets of a request become text by UTF-8, which leaves no half of a surrogate pair.
  return fc
    .oneof({ weight: 6, arbitrary: encoded }, { weight: 1, arbitrary: raw }, { weight: 1, arbitrary: anyText })
    .map((form) => form.toWellFormed());
}

/** An `Authorization` header, or none. */
export function authorizations(known: readonly string[]): fc.Arbitrary<string | null> {
  const scheme = fc.constantFrom('Basic ', 'Bearer ', 'bearer ', 'DPoP ', 'Basic', 'Digest ', '');
  const encoded = anyText.map((text) => Buffer.from(text).toString('base64'));
  return fc.oneof(
    fc.constant(null),
    fc.constantFrom(...known),
    changed(...known),
    fc.tuple(scheme, fc.oneof(encoded, anyText)).map(([word, rest]) => word + rest),
  );
}
