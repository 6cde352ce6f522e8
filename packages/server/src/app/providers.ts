/** The providers elsewhere without a server around them, for the command that looks at them. */
import { lookup } from 'node:dns/promises';
import type { Elsewhere } from '../accounts/ports/elsewhere.ts';
import { fieldsOfPerson } from '../accounts/profile-fields.ts';
import type { Config } from '../config.ts';
import { createElsewhere, redirectUriOf } from '../elsewhere/providers.ts';
import { createHardenedFetch, isLoopbackHttp } from '../fetch/hardened-fetch.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import type { Clock } from '../vocabulary/time.ts';

/** The providers, reached as the server reaches them, and what is registered at each. */
export function openProviders(
  config: Config,
  clock: Clock,
): {
  readonly elsewhere: Elsewhere;
  readonly redirectUri: (providerId: string) => string;
} {
  const fetcher = createHardenedFetch({
    resolve: (hostname) => lookup(hostname, { all: true }),
    allowLoopback: isLoopbackHttp(config.url),
    networks: config.fetchNetworks,
  });
  const suggestedFields = fieldsOfPerson(config.profileFields, 'sign-up');
  const deps = { ...config, suggestedFields, baseUrl: config.url, fetcher, clock };
  return {
    elsewhere: createElsewhere({ ...deps, randomness: systemRandomness }),
    redirectUri: (providerId) => redirectUriOf(config.url, providerId),
  };
}
