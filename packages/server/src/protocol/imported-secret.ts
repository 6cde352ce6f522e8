/**
 * Client secrets of which another server kept a one-way hash: verified as they were there, once, and kept from then on as ours are.
 *
 * Such a hash was made for passwords and takes a tenth of a second and more, so a client that fails, or fifty requests at
 * once, must not have it computed each time. Owns what is remembered of that. The forms of hashes and the queue they wait in
 * come with `verifier`; secrets of our own are `client-secret.ts`.
 */
import { digestOf, type Secret } from '../vocabulary/credentials.ts';
import type { ClientSecretRecord, ImportedSecretHash } from './application.ts';
import { type ClientSecretKey, clientSecretMac } from './client-secret.ts';
import type { ClientSecretUse, ImportedSecretVerifier } from './ports/applications.ts';

/** Which record the presented text belongs to; null: to none. `busy`: too many are being verified, and nothing was decided. */
export type ImportedSecretMatch =
  | { readonly outcome: 'compared'; readonly record: ClientSecretRecord | null }
  | { readonly outcome: 'busy'; readonly retryAfterSeconds: number };

/** What finding one uses. */
export interface ImportedSecretDeps {
  readonly verifier: ImportedSecretVerifier;
  readonly clientSecretKey: ClientSecretKey;
  readonly secretUse: Pick<ClientSecretUse, 'secretWasProven'>;
}

/** Finds the record of a presented secret among those that have an imported hash. */
export interface ImportedSecrets {
  match(
    presented: readonly Secret<'client_secret'>[],
    records: readonly ClientSecretRecord[],
  ): Promise<ImportedSecretMatch>;
}

type Verified = Awaited<ReturnType<ImportedSecretVerifier['verify']>>;

/** Pairs of a hash and a text whose answer is remembered, the oldest forgotten first. The answer to a pair never changes. */
const REMEMBERED_MAX = 1_000;

/** Makes it. One a process: what is remembered is the process's. */
export function createImportedSecrets({ verifier, clientSecretKey, secretUse }: ImportedSecretDeps): ImportedSecrets {
  const remembered = new Map<string, Promise<Verified>>();

  /** Those who ask for one pair at the same time wait for one answer. */
  function verify(presented: Secret<'client_secret'>, hash: ImportedSecretHash): Promise<Verified> {
    const pair = `${digestOf(presented).toString('base64')}${hash}`;
    const known = remembered.get(pair);
    if (known !== undefined) return known;
    const answer = verifier.verify(presented, hash);
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    remembered.set(pair, answer);
    const forget = () => remembered.delete(pair);
    answer.then(({ outcome }) => outcome === 'busy' && forget(), forget);
    return answer;
  }

  return {
    async match(presented, records) {
      for (const record of records) {
        if (record.importedHash === null) continue;
        for (const text of presented) {
          const verified = await verify(text, record.importedHash);
          if (verified.outcome === 'busy') return verified;
          if (verified.outcome === 'wrong') continue;
          secretUse.secretWasProven(record.id, record.importedHash, clientSecretMac(text, clientSecretKey));
          return { outcome: 'compared', record };
        }
      }
      return { outcome: 'compared', record: null };
    },
  };
}
