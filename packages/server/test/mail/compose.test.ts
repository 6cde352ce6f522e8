/** What mail says: complete in each language, alike in its parameters, escaped, and with links of the public address alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import type { AccountNotice, OutgoingMessage } from '../../src/accounts/ports/mail.ts';
import { composeMail } from '../../src/mail/compose.tsx';

const folder = join(import.meta.dirname, '../../src/mail');
const files = readdirSync(join(folder, 'messages'));
const read = (file: string): Record<string, string> => JSON.parse(readFileSync(join(folder, 'messages', file), 'utf8'));
const english = read('en.json');
const letterhead = { url: 'https://id.example.org', brand: 'Example', accent: '#0b5cad' };
const secret = { token: 'x'.repeat(43), code: '12345678', expiresAtMs: Date.UTC(2026, 2, 14, 15) };
const to = 'alice@example.org';
const username = 'alice';
const zoneInfo = null;
const happenedAtMs = Date.UTC(2026, 2, 14, 15, 9);

const NOTICES: readonly AccountNotice[] = [
  { kind: 'new-device', userAgent: '<b>Firefox</b>', networkAddress: '192.0.2.1' },
  { kind: 'many-failures', networkAddress: '192.0.2.1' },
  { kind: 'password-changed' },
  { kind: 'password-reset' },
  { kind: 'address-added', address: 'new@example.org' },
  { kind: 'address-removed', address: 'new@example.org' },
  { kind: 'primary-address-changed', address: 'new@example.org', former: 'old@example.org' },
  { kind: 'passkey-added', name: 'Phone' },
  { kind: 'passkey-removed', name: 'Phone' },
  { kind: 'passkey-cloned', name: 'Phone' },
  { kind: 'authenticator-added' },
  { kind: 'authenticator-removed' },
  { kind: 'recovery-codes-made' },
  { kind: 'recovery-code-used', left: 0 },
  { kind: 'identity-linked', provider: 'Google' },
  { kind: 'identity-unlinked', provider: 'Google' },
  { kind: 'factors-reset' },
  { kind: 'deletion-asked', deletedAtMs: Date.UTC(2026, 2, 28) },
  { kind: 'deletion-taken-back' },
];
const MESSAGES: readonly OutgoingMessage[] = ['en', 'fr'].flatMap((locale): OutgoingMessage[] => [
  { kind: 'verify-address', to, locale, zoneInfo, username, secret, next: '/o/authorize/?pending=1&x=2' },
  { kind: 'address-known', to, locale, zoneInfo, username, secret: { ...secret, code: null } },
  { kind: 'reset-password', to, locale, zoneInfo, username, secret: { ...secret, code: null } },
  { kind: 'reset-started', to, locale, zoneInfo, username, secret: { ...secret, code: null } },
  { kind: 'sign-in', to, locale, zoneInfo, username, secret, next: null },
  { kind: 'sign-in-unknown', to, locale, zoneInfo },
  { kind: 'address-unknown', to, locale, zoneInfo },
  {
    kind: 'invitation',
    to,
    locale,
    zoneInfo,
    invitedBy: 'Bob',
    path: '/signup/?invitation=1',
    expiresAtMs: happenedAtMs,
  },
  ...NOTICES.map((notice) => ({ kind: 'notice', to, locale, zoneInfo, username, notice, happenedAtMs }) as const),
]);

function parameters(text: string): string[] {
  const found = (pieces: ReturnType<IntlMessageFormat['getAst']>): string[] =>
    pieces.flatMap((piece) => {
      if (piece.type === 0 || !('value' in piece)) return [];
      const inside = 'options' in piece ? Object.values(piece.options).flatMap((option) => found(option.value)) : [];
      return [piece.value, ...inside];
    });
  return [...new Set(found(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst()))].sort();
}

describe('texts of mail', () => {
  it.each(files)('are in %s the same as in English, with the same parameters', (file) => {
    const texts = read(file);
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(texts)) {
      expect(parameters(text), key).toEqual(parameters(english[key] ?? ''));
      expect(text, key).not.toMatch(/['"]/);
    }
  });

  it('are each used by some message', () => {
    const source = readFileSync(join(folder, 'compose.tsx'), 'utf8');
    const kinds = new Set(MESSAGES.map((message) => (message.kind === 'notice' ? message.notice.kind : message.kind)));
    const unused = Object.keys(english).filter((key) => {
      const [kind = ''] = key.split('.');
      return !source.includes(`'${key}'`) && !kinds.has(kind as never);
    });
    expect(unused).toEqual([]);
  });
});

describe('a message', () => {
  it.each(MESSAGES.map((message) => [message.kind, message.locale, message] as const))(
    '%s in %s: says the same as text and as HTML, and leads nowhere else',
    (_kind, locale, message) => {
      const { subject, text, html } = composeMail(message, letterhead);
      expect(subject).not.toBe('');
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toMatch(/<(img|script|link|style)\b/);
      for (const [, url = ''] of html.matchAll(/href="([^"]*)"/g)) {
        expect(new URL(url).origin).toBe(letterhead.url);
        expect(text).toContain(url.replaceAll('&amp;', '&'));
      }
    },
  );

  it('escapes what somebody else wrote', () => {
    const [notice] = NOTICES;
    if (notice === undefined) throw new Error('no notice');
    const { html, text } = composeMail(
      { kind: 'notice', to, locale: 'en', zoneInfo, username, notice, happenedAtMs },
      letterhead,
    );
    expect(html).toContain('&lt;b>Firefox&lt;/b>');
    expect(text).toContain('<b>Firefox</b>');
  });

  it.each([
    ['en', 'Europe/Paris', '14 March 2026 at 16:09 CET'],
    ['fr', 'Europe/Paris', '14 mars 2026 à 16:09 UTC+1'],
    // Another name of Asia/Calcutta, by which the zones are listed here.
    ['en', 'Asia/Kolkata', '14 March 2026 at 20:39 GMT+5:30'],
    ['fr', 'America/New_York', '14 mars 2026 à 11:09 UTC−4'],
    ['en', null, '14 March 2026 at 15:09 UTC'],
    ['fr', null, '14 mars 2026 à 15:09 UTC'],
    ['en', 'Mars/Base', '14 March 2026 at 15:09 UTC'],
  ])('in %s for somebody in %s says a time as %s', (locale, zone, words) => {
    const whose = { to, locale, zoneInfo: zone, username } as const;
    const notice = composeMail(
      { kind: 'notice', ...whose, notice: { kind: 'password-changed' }, happenedAtMs },
      letterhead,
    );
    expect(notice.text.replaceAll('\u202f', ' ')).toContain(words);
    const link = { ...secret, expiresAtMs: happenedAtMs };
    const reset = composeMail({ kind: 'reset-password', ...whose, secret: link }, letterhead);
    expect(reset.html.replaceAll('\u202f', ' ')).toContain(words);
  });

  it('has one line of subject', () => {
    const subject = composeMail(
      {
        kind: 'invitation',
        to,
        locale: 'en',
        zoneInfo,
        invitedBy: 'Bob\r\nBcc: x@y.example',
        path: '/',
        expiresAtMs: 0,
      },
      letterhead,
    ).subject;
    expect(subject).not.toMatch(/[\r\n]/);
  });
});
