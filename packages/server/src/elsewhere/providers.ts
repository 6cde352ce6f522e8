/**
 * The providers elsewhere, spoken to by the client library: implements `accounts/ports/elsewhere.ts`.
 *
 * Owns the way from its outcomes to ours, and the back channel, which is the one hardened way out. The library is loaded by the first
 * sign-in elsewhere: a server without providers never holds it in memory.
 */
import type { FailureCode, Identity, Provider, ProviderClient, RelyingParty } from '@diapason/client/relying-party';
import type { ArrivedIdentity, Elsewhere, ElsewhereFailed, ElsewhereFault } from '../accounts/ports/elsewhere.ts';
import type { Fetcher } from '../protocol/fetcher.ts';
import type { Randomness } from '../vocabulary/credentials.ts';
import type { IdentityProvider } from '../vocabulary/identity-provider.ts';
import type { ProfileField } from '../vocabulary/profile-field.ts';
import type { Clock } from '../vocabulary/time.ts';
import { backChannelFetch } from './back-channel-fetch.ts';

type SuggestedField = Pick<ProfileField, 'name' | 'claim'>;

/** What it needs. */
export interface ElsewhereDeps {
  readonly identityProviders: readonly IdentityProvider[];
  /** The operator's fields that sign-up asks for: a provider's claim of the same name says what to suggest. */
  readonly suggestedFields: readonly SuggestedField[];
  /** The public address of this server. */
  readonly baseUrl: string;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

interface Spoken {
  readonly provider: Provider;
  readonly client: ProviderClient;
  readonly declared: IdentityProvider;
}

interface Ready {
  readonly relyingParty: RelyingParty;
  readonly providers: ReadonlyMap<string, Spoken>;
}

/** RFC 6749 §3.1.2: what is registered at a provider. */
export function redirectUriOf(baseUrl: string, providerId: string): string {
  return `${baseUrl}/accounts/${providerId}/login/callback/`;
}

/** OpenID Connect Core §3.1.2.1. */
const ANEW = { prompt: 'login', max_age: '0' };
/** Plain OAuth 2 says nothing of when; Google neither asks anew nor says it. */
const SAYS_NO_TIME: ReadonlySet<IdentityProvider['kind']> = new Set(['oauth2', 'github', 'google']);

/** Makes it. */
export function createElsewhere(deps: ElsewhereDeps): Elsewhere {
  let loading: Promise<Ready> | null = null;
  const at = async (providerId: string) => {
    loading ??= load(deps);
    const { relyingParty, providers } = await loading;
    const found = providers.get(providerId);
    if (found === undefined) throw new Error(`there is no provider ${providerId}`);
    return { relyingParty, ...found, redirectUri: redirectUriOf(deps.baseUrl, providerId) };
  };
  return {
    providers: deps.identityProviders.map(({ id, name }) => ({ id, name })),
    answersByForm: (providerId) => deps.identityProviders.some(({ id, kind }) => id === providerId && kind === 'apple'),
    authenticatesAnew: (providerId) =>
      deps.identityProviders.some(({ id, kind }) => id === providerId && !SAYS_NO_TIME.has(kind)),
    async newSecrets(providerId) {
      const { relyingParty, provider } = await at(providerId);
      return relyingParty.newSecrets(provider);
    },
    async start(providerId, secrets, anew) {
      const { relyingParty, provider, client, redirectUri } = await at(providerId);
      const started = await relyingParty.start(provider, client, secrets, redirectUri, anew ? ANEW : {});
      return started.kind === 'started' ? { outcome: 'started', url: started.url } : failed(started);
    },
    async finish(providerId, secrets, answer) {
      const { relyingParty, provider, client, redirectUri, declared } = await at(providerId);
      const identity = await relyingParty.finish(provider, client, secrets, answer, redirectUri);
      if (identity.kind === 'failure') return failed(identity);
      return {
        outcome: 'identified',
        identity: arrived(provider, identity, declared, deps.suggestedFields),
        authTimeMs: authTimeOf(identity),
      };
    },
  };
}

async function load({ identityProviders, fetcher, clock, randomness }: ElsewhereDeps): Promise<Ready> {
  const { createRelyingParty } = await import('@diapason/client/relying-party');
  const { providerOf } = await import('./provider-of.ts');
  return {
    relyingParty: createRelyingParty({ fetch: backChannelFetch(fetcher), now: clock, randomBytes: randomness }),
    providers: new Map(
      identityProviders.map((declared) => {
        const provider = providerOf(declared);
        const { clientId, clientSecret } = declared;
        const overrides = { serverUrl: null, backChannelUrl: null };
        const client = { clientId, clientSecret, scope: provider.scope, overrides };
        return [declared.id, { provider, client, declared }];
      }),
    ),
  };
}

function arrived(
  provider: Provider,
  { issuer, subject, fields, profile, claims }: Identity,
  { importedAs, secondFactor }: IdentityProvider,
  suggestedFields: readonly SuggestedField[],
): ArrivedIdentity {
  const { username = '', firstName = '', lastName = '', email = '' } = fields;
  return {
    provider: { id: provider.id, name: provider.name },
    issuer,
    subject,
    label: email === '' ? username : email,
    username,
    firstName,
    lastName,
    email,
    emailVerified: provider.trustEmail && fields.emailVerified === true && email !== '',
    secondFactor: usedTwoFactors(claims, secondFactor),
    declared: declaredOf(profile, suggestedFields),
    importedAs,
  };
}

/** ASVS 6.8.4: by the ID token alone, which the provider signed, and in words that the operator named alone. */
function usedTwoFactors(claims: Identity['claims'], { acr, amr }: IdentityProvider['secondFactor']): boolean {
  const { acr: ofToken, amr: methods } = claims ?? {};
  return (
    (typeof ofToken === 'string' && acr.includes(ofToken)) ||
    (Array.isArray(methods) && methods.some((method) => typeof method === 'string' && amr.includes(method)))
  );
}

/** OpenID Connect Core §2: `auth_time`, in seconds; null: it is not said, or is no instant. */
function authTimeOf({ claims }: Identity): number | null {
  const seconds = claims?.['auth_time'];
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1_000 : null;
}

/** They travel through the browser, in an address: longer ones are typed. */
const DECLARED_CHARACTERS_MAX = 200;
const DECLARED_CHARACTERS_MAX_ALL = 1_000;

/** What the provider says of what sign-up asks for, under the claims that applications would be told them as. */
function declaredOf(profile: Identity['profile'], fields: readonly SuggestedField[]): Readonly<Record<string, string>> {
  const said: Record<string, string> = {};
  let left = DECLARED_CHARACTERS_MAX_ALL;
  for (const { name, claim } of fields) {
    const value = Object.hasOwn(profile, claim) ? profile[claim] : undefined;
    if (typeof value !== 'string' || value.length > Math.min(DECLARED_CHARACTERS_MAX, left)) continue;
    said[name] = value;
    left -= value.length;
  }
  return said;
}

/** The codes that are not the operator's to mend. */
const FAULTS: Readonly<Partial<Record<FailureCode, ElsewhereFault>>> = {
  access_denied: 'cancelled',
  provider_busy: 'unreachable',
  provider_unreachable: 'unreachable',
  code_refused: 'stale',
  account_not_accepted: 'not_accepted',
};

function failed(failure: { code: FailureCode; detail: string; hint: string | null }): ElsewhereFailed {
  const { code, detail, hint } = failure;
  return { outcome: 'failed', fault: FAULTS[code] ?? 'broken', code, detail, hint };
}
