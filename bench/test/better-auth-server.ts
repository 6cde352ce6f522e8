/**
 * An OpenID Connect issuer made of `better-auth` with its OAuth provider plugin, in memory, with one person who is signed in.
 *
 * Owns its configuration, the person, and the registration of the application. It is here, and not beside the client's tests that
 * sign in at it, because here are the versions that its plugin asks for.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import Database from 'better-sqlite3';
import { type Listening, listenOnFreePort } from '../../packages/client/test/listening.ts';

/** The issuer, its one application, and the cookies of its one person. */
export interface BetterAuthServer extends Listening {
  readonly issuer: string;
  readonly credentials: { readonly clientId: string; readonly clientSecret: string };
  /** `name=value; …`, to be sent to the server alone. */
  readonly cookie: string;
  /** What arrived, such as `POST /api/auth/oauth2/token`. */
  readonly requests: string[];
}

/** Starts it on a port of the system's choice, with this redirect URI registered. */
export async function startBetterAuthServer(redirectUri: string): Promise<BetterAuthServer> {
  let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown = (_incoming, outgoing) =>
    outgoing.end();
  const requests: string[] = [];
  const listening = await listenOnFreePort(
    createServer((incoming, outgoing) => {
      requests.push(`${incoming.method} ${incoming.url?.replace(/\?.*/, '')}`);
      answer(incoming, outgoing);
    }),
  );
  const auth = betterAuth({
    baseURL: listening.url,
    secret: 'a secret of the tests of more than thirty-two characters',
    database: new Database(':memory:'),
    emailAndPassword: { enabled: true },
    // It reports the tables as missing before they are made.
    logger: { disabled: true },
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
        scopes: ['openid', 'profile', 'email', 'offline_access'],
      }),
    ],
  });
  await (await getMigrations(auth.options)).runMigrations();
  const { headers } = await auth.api.signUpEmail({
    body: { email: 'alice@example.org', password: 'a long pass phrase 42', name: 'Alice Ames' },
    returnHeaders: true,
  });
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
  // The type of the plugin's endpoints is lost with the error above.
  const api = auth.api as unknown as {
    adminCreateOAuthClient(request: object): Promise<{ readonly client_id: string; readonly client_secret?: string }>;
  };
  const client = await api.adminCreateOAuthClient({
    headers: new Headers({ cookie: cookie.join('; ') }),
    body: {
      client_name: 'Test application',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      // It takes http from native applications alone, even on loopback.
      application_type: 'native',
      scope: 'openid profile email offline_access',
      token_endpoint_auth_method: 'client_secret_basic',
      skip_consent: true,
    },
  });
  answer = toNodeHandler(auth);
  return {
    ...listening,
    issuer: `${listening.url}/api/auth`,
    credentials: { clientId: client.client_id, clientSecret: client.client_secret ?? '' },
    cookie: cookie.join('; '),
    requests,
  };
}
