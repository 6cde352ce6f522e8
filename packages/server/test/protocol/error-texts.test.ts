import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/protocol/errors.ts';

const folder = new URL('../../src/protocol/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** Every `protocolError('code', text)` of the sources: its code, and its text as written. */
const texts = sources.flatMap((name) =>
  [
    ...readFileSync(new URL(name, folder), 'utf8').matchAll(
      /protocolError\(\s*'(?<code>[a-z_]+)',\s*(?<quote>['`])(?<text>.*?)\k<quote>\s*[,)]/gs,
    ),
  ].map(({ groups }) => ({ name, code: groups?.['code'] ?? '', text: groups?.['text'] ?? '' })),
);
const calls = sources.reduce(
  (count, name) => count + (readFileSync(new URL(name, folder), 'utf8').match(/protocolError\(\s*'/g)?.length ?? 0),
  0,
);

describe('RFC 6749 §5.2: error_description', () => {
  it('is found for every refusal of the sources', () => {
    expect(texts.length).toBe(calls);
    expect(texts.length).toBeGreaterThan(60);
  });

  it.each(texts)('keeps to printable ASCII without quote and backslash: $name $text', ({ text }) => {
    expect(text).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(text).toMatch(/\.$|\$\{[A-Za-z_]+\}\.?$/);
  });

  it.each(texts)('belongs to a code of the catalogue: $code', ({ code }) => {
    expect(Object.keys(ERROR_CODES)).toContain(code);
  });
});

describe('RFC 6749 §5.2, §4.1.2.1: error codes', () => {
  it.each(Object.keys(ERROR_CODES))('%s keeps to the characters of error', (code) => {
    expect(code).toMatch(/^[a-z_]+$/);
  });
});
