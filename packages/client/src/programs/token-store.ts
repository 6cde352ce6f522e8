/**
 * Where a program keeps the tokens of its sign-in: the few things that a place has to do, and how tokens are written as text.
 *
 * Owns the format. `token-file.ts` and `token-keyring.ts` are the places; a program may have one of its own.
 */
import { readDpopKey } from '../protocol/dpop-key.ts';
import { ProgramError, type ProgramErrorCode } from './program-client.ts';
import type { TokenSet } from './token-set.ts';

const VERSION = 1;

/** A place for the tokens of one sign-in. */
export interface TokenStore {
  /** null when there are none. @throws ProgramError where they are not to be believed, or the place cannot be reached */
  read(): Promise<TokenSet | null>;
  /** In one step: a reader sees the former or the new ones. */
  write(tokens: TokenSet): Promise<void>;
  /** Forgets the tokens; there may be none. */
  remove(): Promise<void>;
  /** Runs this while no other process does that shares the place. */
  locked<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** As they are kept. */
export function writeTokens(tokens: TokenSet): string {
  return JSON.stringify({ version: VERSION, ...tokens });
}

/** What was kept. @throws ProgramError of this code when it is something else; `place` is named in the message */
export function readTokens(text: string, place: string, code: ProgramErrorCode): TokenSet {
  const said = readJsonObject(text);
  const { issuer, clientId, accessToken, expiresAtMs, claims } = said;
  const optional = (name: string) => (typeof said[name] === 'string' ? said[name] : null);
  const dpopKey = readDpopKey(said['dpopKey']);
  if (
    said['version'] !== VERSION ||
    typeof issuer !== 'string' ||
    typeof clientId !== 'string' ||
    typeof accessToken !== 'string' ||
    // Tokens without their key are worth nothing, and sent without it they would tell others what they are.
    ((said['dpopKey'] ?? null) !== null && dpopKey === null)
  ) {
    throw new ProgramError(code, `${place} holds no tokens that this version can read: sign in again`);
  }
  return {
    issuer,
    clientId,
    accessToken,
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null,
    refreshToken: optional('refreshToken'),
    idToken: optional('idToken'),
    scope: optional('scope'),
    dpopKey,
    claims: typeof claims === 'object' && claims !== null ? (claims as Readonly<Record<string, unknown>>) : null,
  };
}

/** Empty where the text is no JSON object. */
export function readJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
