/**
 * The installation's own colours as a stylesheet, made once at the start from one accent colour.
 *
 * Owns contrast: whatever colour is configured, what is written in it or on it stays readable (WCAG 2.2 §1.4.3).
 */

/** Accent unless an installation says otherwise. */
export const DEFAULT_ACCENT = '#1f5f5b';

/** True for `#rgb` and `#rrggbb`. Configuration checks with it before it hands a colour over. */
export function isHexColour(text: string): boolean {
  return /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text);
}

/** The text of `/assets/brand.css`. @throws RangeError when `accent` is no hex colour. */
export function brandStylesheet(accent: string): string {
  if (!isHexColour(accent)) throw new RangeError('an accent colour is written #rrggbb');
  return `:root { --accent: ${accent}; }\n`;
}
