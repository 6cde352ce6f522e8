/** What a form of password hashes is. */
import type { PasswordHash } from '../ports.ts';

/**
 * What a text is to a form. `too_much_work`: it is of this form, and asks for more than a stranger may cost us; nobody's password
 * then (issue of import: it is named there).
 */
export type JudgedHash = 'verifiable' | 'too_much_work' | 'unknown';

/** One form. */
export interface HashForm {
  readonly name: string;
  readonly judge: (hash: PasswordHash) => JudgedHash;
  /** Whether the password, as typed, is the one. Runs on a thread of the pool. Never throws for a hash that is verifiable. */
  readonly verify: (password: string, hash: PasswordHash) => Promise<boolean>;
}

/** Judges by costs that were read out of a text: null where it is of another form. */
export function judgedBy<Costs>(costs: Costs | null, isBearable: (costs: Costs) => boolean): JudgedHash {
  if (costs === null) return 'unknown';
  return isBearable(costs) ? 'verifiable' : 'too_much_work';
}
