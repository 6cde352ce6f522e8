/**
 * Tokens in the system's keyring: Keychain, the Credential Manager of Windows, and the Secret Service of a Linux desktop.
 *
 * Owns how they fit into its entries. The keyring itself is spoken to by `@napi-rs/keyring`, which a program that wants it installs.
 */
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digest } from '../security/tokens.ts';
import { withFileLock } from './file-lock.ts';
import { ProgramError } from './program-client.ts';
import { readJsonObject, readTokens, type TokenStore, writeTokens } from './token-store.ts';

/** Windows keeps 2,560 bytes in UTF-16 for each entry. Elsewhere one entry does. */
const ENTRY_CHARACTERS_MAX = process.platform === 'win32' ? 1_200 : 256 * 1024;
const PIECES_MAX = 50;
/** A reader in the middle of a write finds the pieces of before gone, and reads the new ones. */
const READS_MAX = 3;

/** Which entry. */
export interface TokenKeyringOptions {
  /** The program, as the keyring's own window shows it. */
  readonly service: string;
  /** For programs that keep several sign-ins. Default `tokens`. */
  readonly account?: string;
  /** Where the processes of this person lock each other out while one refreshes. Default: `.cache/diapason-client` of their home. */
  readonly lockFolder?: string;
}

/** Named entries of the keyring, as far as they are needed. */
export interface KeyringEntries {
  get(name: string): Promise<string | null>;
  set(name: string, text: string): Promise<void>;
  /** That there is none is no error. */
  remove(name: string): Promise<void>;
}

/**
 * The tokens in this entry. Nothing is asked of the keyring before the first read or write, which throw `ProgramError`:
 * `keyring_unavailable` where there is none or it stays locked, `keyring_invalid` where the entry holds something else.
 * @throws TypeError for a name that is none.
 */
export function tokenKeyring(options: TokenKeyringOptions): TokenStore {
  const { service, account = 'tokens' } = options;
  for (const [option, value] of Object.entries({ service, account })) {
    // Keyrings of C end a name at its first NUL.
    if (value === '' || value.length > 200 || value.includes('\0')) {
      throw new TypeError(`${option} is ${JSON.stringify(value)}: expected 1 to 200 characters`);
    }
  }
  const folder = options.lockFolder ?? join(homedir(), '.cache', 'diapason-client');
  const lockPath = join(folder, `${digest(JSON.stringify([service, account]))}.lock`);
  return createKeyringStore({ entries: systemEntries(service), account, lockPath });
}

/** The tokens in entries like these. */
export function createKeyringStore(deps: {
  readonly entries: KeyringEntries;
  readonly account: string;
  readonly lockPath: string;
  readonly entryCharactersMax?: number;
}): TokenStore {
  const { entries, account, entryCharactersMax = ENTRY_CHARACTERS_MAX } = deps;
  const place = `the keyring's entry ${JSON.stringify(account)}`;
  const forget = async (names: readonly string[]) => {
    for (const name of names) await entries.remove(name);
  };
  const readWhole = async (): Promise<string | null> => {
    for (let reads = 0; reads < READS_MAX; reads += 1) {
      const head = await entries.get(account);
      if (head === null) return null;
      const names = piecesOf(head, account);
      if (names.length === 0) return head;
      const pieces = await Promise.all(names.map((name) => entries.get(name)));
      if (!pieces.includes(null)) return pieces.join('');
    }
    throw new ProgramError('keyring_invalid', `${place} is not whole: sign in again`);
  };
  return {
    read: async () => {
      const text = await readWhole();
      return text === null ? null : readTokens(text, place, 'keyring_invalid');
    },
    write: async (tokens) => {
      const text = inAscii(writeTokens(tokens));
      const former = piecesOf((await entries.get(account)) ?? '', account);
      if (text.length <= entryCharactersMax) await entries.set(account, text);
      else await writePieces(text, { entries, account, entryCharactersMax });
      // Only now: until the first entry names the new ones, those of before are the tokens.
      await forget(former);
    },
    remove: async () => {
      const former = piecesOf((await entries.get(account)) ?? '', account);
      await forget([account, ...former]);
    },
    locked: (work) => withFileLock(deps.lockPath, work),
  };
}

async function writePieces(
  text: string,
  deps: { readonly entries: KeyringEntries; readonly account: string; readonly entryCharactersMax: number },
): Promise<void> {
  const { entries, account, entryCharactersMax: length } = deps;
  const count = Math.ceil(text.length / length);
  if (count > PIECES_MAX) throw new ProgramError('keyring_unavailable', 'the tokens are too long for a keyring');
  const ids = Array.from({ length: count }, () => randomBytes(6).toString('base64url'));
  try {
    for (const [index, id] of ids.entries()) {
      await entries.set(`${account}/${id}`, text.slice(index * length, (index + 1) * length));
    }
    await entries.set(account, JSON.stringify({ pieces: ids }));
  } catch (error) {
    for (const id of ids) await entries.remove(`${account}/${id}`).catch(() => undefined);
    throw error;
  }
}

/** The names of the entries that the first one lists; none where it holds the tokens itself. */
function piecesOf(head: string, account: string): readonly string[] {
  const { pieces } = readJsonObject(head);
  if (!Array.isArray(pieces) || pieces.length > PIECES_MAX) return [];
  return pieces.filter((id) => typeof id === 'string' && /^[A-Za-z0-9_-]{8}$/.test(id)).map((id) => `${account}/${id}`);
}

/** A character is then of one length in every encoding, and none is cut in two. */
function inAscii(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function systemEntries(service: string): KeyringEntries {
  const ask = async <Result>(work: (entry: OpenEntry) => Promise<Result>): Promise<Result> => {
    const open = await openKeyring(service);
    try {
      return await work(open);
    } catch (error) {
      throw unavailable(error instanceof Error ? error.message : 'it does not answer', error);
    }
  };
  return {
    get: (name) => ask(async (open) => open(name).getPassword()),
    set: (name, text) => ask((open) => open(name).setPassword(text)),
    remove: (name) =>
      ask(async (open) => {
        await open(name).deletePassword();
      }),
  };
}

interface SystemEntry {
  getPassword(): Promise<string | null>;
  setPassword(text: string): Promise<void>;
  deletePassword(): Promise<boolean>;
}
type OpenEntry = (name: string) => SystemEntry;

async function openKeyring(service: string): Promise<OpenEntry> {
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    // Not the kernel's keyring, which it would else take without a word where there is no other: that forgets at a restart.
    return (name) => new AsyncEntry(service, name, { linux: { store: 'secret-service' } });
  } catch (error) {
    throw unavailable('the package @napi-rs/keyring cannot be loaded: npm install @napi-rs/keyring', error);
  }
}

function unavailable(reason: string, cause: unknown): ProgramError {
  return new ProgramError(
    'keyring_unavailable',
    `the system's keyring cannot be used (${reason}). Unlock or install one, or keep the tokens in a file: tokenFile()`,
    { cause },
  );
}
