/**
 * The credentials and settings in force for a provider: from code, or from the social app entered in `/admin/`.
 *
 * Owns which of the two counts, and the opening of the stored secret.
 */
import { type Failure, failure } from '../core/failure.ts';
import type { Kit } from '../core/kit.ts';
import type { ProtocolClient } from '../protocol/client-configuration.ts';
import { protocolFailure } from '../protocol/protocol-failures.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';

/** The client of this application at a provider. */
export async function findProviderClient(
  provider: Provider,
  kit: Pick<Kit, 'store' | 'sealer' | 'settings'>,
): Promise<ProviderClient | Failure> {
  if (provider.credentials !== null) {
    return { ...provider.credentials, scope: provider.scope, overrides: { serverUrl: null, backChannelUrl: null } };
  }
  const app = await kit.store.findSocialApp(provider.id);
  const enterIt = `${kit.settings.paths.admin ?? '/admin'}/socialaccount/socialapp/add/`;
  if (app === null) {
    return failure('provider_not_configured', `no credentials for "${provider.id}"`, {
      hint: `enter them at ${enterIt}`,
    });
  }
  const clientSecret = app.sealedSecret === null ? null : kit.sealer.open('app-secret/1', app.sealedSecret);
  if (app.sealedSecret !== null && typeof clientSecret !== 'string') {
    return failure('app_secret_unreadable', `the stored secret of "${provider.id}" does not open`, {
      hint: "the application's own secret was changed: give the old one as second of `secret`, or enter the provider's secret again",
    });
  }
  return {
    clientId: app.clientId,
    clientSecret: typeof clientSecret === 'string' ? clientSecret : null,
    scope: app.scope === null ? provider.scope : app.scope.split(/\s+/).filter((each) => each !== ''),
    overrides: { serverUrl: app.serverUrl, backChannelUrl: app.backChannelUrl, settings: app.settings ?? {} },
  };
}

/** The provider ready to be spoken to; discovery may fail. */
export async function findProtocolClient(
  provider: Provider,
  client: ProviderClient,
  kit: Pick<Kit, 'protocolClient'>,
): Promise<{ kind: 'ready'; protocol: ProtocolClient } | Failure> {
  try {
    return { kind: 'ready', protocol: await kit.protocolClient(provider, client) };
  } catch (error) {
    return protocolFailure(error, 'discovery', `metadata of "${provider.id}"`);
  }
}
