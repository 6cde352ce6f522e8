/**
 * Key sets at addresses of applications (implements `KeySetReader`), fetched by the hardened fetcher and kept for a while.
 *
 * Owns how long: five minutes, and an hour where the address does not answer. A key that is not in a kept set has it fetched
 * anew, at most once a minute, since whoever makes up `kid`s would otherwise make this server fetch at their pace.
 */
import type { Fetcher, KeySetReader } from '../protocol/fetcher.ts';
import { type JsonWebKeySet, readJsonWebKeySet } from '../protocol/json-web-key-set.ts';
import type { Clock } from '../vocabulary/time.ts';

const FRESH_MS = 5 * 60_000;
/** An address that is down for a moment does not shut its application out. */
const STALE_MS = 60 * 60_000;
/** Between two fetches of one address, whatever is asked for. */
const FETCHED_EVERY_MS = 60_000;
/** Between two that failed. */
const FAILED_EVERY_MS = 10_000;
/** The oldest goes. Each has 64 KiB at most, and few KB as a rule. */
const ENTRIES_MAX = 500;

interface Entry {
  readonly jwks: JsonWebKeySet | null;
  readonly readAtMs: number;
  readonly triedAtMs: number;
  readonly detail: string;
}

/** Makes the reader. */
export function createKeySets(deps: { readonly fetcher: Fetcher; readonly clock: Clock }): KeySetReader {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Entry>>();
  const refetch = async (uri: string, before: Entry | undefined): Promise<Entry> => {
    const nowMs = deps.clock();
    const found = await read(uri, deps.fetcher);
    const entry =
      found.jwks === null
        ? { jwks: before?.jwks ?? null, readAtMs: before?.readAtMs ?? nowMs, triedAtMs: nowMs, detail: found.detail }
        : { jwks: found.jwks, readAtMs: nowMs, triedAtMs: nowMs, detail: '' };
    entries.delete(uri);
    const [oldest] = entries.keys();
    if (entries.size >= ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
    entries.set(uri, entry);
    return entry;
  };
  return {
    async keySet(uri, { unknownKid }) {
      const nowMs = deps.clock();
      const kept = entries.get(uri);
      let entry = kept;
      if (kept === undefined || isDue(kept, unknownKid, nowMs)) {
        // Of simultaneous callers one fetches.
        const going = underWay.get(uri) ?? refetch(uri, kept).finally(() => underWay.delete(uri));
        underWay.set(uri, going);
        entry = await going;
      }
      if (entry === undefined || entry.jwks === null || nowMs - entry.readAtMs > STALE_MS) {
        return { outcome: 'unavailable', detail: `the key set at its jwks_uri cannot be read: ${entry?.detail ?? ''}` };
      }
      return { outcome: 'read', jwks: entry.jwks };
    },
  };
}

function isDue({ jwks, readAtMs, triedAtMs }: Entry, unknownKid: boolean, nowMs: number): boolean {
  const sinceTried = nowMs - triedAtMs;
  if (readAtMs < triedAtMs || jwks === null) return sinceTried >= FAILED_EVERY_MS;
  return sinceTried >= (unknownKid ? FETCHED_EVERY_MS : FRESH_MS);
}

/** A key of a kind that is not used here is left out: others of the set may serve other servers. */
async function read(uri: string, fetcher: Fetcher): Promise<{ jwks: JsonWebKeySet | null; detail: string }> {
  const outcome = await fetcher.fetch({ url: uri, contentTypes: ['application/json', 'application/jwk-set+json'] });
  if (outcome.outcome === 'failed') return { jwks: null, detail: outcome.detail };
  let keys: unknown;
  try {
    keys = (JSON.parse(outcome.body) as { readonly keys?: unknown } | null)?.keys;
  } catch {
    return { jwks: null, detail: 'it is not JSON' };
  }
  if (!Array.isArray(keys)) return { jwks: null, detail: 'it has no keys' };
  const usable = keys.flatMap((key) => {
    const one = readJsonWebKeySet({ keys: [key] });
    return one.outcome === 'read' ? one.jwks.keys : [];
  });
  return usable.length === 0
    ? { jwks: null, detail: 'it has no public key of RSA, P-256 or Ed25519' }
    : { jwks: { keys: usable }, detail: '' };
}
