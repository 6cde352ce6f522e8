/** Colours: whatever accent is configured, and those of the design system itself, can be read in both schemes. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brandStylesheet, DEFAULT_ACCENT, isHexColour, SURFACES } from '../../src/pages/brand-stylesheet.ts';

type Tokens = Readonly<Record<string, string>>;
const SCHEMES = ['light', 'dark'] as const;

/** The custom properties of the first `:root`, and of the one for dark. */
function tokensOf(css: string): Readonly<Record<'light' | 'dark', Tokens>> {
  const blocks = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value])),
  );
  return { light: blocks[0] ?? {}, dark: blocks[1] ?? {} };
}

/** WCAG 2.2, written out once more, so that the code is not judged by itself. */
function contrast(one: string | undefined, other: string | undefined): number {
  const luminance = (hex: string | undefined) => {
    const channels = /^#(..)(..)(..)$/.exec(hex ?? '')?.slice(1) ?? [];
    expect(channels, hex).toHaveLength(3);
    const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
      const part = Number.parseInt(channel, 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((left, right) => left - right);
  return (lighter + 0.05) / (darker + 0.05);
}

const system = tokensOf(readFileSync(new URL('../../assets/diapason.css', import.meta.url), 'utf8'));

describe('WCAG 2.2 §1.4.3 with any accent', () => {
  const colours = fc
    .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
    .map((channels) => `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`);

  it('keeps text readable, and shapes visible, in both schemes', () => {
    fc.assert(
      fc.property(
        fc.oneof(colours, fc.constantFrom('#000000', '#ffffff', '#ffff00', '#0000ff', '#777777')),
        (accent) => {
          const brand = tokensOf(brandStylesheet(accent));
          for (const scheme of SCHEMES) {
            const tokens = brand[scheme];
            for (const ground of [...Object.values(SURFACES[scheme]), tokens['accent-tint']]) {
              expect(contrast(tokens['accent-ink'], ground)).toBeGreaterThanOrEqual(4.5);
              expect(contrast(system[scheme]['ink'], ground)).toBeGreaterThanOrEqual(4.5);
              expect(contrast(system[scheme]['ink-soft'], ground)).toBeGreaterThanOrEqual(4.5);
            }
            expect(contrast(tokens['on-accent'], tokens['accent-fill'])).toBeGreaterThanOrEqual(4.5);
            expect(contrast(tokens['on-accent'], tokens['accent-fill-hover'])).toBeGreaterThanOrEqual(4.5);
            expect(contrast(tokens['accent-edge'], SURFACES[scheme].surface)).toBeGreaterThanOrEqual(3);
            expect(contrast(tokens['accent-edge'], SURFACES[scheme].page)).toBeGreaterThanOrEqual(3);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves an accent as it is where it can be read as it is', () => {
    expect(tokensOf(brandStylesheet(DEFAULT_ACCENT)).light).toMatchObject({
      'accent-ink': DEFAULT_ACCENT,
      'accent-fill': DEFAULT_ACCENT,
      'on-accent': '#ffffff',
    });
    expect(tokensOf(brandStylesheet('#fd0')).light).toMatchObject({ 'accent-fill': '#ffdd00' });
  });

  it.each(['red', '#12345', '#1234567', '#ggg', '#fff; } body { display: none', ''])('refuses %j', (accent) => {
    expect(isHexColour(accent)).toBe(false);
    expect(() => brandStylesheet(accent)).toThrow(RangeError);
  });
});

describe.each(SCHEMES)('the design system in %s', (scheme) => {
  const tokens = system[scheme];

  it('has the surfaces that accents are measured against', () => {
    expect(tokens).toMatchObject(SURFACES[scheme]);
  });

  it.each([
    ['ink-faint', ['page', 'surface', 'sunken']],
    ['danger', ['page', 'surface', 'danger-tint']],
    ['good', ['surface', 'good-tint']],
    ['warn', ['surface', 'warn-tint']],
    ['on-danger', ['danger', 'danger-hover']],
    ['ink', ['danger-tint', 'good-tint', 'warn-tint']],
  ] as const)('has %s readable on %j', (ink, grounds) => {
    for (const ground of grounds) {
      expect(contrast(tokens[ink], tokens[ground]), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('has the edges of fields visible (WCAG 2.2 §1.4.11)', () => {
    expect(contrast(tokens['line-strong'], tokens['surface'])).toBeGreaterThanOrEqual(3);
    expect(contrast(tokens['line-strong'], tokens['page'])).toBeGreaterThanOrEqual(3);
  });
});
