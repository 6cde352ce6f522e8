/** A QR code as inline SVG: one path, from our own page, so that no image of a secret is stored or fetched. */
import type { VNode } from 'preact';
import QRCode from 'qrcode';

/** Modules of white around it (ISO/IEC 18004 §6.3.8). */
const QUIET = 4;
/** Beyond that a telephone's camera does not read it from a screen; it can be typed. */
const CHARACTERS_MAX = 700;

/** @param label what it is, for whoever does not see it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }): VNode | null {
  if (text === '' || text.length > CHARACTERS_MAX) return null;
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  const side = size + 2 * QUIET;
  const dark: string[] = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (modules.get(y, x)) dark.push(`M${x + QUIET} ${y + QUIET}h1v1h-1z`);
    }
  }
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={dark.join('')} fill="#000" />
    </svg>
  );
}
