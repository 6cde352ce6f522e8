/**
 * Sign-in at a provider for an application that has accounts, sessions and pages of its own: the two halves of the code flow.
 *
 * Owns no state. What an attempt is checked against is the caller's to keep, in the browser that started it. With
 * `createAccounts()` all of it comes ready.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import { type RandomBytes, randomId, randomSecret } from '../security/tokens.ts';
import type { Attempt } from './attempt.ts';
import { authorizationRequestUrl } from './authorization-request.ts';
import { type Identity, identify } from './authorization-response.ts';
import type { Fetch } from './back-channel.ts';
import { createProtocolClients } from './client-configuration.ts';
import { protocolFailure } from './protocol-failures.ts';

/** The unguessable parts of an attempt: what its response is checked against. */
export type AttemptSecrets = Pick<Attempt, 'state' | 'nonce' | 'codeVerifier'>;

/** Both halves of a sign-in. Neither throws for what a provider does: that is a {@link Failure}. */
export interface RelyingParty {
  /** Makes `nonce` and PKCE verifier (OpenID Connect Core §3.1.2.1, RFC 7636 §4.1); `state` is the caller's to make. */
  newSecrets(provider: Provider): Omit<AttemptSecrets, 'state'>;
  /**
   * The address to send the browser to.
   * @param more parameters of this request alone, such as `prompt` and `max_age` (OpenID Connect Core §3.1.2.1). That they were heeded is
   *   for the caller to see, in {@link Identity.claims}.
   */
  start(
    provider: Provider,
    client: ProviderClient,
    secrets: AttemptSecrets,
    redirectUri: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ readonly kind: 'started'; readonly url: string } | Failure>;
  /**
   * From the response's parameters to a person. The caller has shown beforehand that `state` is one of its own, of this browser and
   * this provider (RFC 6749 §10.12, RFC 9700 §4.4), and that it is used for the first time.
   */
  finish(
    provider: Provider,
    client: ProviderClient,
    secrets: AttemptSecrets,
    response: URLSearchParams,
    redirectUri: string,
  ): Promise<Identity | Failure>;
}

/** Makes it. Discovered metadata is remembered for an hour. */
export function createRelyingParty(deps: {
  readonly fetch: Fetch;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}): RelyingParty {
  const findClient = createProtocolClients(deps);
  const ready = async (provider: Provider, client: ProviderClient) => {
    try {
      return { kind: 'ready', protocol: await findClient(provider, client) } as const;
    } catch (error) {
      return protocolFailure(error, 'discovery', `metadata of "${provider.id}"`);
    }
  };
  return {
    newSecrets: (provider) => ({
      nonce: provider.protocol === 'oidc' ? randomId(deps.randomBytes) : null,
      codeVerifier: randomSecret(deps.randomBytes),
    }),
    async start(provider, client, secrets, redirectUri, more) {
      const found = await ready(provider, client);
      if (found.kind === 'failure') return found;
      try {
        const url = await authorizationRequestUrl(provider, client, found.protocol, secrets, redirectUri, more);
        return { kind: 'started', url };
      } catch (error) {
        return protocolFailure(error, 'discovery', `authorization endpoint of "${provider.id}"`);
      }
    },
    async finish(provider, client, secrets, response, redirectUri) {
      // RFC 6749 §3.1: parameters are not repeated.
      if (response.getAll('state').length > 1) return failure('state_missing', 'the response has several states');
      const found = await ready(provider, client);
      if (found.kind === 'failure') return found;
      return identify(provider, found.protocol, secrets, response, redirectUri);
    },
  };
}
