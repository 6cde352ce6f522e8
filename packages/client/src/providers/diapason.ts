/**
 * Diapason, by OpenID Connect.
 *
 * Owns where its issuer is. `custom-provider.ts` speaks to the same server as to a django-oauth-toolkit one.
 */
import { requireBaseUrl } from './base-url.ts';
import { type OidcOptions, oidc } from './oidc.ts';
import type { OidcProvider } from './provider.ts';

/** What `diapason()` is told. */
export interface DiapasonOptions extends Omit<OidcOptions, 'id' | 'name' | 'issuer' | 'backChannelUrl'> {
  readonly id?: string;
  readonly name?: string;
  /** The server as the browser reaches it: its `DIAPASON_URL`, such as `https://accounts.example.org`. */
  readonly serverUrl: string;
  /** The server as this application reaches it, such as `http://server:9977` between containers. Default: `serverUrl`. */
  readonly backChannelUrl?: string;
}

/**
 * Diapason: scopes `openid profile email`. `trustEmail` is false unless said: it is for the organisation's own server, whose operator
 * enters no foreign address as verified.
 * @throws TypeError when a base URL is malformed, or http beyond this machine without `allowInsecure`.
 */
export function diapason(options: DiapasonOptions): OidcProvider {
  const id = options.id ?? 'diapason';
  const allowInsecure = options.allowInsecure ?? false;
  const { backChannelUrl, ...others } = options;
  return oidc({
    ...others,
    id,
    name: options.name ?? 'Diapason',
    issuer: `${requireBaseUrl(options.serverUrl, `${id}.serverUrl`, allowInsecure)}/o`,
    ...(backChannelUrl === undefined
      ? {}
      : { backChannelUrl: `${requireBaseUrl(backChannelUrl, `${id}.backChannelUrl`, allowInsecure)}/o` }),
  });
}
