/** `diapason key …`. Owns output; when a key signs and how long it stays published is `keys/signing-keys.ts`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from '../config/error-code.ts';
import { takeOverSigningKey } from '../keys/foreign-key.ts';
import { rotateRefreshTokenKey } from '../keys/server-keys.ts';
import { listSigningKeys, rotateSigningKey, type SigningKeySummary } from '../keys/signing-keys.ts';
import { ID_TOKEN_ALGORITHMS } from '../protocol/application.ts';
import { done, json, type Outcome, refused, usage } from './outcome.ts';
import { instant, isoInstant, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

interface Json {
  readonly json?: true;
}

/** `key list`: every signing key, the newest of each algorithm first. */
export async function listKeys(options: Json, terminal: Terminal): Promise<Outcome> {
  return withWorkbench(terminal, async (workbench) => {
    const keys = await listSigningKeys(depsOf(workbench, terminal));
    return options.json ? json(keys.map(keyJson)) : done(keyTable(keys));
  });
}

/** Options of `key rotate`. */
export interface RotateOptions extends Json {
  readonly algorithm?: string;
  readonly refreshTokens?: true;
}

/** `key rotate`: a next key of the named algorithm, or of each; or the key of refresh tokens. Prints the new ones. */
export async function rotateKeys(options: RotateOptions, terminal: Terminal): Promise<Outcome> {
  const { algorithm } = options;
  if (options.refreshTokens) return rotateRefreshTokens(options, terminal);
  const chosen = ID_TOKEN_ALGORITHMS.filter((name) => algorithm === undefined || name === algorithm);
  if (chosen.length === 0) return usage(`--algorithm is one of ${ID_TOKEN_ALGORITHMS.join(', ')}.`);
  return withWorkbench(terminal, async (workbench) => {
    const made: SigningKeySummary[] = [];
    for (const name of chosen) made.push(await rotateSigningKey(name, depsOf(workbench, terminal)));
    return options.json ? json(made.map(keyJson)) : done(keyTable(made));
  });
}

async function rotateRefreshTokens(options: Json, terminal: Terminal): Promise<Outcome> {
  return withWorkbench(terminal, async ({ administration, encryption, applications: { clock, randomness } }) => {
    await rotateRefreshTokenKey({ serverKeys: administration.serverKeys, encryption, clock, randomness });
    if (options.json) return json([]);
    return done('A new key makes refresh tokens in a minute. Those that are out stay good.');
  });
}

/** `key import FILE`: takes over the RSA key that another server signed with. Prints it as `key list` does. */
export async function importKey(file: string, options: Json, terminal: Terminal): Promise<Outcome> {
  let pem: string;
  try {
    pem = await readFile(resolve(terminal.source.directory, file), 'utf8');
  } catch (error) {
    return refused(`${file} cannot be read (${errorCode(error)}).`);
  }
  return withWorkbench(terminal, async (workbench) => {
    const taken = await takeOverSigningKey(pem, depsOf(workbench, terminal));
    if (taken.outcome === 'unreadable') return refused(`${file} was not taken over: ${taken.fault}.`);
    if (options.json) return json([keyJson(taken.key)]);
    return done(taken.outcome === 'present' ? `The key ${taken.key.kid} is here already.` : keyTable([taken.key]));
  });
}

function depsOf({ administration, encryption }: Workbench, { clock }: Terminal) {
  return { keys: administration.keys, encryption, clock };
}

function keyTable(keys: readonly SigningKeySummary[]): string {
  const rows = keys.map(({ kid, algorithm, state, activeFromMs, retiresAtMs }) => [
    kid,
    algorithm,
    state,
    instant(activeFromMs),
    instant(retiresAtMs),
  ]);
  return table(
    ['KID', 'ALGORITHM', 'STATE', 'SIGNS FROM', 'LEAVES AT'],
    rows,
    'No keys yet: the first start makes them.',
  );
}

function keyJson(key: SigningKeySummary) {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    state: key.state,
    created_at: isoInstant(key.createdAtMs),
    active_from: isoInstant(key.activeFromMs),
    retires_at: isoInstant(key.retiresAtMs),
  };
}
