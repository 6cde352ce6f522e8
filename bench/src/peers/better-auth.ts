/**
 * `better-auth` with its OAuth provider plugin as a server, set up for the same work as ours: its own SQLite adapter over
 * better-sqlite3 in WAL with `synchronous=FULL`, RS256 ID tokens, PKCE, confidential clients that skip consent, refresh
 * tokens for the one that asks for `offline_access`. It has no pushed requests.
 *
 * Its rate limiter is off, as a benchmark is what it exists to stop; its telemetry too.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import Database from 'better-sqlite3';
import { given, REDIRECT_URI, ready } from './handshake.ts';

const { port, folder } = given();
const baseUrl = `http://localhost:${port}`;
const database = new Database(join(folder, 'better-auth.db'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');

const auth = betterAuth({
  baseURL: baseUrl,
  secret: 'bench-secret-of-more-than-thirty-two-characters',
  database,
  emailAndPassword: { enabled: true },
  logger: { level: 'error' },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  disabledPaths: ['/token'],
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'RS256' } } }),
    // @ts-expect-error: the plugin's types and better-auth's disagree under exactOptionalPropertyTypes.
    oauthProvider({
      loginPage: '/login',
      consentPage: '/consent',
      clientPrivileges: () => true,
      scopes: ['openid', 'profile', 'email', 'read', 'offline_access'],
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();
const { headers: signedUp } = await auth.api.signUpEmail({
  body: { email: 'alice@example.org', password: 'demo-password-9977', name: 'Alice Ames' },
  returnHeaders: true,
});
const cookie = signedUp
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ');
// The type of the plugin's endpoints is lost with the error above.
const api = auth.api as unknown as {
  adminCreateOAuthClient(request: object): Promise<{ readonly client_id: string; readonly client_secret?: string }>;
};
const client = await create('bench', ['authorization_code', 'client_credentials'], 'openid profile email read');
const refreshingScope = 'openid profile email offline_access';
const refreshing = await create('bench with refresh', ['authorization_code', 'refresh_token'], refreshingScope);
const handler = toNodeHandler(auth);
const server = createServer((request, response) => void handler(request, response));
server.listen(port, '127.0.0.1', () =>
  ready({
    baseUrl,
    paths: {
      authorize: '/api/auth/oauth2/authorize',
      token: '/api/auth/oauth2/token',
      par: null,
      introspect: '/api/auth/oauth2/introspect',
      userinfo: '/api/auth/oauth2/userinfo',
      discovery: '/api/auth/.well-known/openid-configuration',
      keySet: '/api/auth/jwks',
    },
    client,
    refreshing: { ...refreshing, scope: refreshingScope },
    redirectUri: REDIRECT_URI,
    synchronous: Number(database.pragma('synchronous', { simple: true })),
  }),
);
process.on('SIGTERM', () => server.close(() => process.exit(0)));

async function create(name: string, grants: readonly string[], scope: string) {
  const made = await api.adminCreateOAuthClient({
    headers: new Headers({ cookie }),
    body: {
      client_name: name,
      redirect_uris: [REDIRECT_URI],
      grant_types: grants,
      response_types: ['code'],
      scope,
      ...(grants.includes('client_credentials') ? { client_credentials_scopes: ['read'] } : {}),
      token_endpoint_auth_method: 'client_secret_basic',
      skip_consent: true,
    },
  });
  return { id: made.client_id, secret: made.client_secret ?? '' };
}
