/**
 * The FAPI 2.0 Security Profile (Final) and FAPI 2.0 Message Signing, as a switch of an application.
 *
 * Owns what each demands. What an application's settings already say is demanded when they are saved (`admin/application-rules.ts`);
 * what is decided at a request asks here. Met by every application of this server, and so not here: response type `code` alone,
 * `iss` in each answer, no password grant, codes that count once, handles of pushed requests that live 90 seconds, redirects by 303.
 */
import type { Application } from './application.ts';
import type { ApplicationSettings } from './application-settings.ts';

/** Security Profile §5.4.1: what a JWT may be signed with, by either side. */
export const FAPI_ALGORITHMS = ['PS256', 'ES256', 'EdDSA'] as const;

/** A demand that the settings do not meet, by the field that would. */
export type FapiDemand =
  | 'confidential'
  | 'authentication'
  | 'bound'
  | 'codeLifetime'
  | 'pushed'
  | 'pkce'
  | 'https'
  | 'algorithms'
  | 'signedRequest'
  | 'signedResponse';

/** What the demands look at. */
export type FapiSubject = Pick<
  Application,
  'type' | 'redirectUris' | 'requirePkce' | 'idTokenAlgorithm' | 'codeLifetimeSeconds' | 'settings'
>;

/** Whether the switch is on. */
export function isFapi({ fapiProfile }: Pick<ApplicationSettings, 'fapiProfile'>): boolean {
  return fapiProfile !== 'none';
}

/** Whether requests have to be signed as Message Signing has it. */
export function signsMessages({ fapiProfile }: Pick<ApplicationSettings, 'fapiProfile'>): boolean {
  return fapiProfile === 'message-signing';
}

/** The demands that are not met; none where the switch is off. */
export function unmetDemands(subject: FapiSubject): readonly FapiDemand[] {
  const { settings, type, redirectUris, requirePkce, idTokenAlgorithm, codeLifetimeSeconds } = subject;
  if (!isFapi(settings)) return [];
  const isFit = (algorithm: string) =>
    algorithm === 'none' || (FAPI_ALGORITHMS as readonly string[]).includes(algorithm);
  const unmet: (FapiDemand | false)[] = [
    // Security Profile §5.3.2.1: only confidential clients.
    type !== 'confidential' && 'confidential',
    // §5.3.2.1: mutual TLS or private_key_jwt.
    settings.clientAuthentication === 'client_secret' && 'authentication',
    // §5.3.2.1: only sender-constrained access tokens, by mutual TLS or DPoP.
    !settings.requireDpop && !settings.tlsClientCertificateBoundAccessTokens && 'bound',
    // §5.3.2.1: codes of 60 seconds at most.
    codeLifetimeSeconds > 60 && 'codeLifetime',
    // §5.3.2.2: no authorization request but a pushed one.
    !settings.requirePushedRequest && 'pushed',
    // §5.3.2.2: PKCE with S256, which is the only method here.
    !requirePkce && 'pkce',
    // §5.3.2.2: no http in a redirect URI; native applications, which may have it on this machine, are no confidential ones.
    redirectUris.some((uri) => !/^https:/i.test(uri)) && 'https',
    // §5.4.1
    !(isFit(idTokenAlgorithm) && isFit(settings.userinfoSigningAlgorithm)) && 'algorithms',
    // Message Signing §5.3
    signsMessages(settings) && !settings.requireSignedRequest && 'signedRequest',
    // Message Signing §5.4
    signsMessages(settings) && settings.responseModes.some((mode) => !mode.endsWith('.jwt')) && 'signedResponse',
  ];
  return unmet.filter((demand) => demand !== false);
}
