/** Each refusal of the sources has a reason that can be explained, and each reason its words. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import en from '../../src/pages/messages/en.json' with { type: 'json' };
import fr from '../../src/pages/messages/fr.json' with { type: 'json' };
import {
  comparedBy,
  REFUSAL_REASONS,
  type RefusalReason,
  refusalReason,
  sectionOf,
} from '../../src/protocol/refusal-reasons.ts';

const TEXT = /protocolError\(\s*'[a-z_]+',\s*(?<quote>['`])(?<text>.*?)\k<quote>\s*[,)]/gs;
const texts = ['protocol/', 'admin/'].flatMap((folder) => {
  const root = new URL(`../../src/${folder}`, import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      [...readFileSync(new URL(name, root), 'utf8').matchAll(TEXT)].map(({ groups }) => groups?.['text'] ?? ''),
    );
});

/** What the private detail adds where the text is the same for all. */
const BY_DETAIL: readonly (readonly [string, RefusalReason])[] = [
  ['no such client', 'unknown_client'],
  ['the application is disabled', 'application_disabled'],
  ['the application is set to private_key_jwt', 'client_method'],
  ['a public application has no key', 'client_public'],
  ['the public application has no such secret', 'client_public'],
  ['a confidential application showed no secret', 'client_secret_missing'],
  ['no secret of the application is this one', 'client_secret_wrong'],
];

describe('the reasons of refusals', () => {
  it('finds the texts of the sources', () => {
    expect(texts.length).toBeGreaterThan(170);
  });

  it.each(texts)('has a reason for: %s', (text) => {
    expect(refusalReason({ hint: text })).not.toBe('other');
  });

  it('has no reason that no text has', () => {
    const general = 'Client authentication failed: the client_id is unknown, or its secret is missing or wrong.';
    const given = new Set([
      ...texts.map((hint) => refusalReason({ hint })),
      ...BY_DETAIL.map(([detail]) => refusalReason({ hint: general, detail })),
      'other',
    ]);
    expect(Object.keys(REFUSAL_REASONS).filter((reason) => !given.has(reason as RefusalReason))).toEqual([]);
  });

  it.each(BY_DETAIL)('tells failed client authentication apart by its detail: %s', (detail, reason) => {
    const hint = 'Client authentication failed: the client_id is unknown, or its secret is missing or wrong.';
    expect(refusalReason({ hint, detail })).toBe(reason);
  });

  it.each(Object.keys(REFUSAL_REASONS))('says what failed and what to do about it, in each language: %s', (reason) => {
    for (const catalogue of [en, fr] as readonly Readonly<Record<string, string>>[]) {
      expect(catalogue[`refusal.${reason}.what`]).toMatch(/^.{10,140}$/u);
      expect(catalogue[`refusal.${reason}.fix`]).toMatch(/^.{20,}$/u);
    }
  });

  it('names the section that the text names, else the reason’s own', () => {
    expect(sectionOf('request_form', 'This endpoint takes POST alone (RFC 6749 section 3.2).')).toBe('RFC 6749 §3.2');
    expect(sectionOf('pkce_missing', 'Use PKCE (RFC 7636).')).toBe('RFC 7636');
    expect(sectionOf('redirect_uri', 'It is not registered.')).toBe('RFC 6749 §3.1.2.3, RFC 9700 §2.1');
  });

  it('lays a redirect URI beside those that are registered, and an assertion beside nothing', () => {
    expect([comparedBy('redirect_uri'), comparedBy('client_assertion')]).toEqual(['redirect_uri', null]);
  });
});
