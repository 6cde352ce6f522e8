/**
 * Takes note of attempts behind their backs: in memory first, and every half second a bounded batch of them into the store.
 *
 * A request waits for nothing and asks the database for nothing. What this costs is bounded whoever calls: so many rows an application
 * and half second, the rest counted and told as "alike"; so many attempts in the name of unknown applications a network; so many look-ups.
 * What is in memory when the process dies is lost, and when the database does not take a batch: the log has each refusal as well.
 * Owns these bounds. What may be kept of a request is `flow-trace-facts.ts`.
 */
import { networkOf } from '../accounts/visitor.ts';
import type { Application } from '../protocol/application.ts';
import { presentedClientId } from '../protocol/client-id.ts';
import type { ProtocolError } from '../protocol/errors.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import { comparedBy, refusalReason } from '../protocol/refusal-reasons.ts';
import type { Clock } from '../vocabulary/time.ts';
import { type Asked, askedOf, comparisonsOf, type SentParts } from './flow-trace-facts.ts';
import type { FlowAttempt, FlowEndpoint, FlowTraceStore } from './ports/flow-trace.ts';

/** An attempt as an endpoint tells of it. */
export interface NotedAttempt {
  readonly reference: string;
  readonly endpoint: FlowEndpoint;
  /** The application that it was found to come from; null: none was found, and the request's own word is looked at. */
  readonly clientId: string | null;
  readonly networkAddress: string;
  readonly result:
    | { readonly outcome: 'done' }
    /** `step`: what the person is asked. */
    | { readonly outcome: 'waiting'; readonly step: 'login' | 'consent' | 'second_factor' | 'sign_out' }
    | { readonly outcome: 'refused'; readonly error: ProtocolError; readonly sent: () => SentParts };
}

/** Whoever answers requests tells it. */
export interface FlowTrace {
  note(attempt: NotedAttempt): void;
}

/** What the recorder uses. */
export interface FlowTraceRecorderDeps {
  readonly store: Pick<FlowTraceStore, 'addAttempts' | 'trimAttempts'>;
  readonly applications: Pick<ApplicationReader, 'findByClientId'>;
  readonly clock: Clock;
  /** How many refusals of an application stay, and how many of its other attempts. */
  readonly count: number;
  /** Calls once, about half a second later. */
  readonly later: (work: () => void) => void;
  /** Hears that a batch could not be kept. */
  readonly failed: (error: unknown) => void;
}

/** Refusals of one application in a batch; of its other attempts a quarter of that. */
const REFUSALS_PER_BATCH = 20;
const OTHERS_PER_BATCH = 5;
/** Rows of a batch in all: a statement of some hundred kilobytes at most. */
const BATCH_ROWS_MAX = 250;
/** Applications that a batch tells apart. */
const BATCH_CLIENTS_MAX = 1_000;
/**
 * Refusals of a batch that did not get so far as to be known for an application's: they say whose they are, true or not, and it is looked
 * up. In all, and of one network.
 */
const CLAIMS_PER_BATCH = 60;
const CLAIMS_PER_NETWORK = 10;
/** In the name of applications that do not exist: of one network, in an hour. */
const UNKNOWN_PER_NETWORK = 20;
const UNKNOWN_WINDOW_MS = 3_600_000;
const NETWORKS_MAX = 5_000;
/** An application's surplus is looked for at its first attempt and then after so many. */
const TRIM_EVERY = 100;
const TRIM_ROWS_MAX = 2_000;
const TRIMMED_CLIENTS_MAX = 10_000;
const HINT_CHARACTERS_MAX = 500;

interface Kept {
  readonly attempt: NotedAttempt;
  readonly occurredAtMs: number;
  readonly asked: Asked | null;
  alike: number;
}

/** Makes it. `flush` keeps what is in memory, for the end of the process and for tests; it never rejects. */
export function createFlowTraceRecorder(deps: FlowTraceRecorderDeps): FlowTrace & { flush(): Promise<void> } {
  let batch = new Map<string, Kept[]>();
  let rows = 0;
  let claims = new Map<string, number>();
  let claimCount = 0;
  let isDue = false;
  let writing: Promise<void> = Promise.resolve();
  const unknown = unknownByNetwork();
  const sinceTrim = new Map<string, number>();

  function note(attempt: NotedAttempt): void {
    const isRefusal = attempt.result.outcome === 'refused';
    if (isRefusal && attempt.clientId === null && !takeClaim(networkOf(attempt.networkAddress))) return;
    const asked = attempt.result.outcome === 'refused' && hasRoom(attempt) ? askedOf(attempt.result.sent()) : null;
    const key = `${isRefusal ? 'r' : 'o'} ${attempt.clientId ?? `? ${asked?.clientId ?? ''}`}`;
    const known = batch.get(key);
    const full = known !== undefined && known.length >= (isRefusal ? REFUSALS_PER_BATCH : OTHERS_PER_BATCH);
    if (full || rows >= BATCH_ROWS_MAX || (known === undefined && batch.size >= BATCH_CLIENTS_MAX)) {
      const last = known?.at(-1);
      if (last !== undefined) last.alike += 1;
      return;
    }
    const kept = { attempt, occurredAtMs: deps.clock(), asked, alike: 0 };
    if (known === undefined) batch.set(key, [kept]);
    else known.push(kept);
    rows += 1;
    if (isDue) return;
    isDue = true;
    deps.later(() => void flush());
  }

  function takeClaim(network: string): boolean {
    const count = claims.get(network) ?? 0;
    if (count >= CLAIMS_PER_NETWORK || claimCount >= CLAIMS_PER_BATCH) return false;
    claims.set(network, count + 1);
    claimCount += 1;
    return true;
  }

  /** Nothing is read of a request that is not kept. */
  function hasRoom({ clientId }: NotedAttempt): boolean {
    if (rows >= BATCH_ROWS_MAX) return false;
    return clientId === null || (batch.get(`r ${clientId}`)?.length ?? 0) < REFUSALS_PER_BATCH;
  }

  function flush(): Promise<void> {
    const taken = batch;
    batch = new Map();
    rows = 0;
    claims = new Map();
    claimCount = 0;
    isDue = false;
    // One after the other: a slow database gets no more than one batch at a time.
    writing = writing.then(() => write(taken)).catch((error: unknown) => deps.failed(error));
    return writing;
  }

  async function write(taken: ReadonlyMap<string, readonly Kept[]>): Promise<void> {
    const claimed = new Map<string, Application | null>();
    const attempts: FlowAttempt[] = [];
    for (const kept of [...taken.values()].flat()) {
      const application = await applicationOf(kept, claimed, deps);
      const { networkAddress } = kept.attempt;
      if (application === null && !unknown.take(networkOf(networkAddress), kept.occurredAtMs)) continue;
      attempts.push(recordOf(kept, application));
    }
    await deps.store.addAttempts(attempts);
    for (const [key, added] of Map.groupBy(attempts, keyOf)) await trim(key, added);
  }

  async function trim(key: string, added: readonly FlowAttempt[]): Promise<void> {
    const since = (sinceTrim.get(key) ?? TRIM_EVERY) + added.length;
    const isWanted = since >= TRIM_EVERY;
    if (sinceTrim.size >= TRIMMED_CLIENTS_MAX) sinceTrim.clear();
    sinceTrim.set(key, isWanted ? 0 : since);
    const [first] = added;
    if (!isWanted || first === undefined) return;
    const which = first.outcome === 'refused' ? 'refusals' : 'others';
    await deps.store.trimAttempts(first.clientId, which, deps.count, TRIM_ROWS_MAX);
  }

  return { note, flush };
}

function keyOf({ clientId, outcome }: FlowAttempt): string {
  return `${outcome === 'refused' ? 'r' : 'o'} ${clientId ?? ''}`;
}

/** null: there is none. Asked for once a batch and name. */
async function applicationOf(
  { attempt, asked }: Kept,
  claimed: Map<string, Application | null>,
  { applications }: Pick<FlowTraceRecorderDeps, 'applications'>,
): Promise<Application | null> {
  const text = attempt.clientId ?? asked?.clientId ?? null;
  const id = text === null ? null : presentedClientId(text);
  if (id === null) return null;
  const known = claimed.get(id);
  if (known !== undefined) return known;
  const found = await applications.findByClientId(id);
  claimed.set(id, found);
  return found;
}

function recordOf({ attempt, occurredAtMs, asked, alike }: Kept, application: Application | null): FlowAttempt {
  const { reference, endpoint, result, networkAddress } = attempt;
  const common = {
    reference,
    clientId: application?.clientId ?? null,
    occurredAtMs,
    endpoint,
    alike,
    // Whose application it is, its owner is told; of one that nobody answers for, the superuser has to know whom to ask.
    network: application === null ? networkAddress.slice(0, 64) : null,
  };
  const plain = { error: null, hint: null, detail: null, comparisons: [] };
  switch (result.outcome) {
    case 'done':
      return { ...common, ...plain, outcome: 'done', reason: null };
    case 'waiting':
      return { ...common, ...plain, outcome: 'waiting', reason: result.step };
    case 'refused': {
      const { error } = result;
      const reason = refusalReason(error);
      const comparisons = asked === null ? [] : comparisonsOf(comparedBy(reason), asked, application);
      const masked = asked?.masked ?? ((text: string) => text);
      return {
        ...common,
        outcome: 'refused',
        reason,
        error: error.code,
        hint: masked(error.hint).slice(0, HINT_CHARACTERS_MAX),
        // Where both sides are shown, the detail says the same in one line.
        detail:
          comparisons.length > 0 || error.detail === undefined
            ? null
            : masked(error.detail).slice(0, HINT_CHARACTERS_MAX),
        comparisons,
      };
    }
    default:
      return result satisfies never;
  }
}

/** Counts what was kept in the name of unknown applications, by network. Each process counts for itself. */
function unknownByNetwork() {
  const counts = new Map<string, number>();
  let windowEndsAtMs = 0;
  return {
    /** Whether one more may be kept. */
    take(network: string, nowMs: number): boolean {
      if (nowMs >= windowEndsAtMs || counts.size >= NETWORKS_MAX) {
        counts.clear();
        windowEndsAtMs = nowMs + UNKNOWN_WINDOW_MS;
      }
      const count = (counts.get(network) ?? 0) + 1;
      counts.set(network, count);
      return count <= UNKNOWN_PER_NETWORK;
    },
  };
}
