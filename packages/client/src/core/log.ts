/**
 * What the library tells the application's log.
 *
 * Owns the shape of an entry. No entry holds a password, a secret, a code or a token. Outside text is JSON-encoded when it is
 * written, so that nobody can forge a line (ASVS 16.4.1).
 */
import type { ApiRefusal } from './api-refusal.ts';
import type { FailureCode } from './failure.ts';

/** One event. `reference` is the number that the person reads on the page. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event:
    | 'signed_in'
    | 'signed_out'
    | 'signed_out_by_provider'
    | 'refused'
    | 'user_created'
    | 'account_linked'
    | 'account_unlinked'
    | 'password_refused'
    | 'attempts_exhausted'
    | 'social_app_added'
    | 'social_app_changed'
    | 'social_app_deleted';
  readonly reference?: string;
  readonly code?: FailureCode | ApiRefusal;
  readonly provider?: string;
  readonly userId?: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Takes an entry; must not throw. */
export type Log = (entry: LogEntry) => void;

/** One JSON line on standard error for each entry. */
export function lineLog(now: () => number, write: (line: string) => void): Log {
  return (entry) => write(JSON.stringify({ time: new Date(now()).toISOString(), ...entry }));
}
