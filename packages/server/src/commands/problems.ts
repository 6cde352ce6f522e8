/**
 * Problems of a use case as one line of the command line: the option that is meant, and the English words of the pages.
 *
 * Owns which option stands for which field.
 */
import type { Busy, FieldProblem, Refused } from '../accounts/problems.ts';
import { messagesIn, type ProblemKey } from '../pages/messages.ts';
import { type Outcome, refused } from './outcome.ts';

/** Fields whose option is not the field's name with hyphens. */
const OPTIONS: Readonly<Record<string, string>> = {
  client_type: '--type',
  grants: '--grant',
  groups: '--group',
  fields: 'field',
  locale: '--language',
  zoneinfo: '--time-zone',
  redirect_uris: '--redirect-uri',
  post_logout_redirect_uris: '--post-logout-redirect-uri',
  allowed_origins: '--allowed-origin',
  scopes: '--scope',
  code_lifetime_seconds: '--code-lifetime',
  access_token_lifetime_seconds: '--access-token-lifetime',
  refresh_token_lifetime_seconds: '--refresh-token-lifetime',
  refresh_token_idle_seconds: '--refresh-token-idle',
  password: 'password',
};

/** Refuses with every problem, in one line. */
export function refusedFor(result: Refused | Busy): Outcome {
  if (result.outcome === 'busy') return refused('Too many password hashes are under way. Try again.');
  return refused(result.problems.map(sentence).join(' '));
}

function sentence({ field, code, values }: FieldProblem): string {
  // Every code is the key of a message; a test of the pages compares the two lists.
  const key = code as ProblemKey;
  const words = messagesIn('en', 'Diapason').sayProblem(values === undefined ? { key } : { key, values });
  return field === '' ? words : `${OPTIONS[field] ?? `--${field.replaceAll('_', '-')}`}: ${words}`;
}
