/**
 * What is kept of attempts at the endpoints of applications, for whoever answers for the application to see why one was refused.
 *
 * Owns the record's shape and the store's interface. No secret is in a record: what may be in it is `flow-trace-facts.ts`. It names no
 * person, so that nothing of it is anybody's personal data.
 */

/** Where an attempt was made. */
export const FLOW_ENDPOINTS = [
  'authorization',
  'token',
  'pushed_request',
  'device_authorization',
  'introspection',
  'revocation',
  'userinfo',
  'profile',
  'logout',
] as const;
/** One of {@link FLOW_ENDPOINTS}. */
export type FlowEndpoint = (typeof FLOW_ENDPOINTS)[number];

/** What is asked beside what is registered. */
export interface FlowComparison {
  /** The parameter's name on the wire. */
  readonly parameter: string;
  /** null: it was not sent, or not seen (it came in a request that was pushed or signed). */
  readonly asked: string | null;
  /** Empty: nothing is, or the application is unknown. */
  readonly registered: readonly string[];
  /** `words`: a list separated by spaces, each compared as a whole. */
  readonly kind: 'text' | 'words';
}

/** One attempt. */
export interface FlowAttempt {
  /** What the refused saw, and the log has. */
  readonly reference: string;
  /** null: no application has the `client_id` that was sent. */
  readonly clientId: string | null;
  readonly occurredAtMs: number;
  readonly endpoint: FlowEndpoint;
  /** `waiting`: a person is asked something, and the answer is a further attempt. */
  readonly outcome: 'done' | 'waiting' | 'refused';
  /** Which check failed: a name of `protocol/refusal-reasons.ts`; of what waits, the step; null: done. */
  readonly reason: string | null;
  /** `error`, as it was answered. */
  readonly error: string | null;
  /** `error_description`, as it was answered. */
  readonly hint: string | null;
  /** What was kept back from whoever was refused. */
  readonly detail: string | null;
  readonly comparisons: readonly FlowComparison[];
  /** Attempts of the same half second that were like it and are not kept each. */
  readonly alike: number;
  /** Of an unknown application alone: where it came from. */
  readonly network: string | null;
}

/** After which attempt a list goes on. */
export interface FlowPosition {
  readonly occurredAtMs: number;
  readonly reference: string;
}

/** Keeps attempts. Implemented by `storage/flow-trace.ts`. */
export interface FlowTraceStore {
  /** All in one statement; one whose reference is there already is left out. */
  addAttempts(attempts: readonly FlowAttempt[]): Promise<void>;
  /**
   * Of one application (null: of none), newest first.
   * @param range `before`: those after this position in the list; `sinceMs`: none older than that.
   */
  listAttempts(
    clientId: string | null,
    range: { readonly before: FlowPosition | null; readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly FlowAttempt[]>;
  /** Refusals of all applications and of none, newest first. */
  listRefusals(range: {
    readonly before: FlowPosition | null;
    readonly limit: number;
  }): Promise<readonly FlowAttempt[]>;
  findAttempt(reference: string): Promise<FlowAttempt | null>;
  /** Deletes what is beyond the newest `kept` of an application's refusals, or of the rest; at most `limit` of them. Answers how many. */
  trimAttempts(clientId: string | null, which: 'refusals' | 'others', kept: number, limit: number): Promise<number>;
}
