/**
 * What holds for every answer of the server, whatever was sent: it is no failure of ours, tells nothing of the inside, and
 * runs nothing that came from outside.
 *
 * Owns these checks alone; each test adds its own.
 */
import { expect } from 'vitest';
import type { Site } from './site.ts';

/** An answer as either client of the tests read it. */
export interface AnswerRead {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
}

/** A piece of markup that must never come back as markup, for whatever a page may show. */
export const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{7*7}}`;

/** Fails unless the answer is sound. `sent` says what it was the answer to. */
export function expectSound({ status, text, contentType }: AnswerRead, sent: string): void {
  expect(status, sent).toBeLessThan(500);
  // Paths, lines and names of our sources, in whatever stack trace of Node, and those of the databases.
  expect(text, sent).not.toMatch(/node_modules|\bat \S+ \(|\.[jt]s:\d+|sqlite|postgres|SQLITE_|syntax error/i);
  if (contentType.includes('html')) {
    expect(text, sent).not.toMatch(/<script>|<img src=x|<b>/);
    expect(text, sent).toMatch(/^<!doctype html>/i);
  }
}

/** Reads and judges an answer of `fetch`. */
export async function soundText(response: Response, sent = ''): Promise<string> {
  const text = await response.text();
  const contentType = response.headers.get('content-type') ?? '';
  expectSound({ status: response.status, text, contentType }, sent);
  return text;
}

/** The reference number that an error page shows. @throws when it shows none. */
export function referenceOn(page: string): string {
  const found = /<p class="error-reference">[^<]*<code>([\w-]+)<\/code>/.exec(page)?.[1];
  if (found === undefined) throw new Error(`no reference number in ${page}`);
  return found;
}

/** The server's log lines so far. */
export function logLines(site: Site): readonly Readonly<Record<string, unknown>>[] {
  return site
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Lines that tell of a failure of ours. */
export function failures(site: Site): readonly Readonly<Record<string, unknown>>[] {
  return logLines(site).filter(({ level }) => typeof level === 'number' && level >= 50);
}
