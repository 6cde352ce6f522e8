/**
 * Reading a social app as a person or a command enters it.
 *
 * Owns the rules of its fields.
 */
import { readBaseUrl } from '../providers/base-url.ts';
import { ClientSecretError, type Provider } from '../providers/provider.ts';
import type { SocialApp } from '../store/account-store.ts';

const NAME_LENGTH_MAX = 100;
const CLIENT_ID_LENGTH_MAX = 255;
const SECRET_LENGTH_MAX = 1_024;
const SCOPE_LENGTH_MAX = 1_000;

/** What is entered. Empty texts mean "not said". */
export interface SocialAppInput {
  /** The provider's id. */
  readonly provider: string;
  readonly name: string;
  readonly clientId: string;
  /** Left out or empty: the stored one stays. */
  readonly secret?: string;
  /** The browser's base URL of the server. */
  readonly serverUrl?: string;
  /** The back channel's base URL of the server. */
  readonly backChannelUrl?: string;
  /** Space-separated. */
  readonly scope?: string;
  /** What the provider needs beside these, by name, such as `team_id` of Apple. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SETTING_LENGTH_MAX = 255;

/** What can be wrong with a field; the texts are in `pages/messages/`. */
export type SocialAppProblem =
  | 'required'
  | 'too_long'
  | 'provider_unknown'
  | 'url_malformed'
  | 'url_insecure'
  | 'scope_malformed'
  | 'client_id_malformed'
  | 'address_fixed'
  | 'secret_unusable'
  | 'setting_malformed';

/** The fields as they are kept, or for each form field what is wrong with it. */
export function readSocialApp(
  input: SocialAppInput,
  providers: ReadonlyMap<string, Provider>,
):
  | {
      kind: 'read';
      values: Pick<SocialApp, 'provider' | 'name' | 'clientId' | 'serverUrl' | 'backChannelUrl' | 'scope' | 'settings'>;
    }
  | { kind: 'refused'; problems: Record<string, SocialAppProblem> } {
  const problems: Record<string, SocialAppProblem> = {};
  const provider = providers.get(input.provider);
  if (provider === undefined) problems['provider'] = 'provider_unknown';

  const name = input.name.trim();
  if (name === '') problems['name'] = 'required';
  else if (name.length > NAME_LENGTH_MAX) problems['name'] = 'too_long';

  const clientId = input.clientId.trim();
  if (clientId === '') problems['client_id'] = 'required';
  else if (clientId.length > CLIENT_ID_LENGTH_MAX) problems['client_id'] = 'too_long';
  // RFC 6749 appendix A.1.
  else if (!/^[\x20-\x7e]+$/.test(clientId)) problems['client_id'] = 'client_id_malformed';

  if ((input.secret ?? '').length > SECRET_LENGTH_MAX) problems['secret'] = 'too_long';

  const address = (text: string | undefined, field: string): string | null => {
    const trimmed = (text ?? '').trim();
    if (trimmed === '') return null;
    // What would not be used is not taken.
    if (provider?.adjustable === false) problems[field] = 'address_fixed';
    const read = readBaseUrl(trimmed, provider?.allowInsecure ?? false);
    if ('problem' in read) problems[field] ??= read.problem;
    // As typed: an OpenID Connect issuer may end in a slash.
    return trimmed;
  };
  const serverUrl = address(input.serverUrl, 'server_url');
  const backChannelUrl = address(input.backChannelUrl, 'backchannel_url');

  const scope = (input.scope ?? '').trim().replaceAll(/\s+/g, ' ');
  // RFC 6749 §3.3.
  if (!/^[\x21\x23-\x5b\x5d-\x7e ]*$/.test(scope)) problems['scope'] = 'scope_malformed';
  if (scope.length > SCOPE_LENGTH_MAX) problems['scope'] = 'too_long';

  const settings = readSettings(input.settings ?? {}, provider, problems);
  const typed = (input.secret ?? '').trim();
  if (provider?.protocol === 'oidc' && provider.makeSecret !== undefined && typed !== '' && !problems['secret']) {
    if (!isUsable(() => provider.makeSecret?.(typed, clientId, 0, settings))) problems['secret'] = 'secret_unusable';
  }

  if (Object.keys(problems).length > 0) return { kind: 'refused', problems };
  return {
    kind: 'read',
    values: {
      provider: input.provider,
      name,
      clientId,
      serverUrl,
      backChannelUrl,
      scope: scope === '' ? null : scope,
      settings,
    },
  };
}

/** Those of the provider alone; what is wrong goes to `problems`, under the name of the form's field. */
function readSettings(
  entered: Readonly<Record<string, string>>,
  provider: Provider | undefined,
  problems: Record<string, SocialAppProblem>,
): Record<string, string> {
  const read: Record<string, string> = {};
  for (const { name, pattern, fallback } of provider?.settings ?? []) {
    const value = (Object.hasOwn(entered, name) ? (entered[name] ?? '') : '').trim();
    const field = settingField(provider?.id ?? '', name);
    if (value === '' && fallback === null) problems[field] = 'required';
    else if (value.length > SETTING_LENGTH_MAX) problems[field] = 'too_long';
    else if (value !== '' && !pattern.test(value)) problems[field] = 'setting_malformed';
    if (value !== '') read[name] = value;
  }
  return read;
}

/** The name of its field in the form. */
export function settingField(providerId: string, setting: string): string {
  return `${providerId}_${setting}`;
}

function isUsable(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof ClientSecretError) return false;
    throw error;
  }
}
