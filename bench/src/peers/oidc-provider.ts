/**
 * `oidc-provider` as a server, set up for the same work as ours: opaque access tokens, RS256 ID tokens, S256, refresh tokens for
 * one of its two clients, rotated at each use, client authentication by HTTP Basic, one account in the same SQLite database.
 *
 * Its interaction signs the person in and consents without a page: what is measured is a person who is signed in already.
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import Provider, { type Configuration, type JWK } from 'oidc-provider';
import { given, REDIRECT_URI, ready } from './handshake.ts';
import { openAdapters } from './sqlite-adapter.ts';

const { port, folder } = given();
const baseUrl = `http://localhost:${port}`;
const { adapter, synchronous, database } = openAdapters(join(folder, 'oidc-provider.db'));
const client = { id: 'bench', secret: 'bench-secret-of-more-than-thirty-two-characters' };
const refreshing = { ...client, id: 'bench-refreshing', scope: 'openid profile email' };

database.exec(
  'CREATE TABLE account (id TEXT PRIMARY KEY, username TEXT, given_name TEXT, family_name TEXT, email TEXT)',
);
database.prepare('INSERT INTO account VALUES (?, ?, ?, ?, ?)').run('1', 'alice', 'Alice', 'Ames', 'alice@example.org');
const findAccount = database.prepare<[string], Record<string, string>>('SELECT * FROM account WHERE id = ?');

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' } as JWK;

const configuration: Configuration = {
  adapter,
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      redirect_uris: [REDIRECT_URI],
      scope: 'openid profile email read',
    },
    {
      client_id: refreshing.id,
      client_secret: refreshing.secret,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [REDIRECT_URI],
      scope: refreshing.scope,
    },
  ],
  claims: {
    openid: ['sub'],
    profile: ['preferred_username', 'name', 'given_name', 'family_name'],
    email: ['email', 'email_verified'],
  },
  clientBasedCORS: () => false,
  cookies: { keys: ['bench-cookie-key'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_context, id) => {
    const account = findAccount.get(id);
    if (account === undefined) return undefined;
    return {
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: account['username'],
        name: `${account['given_name']} ${account['family_name']}`,
        given_name: account['given_name'],
        family_name: account['family_name'],
        email: account['email'],
        email_verified: true,
      }),
    };
  },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: async (_context, { clientId }) => clientId === refreshing.id,
  jwks: { keys: [jwk] },
  rotateRefreshToken: true,
  scopes: ['openid', 'profile', 'email', 'read'],
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    ClientCredentials: 3600,
    Grant: 1_209_600,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 1_209_600,
    Session: 1_209_600,
  },
};

const provider = new Provider(baseUrl, configuration);
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  const { prompt, params, session } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === 'login') {
    return provider.interactionFinished(context.req, context.res, { login: { accountId: '1' } });
  }
  const grant = new provider.Grant({ accountId: session?.accountId ?? '1', clientId: String(params['client_id']) });
  grant.addOIDCScope('openid profile email read');
  const grantId = await grant.save();
  return provider.interactionFinished(
    context.req,
    context.res,
    { consent: { grantId } },
    { mergeWithLastSubmission: true },
  );
});
const listening = provider.listen(port, '127.0.0.1', () =>
  ready({
    baseUrl,
    paths: {
      authorize: '/auth',
      token: '/token',
      par: '/request',
      introspect: '/token/introspection',
      userinfo: '/me',
      discovery: '/.well-known/openid-configuration',
      keySet: '/jwks',
    },
    client,
    refreshing,
    redirectUri: REDIRECT_URI,
    synchronous,
  }),
);
process.on('SIGTERM', () => listening.close(() => process.exit(0)));
