/**
 * The installation's own colours as a stylesheet, made once at the start from one accent colour.
 *
 * Owns contrast: whatever colour is configured, what is written in it or on it stays readable in both schemes (WCAG 2.2
 * §1.4.3: 4.5 to 1) and what is drawn in it stays visible (§1.4.11: 3 to 1). The colour is kept where it can be, and made
 * darker or lighter, in its own hue, only as far as it must be. The surfaces are those of `assets/diapason.css`; a test compares them.
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
/** More than is asked for on dark, where a colour that just suffices looks dusty. */
const INK_CONTRAST = { light: TEXT_CONTRAST, dark: 6.5 } as const;

function declarations(accent: Colour, scheme: Scheme, indent: string): string {
  const surfaces = Object.values(SURFACES[scheme]).map(parseHex);
  const surface = parseHex(SURFACES[scheme].surface);
  const tint = mix(surface, accent, scheme === 'light' ? 0.07 : 0.14);
  const ink = movedUntil(
    accent,
    scheme === 'light' ? 'darker' : 'lighter',
    (colour) => leastContrast(colour, [...surfaces, tint]) >= INK_CONTRAST[scheme],
  );
  // A dark accent on a dark page would be a hole in it: there the lightened colour is the button.
  const { fill, on } = readableFill(scheme === 'light' ? accent : ink);
  const edge = leastContrast(fill, surfaces) >= SHAPE_CONTRAST ? fill : ink;
  const named = {
    'accent-ink': ink,
    'accent-fill': fill,
    'accent-fill-hover': hovered(fill, on),
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
  return { fill: movedUntil(colour, 'darker', (darker) => contrast(darker, WHITE) >= TEXT_CONTRAST), on: WHITE };
}

/** Away from the text on it, so that contrast only grows; a ground that is nearly white already goes the other way. */
function hovered(fill: Colour, on: Colour): Colour {
  if (on === WHITE) return mix(fill, BLACK, 0.14);
  return luminance(fill) > 0.8 ? mix(fill, BLACK, 0.08) : mix(fill, WHITE, 0.18);
}

/** The first of 200 steps of lightness that is good; black and white, at the ends, always are. */
function movedUntil(colour: Colour, way: 'darker' | 'lighter', isGood: (colour: Colour) => boolean): Colour {
  if (isGood(colour)) return colour;
  const { lightness, a, b } = toOklab(colour);
  const end = way === 'darker' ? 0 : 1;
  for (let step = 1; step < 200; step += 1) {
    const moved = fromOklab({ lightness: lightness + ((end - lightness) * step) / 200, a, b });
    if (isGood(moved)) return moved;
  }
  return way === 'darker' ? BLACK : WHITE;
}

/** Björn Ottosson's OKLab: steps of its lightness look even, and keep the hue, which mixing with white does not. */
interface Oklab {
  readonly lightness: number;
  readonly a: number;
  readonly b: number;
}

function toOklab(colour: Colour): Oklab {
  const [red, green, blue] = linear(colour);
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

/** The nearest displayable colour of that lightness and hue: what lies outside sRGB loses saturation, not lightness. */
function fromOklab({ lightness, a, b }: Oklab): Colour {
  for (let share = 1; share > 0; share -= 0.05) {
    const channels = linearFromOklab(lightness, a * share, b * share);
    if (channels.every((channel) => channel >= -0.0005 && channel <= 1.0005)) return fromLinear(channels);
  }
  return fromLinear(linearFromOklab(lightness, 0, 0));
}

function linearFromOklab(lightness: number, a: number, b: number): readonly [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
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
  const [red, green, blue] = linear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** IEC 61966-2-1: sRGB to linear light, and back. */
function linear(colour: Colour): Colour {
  const [red, green, blue] = colour;
  const channel = (value: number) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return [channel(red), channel(green), channel(blue)];
}

function fromLinear([red, green, blue]: Colour): Colour {
  const channel = (value: number) => {
    const part = Math.min(1, Math.max(0, value));
    return Math.round(255 * (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055));
  };
  return [channel(red), channel(green), channel(blue)];
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const channel = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
  return [channel(0), channel(1), channel(2)];
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
