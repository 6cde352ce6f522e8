/** `oidc-provider` as a target: signing in is one authorization request for each client, whose interaction agrees by itself. */
import type { Browser } from '../browser.ts';
import type { Handshake } from '../peers/handshake.ts';
import { authorizePath } from '../requests.ts';
import type { Target } from '../target.ts';
import { type StartOptions, startPeer } from './peer.ts';

/** RFC 7636 Appendix B: the challenge of the specification's example. */
const EXAMPLE_CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** Starts it. */
export function startOidcProvider(options: StartOptions): Promise<Target> {
  return startPeer('oidc-provider', 'oidc-provider.ts', signIn, options);
}

async function signIn(browser: Browser, handshake: Handshake): Promise<void> {
  await agree(browser, handshake, authorizePath(handshake, EXAMPLE_CHALLENGE));
  const { refreshing } = handshake;
  await agree(
    browser,
    handshake,
    authorizePath({ ...handshake, client: refreshing }, EXAMPLE_CHALLENGE, refreshing.scope),
  );
}

async function agree(browser: Browser, handshake: Handshake, path: string): Promise<void> {
  let url = handshake.baseUrl + path;
  for (let redirects = 0; redirects < 10; redirects += 1) {
    const { location } = await browser.visit(url);
    if (location.startsWith(handshake.redirectUri)) return;
    url = location;
  }
  throw new Error('oidc-provider: the sign-in did not come to its end');
}
