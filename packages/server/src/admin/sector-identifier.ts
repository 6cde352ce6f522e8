/**
 * The sector identifier URI of an application (OpenID Connect Core §8.1, Dynamic Client Registration 1.0 §5): a JSON array of
 * redirect URIs at an address of whoever owns the sector, who so says which applications know people by the same names.
 *
 * Owns when it is fetched and what has to be in it. It is fetched by the hardened fetcher alone (CVE-2026-1180), at registration
 * and when something that it vouches for changes, never at a sign-in.
 */
import { type FieldProblem, fieldProblem } from '../accounts/problems.ts';
import type { Application } from '../protocol/application.ts';
import { type Fetcher, publicDetail } from '../protocol/fetcher.ts';
import type { ApplicationInput } from './application-input.ts';

const FIELD = 'sector_identifier_uri';
/** So much of an address is shown again. */
const SHOWN_CHARACTERS = 120;

/** Fetches the document where it has to vouch for something new, and says what is wrong; null: nothing. */
export async function sectorIdentifierProblem(
  { redirectUris, settings }: Pick<ApplicationInput, 'redirectUris' | 'settings'>,
  before: Application | null,
  { fetcher }: { readonly fetcher: Fetcher },
): Promise<FieldProblem | null> {
  const uri = settings.sectorIdentifierUri;
  if (uri === null) return null;
  const isSame = before?.settings.sectorIdentifierUri === uri;
  const vouchedFor = isSame ? before.redirectUris : [];
  if (isSame && redirectUris.every((one) => vouchedFor.includes(one))) return null;
  const outcome = await fetcher.fetch({ url: uri, contentTypes: ['application/json'] });
  if (outcome.outcome === 'failed') {
    return fieldProblem(FIELD, 'problem.sector.unread', { detail: publicDetail(outcome) });
  }
  const listed = listIn(outcome.body);
  if (listed === null) return fieldProblem(FIELD, 'problem.sector.unread', { detail: 'it is not a JSON array' });
  // Dynamic Client Registration 1.0 §5: "the values of the redirect_uris MUST be included in the elements of the array".
  const missing = redirectUris.find((one) => !listed.includes(one));
  return missing === undefined
    ? null
    : fieldProblem(FIELD, 'problem.sector.missing', { uri: missing.slice(0, SHOWN_CHARACTERS) });
}

function listIn(body: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
