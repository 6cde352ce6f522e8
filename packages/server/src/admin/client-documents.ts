/**
 * Applications that describe themselves in a document at their `client_id` (draft-ietf-oauth-client-id-metadata-document).
 *
 * Owns when a document is read, for how long it counts, and what becomes of the application that it describes. What a document
 * may say is `client-document.ts`; how it is fetched, `fetch/hardened-fetch.ts`. The application is unverified like one that
 * registered openly, with the same bounds. How long a document is fresh is known to this process alone: others read it for themselves.
 */
import { type AttemptDeps, attemptAt, countAttempt } from '../accounts/attempt-limits.ts';
import type { Application } from '../protocol/application.ts';
import { type ProtocolError, protocolError } from '../protocol/errors.ts';
import { type FetchOutcome, publicDetail } from '../protocol/fetcher.ts';
import type { ApplicationReader, ClientDocumentReader } from '../protocol/ports/applications.ts';
import { applicationId, type ClientId } from '../vocabulary/identifiers.ts';
import { completeApplication, parseApplicationFields } from './application-input.ts';
import { OPERATOR } from './application-rules.ts';
import { newApplication, newId } from './applications.ts';
import { readClientDocument } from './client-document.ts';
import { memberOf } from './client-metadata.ts';
import type { OpenRegistration, RegistrationDeps } from './client-registration.ts';

/** A document is not asked for more often, whatever its `Cache-Control` says. */
const FRESH_MIN_MS = 60_000;
/** And at least so often. */
const FRESH_MAX_MS = 24 * 60 * 60_000;
/** Without a `max-age`. */
const FRESH_MS = 5 * 60_000;
/** A host that is down for a moment shuts nobody out: what was read so long ago still counts. */
const STALE_MS = 60 * 60_000;
/** Between two attempts at an address that did not answer with a document. */
const FAILED_EVERY_MS = 10_000;
/** Addresses that are remembered; the oldest goes, and is read again when it is asked for. */
const ENTRIES_MAX = 1_000;

/** What reading documents uses. */
export interface ClientDocumentDeps extends RegistrationDeps {
  readonly known: Pick<ApplicationReader, 'findByClientId'>;
  readonly failures: AttemptDeps['failures'];
  readonly bounds: OpenRegistration;
  /** Hosts whose documents are read; null: any. */
  readonly hosts: readonly string[] | null;
}

interface Entry {
  /** When it was last read whole; null: never, or it is gone. */
  readonly readAtMs: number | null;
  readonly freshUntilMs: number;
  readonly failedAtMs: number | null;
  readonly error: ProtocolError;
}

type Described = Awaited<ReturnType<ClientDocumentReader>>;

/** Makes the reader for requests that come from a network, which is what attempts are counted by. */
export function createClientDocuments(deps: ClientDocumentDeps): (network: string) => ClientDocumentReader {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Described>>();

  async function read(address: ClientId, before: Application | null): Promise<Described> {
    const outcome = await deps.fetcher.fetch({ url: address, contentTypes: ['application/json'] });
    const described =
      outcome.outcome === 'failed'
        ? refused(UNREAD, publicDetail(outcome), `${outcome.fault}: ${outcome.detail}`)
        : await kept(address, before, outcome.body, deps);
    remember(entries, address, nextEntry(outcome, described, entries.get(address), deps.clock()));
    return described;
  }

  return (network) => async (address) => {
    const before = await deps.known.findByClientId(address);
    // What somebody made under this name, or the operator disabled, is no document's to describe.
    if (before !== null && (before.provenance !== 'client-document' || before.disabledAtMs !== null))
      return found(before);
    if (deps.hosts !== null && !deps.hosts.includes(new URL(address).host)) return { outcome: 'refused', error: HOST };
    const entry = entries.get(address);
    const nowMs = deps.clock();
    if (before !== null && entry !== undefined && nowMs < entry.freshUntilMs) return found(before);
    const failedAtMs = entry?.failedAtMs ?? null;
    if (entry !== undefined && failedAtMs !== null && nowMs - failedAtMs < FAILED_EVERY_MS) {
      return orStale({ outcome: 'refused', error: entry.error }, before, entry, nowMs);
    }
    let going = underWay.get(address);
    if (going === undefined) {
      // Each is a request that a stranger has this server make. An address that is known is bounded by its freshness.
      if (before === null && (await isTooMany(network, deps))) return { outcome: 'refused', error: TOO_MANY };
      going = underWay.get(address) ?? read(address, before).finally(() => underWay.delete(address));
      underWay.set(address, going);
    }
    return orStale(await going, before, entries.get(address), deps.clock());
  };
}

/** The answer, or, where the host did not answer with one, what was read from it a while ago. */
function orStale(described: Described, before: Application | null, entry: Entry | undefined, nowMs: number): Described {
  const readAtMs = entry?.readAtMs ?? null;
  const counts = before !== null && readAtMs !== null && nowMs - readAtMs < STALE_MS;
  return described.outcome === 'refused' && counts ? found(before) : described;
}

/** Stores what the document says, where it says something new. */
async function kept(
  address: ClientId,
  before: Application | null,
  body: string,
  deps: ClientDocumentDeps,
): Promise<Described> {
  const read = readClientDocument(body, address, deps.bounds);
  if (read.outcome === 'refused') return refused(BAD, `${read.fault.member} ${read.fault.text}`);
  const parsed = parseApplicationFields(read.fields);
  const complete = parsed.outcome === 'refused' ? parsed : completeApplication(parsed.value);
  const made =
    complete.outcome === 'refused'
      ? complete
      : await newApplication(applicationId(newId(deps)), complete.value, OPERATOR, deps);
  if (made.outcome === 'refused') {
    const members = made.problems.map(({ field }) => memberOf(field)).join(', ');
    const codes = made.problems.map(({ field, code }) => `${field} ${code}`).join(', ');
    return refused(
      BAD,
      `this server does not take its ${members}, by the rules of an application registered here`,
      codes,
    );
  }
  const { application } = made;
  return before === null ? create(address, application, deps) : change(before, application, deps);
}

async function create(address: ClientId, application: Application, deps: ClientDocumentDeps): Promise<Described> {
  const described: Application = {
    ...application,
    clientId: address,
    ownerId: null,
    provenance: 'client-document',
    settings: { ...application.settings, resources: deps.registrationResources },
  };
  const { clientsMax } = deps.bounds;
  const { outcome } = await deps.registrations.registerDocument({ application: described, unverifiedMax: clientsMax });
  if (outcome === 'registered') return found(described);
  if (outcome === 'full') return { outcome: 'refused', error: FULL };
  const first = await deps.known.findByClientId(address);
  return first === null ? { outcome: 'refused', error: FULL } : found(first);
}

/** What a document describes is its own to say; the rest stays as the operator has it. */
async function change(before: Application, now: Application, deps: ClientDocumentDeps): Promise<Described> {
  const { clientAuthentication, jwks, jwksUri, applicationType, clientUri, policyUri, tosUri } = now.settings;
  const described = { clientAuthentication, jwks, jwksUri, applicationType, clientUri, policyUri, tosUri };
  const next: Application = {
    ...before,
    name: now.name,
    type: now.type,
    grants: now.grants,
    redirectUris: now.redirectUris,
    postLogoutRedirectUris: now.postLogoutRedirectUris,
    scopes: now.scopes,
    settings: { ...before.settings, ...described },
  };
  if (JSON.stringify(next) === JSON.stringify(before)) return found(before);
  const changed = { ...next, updatedAtMs: deps.clock() };
  const { outcome } = await deps.applications.updateApplication(changed);
  // Removed in this moment, for having been unused: whoever comes next has it again.
  return outcome === 'updated' ? found(changed) : { outcome: 'refused', error: FULL };
}

function nextEntry(outcome: FetchOutcome, described: Described, before: Entry | undefined, nowMs: number): Entry {
  if (described.outcome === 'found' && outcome.outcome === 'fetched') {
    const freshUntilMs = nowMs + freshForMs(outcome.cacheControl);
    return { readAtMs: nowMs, freshUntilMs, failedAtMs: null, error: UNREAD };
  }
  const error = described.outcome === 'refused' ? described.error : UNREAD;
  // A host that is in trouble says nothing about its document. One that answers otherwise does: it is gone, or no good.
  const inTrouble = outcome.outcome === 'failed' && (outcome.status === null || outcome.status >= 500);
  const readAtMs = inTrouble ? (before?.readAtMs ?? null) : null;
  return { readAtMs, freshUntilMs: 0, failedAtMs: nowMs, error };
}

/** RFC 9111 §5.2.2, within bounds. */
function freshForMs(cacheControl: string | null): number {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());
  if (directives.some((name) => name === 'no-store' || name === 'no-cache')) return FRESH_MIN_MS;
  const seconds = directives
    .map((part) => /^max-age="?(\d{1,9})"?$/.exec(part)?.[1])
    .find((found) => found !== undefined);
  if (seconds === undefined) return FRESH_MS;
  return Math.min(FRESH_MAX_MS, Math.max(FRESH_MIN_MS, Number(seconds) * 1_000));
}

function remember(entries: Map<string, Entry>, address: string, entry: Entry): void {
  entries.delete(address);
  const [oldest] = entries.keys();
  if (entries.size >= ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
  entries.set(address, entry);
}

async function isTooMany(network: string, deps: ClientDocumentDeps): Promise<boolean> {
  return (await countAttempt([attemptAt('clientDocumentNetwork', network)], deps)).outcome === 'limited';
}

const UNREAD = protocolError('invalid_request', 'The client_id is an address, and the document there cannot be read.');
const BAD = protocolError('invalid_request', 'The document at this client_id cannot be used.');
const HOST = protocolError('invalid_request', 'Documents of the host of this client_id are not read by this server.');
const TOO_MANY = protocolError(
  'temporarily_unavailable',
  'This network has named many applications that are not known here. Try again in an hour.',
);
const FULL = protocolError(
  'temporarily_unavailable',
  'As many unverified applications exist as may. Unused ones are removed in time.',
);

/** @param why our own words alone: it is public. */
function refused(what: ProtocolError, why: string, detail?: string): Described {
  const hint = `${what.hint.replace(/\.$/, '')}: ${why.replace(/\.$/, '')}.`;
  return { outcome: 'refused', error: protocolError(what.code, hint, detail) };
}

function found(application: Application): Described {
  return { outcome: 'found', application };
}
