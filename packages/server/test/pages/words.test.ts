/** Words that are made, not looked up: instants, durations, devices, scopes. */
import { describe, expect, it } from 'vitest';
import { scopeWords } from '../../src/pages/kit/scopes.tsx';
import { agoWords, dateWords, durationWords, uiFor } from '../../src/pages/kit/ui.ts';
import { describeUserAgent } from '../../src/pages/kit/user-agent.ts';
import { NOW_MS, sampleContext } from './samples.ts';

const english = uiFor(sampleContext());
const french = uiFor(sampleContext({ locale: 'fr', timeZone: 'Europe/Paris' }));
const MINUTE_MS = 60_000;

describe('instants', () => {
  it.each([
    [-5 * MINUTE_MS, 'now', 'maintenant'],
    [0, 'now', 'maintenant'],
    [MINUTE_MS, '1 minute ago', 'il y a 1 minute'],
    [119 * MINUTE_MS, '1 hour ago', 'il y a 1 heure'],
    [36 * 60 * MINUTE_MS, 'yesterday', 'hier'],
    [8 * 24 * 60 * MINUTE_MS, '6 March 2026', '6 mars 2026'],
  ])('%i ms before now are "%s", « %s »', (agoMs, inEnglish, inFrench) => {
    expect(agoWords(english, NOW_MS - agoMs)).toBe(inEnglish);
    expect(agoWords(french, NOW_MS - agoMs)).toBe(inFrench);
  });

  it('are dated in the zone of the context', () => {
    const lateEvening = Date.UTC(2026, 2, 14, 23, 30);
    expect(dateWords(english, lateEvening)).toBe('14 March 2026');
    expect(dateWords(french, lateEvening)).toBe('15 mars 2026');
  });
});

describe('durations', () => {
  it.each([
    [1, '1\u00a0second', '1\u00a0seconde'],
    [60, '1\u00a0minute', '1\u00a0minute'],
    [90, '90\u00a0seconds', '90\u00a0secondes'],
    [5_400, '90\u00a0minutes', '90\u00a0minutes'],
    [36_000, '10\u00a0hours', '10\u00a0heures'],
    [90 * 86_400, '90\u00a0days', '90\u00a0jours'],
  ])('%i seconds are "%s", « %s »', (seconds, inEnglish, inFrench) => {
    expect(durationWords(english, seconds)).toBe(inEnglish);
    expect(durationWords(french, seconds)).toBe(inFrench);
  });
});

describe('devices', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 Edg/145.0.0.0',
      'Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
      'Safari',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/145.0 Mobile/15E148 Safari/604.1',
      'Chrome',
      'iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; SM-S938B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0 Mobile Safari/537.36',
      'Samsung Internet',
      'Android',
    ],
    ['curl/8.12.0', 'curl', null],
    ['', null, null],
  ])('%s', (userAgent, browser, system) => {
    expect(describeUserAgent(userAgent)).toEqual({ browser, system });
  });
});

describe('scopes', () => {
  const account = { username: 'alice', firstName: 'Alice', lastName: '', email: null };
  const asked = (...names: string[]) => names.map((name) => ({ name, description: null }));

  it('say what exactly is seen', () => {
    expect(scopeWords(english, asked('profile'), account)[0]?.exactly).toEqual(['alice', 'Alice']);
    expect(scopeWords(english, asked('email'), { ...account, email: 'a@b.example' })[0]?.exactly).toEqual([
      'a@b.example',
    ]);
    expect(scopeWords(english, asked('email'), account)[0]).toMatchObject({
      words: 'your e-mail address, once you have given one',
      exactly: [],
    });
  });

  it('leave `read` out beside `profile`, which shows the same and more, and keep it alone', () => {
    expect(scopeWords(english, asked('profile', 'read'), account).map(({ name }) => name)).toEqual(['profile']);
    expect(scopeWords(english, asked('read'), account).map(({ name }) => name)).toEqual(['read']);
  });

  it('take the operator’s words, and call an undescribed scope by its name', () => {
    const [described, bare] = scopeWords(
      english,
      [{ name: 'loans', description: 'see your loans' }, ...asked('x:y')],
      account,
    );
    expect(described?.words).toBe('see your loans');
    expect(bare?.words).toBe('use “x:y”');
  });
});
