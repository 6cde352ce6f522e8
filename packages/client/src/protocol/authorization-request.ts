/**
 * The start of a sign-in: from an attempt to the URL that the browser is sent to.
 *
 * Owns the parameters of the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1).
 */
import * as openid from 'openid-client';
import { isSecureEnough } from '../providers/base-url.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import type { Attempt } from './attempt.ts';
import { BackChannelError } from './back-channel.ts';
import type { ProtocolClient } from './client-configuration.ts';
import { dpopThumbprint } from './dpop-key.ts';

/**
 * The authorization request's URL. PKCE is always sent: a server that does not know it ignores it (RFC 6749 §3.1).
 * @throws BackChannelError when discovery led to an authorization endpoint without TLS.
 */
export async function authorizationRequestUrl(
  provider: Provider,
  client: ProviderClient,
  protocol: ProtocolClient,
  attempt: Pick<Attempt, 'state' | 'nonce' | 'codeVerifier'> & Partial<Pick<Attempt, 'dpopKey'>>,
  redirectUri: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const scope = provider.protocol === 'oidc' ? [...new Set(['openid', ...client.scope])] : client.scope;
  const url = openid.buildAuthorizationUrl(protocol.configuration, {
    ...provider.authorizationParameters,
    ...more,
    redirect_uri: redirectUri,
    state: attempt.state,
    code_challenge: await openid.calculatePKCECodeChallenge(attempt.codeVerifier),
    code_challenge_method: 'S256',
    ...(scope.length > 0 ? { scope: scope.join(' ') } : {}),
    ...(attempt.nonce === null ? {} : { nonce: attempt.nonce }),
    ...(attempt.dpopKey ? { dpop_jkt: await dpopThumbprint(attempt.dpopKey) } : {}),
  });
  if (!isSecureEnough(url, provider.allowInsecure)) {
    throw new BackChannelError(
      url.href,
      'the browser is not sent to http beyond this machine unless allowInsecure: true',
    );
  }
  return url.href;
}
