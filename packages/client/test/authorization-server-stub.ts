/**
 * An authorization server as a resource server meets it: metadata, keys and introspection, answered by a `fetch` of the test.
 *
 * Owns its keys and how it misbehaves; nothing listens.
 */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const ISSUER = 'https://accounts.example.org/o';
export const RESOURCE = 'https://api.example.org/v1';

/** A private key with the name under which its public half is published. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

/** The server, and what a test may change. */
export interface AuthorizationServerStub {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** Answers by token; what is not in it is inactive. */
  readonly introspection: Map<string, Record<string, unknown>>;
  /** Every answer is this status. */
  brokenStatus: number | null;
  /** Of introspection alone. */
  introspectionStatus: number;
  /** What its metadata says, beside the addresses. */
  metadata: Record<string, unknown>;
  /** Makes a key, and publishes it unless told otherwise. */
  key(kid: string, published?: boolean, algorithm?: string): Promise<SigningKey>;
  /** Publishes none of its former keys any longer. */
  withdrawKeys(): void;
}

/** A server without keys. */
export function createAuthorizationServerStub(): AuthorizationServerStub {
  const keys: object[] = [];
  const stub: AuthorizationServerStub = {
    asked: [],
    introspection: new Map(),
    brokenStatus: null,
    introspectionStatus: 200,
    metadata: { issuer: ISSUER },
    key: async (kid, published = true, algorithm = 'ES256') => {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
      if (published) keys.push({ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' });
      return { kid, privateKey };
    },
    withdrawKeys: () => {
      keys.length = 0;
    },
    fetch: async (url, init) => {
      const { pathname } = new URL(url);
      stub.asked.push(pathname);
      if (stub.brokenStatus !== null) return new Response('', { status: stub.brokenStatus });
      switch (pathname) {
        case '/o/.well-known/openid-configuration':
          return Response.json({
            jwks_uri: `${ISSUER}/jwks`,
            introspection_endpoint: `${ISSUER}/introspect`,
            ...stub.metadata,
          });
        case '/o/jwks':
          return Response.json({ keys });
        case '/o/introspect': {
          const token = new URLSearchParams(String(init.body)).get('token') ?? '';
          return Response.json(stub.introspection.get(token) ?? { active: false }, {
            status: stub.introspectionStatus,
          });
        }
        default:
          return new Response('', { status: 404 });
      }
    },
  };
  return stub;
}

/** The claims of a token that is good. */
export function goodClaims(nowMs: number): JWTPayload {
  const now = Math.floor(nowMs / 1000);
  return {
    iss: ISSUER,
    aud: RESOURCE,
    sub: 'subject-1',
    client_id: 'client-1',
    scope: 'read write',
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 600,
  };
}

/** A signed access token; `header` and `claims` replace what a good one has, and undefined takes it away. */
export async function signToken(
  key: SigningKey,
  claims: JWTPayload,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(key.privateKey);
}
