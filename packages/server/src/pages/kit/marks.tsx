/**
 * The drawings: the tuning fork, the tone that leaves it, the harmonics of a string, and a few icons.
 *
 * All are decoration, hidden from screen readers, and take their colour from the text around them. No image file, so that
 * they follow light, dark and the accent colour.
 */
import type { VNode } from 'preact';

/** The mark: a tuning fork. The same drawing as `assets/logo.svg`. */
export function TuningFork(): VNode {
  return (
    <svg class="mark" viewBox="8 1.5 16 29" aria-hidden="true" focusable="false">
      <path d="M10.5 3v10.5a5.5 5.5 0 0 0 11 0V3M16 19v7.5" />
      <circle cx="16" cy="28" r="1.9" />
    </svg>
  );
}

/**
 * The tone of the fork, dying away to a straight line; on a page that reports a problem it is silent from the start.
 * Drawn once per page between the brand and the edge.
 */
export function Tone({ silent }: { readonly silent: boolean }): VNode {
  return (
    <svg class="tone" viewBox="0 0 400 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path d={silent ? 'M0 12H400' : TONE_PATH} />
    </svg>
  );
}

/** The first `count` harmonics of a string held at both ends: the picture on the landing page. */
export function Harmonics({ count }: { readonly count: number }): VNode {
  const rows = Array.from({ length: count }, (_, index) => index + 1);
  return (
    <svg class="harmonics" viewBox={`-3 0 486 ${count * 72}`} aria-hidden="true" focusable="false">
      {rows.map((harmonic) => (
        <g
          key={harmonic}
          class={`harmonic harmonic-${harmonic}`}
          transform={`translate(0 ${(harmonic - 1) * 72 + 36})`}
        >
          <path d={standingWave(harmonic, 480, 26)} />
          <path d={standingWave(harmonic, 480, -26)} />
          {Array.from({ length: harmonic + 1 }, (_, node) => (
            <circle key={node} cx={round((480 * node) / harmonic)} cy="0" r="2.5" />
          ))}
        </g>
      ))}
    </svg>
  );
}

/** Names of the icons. */
export type IconName = 'act' | 'alert' | 'back' | 'check' | 'clock' | 'key' | 'monitor' | 'passkey' | 'phone' | 'see';
const ICON_PATHS: Readonly<Record<IconName, string>> = {
  act: 'M12.6 4.2l3.2 3.2L7 16.2l-4 .8.8-4ZM10.8 6l3.2 3.2',
  alert: 'M10 6.2v4.6M10 13.6v.1M10 1.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 0 0 0-16.4Z',
  back: 'M16.5 10h-13M8.5 5l-5 5 5 5',
  check: 'M6.2 10.2l2.7 2.7 5-5.6M10 1.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 0 0 0-16.4Z',
  clock: 'M10 5.4V10l3 2M10 1.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 0 0 0-16.4Z',
  key: 'M8.9 11.1l7.6-7.6M14 6l2 2M9.8 13.4a3.4 3.4 0 1 1-6.8 0 3.4 3.4 0 0 1 6.8 0Z',
  monitor: 'M2.5 4h15v9.5h-15ZM7 16.8h6M10 13.5v3.3',
  passkey:
    'M11 6a3.2 3.2 0 1 1-6.4 0A3.2 3.2 0 0 1 11 6ZM1.8 16.8c.2-3.4 2.6-5.2 6-5.2 1 0 1.9.2 2.7.5M17.9 10.9a2.4 2.4 0 1 0-3.3 2.2v4l1.2 1.1 1.2-1.1-.7-1 .7-1-.6-.9v-1.1a2.4 2.4 0 0 0 1.5-2.2Z',
  phone: 'M6 2.2h8a.8.8 0 0 1 .8.8v14a.8.8 0 0 1-.8.8H6a.8.8 0 0 1-.8-.8V3a.8.8 0 0 1 .8-.8ZM9.2 15.4h1.6',
  see: 'M1.8 10S4.8 4.6 10 4.6 18.2 10 18.2 10 15.2 15.4 10 15.4 1.8 10 1.8 10ZM10 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8Z',
};

/** A small drawing beside a text that says the same. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={ICON_PATHS[name]} />
    </svg>
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** A cubic whose handles lie at 36.4 % of a half-wave and 4/3 of its height follows the sine to within 1 %. */
const HANDLE = 0.364;
const HEIGHT = 4 / 3;

function standingWave(harmonic: number, width: number, amplitude: number): string {
  const half = width / harmonic;
  const pieces = Array.from({ length: harmonic }, (_, index) => {
    const from = index * half;
    const peak = round(amplitude * HEIGHT * (index % 2 === 0 ? -1 : 1));
    return `C${round(from + half * HANDLE)} ${peak} ${round(from + half * (1 - HANDLE))} ${peak} ${round(from + half)} 0`;
  });
  return `M0 0${pieces.join('')}`;
}

/** Half-waves of 10 units, each 0.86 of the height of the one before. */
const TONE_PATH = `M0 12${Array.from({ length: 26 }, (_, index) => {
  const from = index * 10;
  const peak = round(12 + 10 * HEIGHT * 0.86 ** index * (index % 2 === 0 ? -1 : 1));
  return `C${round(from + 10 * HANDLE)} ${peak} ${round(from + 10 * (1 - HANDLE))} ${peak} ${from + 10} 12`;
}).join('')}H400`;
