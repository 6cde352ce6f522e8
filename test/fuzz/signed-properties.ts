/**
 * What has to hold of JWTs that come from outside and of `Authorization` headers: nothing counts but what the right key signed or
 * the right secret proves, and whatever a signed request object says, nobody is led where nothing was registered.
 *
 * Owns these properties, each over the protocol's own functions on real storage and keys.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import type { Application } from '../../packages/server/src/protocol/application.ts';
import { DEFAULT_SETTINGS } from '../../packages/server/src/protocol/application-settings.ts';
import { readJsonWebKeySet } from '../../packages/server/src/protocol/json-web-key-set.ts';
import {
  basic,
  CALLBACK,
  ISSUER,
  SECRET,
  type SignedIn,
  type TestServer,
} from '../../packages/server/test/protocol/server.ts';
import { mustBeAnAnswer, mustLeadToRegistered, type NamedProperty } from './checks.ts';
import { anyText, authorizations, changed } from './inputs.ts';
import { jwts, type SigningKeys } from './signed-inputs.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREDENTIALS = { grant_type: 'client_credentials', scope: 'read' };

/** The properties on a server that is open. */
export async function signedProperties(server: TestServer, person: SignedIn): Promise<readonly NamedProperty[]> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'own' };
  const read = readJsonWebKeySet(JSON.stringify({ keys: [jwk] }));
  if (read.outcome !== 'read') throw new Error('the key set cannot be read');
  const settings = { ...DEFAULT_SETTINGS, jwks: read.jwks };
  const signing = await server.application({ settings, redirectUris: [CALLBACK, 'https://app.example/b?x=1'] });
  await server.storage.consents.allow(person.accountId, signing.id, signing.scopes, server.clock());
  const proving = await server.application({
    settings: { ...settings, clientAuthentication: 'private_key_jwt' },
    secrets: [],
  });
  const keys: SigningKeys = {
    own: pair.privateKey,
    strangers: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    publicText: String(pair.publicKey.export({ format: 'pem', type: 'spki' })),
  };
  const nowSeconds = Math.floor(server.clock() / 1_000);
  return [
    requestObjects(server, person, signing, keys, nowSeconds),
    assertions(server, proving, keys, nowSeconds),
    proofs(server, signing, keys, jwk, nowSeconds),
    basicCredentials(server, signing),
  ];
}

function requestObjects(
  server: TestServer,
  person: SignedIn,
  application: Application,
  keys: SigningKeys,
  nowSeconds: number,
): NamedProperty {
  const claims = () => ({
    iss: application.clientId,
    aud: ISSUER,
    exp: nowSeconds + 300,
    client_id: application.clientId,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 'inside',
  });
  const values = {
    redirect_uri: [
      'https://evil.example/',
      `${CALLBACK}@evil.example`,
      'https://app.example/b?x=1',
      'javascript:alert(1)',
    ],
    response_mode: ['query', 'fragment', 'form_post', 'jwt'],
    prompt: ['none', 'login', 'consent', 'none login'],
    claims: [{ userinfo: { email: null } }, { id_token: [] }, []],
    authorization_details: [[], [{ type: 'x' }], {}],
    resource: [['https://api.example/'], 'https://api.example/'],
    request_uri: ['urn:ietf:params:oauth:request_uri:x'],
    max_age: [0, -1, 1e300],
    exp: [nowSeconds - 1_000, 9e15, 'soon'],
    aud: [[ISSUER], [ISSUER, 'x'], 'https://other.example'],
  };
  return {
    name: 'a request object counts only as its application signed it, and leads nowhere but to that',
    property: fc.asyncProperty(
      jwts(keys, { alg: 'ES256', typ: 'oauth-authz-req+jwt', kid: 'own' }, claims, values),
      async ({ jwt, isGenuine }) => {
        const query = { client_id: application.clientId, redirect_uri: CALLBACK, state: 'outside', request: jwt };
        const outcome = await server.authorize(query, person.browser);
        if (outcome.kind === 'redirect') {
          mustLeadToRegistered(outcome.location, [application]);
          if (!isGenuine && /[?&#]code=/.test(outcome.location)) throw new Error('believed an object of another key');
        }
        if (outcome.kind === 'form_post') mustLeadToRegistered(outcome.action, [application]);
        if (!isGenuine && outcome.kind !== 'redirect' && outcome.kind !== 'error_page') {
          throw new Error(`went on to ${outcome.kind} with an object of another key`);
        }
      },
    ),
  };
}

function assertions(
  server: TestServer,
  application: Application,
  keys: SigningKeys,
  nowSeconds: number,
): NamedProperty {
  const claims = () => ({ iss: application.clientId, sub: application.clientId, aud: ISSUER, exp: nowSeconds + 60 });
  const values = {
    aud: [`${ISSUER}/token/`, [ISSUER], [ISSUER, 'https://other.example'], 'https://other.example'],
    exp: [nowSeconds - 1_000, nowSeconds + 100_000, 'soon'],
    iat: [nowSeconds, nowSeconds + 10_000],
    jti: ['', 1, ['x']],
    sub: ['client-1'],
    iss: ['client-1'],
  };
  return {
    name: 'a client assertion proves an application only as its key signed it, and once',
    property: fc.asyncProperty(jwts(keys, { alg: 'ES256', kid: 'own' }, claims, values), async ({ jwt, isGenuine }) => {
      const form = { ...CREDENTIALS, client_assertion_type: ASSERTION_TYPE, client_assertion: jwt };
      const answer = await server.token(form);
      mustBeAnAnswer(answer);
      if (answer.status === 200 && !isGenuine) throw new Error('believed an assertion of another key');
      if (answer.status === 200 && (await server.token(form)).status === 200) throw new Error('believed one twice');
    }),
  };
}

function proofs(
  server: TestServer,
  application: Application,
  keys: SigningKeys,
  { kid: _, ...jwk }: Readonly<Record<string, unknown>>,
  nowSeconds: number,
): NamedProperty {
  const claims = () => ({ htm: 'POST', htu: `${ISSUER}/token/`, iat: nowSeconds });
  const values = {
    htm: ['post', 'GET'],
    htu: [`${ISSUER}/token`, `${ISSUER}/token/?x`, 'https://evil.example/', 'not a URL', '//'],
    iat: [nowSeconds - 10_000, nowSeconds + 10_000, String(nowSeconds)],
    nonce: ['x', ''],
    ath: [createHash('sha256').update('x').digest('base64url')],
    jti: ['', 1, 'x'.repeat(3_000)],
  };
  return {
    name: 'a DPoP proof counts only as the key in it signed it, and once',
    property: fc.asyncProperty(
      jwts(keys, { alg: 'ES256', typ: 'dpop+jwt', jwk }, claims, values),
      async ({ jwt, isGenuine }) => {
        const ask = () => server.token(CREDENTIALS, { authorization: basic(application), dpop: jwt });
        const answer = await ask();
        mustBeAnAnswer(answer);
        if (answer.status === 200 && !isGenuine) throw new Error('believed a proof of another key');
        if (answer.status === 200 && (await ask()).status === 200) throw new Error('believed one twice');
      },
    ),
  };
}

function basicCredentials(server: TestServer, application: Application): NamedProperty {
  const good = `${application.clientId}:${SECRET}`;
  const encodedPair = fc.oneof(changed(good, encodeURIComponent(good)), anyText).map((pair) => {
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  });
  return {
    name: 'an Authorization header proves an application only with its secret',
    property: fc.asyncProperty(fc.oneof(authorizations([basic(application)]), encodedPair), async (authorization) => {
      const answer = await server.token(CREDENTIALS, { authorization });
      mustBeAnAnswer(answer);
      if (answer.status === 200 && !holds(authorization, application)) throw new Error(`believed ${authorization}`);
    }),
  };
}

/** RFC 6749 §2.3.1: the pair is form-encoded; many clients send it as it is, which is taken too. */
function holds(authorization: string | null, { clientId }: Application): boolean {
  const pair = Buffer.from(/^basic +(.*)$/i.exec(authorization ?? '')?.[1] ?? '', 'base64').toString();
  const [id = '', ...rest] = pair.split(':');
  const same = (text: string, wanted: string) => {
    return text === wanted || new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') === wanted;
  };
  return same(id, clientId) && same(rest.join(':'), SECRET);
}
