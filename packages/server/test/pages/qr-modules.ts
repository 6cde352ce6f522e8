/** What a QR code of a text looks like, by the library alone: for tests that read the picture of a page. */
import QRCode from 'qrcode';

/** Its dark modules as `x y`, row by row. */
export function darkModules(text: string): readonly string[] {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  return Array.from({ length: size * size }, (_, at) => at)
    .filter((at) => modules.get(Math.floor(at / size), at % size))
    .map((at) => `${at % size} ${Math.floor(at / size)}`);
}
