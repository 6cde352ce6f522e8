/**
 * What `import django` gets beside the source, because django-oauth-toolkit keeps it in its settings file: the scopes with their
 * words, and the key that ID tokens were signed with.
 *
 * Owns reading both and what is wrong with them; nothing of a key is ever repeated.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from '../config/error-code.ts';
import { readRsaKey } from '../keys/foreign-key.ts';
import { type DeclaredScope, isScopeToken } from '../protocol/scopes.ts';
import type { Terminal } from './terminal.ts';

/** What was handed over; or one line that says what is wrong. */
export type ImportFiles =
  | { readonly outcome: 'read'; readonly scopes: readonly DeclaredScope[] | null; readonly issuerKey: string | null }
  | { readonly outcome: 'refused'; readonly line: string };

/** Reads the files that are named. */
export async function readImportFiles(
  { scopesFile, issuerKey }: { readonly scopesFile?: string; readonly issuerKey?: string },
  { source }: Pick<Terminal, 'source'>,
): Promise<ImportFiles> {
  try {
    const scopes = scopesFile === undefined ? null : scopesOf(await textOf(scopesFile, source.directory), scopesFile);
    const pem = issuerKey === undefined ? null : await textOf(issuerKey, source.directory);
    const key = pem === null ? null : readRsaKey(pem);
    if (typeof key === 'string') throw new UnusableFile(`${issuerKey} cannot be taken over: ${key}.`);
    return { outcome: 'read', scopes, issuerKey: pem };
  } catch (error) {
    if (error instanceof UnusableFile) return { outcome: 'refused', line: `${error.message} Nothing was written.` };
    throw error;
  }
}

class UnusableFile extends Error {}

async function textOf(file: string, directory: string): Promise<string> {
  try {
    return await readFile(resolve(directory, file), 'utf8');
  } catch (error) {
    throw new UnusableFile(`${file} cannot be read (${errorCode(error)}).`);
  }
}

/** The setting SCOPES as JSON: `{"read": "Reading scope"}`. */
function scopesOf(text: string, file: string): readonly DeclaredScope[] {
  const expected = `${file} has to be the setting SCOPES as JSON, such as {"read": "See your data"}`;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new UnusableFile(`${expected}; it is no JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UnusableFile(`${expected}.`);
  return Object.entries(value).map(([name, words]) => {
    const shown = JSON.stringify(name.slice(0, 60));
    if (!isScopeToken(name)) throw new UnusableFile(`${expected}; ${shown} is no scope (RFC 6749 section 3.3).`);
    if (typeof words !== 'string') throw new UnusableFile(`${expected}; the words of ${shown} are no text.`);
    return { name, description: words.trim() === '' ? name : words.trim().slice(0, 300) };
  });
}
