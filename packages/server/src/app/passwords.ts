/** What a new password is judged by, as the settings have it: for the server and for the commands alike. */
import { lookup } from 'node:dns/promises';
import { createPasswordPolicy, type PasswordPolicy } from '../accounts/password-policy.ts';
import { createPasswordStrength } from '../accounts/password-strength.ts';
import type { Config } from '../config.ts';
import { type BreachedPasswordsDeps, createBreachedPasswords } from '../fetch/breached-passwords.ts';
import { createHardenedFetch, isLoopbackHttp } from '../fetch/hardened-fetch.ts';

/** Opens the policy. Nothing is loaded and nobody asked before the first password is judged. */
export function openPasswordPolicy(config: Config, unanswered: BreachedPasswordsDeps['unanswered']): PasswordPolicy {
  const rangeUrl = config.breachedPasswordsUrl;
  return createPasswordPolicy({
    organisationWords: [config.brand.name, ...config.organisationWords],
    strength: createPasswordStrength(),
    breaches: rangeUrl === null ? null : createBreachedPasswords({ rangeUrl, fetcher: fetcherFor(config), unanswered }),
  });
}

/** One of its own: a slow list takes no turn from the documents of applications. */
function fetcherFor(config: Config) {
  return createHardenedFetch({
    resolve: (hostname) => lookup(hostname, { all: true }),
    allowLoopback: isLoopbackHttp(config.url),
    networks: config.fetchNetworks,
  });
}
