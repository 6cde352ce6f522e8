/**
 * What django-oauth-toolkit keeps in its settings file and no database says, read off the tokens it issued: which scopes there are,
 * and how long an access token of each application lives.
 */
import { type DeclaredScope, isScopeToken, scopeRegistry, scopeTokens } from '../../protocol/scopes.ts';
import type { ImportContext } from '../part.ts';
import type { Staging } from '../staging.ts';
import { textOf } from './reading.ts';

/** ACCESS_TOKEN_EXPIRE_SECONDS unless a settings file says otherwise. */
export const DJANGOS_LIFETIME_SECONDS = 36_000;

/** What an application may be set to (`LIFETIME_BOUNDS`). A token that somebody made by hand for ten years is no evidence. */
const LIFETIME_SECONDS = { min: 60, max: 30 * 86_400 } as const;

/** The lifetime that most access tokens of each application have, by its id at the source; under '' that of most of all. */
export function accessTokenLifetimes(staging: Staging): ReadonlyMap<string, number> {
  const lifetimes = new Map<string, number>([['', DJANGOS_LIFETIME_SECONDS]]);
  if (!staging.hasColumn('oauth2_provider_accesstoken', 'created')) return lifetimes;
  const seconds = 'cast(round((julianday(expires) - julianday(created)) * 86400) as integer)';
  const counted = (key: string) =>
    staging.all(
      `select key, seconds from (
         select ${key} as key, ${seconds} as seconds, count(*) as tokens from oauth2_provider_accesstoken
         where expires is not null and created is not null group by 1, 2
       ) where seconds between ${LIFETIME_SECONDS.min} and ${LIFETIME_SECONDS.max} order by tokens, seconds`,
    );
  // The last of each key is the one that most have.
  for (const key of ["''", 'application_id']) {
    for (const row of counted(key)) lifetimes.set(textOf(row, 'key'), Number(row['seconds']));
  }
  return lifetimes;
}

/** What an installation without OpenID Connect has: the default of its setting SCOPES. */
const DJANGOS_SCOPES = ['read', 'write'];
/** What its OpenID Connect answers claims of, where it is on. */
const OPENID_SCOPES = ['openid', 'profile', 'email'];

/** The scopes that there were, each with its words; the built-in ones among them. */
export function declaredScopes({ staging, options, report }: ImportContext): readonly DeclaredScope[] {
  if (options.scopes !== null) return options.scopes;
  const builtIn = scopeRegistry();
  const names = new Set(DJANGOS_SCOPES);
  const isOpenid = staging.all("select 1 from oauth2_provider_application where algorithm <> '' limit 1").length > 0;
  if (isOpenid) for (const name of OPENID_SCOPES) names.add(name);
  for (const row of staging.all('select distinct scope from oauth2_provider_accesstoken')) {
    for (const name of scopeTokens(textOf(row, 'scope'))) if (isScopeToken(name)) names.add(name);
  }
  // What an application has of its own accord is not in question here.
  names.delete('introspection');
  for (const name of names) {
    if (builtIn.has(name)) continue;
    report.find({
      severity: 'warning',
      code: 'scope-without-words',
      row: `scope ${JSON.stringify(name)}`,
      what: 'Tokens have it, and nothing in the database says what it means.',
      outcome:
        'It comes, called by its name on the consent page. Give --scopes-file with the setting SCOPES as JSON for its words.',
    });
  }
  return [...names].map((name) => ({ name, description: name }));
}
