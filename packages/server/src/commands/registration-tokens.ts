/** `diapason registration-token …`. Owns its options and output; what the token does is `admin/client-registration.ts`. */
import { createInitialAccessToken } from '../admin/client-registration.ts';
import { systemRandomness } from '../vocabulary/credentials.ts';
import { withDatabase } from './database.ts';
import { operatorOfMachine } from './operator.ts';
import { done, json, type Outcome, usage } from './outcome.ts';
import { isoInstant } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Options of `registration-token create`. */
export interface CreateTokenOptions {
  readonly uses?: string;
  readonly expires?: string;
  readonly json?: true;
}

const USES_MAX = 10_000;
const HOURS_MAX = 365 * 24;

/** `registration-token create`: prints the token, which is kept nowhere. */
export async function createRegistrationToken(options: CreateTokenOptions, terminal: Terminal): Promise<Outcome> {
  const uses = wholeNumber(options.uses ?? '1', USES_MAX);
  if (uses === null) return usage(`--uses is a whole number from 1 to ${USES_MAX}.`);
  const hours = wholeNumber(options.expires ?? '24', HOURS_MAX);
  if (hours === null) return usage(`--expires is a whole number of hours from 1 to ${HOURS_MAX}.`);
  return withDatabase(terminal, async (storage, config) => {
    const { clock } = terminal;
    const expiresAtMs = clock() + hours * 3_600_000;
    const { registrations } = storage.administration(operatorOfMachine());
    const deps = { registrations, clock, randomness: systemRandomness };
    const token = await createInitialAccessToken({ uses, expiresAtMs }, deps);
    if (config.registration === 'off') {
      terminal.complain(
        'diapason: DIAPASON_REGISTRATION is off: nobody can register with this token until it is "token" or "open".',
      );
    }
    return options.json ? json({ token, uses, expires_at: isoInstant(expiresAtMs) }) : done(token);
  });
}

function wholeNumber(text: string, maximum: number): number | null {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
  return value !== null && value <= maximum ? value : null;
}
