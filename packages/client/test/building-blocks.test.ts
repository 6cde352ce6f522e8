/**
 * The small parts under the flows, where a case is easier to see by itself.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUsername, suggestUsername } from '../src/flows/username.ts';
import { messagesIn, preferredLanguage } from '../src/pages/messages/messages.ts';
import { moveBase } from '../src/protocol/back-channel.ts';
import { readBaseUrl } from '../src/providers/base-url.ts';
import { createPasswords } from '../src/security/passwords.ts';
import { createSealer } from '../src/security/sealing.ts';
import { readNextPath } from '../src/web/next-path.ts';

describe('readNextPath', () => {
  it('answers a path of the application or nothing, whatever it is given', () => {
    const application = new URL('https://app.example.org');
    const starts = fc.constantFrom('/', '//', '/\\', '\\', 'https:', 'https://evil.example', '/.', '/..//', '/%2f', '');
    fc.assert(
      fc.property(starts, fc.string({ unit: 'binary' }), (start, rest) => {
        const path = readNextPath(`${start}${rest}`, application);
        if (path === null) return;
        expect(new URL(path, application).origin).toBe(application.origin);
        expect(path).toMatch(/^\/(?!\/)/);
      }),
    );
  });
});

describe('sealing', () => {
  const sealer = createSealer(['x'.repeat(32)], randomBytes);

  it('opens what it sealed, for the same purpose alone', () => {
    const sealed = sealer.seal('attempt/2', { a: 1 });
    expect(sealer.open('attempt/2', sealed)).toEqual({ a: 1 });
    expect(sealer.open('pending/3', sealed)).toBeNull();
    expect(createSealer(['y'.repeat(32)], randomBytes).open('attempt/2', sealed)).toBeNull();
    expect(createSealer(['y'.repeat(32), 'x'.repeat(32)], randomBytes).open('attempt/2', sealed)).toEqual({ a: 1 });
  });

  it('does not open what was altered, cut, or never sealed', () => {
    const sealed = sealer.seal('attempt/2', { a: 1 });
    const altered = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < altered.length; at += 1) {
      const copy = Buffer.from(altered);
      copy[at] = (copy[at] ?? 0) ^ 1;
      expect(sealer.open('attempt/2', copy.toString('base64url'))).toBeNull();
    }
    for (const text of ['', 'abc', sealed.slice(0, -4)]) expect(sealer.open('attempt/2', text)).toBeNull();
  });
});

describe('passwords', () => {
  it('are verified as typed, and an account without one is never signed in', async () => {
    const passwords = createPasswords(randomBytes);
    const hash = await passwords.hash(' Pässword with spaces ');
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(await passwords.verify(hash, ' Pässword with spaces ')).toBe(true);
    expect(await passwords.verify(hash, 'Pässword with spaces')).toBe(false);
    expect(await passwords.verify(null, 'anything')).toBe(false);
    expect(await passwords.verify('no hash', 'anything')).toBe(false);
    expect(await passwords.verify(hash, 'x'.repeat(1_025))).toBe(false);
  });

  it('answer "busy" at once when too many are waiting', async () => {
    const passwords = createPasswords(randomBytes);
    const outcomes = await Promise.all(Array.from({ length: 36 }, () => passwords.verify(null, 'a password')));
    expect(outcomes.filter((each) => each === 'busy')).toHaveLength(2);
    expect(await passwords.verify(null, 'a password')).toBe(false);
  });
});

describe('readUsername', () => {
  it.each([
    ['bob', 'bob'],
    ['  bob ', 'bob'],
    ['Zoë Ötzi', 'Zoë Ötzi'],
    ['name@example.org', 'name@example.org'],
    ['ｂｏｂ', 'bob'],
    ['李小龍', '李小龍'],
  ])('takes %j as %j', (text, username) => expect(readUsername(text)).toBe(username));

  it.each(['', '   ', 'a\u0000b', 'a\u202eb', 'a\u200bb', 'a\u00adb', 'a\nb', 'a\u2028b', 'a\u3164b', 'x'.repeat(151)])(
    'refuses %j',
    (text) => expect(readUsername(text)).toBeNull(),
  );

  it('suggests a free name that can be one', async () => {
    const taken = new Set(['bob', 'bob2', 'bob3']);
    const findUserByUsername = async (name: string) => (taken.has(name) ? ({} as never) : null);
    expect(await suggestUsername('bob', { findUserByUsername })).toBe('bob4');
    expect(await suggestUsername('x'.repeat(150), { findUserByUsername })).toHaveLength(148);
    expect(await suggestUsername('\u0000', { findUserByUsername })).toBe('');
  });
});

describe('base URLs', () => {
  it.each([
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/sub/', 'https://a.example/sub'],
    ['http://localhost:9977', 'http://localhost:9977'],
    ['http://127.0.0.1:9977', 'http://127.0.0.1:9977'],
    ['http://[::1]:9977', 'http://[::1]:9977'],
  ])('%s is read as %s', (text, url) => expect(readBaseUrl(text, false)).toEqual({ url }));

  it.each([
    ['http://a.example', 'url_insecure'],
    ['http://localhost.evil.example', 'url_insecure'],
    ['http://127.0.0.1.evil.example', 'url_insecure'],
    ['ftp://a.example', 'url_malformed'],
    ['https://user:pw@a.example', 'url_malformed'],
    ['https://a.example/?q', 'url_malformed'],
    ['a.example', 'url_malformed'],
  ])('%s is refused as %s', (text, problem) => expect(readBaseUrl(text, false)).toEqual({ problem }));

  it.each([
    ['https://public.example/o/token', 'http://server:9977/o/token'],
    ['https://public.example/o', 'http://server:9977/o'],
    ['https://public.example/other?a=b', 'http://server:9977/other?a=b'],
    ['https://public.example.evil/o/token', 'https://public.example.evil/o/token'],
    ['https://elsewhere.example/keys', 'https://elsewhere.example/keys'],
  ])('%s is reached at %s', (url, routed) =>
    expect(moveBase(url, 'https://public.example/o', 'http://server:9977/o')).toBe(routed),
  );
});

describe('RFC 9110 §12.5.4', () => {
  it.each([
    ['fr', 'fr'],
    ['fr-CA,en;q=0.9', 'fr'],
    ['en;q=0.5, fr;q=0.9', 'fr'],
    ['de, en', 'en'],
    ['fr;q=0, en;q=0.1', 'en'],
    ['', 'en'],
    ['*', 'en'],
    [';;;,,,q=', 'en'],
  ])('%j asks for %s', (header, language) => expect(preferredLanguage(null, header)).toBe(language));

  it('is overruled by what the person chose', () => {
    expect(preferredLanguage('en', 'fr')).toBe('en');
    expect(preferredLanguage('xx', 'fr')).toBe('fr');
  });

  it('has every failure in both languages, in words of its own', () => {
    const [en, fr] = [messagesIn('en'), messagesIn('fr')];
    for (const [code, text] of Object.entries(en.failures)) {
      const french = fr.failures[code as keyof typeof fr.failures];
      expect(french.title).not.toBe('');
      expect(french.body('X')).not.toBe(text.body('X'));
    }
  });
});
