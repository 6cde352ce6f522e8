/** Models of the pages that show what applications attempted. Owns the types. */
import type { MessageKey } from '../messages.ts';

type NameIn<Key> = Key extends `refusal.${infer Name}.what` ? Name : never;
/** A reason that there are words for. */
export type RefusalName = NameIn<MessageKey>;

/** A part of a value. */
export interface ValuePiece {
  readonly text: string;
  /** It is this that is not the same; it may be empty. */
  readonly differs: boolean;
}

/** What was asked beside what is registered. */
export interface ComparisonView {
  /** On the wire. */
  readonly parameter: string;
  /** null: it was not sent, or not seen. */
  readonly asked: readonly ValuePiece[] | null;
  /** The nearest first. */
  readonly registered: readonly (readonly ValuePiece[])[];
  readonly more: number;
}

/** One attempt. */
export interface AttemptView {
  readonly reference: string;
  readonly occurredAtMs: number;
  readonly endpoint:
    | 'authorization'
    | 'token'
    | 'pushed_request'
    | 'device_authorization'
    | 'introspection'
    | 'revocation'
    | 'userinfo'
    | 'profile'
    | 'logout';
  /** `reason`: of the messages `refusal.*`; `step`: of `activity.step.*`. */
  readonly result:
    | { readonly outcome: 'done' }
    | { readonly outcome: 'waiting'; readonly step: 'login' | 'consent' | 'second_factor' | 'sign_out' }
    | {
        readonly outcome: 'refused';
        readonly reason: RefusalName;
        readonly error: string;
        /** As it was answered, in English. */
        readonly hint: string;
        readonly detail: string | null;
        readonly section: string;
        readonly comparisons: readonly ComparisonView[];
      };
  readonly alike: number;
  /** Where all are listed: the application; null: there is none. */
  readonly application?: { readonly id: string; readonly name: string } | null;
  readonly network: string | null;
}

/** `/o/applications/:id/activity/` and, without an application, `/admin/activity/`. A GET with `reference` looks for one. */
export interface ActivityPage {
  readonly page: 'activity';
  readonly application: { readonly id: string; readonly name: string } | null;
  readonly keptDays: number;
  readonly attempts: readonly AttemptView[];
  /** The reference that was looked for; empty: none. */
  readonly search: string;
  readonly earlierUrl: string | null;
  readonly isNewest: boolean;
  /** Where it is told of more as it happens; null: it is not. */
  readonly streamUrl: string | null;
}
