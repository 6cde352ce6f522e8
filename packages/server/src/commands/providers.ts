/**
 * `diapason provider …`: the providers elsewhere, as they are declared, and whether one can be reached and spoken to.
 *
 * Owns output. They are declared in `DIAPASON_PROVIDERS` alone, so that nothing here changes anything, and no database is opened.
 */
import { openProviders } from '../app/providers.ts';
import { loadConfig } from '../config.ts';
import type { IdentityProvider } from '../vocabulary/identity-provider.ts';
import { done, json, type Outcome, refused } from './outcome.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Json {
  readonly json?: true;
}

/** `provider list`: in the order of the links. */
export async function listProviders(options: Json, terminal: Terminal): Promise<Outcome> {
  const loaded = loadConfig(terminal.source);
  if (loaded.outcome === 'refused') return refused(loaded.faults.join('\ndiapason: '));
  const { redirectUri } = openProviders(loaded.config, terminal.clock);
  const { identityProviders } = loaded.config;
  if (options.json) return json(identityProviders.map((provider) => shown(provider, redirectUri(provider.id))));
  const rows = identityProviders.map(({ id, name, kind, clientSecret }) => [
    id,
    name,
    kind,
    clientSecret === null ? 'none' : 'present',
    redirectUri(id),
  ]);
  return done(table(['ID', 'NAME', 'KIND', 'SECRET', 'REDIRECT URI'], rows, 'No providers: see DIAPASON_PROVIDERS.'));
}

/** `provider check`: asks the provider for its metadata, as a sign-in does. */
export async function checkProvider(id: string, options: Json, terminal: Terminal): Promise<Outcome> {
  const loaded = loadConfig(terminal.source);
  if (loaded.outcome === 'refused') return refused(loaded.faults.join('\ndiapason: '));
  const { elsewhere, redirectUri } = openProviders(loaded.config, terminal.clock);
  const declared = loaded.config.identityProviders.find((provider) => provider.id === id);
  if (declared === undefined) {
    return refused(`No provider is declared as ${JSON.stringify(id)}. See: diapason provider list`);
  }
  const secrets = await elsewhere.newSecrets(id);
  const started = await elsewhere.start(id, { ...secrets, state: 'check' }, false);
  if (started.outcome === 'failed') {
    const hint = started.hint === null ? '' : ` (${started.hint})`;
    return refused(`${id} cannot be used, ${started.code}: ${started.detail}${hint}`);
  }
  const { origin, pathname } = new URL(started.url);
  const authorizationEndpoint = `${origin}${pathname}`;
  const isDiscovered = !SAID_BY_FILE.has(declared.kind);
  const found = shown(declared, redirectUri(id));
  if (options.json) {
    return json({ ...found, authorization_endpoint: authorizationEndpoint, metadata_read: isDiscovered });
  }
  return done(
    [
      isDiscovered
        ? `${id} answers: its metadata is sound.`
        : `${id} publishes no metadata: its addresses are those that are declared, and nothing was asked of it.`,
      `People are sent to   ${authorizationEndpoint}`,
      `Register there       ${found.redirect_uri}`,
      `Client ID            ${found.client_id}`,
      `Client secret        ${declared.clientSecret === null ? 'none: a public client' : 'present; the first sign-in shows whether it is right'}`,
    ].join('\n'),
  );
}

/** Plain OAuth 2. */
const SAID_BY_FILE: ReadonlySet<IdentityProvider['kind']> = new Set(['oauth2', 'github']);

/** Never the secret. */
function shown({ id, name, kind, clientId, clientSecret }: IdentityProvider, redirectUri: string) {
  return {
    id,
    name,
    kind,
    client_id: clientId,
    has_client_secret: clientSecret !== null,
    redirect_uri: redirectUri,
  };
}
