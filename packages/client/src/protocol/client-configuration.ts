/**
 * openid-client's configuration for each provider.
 *
 * Owns discovery and its cache, and the difference between the addresses that a provider publishes and those at which the
 * back channel reaches it. openid-client sees the published ones alone, so that the issuer it compares with is the public one.
 */
import * as openid from 'openid-client';
import type { OAuth2Provider, OidcProvider, Provider, ProviderClient } from '../providers/provider.ts';
import { createBackChannel, type Fetch, moveBase } from './back-channel.ts';

const TIMEOUT_SECONDS = 10;
/** Metadata rarely changes; keys are refetched by openid-client as soon as an unknown one is used. A made secret outlives it. */
const METADATA_LIFETIME_MS = 60 * 60 * 1000;

/** A provider ready to be spoken to. */
export interface ProtocolClient {
  readonly configuration: openid.Configuration;
  readonly issuer: string;
  /** RFC 9207 §3: the provider says that it always sends `iss`. */
  readonly issuerInResponse: boolean;
  /** OAuth 2 alone: where the profile is fetched. */
  readonly profileUrl: string | null;
  /** OAuth 2 alone: where more of it is fetched, by the names under which it goes into the profile. */
  readonly moreProfileUrls: Readonly<Record<string, string>>;
  /** OpenID Connect RP-Initiated Logout §2, where the provider offers it. */
  readonly endSession: boolean;
}

/** Finds the client for a provider. @throws what openid-client throws when discovery fails. */
export type FindProtocolClient = (provider: Provider, client: ProviderClient) => Promise<ProtocolClient>;

/** Clients for every provider, remembered for an hour where they were discovered. */
export function createProtocolClients(deps: { fetch: Fetch; now: () => number }): FindProtocolClient {
  const remembered = new Map<string, { key: string; client: Promise<ProtocolClient>; untilMs: number }>();
  return (provider, client) => {
    if (provider.protocol === 'oauth2') return Promise.resolve(explicitClient(provider, client, deps.fetch));
    const key = JSON.stringify([
      provider.addresses(client.overrides),
      client.overrides.settings,
      client.clientId,
      client.clientSecret,
    ]);
    const known = remembered.get(provider.id);
    if (known !== undefined && known.key === key && known.untilMs > deps.now()) return known.client;
    const discovered = discoverClient(provider, client, deps);
    const entry = { key, client: discovered, untilMs: deps.now() + METADATA_LIFETIME_MS };
    remembered.set(provider.id, entry);
    discovered.catch(() => {
      // The next person tries again.
      if (remembered.get(provider.id) === entry) remembered.delete(provider.id);
    });
    return discovered;
  };
}

function explicitClient(provider: OAuth2Provider, client: ProviderClient, fetch: Fetch): ProtocolClient {
  const addresses = provider.addresses(client.overrides);
  const configuration = new openid.Configuration(
    {
      issuer: addresses.issuer,
      authorization_endpoint: addresses.authorizationUrl,
      token_endpoint: addresses.tokenUrl,
    },
    client.clientId,
    undefined,
    authentication(client.clientSecret, provider.clientAuthentication),
  );
  configuration.timeout = TIMEOUT_SECONDS;
  const backChannel = createBackChannel({ fetch, allowInsecure: provider.allowInsecure, route: (url) => url });
  const { errorsWithStatus200: errors } = provider;
  configuration[openid.customFetch] =
    errors === undefined ? backChannel : withErrorStatus(backChannel, addresses.tokenUrl, errors);
  // createBackChannel() holds the narrower rule: http to loopback, or where the developer said so.
  openid.allowInsecureRequests(configuration);
  return {
    configuration,
    issuer: addresses.issuer,
    issuerInResponse: provider.issuerInResponse,
    profileUrl: addresses.profileUrl,
    moreProfileUrls: addresses.moreProfileUrls ?? {},
    endSession: false,
  };
}

async function discoverClient(
  provider: OidcProvider,
  client: ProviderClient,
  { fetch, now }: { readonly fetch: Fetch; readonly now: () => number },
): Promise<ProtocolClient> {
  const { issuer, backChannelUrl } = provider.addresses(client.overrides);
  const { clientId } = client;
  const clientSecret =
    client.clientSecret === null || provider.makeSecret === undefined
      ? client.clientSecret
      : provider.makeSecret(client.clientSecret, clientId, now(), client.overrides.settings);
  const customFetch = createBackChannel({
    fetch,
    allowInsecure: provider.allowInsecure,
    route: (url) => (backChannelUrl === null ? url : moveBase(url, issuer, backChannelUrl)),
  });
  const { clientAuthentication: said } = provider;
  const discovered = await openid.discovery(
    new URL(issuer),
    clientId,
    undefined,
    said === undefined ? undefined : authentication(clientSecret, said),
    { timeout: TIMEOUT_SECONDS, execute: [openid.allowInsecureRequests], [openid.customFetch]: customFetch },
  );
  const published = discovered.serverMetadata();
  const methods = published.token_endpoint_auth_methods_supported;
  // RFC 8414 §2: left out means client_secret_basic.
  const method =
    methods === undefined || methods.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post';
  // What was discovered knows Microsoft's issuers, which are a template; a configuration made of its metadata would not.
  const configuration =
    said !== undefined
      ? discovered
      : new openid.Configuration(
          { ...published, ...browserAddresses(published, issuer, backChannelUrl) },
          clientId,
          undefined,
          authentication(clientSecret, method),
        );
  configuration.timeout = TIMEOUT_SECONDS;
  configuration[openid.customFetch] = customFetch;
  openid.allowInsecureRequests(configuration);
  // ASVS 9.1.1: the ID token's signature is checked although it comes over the back channel.
  openid.enableNonRepudiationChecks(configuration);
  return {
    configuration,
    issuer: published.issuer,
    issuerInResponse: published.authorization_response_iss_parameter_supported === true,
    profileUrl: null,
    moreProfileUrls: {},
    endSession: published.end_session_endpoint !== undefined,
  };
}

/** RFC 6749 §5.2: an error has the status 400. Gives it to errors of the token endpoint that come without, and their own name. */
function withErrorStatus(
  backChannel: openid.CustomFetch,
  tokenUrl: string,
  names: Readonly<Record<string, string>>,
): openid.CustomFetch {
  return async (url, init) => {
    const response = await backChannel(url, init);
    if (url !== tokenUrl || response.status !== 200) return response;
    const text = await response.text();
    const said = errorIn(text);
    if (said === null) return new Response(text, { status: 200, headers: response.headers });
    const error = names[said] ?? said;
    return Response.json({ error }, { status: error === 'invalid_client' ? 401 : 400 });
  };
}

function errorIn(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
      ? body.error
      : null;
  } catch {
    return null;
  }
}

/** Some servers build addresses from the host they were asked under: the browser's must be public ones all the same. */
function browserAddresses(
  published: openid.ServerMetadata,
  issuer: string,
  backChannelUrl: string | null,
): Partial<openid.ServerMetadata> {
  const moved: { authorization_endpoint?: string; end_session_endpoint?: string } = {};
  if (backChannelUrl === null) return moved;
  for (const name of ['authorization_endpoint', 'end_session_endpoint'] as const) {
    const url = published[name];
    if (typeof url === 'string') moved[name] = moveBase(url, backChannelUrl, issuer);
  }
  return moved;
}

function authentication(
  secret: string | null,
  method: 'client_secret_basic' | 'client_secret_post',
): openid.ClientAuth {
  if (secret === null) return openid.None();
  return method === 'client_secret_basic' ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret);
}
