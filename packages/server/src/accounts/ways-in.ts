/**
 * Which ways into accounts this server offers: what the last way in is, everybody who takes one away judges by the same.
 *
 * Owns the list. That the last one stays is the storage's step; a password always is one.
 */
import type { Elsewhere } from './ports/elsewhere.ts';
import type { WaysIn } from './ports/ways-in.ts';

/** What it is made of. */
export interface WaysInDeps {
  readonly elsewhere: Pick<Elsewhere, 'providers'>;
  /** null: passkeys open no account here. */
  readonly relyingParty: unknown;
  /** Whether a mailed code or link signs in. */
  readonly signInByMail: boolean;
}

/** The ways in beside passwords. */
export function waysIn({ elsewhere, relyingParty, signInByMail }: WaysInDeps): WaysIn {
  return {
    providers: elsewhere.providers.map(({ id }) => id),
    passkeys: relyingParty !== null,
    mail: signInByMail,
  };
}
