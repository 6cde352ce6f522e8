import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientType } from '../../src/protocol/application.ts';
import { type ApplicationSettings, DEFAULT_SETTINGS } from '../../src/protocol/application-settings.ts';
import {
  checkRedirectUri,
  formActionSource,
  isLoopbackRedirect,
  isPrivateUseRedirect,
  kindOf,
  matchRedirectUri,
} from '../../src/protocol/redirect-uri.ts';

const REGISTERED = 'https://app.example/callback';
const confidential = (...redirectUris: string[]) => applicationOf('confidential', 'auto', redirectUris);
const publicApp = (...redirectUris: string[]) => applicationOf('public', 'auto', redirectUris);

function applicationOf(
  type: ClientType,
  applicationType: ApplicationSettings['applicationType'],
  redirectUris: readonly string[],
) {
  return { type, redirectUris, settings: { ...DEFAULT_SETTINGS, applicationType } };
}

describe('RFC 9700 #1, ASVS 10.4.1: a redirect URI is compared octet for octet', () => {
  it('takes the registered one', () => {
    const application = confidential('https://other.example/', REGISTERED);
    expect(matchRedirectUri(REGISTERED, application)).toEqual({
      outcome: 'matched',
      redirectUri: REGISTERED,
      wasSent: true,
    });
  });

  it.each([
    ['a trailing slash more (D4)', 'https://app.example/callback/'],
    ['another case of the host', 'https://APP.example/callback'],
    ['the default port', 'https://app.example:443/callback'],
    ['a query more', 'https://app.example/callback?next=1'],
    ['a path parameter trick (CVE-2026-3872)', 'https://app.example/callback/..;/evil'],
    ['a dot segment', 'https://app.example/x/../callback'],
    ['an encoded character', 'https://app.example/%63allback'],
    ['http', 'http://app.example/callback'],
    ['a suffix of the host', 'https://app.example.evil.example/callback'],
    ['any character where the host has a dot (CVE-2024-52289)', 'https://appXexample/callback'],
  ])('refuses %s', (_, asked) => {
    expect(matchRedirectUri(asked, confidential(REGISTERED)).outcome).toBe('mismatch');
  });

  it.each([
    ['userinfo (CVE-2026-28512)', 'https://app.example@evil.example/callback'],
    ['userinfo with a password', 'https://app.example:x@evil.example/callback'],
    ['a fragment', 'https://app.example/callback#x'],
    ['a backslash', 'https://app.example\\@evil.example/callback'],
    ['a tab', 'https://app.example/\tcallback'],
    ['an encoded line break', 'https://app.example/callback%0d%0aset-cookie:x'],
    ['a space', 'https://app.example/call back'],
    ['a letter outside ASCII', 'https://äpp.example/callback'],
    ['javascript: (better-auth#9838)', 'javascript:alert(1)'],
    ['data:', 'data:text/html,x'],
  ])('sends nobody to one with %s, even where it was imported as registered', (_, asked) => {
    expect(matchRedirectUri(asked, confidential(asked)).outcome).toBe('shape');
    expect(matchRedirectUri(asked, publicApp(asked)).outcome).toBe('shape');
  });

  it('matches nothing but what is registered', () => {
    const uri = fc.webUrl({ withQueryParameters: true });
    fc.assert(
      fc.property(uri, uri, (registered, asked) => {
        const { outcome } = matchRedirectUri(asked, confidential(registered));
        expect(outcome === 'matched').toBe(asked === registered && checkedShape(asked));
      }),
    );
  });

  it('matches no variation of a registered one by a character', () => {
    const index = fc.nat({ max: REGISTERED.length });
    fc.assert(
      fc.property(index, fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }), (at, inserted) => {
        const asked = REGISTERED.slice(0, at) + inserted + REGISTERED.slice(at);
        expect(matchRedirectUri(asked, confidential(REGISTERED)).outcome).not.toBe('matched');
        expect(matchRedirectUri(asked, publicApp(REGISTERED)).outcome).not.toBe('matched');
      }),
    );
  });

  it('takes time in proportion to the length of the text at most (CVE-2022-36087)', () => {
    for (const text of ['https://[::::', 'com.a.', 'http://localhost:', 'https://a@@@']) {
      const long = text + text.slice(-1).repeat(100_000);
      expect(checkRedirectUri(long, 'native')).toMatchObject({ outcome: 'refused', fault: 'too_long' });
    }
    const atLimit = `a${'.a'.repeat(999)}!`;
    expect(checkRedirectUri(atLimit, 'native').outcome).toBe('refused');
  });
});

describe('RFC 6749 §3.1.2.3: a redirect URI that was left out', () => {
  it('is the only one registered', () => {
    expect(matchRedirectUri(null, confidential(REGISTERED))).toEqual({
      outcome: 'matched',
      redirectUri: REGISTERED,
      wasSent: false,
    });
  });

  it('is an error where several or none are registered', () => {
    expect(matchRedirectUri(null, confidential(REGISTERED, 'https://b.example/')).outcome).toBe('missing');
    expect(matchRedirectUri(null, confidential()).outcome).toBe('missing');
  });
});

describe('RFC 8252 §7.3, D5: loopback redirects', () => {
  it.each(['http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost/cb', 'http://localhost:8080/cb'])(
    'takes any port of %s for a public application',
    (registered) => {
      const asked = registered.replace(/^(http:\/\/[^/]*?)(:\d+)?\/cb$/, '$1:51004/cb');
      expect(matchRedirectUri(asked, publicApp(registered))).toMatchObject({ outcome: 'matched', redirectUri: asked });
    },
  );

  it('takes no other port for a confidential application', () => {
    expect(matchRedirectUri('http://localhost:1/cb', confidential('http://localhost:2/cb')).outcome).toBe('mismatch');
  });

  it.each([
    ['another loopback name', 'http://127.0.0.1:3000/cb'],
    ['another path', 'http://localhost:3000/cb/x'],
    ['a query more', 'http://localhost:3000/cb?x'],
    ['https', 'https://localhost:3000/cb'],
    ['port 0', 'http://localhost:0/cb'],
    ['a host that begins like it', 'http://localhost.evil.example/cb'],
  ])('refuses %s', (_, asked) => {
    expect(matchRedirectUri(asked, publicApp('http://localhost/cb')).outcome).toBe('mismatch');
  });

  it.each(['http://localhost:65536/cb', 'http://localhost:80@evil.example/cb', 'http://localhost:99999999/cb'])(
    'refuses %s',
    (asked) => {
      expect(matchRedirectUri(asked, publicApp('http://localhost/cb')).outcome).not.toBe('matched');
    },
  );

  it('lets the port vary and nothing else, whatever the path', () => {
    const path = fc.webPath();
    fc.assert(
      fc.property(path, path, fc.integer({ min: 1, max: 65_535 }), (registeredPath, askedPath, port) => {
        const registered = `http://127.0.0.1${registeredPath}`;
        const asked = `http://127.0.0.1:${port}${askedPath}`;
        const matched = matchRedirectUri(asked, publicApp(registered)).outcome === 'matched';
        expect(matched).toBe(registeredPath === askedPath && checkedShape(asked));
      }),
    );
  });
});

describe('OpenID Connect Dynamic Client Registration 1.0 §2, RFC 9700 §4.1.3: application_type', () => {
  const LOOPBACKS = ['http://127.0.0.1', 'http://[::1]', 'http://localhost'];
  const cases = [
    ['public', 'auto', true],
    ['confidential', 'auto', false],
    ['public', 'web', false],
    ['confidential', 'web', false],
    ['public', 'native', true],
    ['confidential', 'native', true],
  ] as const;

  it.each(cases)('of a %s application that says %s: any port of loopback is %s', (type, applicationType, any) => {
    for (const origin of LOOPBACKS) {
      const application = applicationOf(type, applicationType, [`${origin}:3000/cb`]);
      expect(matchRedirectUri(`${origin}:3000/cb`, application).outcome).toBe('matched');
      for (const other of [`${origin}:51004/cb`, `${origin}/cb`]) {
        expect(matchRedirectUri(other, application).outcome).toBe(any ? 'matched' : 'mismatch');
      }
      expect(kindOf(application)).toBe(any ? 'native' : 'web');
    }
  });

  it('never leads to what was not registered, but for the port of loopback of a native one', () => {
    const host = fc.constantFrom(...LOOPBACKS, 'https://127.0.0.1', 'https://app.example', 'com.example.app:/');
    const uri = fc
      .tuple(host, fc.option(fc.integer({ min: 0, max: 70_000 }), { nil: null }), fc.webPath())
      .map(([origin, port, path]) => `${origin}${port === null ? '' : `:${port}`}${path}`);
    const kinds = fc.constantFrom(...cases);
    const withoutPort = (text: string) => text.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):\d+/, '$1');
    fc.assert(
      fc.property(kinds, uri, uri, fc.boolean(), ([type, applicationType, any], registered, asked, similar) => {
        const target = similar ? registered.replace(/:\d+(?=\/|$)/, ':4711') : asked;
        const { outcome } = matchRedirectUri(target, applicationOf(type, applicationType, [registered]));
        if (outcome !== 'matched' || target === registered) return;
        expect(any).toBe(true);
        expect(withoutPort(target)).toBe(withoutPort(registered));
      }),
    );
  });
});

describe('RFC 8252 §7.1, RFC 9700 #1: what may be registered', () => {
  it.each([
    ['https://app.example/callback?fixed=1', 'web'],
    ['http://localhost:9988/accounts/customprovider/login/callback/', 'web'],
    ['http://127.0.0.1/cb', 'native'],
    ['http://[::1]:8000/cb', 'native'],
    ['http://app.localhost:3000/cb', 'web'],
    ['com.example.app:/callback', 'native'],
    ['com.example.app://callback', 'native'],
  ] as const)('accepts %s for a %s application', (uri, kind) => {
    expect(checkRedirectUri(uri, kind)).toEqual({ outcome: 'accepted' });
  });

  it.each([
    ['http://app.example/cb', 'web', 'http_not_loopback'],
    ['http://127.0.0.1.evil.example/cb', 'web', 'http_not_loopback'],
    ['com.example.app:/cb', 'web', 'private_scheme_web'],
    ['myapp://cb', 'native', 'scheme'],
    ['javascript:alert(1)', 'native', 'scheme'],
    ['data:text/html,x', 'native', 'scheme'],
    ['vbscript:x', 'native', 'scheme'],
    ['file:///etc/passwd', 'native', 'scheme'],
    ['urn:ietf:wg:oauth:2.0:oob', 'native', 'scheme'],
    ['https:', 'native', 'not_absolute'],
    ['https://', 'native', 'not_absolute'],
    ['/callback', 'native', 'not_absolute'],
    ['app.example/cb', 'native', 'not_absolute'],
    ['https://*.example/cb', 'web', 'wildcard'],
    ['https://user@app.example/', 'web', 'userinfo'],
    ['com.example.app://user@x', 'native', 'userinfo'],
    ['https://app.example/#', 'web', 'fragment'],
    ['https://app.example/\\x', 'web', 'characters'],
    ['https://app.example/%00', 'web', 'characters'],
    ['https://app.example/%', 'web', 'characters'],
    ['', 'web', 'characters'],
    [`https://app.example/${'a'.repeat(2_000)}`, 'web', 'too_long'],
  ] as const)('refuses %s for a %s application: %s', (uri, kind, fault) => {
    expect(checkRedirectUri(uri, kind)).toMatchObject({ outcome: 'refused', fault });
  });

  it('never throws, and what it accepts is matched when it is asked for', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), (text) => {
        if (checkRedirectUri(text, 'native').outcome === 'accepted') {
          expect(matchRedirectUri(text, publicApp(text)).outcome).toBe('matched');
        }
      }),
    );
  });
});

describe('where a redirect leads', () => {
  it('knows the person\u2019s own machine and schemes of their own', () => {
    expect(isLoopbackRedirect('http://127.0.0.1:4000/cb')).toBe(true);
    expect(isLoopbackRedirect(REGISTERED)).toBe(false);
    expect(isPrivateUseRedirect('com.example.app:/cb')).toBe(true);
    expect(isPrivateUseRedirect(REGISTERED)).toBe(false);
  });

  it.each([
    ['https://app.example:8443/cb?x', 'https://app.example:8443'],
    ['http://localhost:9988/cb', 'http://localhost:9988'],
    ['http://[::1]:9988/cb', 'http:'],
    ['com.example.app:/cb', 'com.example.app:'],
  ])('gives form-action a source for %s', (uri, source) => {
    expect(formActionSource(uri)).toBe(source);
  });
});

function checkedShape(uri: string): boolean {
  const check = checkRedirectUri(uri, 'native');
  return check.outcome === 'accepted' || check.fault === 'http_not_loopback';
}
