/**
 * JWTs to fuzz with: headers and claims of every kind, signed by the right key, by a wrong one, by none, or changed afterwards.
 *
 * Owns the making of them, and says of each whether its signature is the right key's. What has to hold is `signed-properties.ts`.
 */
import { createHmac, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { anyText, changed } from './inputs.ts';

/** A compact JWS, or what looks like one. */
export interface MadeJwt {
  readonly jwt: string;
  /** Whether the right key signed exactly this. */
  readonly isGenuine: boolean;
}

/** A key pair as the makers use it. */
export interface SigningKeys {
  readonly own: KeyObject;
  readonly strangers: KeyObject;
  /** What a verifier that confuses keys would take as an HMAC secret. */
  readonly publicText: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * JWTs around good ones.
 * @param header and claims of a good one; each of both is now kept, now left out, now something else.
 * @param values what a claim of this name may be beside anything at all.
 */
export function jwts(
  keys: SigningKeys,
  header: Json,
  claims: () => Json,
  values: Readonly<Record<string, readonly unknown[]>>,
): fc.Arbitrary<MadeJwt> {
  const names = [...new Set([...Object.keys(claims()), ...Object.keys(values), 'crit', '__proto__', ''])];
  const change = fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), claimValue(Object.hasOwn(values, name) ? (values[name] ?? []) : [])));
  const headerChange = fc.tuple(
    fc.constantFrom('alg', 'typ', 'kid', 'jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'cty'),
    claimValue(['none', 'HS256', 'ES256', 'EdDSA', 'RS256', 'JWT', 'https://evil.example/jwks.json', ['b64'], false]),
  );
  return fc
    .record({
      header: fc.array(headerChange, { maxLength: 2 }),
      claims: fc.array(change, { maxLength: 3 }),
      signer: fc.constantFrom('own', 'own', 'own', 'stranger', 'none', 'hmac', 'changed'),
      tamper: changed('x'),
      salt: fc.nat(),
    })
    .map((made) => {
      const finalHeader = { ...header, ...withoutUndefined(made.header) };
      const payload = { ...claims(), jti: `jti-${made.salt}`, ...withoutUndefined(made.claims) };
      const input = `${encoded(finalHeader)}.${encoded(payload)}`;
      switch (made.signer) {
        case 'own':
          return { jwt: `${input}.${es256(input, keys.own)}`, isGenuine: true };
        case 'stranger':
          return { jwt: `${input}.${es256(input, keys.strangers)}`, isGenuine: false };
        case 'hmac':
          return { jwt: `${input}.${hs256(input, keys.publicText)}`, isGenuine: false };
        case 'none':
          return { jwt: `${encoded({ ...finalHeader, alg: 'none' })}.${encoded(payload)}.`, isGenuine: false };
        default: {
          const other = `${encoded(finalHeader)}.${encoded({ ...payload, state: made.tamper })}`;
          return { jwt: `${other}.${es256(input, keys.own)}`, isGenuine: false };
        }
      }
    });
}

function claimValue(known: readonly unknown[]): fc.Arbitrary<unknown> {
  const any = fc.oneof(
    anyText,
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const left = fc.constant(undefined);
  return known.length === 0 ? fc.oneof(any, left) : fc.oneof(fc.constantFrom(...known), any, left);
}

/** Later entries win; undefined takes a member out, as JSON has no word for it. */
function withoutUndefined(entries: readonly (readonly [string, unknown])[]): Json {
  return Object.fromEntries(entries);
}

function encoded(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function es256(input: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

function hs256(input: string, secret: string): string {
  return createHmac('sha256', secret).update(input).digest('base64url');
}
