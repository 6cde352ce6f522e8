/**
 * An OpenID Connect issuer made of `oidc-provider`, which nobody has to sign in to: a test says who is there.
 *
 * Owns its configuration and who is signed in.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import Provider, { type ClientMetadata, type Configuration, type JWK } from 'oidc-provider';
import { type Listening, listenOnFreePort } from './listening.ts';

/** The claims of a person; `sub` is their account. */
export type Claims = Readonly<Record<string, unknown> & { sub: string }>;

/** The issuer, and what a test may change while it runs. */
export interface OpenIdServer extends Listening {
  readonly issuer: string;
  claims: Claims;
  /** Stands between the provider and the network, to misbehave. Answers true when it answered. */
  intercept: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | null;
  /** What arrived, under which host: `localhost:4711 GET /token`. */
  readonly requests: string[];
}

/** Starts it on a port of the system's choice; the clients are made when that is known. `issuer` where it is another address. */
export async function startOpenIdServer(
  clients: () => ClientMetadata[],
  options: {
    readonly issuer?: (url: string) => string;
    /** What differs from the configuration below. */
    readonly configuration?: Configuration;
  } = {},
): Promise<OpenIdServer> {
  let answer: RequestListener = (_incoming, outgoing) => outgoing.end();
  const server = createServer((incoming, outgoing) => {
    state.requests.push(`${incoming.headers.host} ${incoming.method} ${incoming.url?.replace(/\?.*/, '')}`);
    if (state.intercept?.(incoming, outgoing) !== true) answer(incoming, outgoing);
  });
  const listening = await listenOnFreePort(server);
  const state = {
    ...listening,
    issuer: options.issuer?.(listening.url) ?? listening.url,
    claims: {
      sub: 'subject-1',
      preferred_username: 'olivia',
      given_name: 'Olivia',
      family_name: 'Open',
      email: 'olivia@example.org',
      email_verified: true,
    } as Claims,
    intercept: null as OpenIdServer['intercept'],
    requests: [] as string[],
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const people = new Map<string, Claims>();
  const provider = new Provider(state.issuer, {
    clients: clients(),
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'given_name', 'family_name', 'birthdate'],
      email: ['email', 'email_verified'],
    },
    cookies: { keys: ['a key of the tests'] },
    // Its own sends nothing to this machine.
    fetch: (url, { method, headers, body }: RequestInit = {}) =>
      fetch(url, { method: method ?? 'GET', headers: new Headers(headers), body: body ?? null }),
    features: {
      devInteractions: { enabled: false },
      ...options.configuration?.features,
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = form;
        },
      },
    },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' } as JWK] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    findAccount: (_context, id) => ({ accountId: id, claims: () => people.get(id) ?? { sub: id } }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    scopes: ['openid', 'profile', 'email'],
    pkce: { required: () => true },
    ...withoutFeatures(options.configuration),
  });
  const callback = provider.callback();
  answer = async (incoming, outgoing) => {
    if (!incoming.url?.startsWith('/interaction/')) return callback(incoming, outgoing);
    people.set(state.claims.sub, state.claims);
    const interaction = await provider.interactionDetails(incoming, outgoing);
    const grant = new provider.Grant({
      accountId: state.claims.sub,
      clientId: String(interaction.params['client_id']),
    });
    grant.addOIDCScope('openid profile email');
    const result = { login: { accountId: state.claims.sub }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(incoming, outgoing, result, { mergeWithLastSubmission: false });
  };
  return state;
}

function withoutFeatures(configuration: Configuration = {}): Configuration {
  const { features: _features, ...others } = configuration;
  return others;
}
