/**
 * The provider of Diapason's `/o/` addresses, which are those of django-oauth-toolkit with a `/profile/` beside it.
 *
 * Owns the paths under the two base URLs. Works with Diapason (which sends `iss` with each response; it is checked) and with
 * an unchanged django-oauth-toolkit server (which sends none, and may or may not look at PKCE).
 */
import { requireBaseUrl } from './base-url.ts';
import { type CommonOptions, commonSettings, type OAuth2Provider } from './provider.ts';

/** What `customProvider()` is told. */
export interface CustomProviderOptions extends CommonOptions {
  /** The server as the browser reaches it, such as `http://localhost:9977`. */
  readonly serverUrl: string;
  /** The server as this application reaches it, such as `http://server:9977` between containers. Default: `serverUrl`. */
  readonly backChannelUrl?: string;
}

/**
 * The provider `customprovider`: scope `read`, uid = the profile's `id`. A social app may replace both base URLs.
 * @throws TypeError when a base URL is malformed, or http beyond this machine without `allowInsecure`.
 */
export function customProvider(options: CustomProviderOptions): OAuth2Provider {
  const allowInsecure = options.allowInsecure ?? false;
  const id = options.id ?? 'customprovider';
  const serverUrl = requireBaseUrl(options.serverUrl, `${id}.serverUrl`, allowInsecure);
  const backChannelUrl =
    options.backChannelUrl === undefined
      ? serverUrl
      : requireBaseUrl(options.backChannelUrl, `${id}.backChannelUrl`, allowInsecure);
  return {
    ...commonSettings(options, {
      id,
      name: 'Diapason',
      scope: ['read'],
      fields: { username: 'username', firstName: 'first_name', lastName: 'last_name', email: 'email' },
    }),
    protocol: 'oauth2',
    adjustable: true,
    defaultServerUrl: serverUrl,
    defaultBackChannelUrl: backChannelUrl,
    uid: 'id',
    clientAuthentication: 'client_secret_post',
    issuerInResponse: false,
    addresses: (overrides) => {
      const browser = (overrides.serverUrl ?? serverUrl).replace(/\/+$/, '');
      // Whoever moves the browser's address alone moved the server; the configured back channel belongs to the old one.
      const back = (overrides.backChannelUrl ?? (overrides.serverUrl === null ? backChannelUrl : browser)).replace(
        /\/+$/,
        '',
      );
      return {
        issuer: `${browser}/o`,
        authorizationUrl: `${browser}/o/authorize/`,
        tokenUrl: `${back}/o/token/`,
        profileUrl: `${back}/profile/`,
        signOutUrl: `${browser}/logout/`,
      };
    },
  };
}
