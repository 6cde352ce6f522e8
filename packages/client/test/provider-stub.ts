/**
 * The large public services as their documentation says that they answer, in the place of the network: a `fetch`.
 *
 * Owns the recording of what is asked, and the signing of ID tokens. What a service answers is said by each test.
 */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

/** A request that arrived. */
export interface StubRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly form: URLSearchParams;
}

/** Answers by `METHOD https://…`; what is not there is an unknown host. */
export type StubAnswers = Readonly<Record<string, (request: StubRequest) => Response>>;

/** The network. */
export interface ProviderStub {
  answers: StubAnswers;
  readonly requests: StubRequest[];
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The last request to this address. */
  lastTo(url: string): StubRequest;
}

/** Makes it. */
export function providerStub(): ProviderStub {
  const stub: ProviderStub = {
    answers: {},
    requests: [],
    fetch: async (url, init) => {
      const method = init.method ?? 'GET';
      const form = new URLSearchParams(init.body === null || init.body === undefined ? '' : String(init.body));
      const request = { method, url, headers: new Headers(init.headers), form };
      stub.requests.push(request);
      const answer = stub.answers[`${method} ${url}`];
      if (answer === undefined)
        throw new TypeError('fetch failed', { cause: new Error(`nobody answers ${method} ${url}`) });
      return answer(request);
    },
    lastTo: (url) => {
      const found = stub.requests.findLast((each) => each.url === url);
      if (found === undefined) throw new Error(`nothing was asked of ${url}`);
      return found;
    },
  };
  return stub;
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'stub', use: 'sig', alg: 'RS256' };

/** What an issuer is made of. */
export interface StubIssuer {
  /** As the metadata says it; Microsoft's is a template. */
  readonly issuer: string;
  /** Where the metadata is, without `/.well-known/openid-configuration`. */
  readonly at?: string;
  readonly authorization: string;
  readonly token: string;
  readonly jwks: string;
  readonly userinfo?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Beside `aud`, `iat`, `exp` and `nonce`. */
  readonly claims: () => Readonly<Record<string, unknown>>;
  readonly userinfoClaims?: () => Readonly<Record<string, unknown>>;
}

/** The answers of an OpenID Connect issuer. @param nonce of the request that is being answered. */
export function issuerAnswers(issuer: StubIssuer, clientId: string, nonce: () => string): StubAnswers {
  const metadata = {
    issuer: issuer.issuer,
    authorization_endpoint: issuer.authorization,
    token_endpoint: issuer.token,
    jwks_uri: issuer.jwks,
    ...(issuer.userinfo === undefined ? {} : { userinfo_endpoint: issuer.userinfo }),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...issuer.metadata,
  };
  const at = (issuer.at ?? issuer.issuer).replace(/\/$/, '');
  return {
    [`GET ${at}/.well-known/openid-configuration`]: () => Response.json(metadata),
    [`GET ${issuer.jwks}`]: () => Response.json({ keys: [jwk] }),
    [`POST ${issuer.token}`]: () =>
      Response.json({
        access_token: 'an access token',
        token_type: 'Bearer',
        expires_in: 3600,
        id_token: idToken({ aud: clientId, nonce: nonce(), ...issuer.claims() }),
      }),
    ...(issuer.userinfo === undefined
      ? {}
      : { [`GET ${issuer.userinfo}`]: () => Response.json(issuer.userinfoClaims?.() ?? issuer.claims()) }),
  };
}

function idToken(claims: Readonly<Record<string, unknown>>): string {
  const iat = Math.floor(Date.now() / 1000);
  const signed = [
    { alg: 'RS256', kid: 'stub' },
    { iat, exp: iat + 600, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}
