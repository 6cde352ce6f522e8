/**
 * The installation's own colours as a stylesheet, made once at the start from one accent colour.
 *
 * Owns contrast: whatever colour is configured, what is written in it or on it stays readable in both schemes (WCAG 2.2
 * §1.4.3: 4.5 to 1) and what is drawn in it stays visible (§1.4.11: 3 to 1). The colour is kept where it can be, and moved
 * towards black or white only as far as it must be. The surfaces are those of `assets/diapason.css`; a test compares them.
 */

/** Accent unless an installation says otherwise. */
export const DEFAULT_ACCENT = '#1f5f5b';

/** What text can stand on: page, card, sunken field. */
export const SURFACES = {
  light: { page: '#f4f6f6', surface: '#ffffff', sunken: '#edf0f0' },
  dark: { page: '#101415', surface: '#181d1e', sunken: '#212728' },
} as const;
type Scheme = keyof typeof SURFACES;

/** True for `#rgb` and `#rrggbb`. Configuration checks with it before it hands a colour over. */
export function isHexColour(text: string): boolean {
  return /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text);
}

/** The text of `/assets/brand.css`. @throws RangeError when `accent` is no hex colour. */
export function brandStylesheet(accent: string): string {
  if (!isHexColour(accent)) throw new RangeError('an accent colour is written #rrggbb');
  const colour = parseHex(accent);
  return [
    `:root {\n${declarations(colour, 'light', '  ')}}\n`,
    `@media (prefers-color-scheme: dark) {\n  :root {\n${declarations(colour, 'dark', '    ')}  }\n}\n`,
  ].join('');
}

type Colour = readonly [red: number, green: number, blue: number];
const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];
const NEAR_BLACK: Colour = [10, 16, 16];
const TEXT_CONTRAST = 4.5;
const SHAPE_CONTRAST = 3;

function declarations(accent: Colour, scheme: Scheme, indent: string): string {
  const surfaces = Object.values(SURFACES[scheme]).map(parseHex);
  const surface = parseHex(SURFACES[scheme].surface);
  const tint = mix(surface, accent, scheme === 'light' ? 0.07 : 0.14);
  const towards = scheme === 'light' ? BLACK : WHITE;
  const ink = movedUntil(accent, towards, (colour) => leastContrast(colour, [...surfaces, tint]) >= TEXT_CONTRAST);
  // A dark accent on a dark page would be a hole in it: there the lightened colour is the button.
  const { fill, on } = readableFill(scheme === 'light' ? accent : ink);
  const edge = leastContrast(fill, surfaces) >= SHAPE_CONTRAST ? fill : ink;
  const named = {
    'accent-ink': ink,
    'accent-fill': fill,
    'accent-fill-hover': mix(fill, on === WHITE ? BLACK : WHITE, 0.14),
    'on-accent': on,
    'accent-edge': edge,
    'accent-tint': tint,
    'accent-line': mix(surface, ink, 0.4),
  };
  return Object.entries(named)
    .map(([name, colour]) => `${indent}--${name}: ${toHex(colour)};\n`)
    .join('');
}

/** The colour as a ground for text, and the text's colour. Some middling ones carry neither white nor black: darkened. */
function readableFill(colour: Colour): { readonly fill: Colour; readonly on: Colour } {
  if (contrast(colour, WHITE) >= TEXT_CONTRAST) return { fill: colour, on: WHITE };
  if (contrast(colour, NEAR_BLACK) >= TEXT_CONTRAST) return { fill: colour, on: NEAR_BLACK };
  return { fill: movedUntil(colour, BLACK, (darker) => contrast(darker, WHITE) >= TEXT_CONTRAST), on: WHITE };
}

/** The first of 100 steps towards `end` that is good; `end` itself always is. */
function movedUntil(colour: Colour, end: Colour, isGood: (colour: Colour) => boolean): Colour {
  for (let step = 0; step < 100; step += 1) {
    const moved = mix(colour, end, step / 100);
    if (isGood(moved)) return moved;
  }
  return end;
}

/** WCAG 2.2, "contrast ratio": 1 to 21. */
function contrast(one: Colour, other: Colour): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((left, right) => right - left) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function leastContrast(colour: Colour, others: readonly Colour[]): number {
  return Math.min(...others.map((other) => contrast(colour, other)));
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const [red, green, blue] = from.map((channel, index) =>
    Math.round(channel + ((to[index] ?? channel) - channel) * share),
  ) as [number, number, number];
  return [red, green, blue];
}

function parseHex(text: string): Colour {
  const digits = text.slice(1);
  const full = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const channel = (start: number) => Number.parseInt(full.slice(start, start + 2), 16);
  return [channel(0), channel(2), channel(4)];
}

function toHex(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
