/**
 * Google, by OpenID Connect.
 *
 * Owns what is Google's own: refresh tokens by `access_type` (it refuses `offline_access`), Workspace domains by `hd`, and which
 * addresses its word is good for.
 */
import { type OidcOptions, oidc } from './oidc.ts';
import type { OidcProvider, Profile } from './provider.ts';

/** The claims' names and their meaning: https://developers.google.com/identity/openid-connect/openid-connect */
const ISSUER = 'https://accounts.google.com';

/** What `google()` is told. */
export interface GoogleOptions extends Omit<OidcOptions, 'id' | 'name' | 'issuer' | 'backChannelUrl'> {
  readonly id?: string;
  readonly name?: string;
  /** The domains of the Workspace organisations whose people may sign in. Left out: anybody with a Google account. */
  readonly hostedDomains?: readonly string[];
  /** True: a refresh token too. Google asks the person for consent each time, since it gives one at a consent alone. */
  readonly offline?: boolean;
  /** True: the person chooses among their Google accounts each time. */
  readonly chooseAccount?: boolean;
}

/**
 * Google. `trustEmail` is true unless said: `emailVerified` is so only where Google itself hands the address out.
 * @throws TypeError when the id cannot be used.
 */
export function google(options: GoogleOptions = {}): OidcProvider {
  const { hostedDomains = [], offline = false, chooseAccount = false } = options;
  const prompts = [...(offline ? ['consent'] : []), ...(chooseAccount ? ['select_account'] : [])];
  const provider = oidc({
    trustEmail: true,
    ...options,
    id: options.id ?? 'google',
    name: options.name ?? 'Google',
    issuer: ISSUER,
    fields: {
      username: usernameIn,
      firstName: 'given_name',
      lastName: 'family_name',
      email: 'email',
      emailVerified: isAuthoritative,
      ...options.fields,
    },
    authorizationParameters: {
      ...(offline ? { access_type: 'offline' } : {}),
      ...(prompts.length === 0 ? {} : { prompt: prompts.join(' ') }),
      // It shortens the choice of accounts and proves nothing: the claim does.
      ...(hostedDomains.length === 0 ? {} : { hd: hostedDomains.length === 1 ? (hostedDomains[0] ?? '*') : '*' }),
      ...options.authorizationParameters,
    },
  });
  return {
    ...provider,
    adjustable: false,
    accept:
      hostedDomains.length === 0
        ? null
        : ({ hd }) =>
            typeof hd === 'string' && hostedDomains.some((domain) => domain.toLowerCase() === hd.toLowerCase())
              ? null
              : `hd is ${typeof hd === 'string' ? `"${hd.slice(0, 100)}"` : 'missing'}, expected ${hostedDomains.join(' or ')}`,
  };
}

/**
 * Whether Google hands the address out: a Gmail one, or one of a Workspace organisation. A Google account can be made with any
 * other address too; it was verified once, and may be somebody else's since.
 */
function isAuthoritative({ email, email_verified: verified, hd }: Profile): boolean {
  if (verified !== true || typeof email !== 'string') return false;
  return (typeof hd === 'string' && hd !== '') || email.toLowerCase().endsWith('@gmail.com');
}

/** Google has no usernames. */
function usernameIn({ email }: Profile): string | undefined {
  return typeof email === 'string' ? email.split('@')[0] : undefined;
}
