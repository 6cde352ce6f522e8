/**
 * A User-Agent in words that its owner recognises a device by: "Firefox", "Windows".
 *
 * A library knows thousands of devices and is out of date every month; the names below are what nearly every person reads
 * on the machine before them, and whatever is not among them is honestly called unknown. Nothing is decided by the answer.
 */

/** What a browser says it is; null where it does not say or we do not know the name. */
export interface DeviceDescription {
  readonly browser: string | null;
  readonly system: string | null;
}

/** In this order: every later one is named inside the text of an earlier one ("Edg/… Chrome/… Safari/…"). */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(?:e|ium)\/|\bCriOS\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/** Names browser and system. Never fails: any text is a user agent. */
export function describeUserAgent(userAgent: string): DeviceDescription {
  const named = (list: typeof BROWSERS) => list.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
  return { browser: named(BROWSERS), system: named(SYSTEMS) };
}
