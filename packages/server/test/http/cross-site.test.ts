import { describe, expect, it } from 'vitest';
import { crossSiteReason, formTokens } from '../../src/http/cross-site.ts';
import { presentedSecret } from '../../src/vocabulary/credentials.ts';

const OWN = 'https://id.example';

describe('Fetch Metadata §2.4 and RFC 6454 §7', () => {
  it('takes a form of our own page', () => {
    expect(crossSiteReason({ origin: OWN, secFetchSite: 'same-origin' }, OWN)).toBeNull();
  });

  it('takes a browser that says nothing', () => {
    expect(crossSiteReason({}, OWN)).toBeNull();
  });

  it.each(['cross-site', 'same-site', 'anything'])('refuses Sec-Fetch-Site: %s', (secFetchSite) => {
    expect(crossSiteReason({ origin: OWN, secFetchSite }, OWN)).toBe('sec-fetch-site');
  });

  it.each(['https://evil.example', 'http://id.example', 'https://id.example:444', 'null'])(
    'refuses Origin: %s',
    (origin) => {
      expect(crossSiteReason({ origin }, OWN)).toBe('origin');
    },
  );
});

describe('form tokens (RFC 9700 #7)', () => {
  const tokens = formTokens(Buffer.alloc(32, 7));
  const browser = presentedSecret<'browser'>('a'.repeat(43));

  it('takes the token that was made for this browser', () => {
    expect(tokens.check(browser, tokens.tokenFor(browser))).toBe(true);
  });

  it("refuses another browser's token, another key's, none, and one without a cookie", () => {
    const other = presentedSecret<'browser'>('b'.repeat(43));
    expect(tokens.check(browser, tokens.tokenFor(other))).toBe(false);
    expect(tokens.check(browser, formTokens(Buffer.alloc(32, 8)).tokenFor(browser))).toBe(false);
    expect(tokens.check(browser, null)).toBe(false);
    expect(tokens.check(browser, '')).toBe(false);
    expect(tokens.check(null, tokens.tokenFor(browser))).toBe(false);
  });
});
