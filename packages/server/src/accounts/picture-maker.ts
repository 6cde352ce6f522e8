/**
 * Makes a small square of whatever picture a person sends: WebP of 256 × 256, upright, with nothing else in it.
 *
 * Owns what is taken in and what comes out. A file is judged by what is in it; four decoders are open and no other, so that neither
 * a vector drawing nor a document is ever looked into. One picture is decoded at a time. The image library is native code: it is
 * loaded at the first picture, so that a machine that it does not run on loses pictures alone.
 */
import type sharp from 'sharp';
import { BoundedQueue } from './bounded-queue.ts';
import { type Busy, fieldProblem, type Refused, refused } from './problems.ts';

/** Of the file. */
export const PICTURE_MEGABYTES_MAX = 5;
/** Photographs of today have 12 to 50; a decoder needs up to 4 bytes for each. */
const MEGAPIXELS_MAX = 40;
const SIDE_PIXELS = 256;
const MADE_BYTES_MAX = 65_536;
/** The second and third for what the first leaves too large: noise, which nobody recognises anybody by. */
const QUALITIES = [82, 60, 30] as const;
const DECODE_SECONDS_MAX = 20;
const WAITING_MAX = 8;

/** By its first bytes: each is one that browsers and phones make. */
const SIGNATURES: readonly ((file: Buffer) => boolean)[] = [
  (file) => file.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])),
  (file) => file.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])),
  (file) => file.toString('latin1', 0, 4) === 'RIFF' && file.toString('latin1', 8, 12) === 'WEBP',
  (file) => ['GIF87a', 'GIF89a'].includes(file.toString('latin1', 0, 6)),
];
const DECODERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'];

/** Makes one. Problems are of the field `picture`. */
export type PictureMaker = (
  file: Buffer,
) => Promise<{ readonly outcome: 'made'; readonly content: Buffer } | Refused | Busy>;

type Library = typeof sharp;

/**
 * @param cannotLoad is told why the image library does not load.
 * @param importLibrary how it is found.
 */
export function createPictureMaker(
  cannotLoad: (error: unknown) => void,
  importLibrary: () => Promise<{ readonly default: Library }> = () => import('sharp'),
): PictureMaker {
  const queue = new BoundedQueue(1, WAITING_MAX);
  const load = loader(cannotLoad, importLibrary);
  return async (file) => {
    if (file.length > PICTURE_MEGABYTES_MAX * 1_048_576) {
      return refusal('problem.picture.tooLarge', { megabytes: PICTURE_MEGABYTES_MAX });
    }
    if (!SIGNATURES.some((matches) => matches(file))) return refusal('problem.picture.kind');
    const done = await queue.run(async () => {
      const library = await load();
      return library === null ? refusal('problem.picture.unavailable') : made(library, file);
    });
    return done.outcome === 'busy' ? done : done.value;
  };
}

function loader(
  cannotLoad: (error: unknown) => void,
  importLibrary: () => Promise<{ readonly default: Library }>,
): () => Promise<Library | null> {
  let library: Library | null = null;
  return async () => {
    if (library !== null) return library;
    try {
      library = (await importLibrary()).default;
    } catch (error) {
      cannotLoad(error);
      return null;
    }
    library.block({ operation: ['VipsForeignLoad'] });
    library.unblock({ operation: DECODERS });
    library.cache(false);
    library.concurrency(1);
    return library;
  };
}

async function made(library: Library, file: Buffer) {
  const limitInputPixels = MEGAPIXELS_MAX * 1_000_000;
  try {
    const { width, height } = await library(file, { limitInputPixels: false }).metadata();
    if (width * height > limitInputPixels) {
      return refusal('problem.picture.tooManyPixels', { megapixels: MEGAPIXELS_MAX });
    }
    const { data, info } = await library(file, { limitInputPixels, sequentialRead: true, failOn: 'error' })
      .timeout({ seconds: DECODE_SECONDS_MAX })
      .autoOrient()
      .resize(SIDE_PIXELS, SIDE_PIXELS, { fit: 'cover' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    // Written from bare pixels: what else was in the file cannot come along.
    for (const quality of QUALITIES) {
      const content = await library(data, { raw }).webp({ quality }).toBuffer();
      if (content.length <= MADE_BYTES_MAX) return { outcome: 'made' as const, content };
    }
  } catch {
    // Whatever the decoder says of the file is in English and of no use to anybody: it does not decode.
  }
  return refusal('problem.picture.broken');
}

function refusal(code: Parameters<typeof fieldProblem>[1], values?: Readonly<Record<string, number>>): Refused {
  return refused(fieldProblem('picture', code, values));
}
