/** Passwords that were published after a breach. Owns the port; `fetch/breached-passwords.ts` asks a list for them. */

/** A list of them (ASVS 6.2.12). */
export interface BreachedPasswords {
  /** False, too, if the list cannot be had: a list that is down keeps nobody from signing up. */
  isBreached(password: string): Promise<boolean>;
}
