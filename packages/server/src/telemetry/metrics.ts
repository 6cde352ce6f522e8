/**
 * The figures of `/metrics`, for Prometheus: answers by route, what happened to accounts, password hashing, mail, and what the process itself
 * takes.
 *
 * Owns their names, labels and buckets, which dashboards and alerts rely on (docs/metrics.md). Who may read them is `http/metrics.ts`. A
 * label never holds what a caller sent: a route is its pattern, so that the number of series has a bound and no path shows a secret.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From a read in memory to a sign-in that waits for others: seconds. */
const DURATION_BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];
/** Mail counts as failed lately for this long: an alert outlives a night. */
const FAILED_MAIL_MS = 86_400_000;
/** The name of a route that there is none for. */
const NO_ROUTE = 'none';

/** What is read when somebody asks. */
export interface MetricSources {
  readonly version: string;
  readonly engine: 'sqlite' | 'postgres';
  /** Resolves when the database answers; rejects when it does not. */
  readonly ping: () => Promise<void>;
  readonly outbox: {
    countMail(span: { readonly failedSinceMs: number }): Promise<{ readonly waiting: number; readonly failed: number }>;
  };
  /** Hashes under way and waiting. */
  readonly hashing: () => { readonly running: number; readonly waiting: number };
  readonly clock: () => number;
}

/** One answer. */
export interface AnsweredRequest {
  /** The pattern that it was matched to, such as `/o/token/`; undefined: none. */
  readonly route: string | undefined;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
}

/** The figures of this process. */
export interface Metrics {
  readonly registry: Registry;
  /** Notes an answer. */
  answered(request: AnsweredRequest): void;
  /** Notes what happened to somebody's account: a kind of `accounts/ports/events.ts`. */
  happened(kind: string): void;
  /** The text of this process's figures. */
  read(): Promise<MetricsText>;
}

/** As Prometheus reads it. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Makes the figures, all at nothing. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const answers = new Counter({
    name: 'diapason_http_requests_total',
    help: 'Answers, by the pattern of the route, method and status.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'diapason_http_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer, by the pattern of the route.',
    labelNames: ['route'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const events = new Counter({
    name: 'diapason_account_events_total',
    help: 'What happened to accounts, by kind: sign-ins, sign-ups, changed passwords and the rest of the security log.',
    labelNames: ['kind'],
    registers,
  });
  addDatabaseGauges(sources, registers);
  addProcessGauges(sources, registers);
  return {
    registry,
    answered({ route = NO_ROUTE, method, status, ms }) {
      answers.inc({ route, method, status });
      durations.observe({ route }, ms / 1_000);
    },
    happened: (kind) => events.inc({ kind }),
    async read() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** What every process sees alike: of several, one is heard. */
function addDatabaseGauges(sources: MetricSources, registers: Registry[]): void {
  const up = new Gauge({
    name: 'diapason_database_up',
    help: '1 while the database answers.',
    aggregator: 'min',
    registers,
    async collect() {
      up.set(
        await sources.ping().then(
          () => 1,
          () => 0,
        ),
      );
    },
  });
  const mail = new Gauge({
    name: 'diapason_mail',
    help: 'Messages that wait to be sent, and those that failed for good within a day.',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    async collect() {
      mail.reset();
      try {
        const { waiting, failed } = await sources.outbox.countMail({ failedSinceMs: sources.clock() - FAILED_MAIL_MS });
        mail.set({ state: 'waiting' }, waiting);
        mail.set({ state: 'failed' }, failed);
      } catch {
        // The figures of the process count most while the database is lost; `diapason_database_up` says that it is.
      }
    },
  });
}

function addProcessGauges({ version, engine, hashing }: MetricSources, registers: Registry[]): void {
  const hashes = new Gauge({
    name: 'diapason_password_hashes',
    help: 'Password hashes under way and waiting. Those that wait for long make sign-ins slow; a full queue answers 503.',
    labelNames: ['state'],
    registers,
    collect() {
      const { running, waiting } = hashing();
      hashes.set({ state: 'running' }, running);
      hashes.set({ state: 'waiting' }, waiting);
    },
  });
  new Gauge({
    name: 'diapason_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node', 'engine'],
    aggregator: 'first',
    registers,
  }).set({ version, node: process.versions.node, engine }, 1);
}
