/**
 * An application that is held to FAPI 2.0, with private_key_jwt and DPoP, without a library: what it does is written out, so
 * that it can do it wrongly. Importing this opens a server for the tests of the file, with three applications and a person.
 *
 * Owns the steps. What has to come of them is each test's.
 */
import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site } from '../black-box/site.ts';
import type { Person } from '../person.ts';

export const BACK = 'https://client.example/callback';
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
export type Form = Readonly<Record<string, string>>;
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export const keys = Object.fromEntries(
  await Promise.all(
    (['PS256', 'ES256', 'EdDSA', 'RS256'] as const).map(async (alg) => [
      alg,
      await generateKeyPair(alg, { extractable: true }),
    ]),
  ),
) as Record<'PS256' | 'ES256' | 'EdDSA' | 'RS256', CryptoKeyPair>;
export type Algorithm = keyof typeof keys;
const publicKeys = await Promise.all(
  Object.entries(keys).map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid: alg, alg })),
);
const jwks = JSON.stringify({ keys: publicKeys });
export const dpopKeys = await generateKeyPair('ES256', { extractable: true });
export const otherDpopKeys = await generateKeyPair('ES256', { extractable: true });

export let site: Site;
export let alice: Person;
export let issuer: string;
export let client: string;
export let otherClient: string;
export let signing: string;
const options = [
  ...['app', 'create', '--name', 'N', '--type', 'confidential', '--grant', 'authorization-code,refresh-token'],
  ...['--redirect-uri', BACK, '--require-pkce', '--skip-consent', '--id-token-algorithm', 'ES256'],
  ...[
    '--client-authentication',
    'private_key_jwt',
    '--jwks',
    jwks,
    '--require-dpop',
    'on',
    '--require-pushed-request',
    'on',
  ],
];
const messageSigning = [
  '--fapi-profile',
  'message-signing',
  '--require-signed-request',
  'on',
  '--response-modes',
  'query.jwt',
];
const idOf = (made: unknown) => (made as { readonly client_id: string }).client_id;
beforeAll(async () => {
  site = await openSite('SQLite');
  alice = await site.member('alice');
  issuer = `${site.url}/o`;
  client = idOf(await site.command([...options, '--fapi-profile', 'security']));
  otherClient = idOf(await site.command([...options, '--fapi-profile', 'security']));
  signing = idOf(await site.command([...options, ...messageSigning]));
});
afterAll(() => site?.dispose());

export const now = () => Math.floor(Date.now() / 1_000);
export const sign = (claims: object, alg: Algorithm = 'PS256', kid: string = alg) =>
  new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid }).sign(keys[alg].privateKey);
export async function assertion(of = client, claims: object = {}, alg: Algorithm = 'PS256'): Promise<Form> {
  const usual = { iss: of, sub: of, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 };
  return {
    client_id: of,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await sign({ ...usual, ...claims }, alg),
  };
}
let nonce = '';
export async function proof(htm: string, htu: string, claims: object = {}, pair = dpopKeys): Promise<string> {
  const jwk = await exportJWK(pair.publicKey);
  const usual = { htm, htu, iat: now(), jti: randomUUID(), ...(nonce === '' ? {} : { nonce }) };
  return new SignJWT({ ...usual, ...claims } as JWTPayload)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .sign(pair.privateKey);
}
export async function post(path: string, form: Form, headers: Form = {}): Promise<Answer> {
  const response = await fetch(`${issuer}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
  nonce = response.headers.get('dpop-nonce') ?? nonce;
  return { status: response.status, body: JSON.parse(await response.text()) };
}
export const request = (change: Form = {}): Form => ({
  response_type: 'code',
  redirect_uri: BACK,
  scope: 'openid profile read',
  state: 'the-state',
  nonce: 'the-nonce',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  ...change,
});
export const without = (form: Form, name: string): Form =>
  Object.fromEntries(Object.entries(form).filter(([key]) => key !== name));
export const push = async (form: Form = request(), of = client, proven?: Form) =>
  post('/par/', { ...form, ...(proven ?? (await assertion(of))) });
/** The answer that the browser brings to the application. */
export async function authorize(pushed: Answer, of = client): Promise<URLSearchParams> {
  expect(pushed.status).toBe(201);
  const query = new URLSearchParams({ client_id: of, request_uri: String(pushed.body['request_uri']) });
  const seen = await alice.open(`/o/authorize/?${query}`);
  if (seen.leftFor === null || !seen.leftFor.href.startsWith(BACK)) throw new Error(`stayed at ${seen.url}`);
  return seen.leftFor.searchParams;
}
export async function token(
  form: Form,
  of = client,
  more: { readonly pair?: CryptoKeyPair; readonly proven?: Form; readonly claims?: object } = {},
): Promise<Answer> {
  const proven = more.proven ?? (await assertion(of));
  const send = async (jwt: Form) => {
    const dpop = await proof('POST', `${issuer}/token/`, more.claims, more.pair);
    return post('/token/', { ...form, ...jwt }, { dpop });
  };
  const first = await send(proven);
  // RFC 9449 §8: the nonce came with the answer, and the assertion is used up.
  return first.body['error'] === 'use_dpop_nonce' ? send(more.proven ?? (await assertion(of))) : first;
}
export const redeem = (
  answer: URLSearchParams,
  change: Form = {},
  of = client,
  more: Parameters<typeof token>[2] = {},
) =>
  token(
    {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: BACK,
      code_verifier: VERIFIER,
      ...change,
    },
    of,
    more,
  );
export const signIn = async () => {
  const answer = await redeem(await authorize(await push()));
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  return answer.body as { readonly access_token: string; readonly refresh_token: string; readonly id_token: string };
};
export async function userinfo(
  accessToken: string,
  claims: object = {},
  pair = dpopKeys,
  scheme = 'DPoP',
): Promise<number> {
  const ath = createHash('sha256').update(accessToken).digest('base64url');
  const dpop = await proof('GET', `${issuer}/userinfo/`, { ath, ...claims }, pair);
  const response = await fetch(`${issuer}/userinfo/`, { headers: { authorization: `${scheme} ${accessToken}`, dpop } });
  await response.text();
  return response.status;
}
