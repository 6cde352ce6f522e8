/**
 * Our own style sheets, scripts and pictures, read once at the start and served from memory under names that carry their
 * content's hash, so that a browser may keep them for good and an upgrade is seen at once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { AddRoute } from './methods.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** The files by their plain name. */
export interface Assets {
  /** `/assets/diapason.1a2b3c4d.css` for `diapason.css`. @throws RangeError for a file that does not exist. */
  url(name: string): string;
  route(add: AddRoute): void;
}

/** A file that is made at the start: the brand's style sheet, the operator's logo. */
export interface MadeAsset {
  readonly name: string;
  readonly content: Buffer;
}

/** @param folder with the files that ship; @param made added to them. */
export function loadAssets(folder: string, made: readonly MadeAsset[]): Assets {
  const shipped = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined)
    .map((entry) => ({ name: entry.name, content: readFileSync(join(folder, entry.name)) }));
  const byName = new Map<string, Asset>();
  // Style sheets last: they name the others, by their plain names.
  const inOrder = [...shipped, ...made].sort((left, right) => Number(isSheet(left)) - Number(isSheet(right)));
  for (const file of inOrder) {
    const content = isSheet(file) ? withHashedNames(file.content, byName) : file.content;
    byName.set(file.name, assetOf(file.name, content));
  }
  return {
    url(name) {
      const asset = byName.get(name);
      if (asset === undefined) throw new RangeError(`there is no asset ${name} in ${folder}`);
      return asset.url;
    },
    route(add) {
      for (const { url, content, type } of byName.values()) {
        add(
          url,
          {
            GET: async (_request, reply) =>
              reply
                .headers({
                  'content-type': type,
                  'cache-control': 'public, max-age=31536000, immutable',
                  'cross-origin-resource-policy': 'same-origin',
                  // An operator's SVG logo is a document too when it is opened by itself.
                  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
                })
                .send(content),
          },
          { quiet: true },
        );
      }
    },
  };
}

interface Asset {
  readonly url: string;
  readonly content: Buffer;
  readonly type: string;
}

function assetOf(name: string, content: Buffer): Asset {
  const extension = extname(name);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const url = `/assets/${name.slice(0, -extension.length)}.${hash}${extension}`;
  return { url, content, type: TYPES[extension] ?? 'application/octet-stream' };
}

function isSheet({ name }: MadeAsset): boolean {
  return name.endsWith('.css');
}

/** @throws RangeError where a style sheet names a file that does not exist. */
function withHashedNames(sheet: Buffer, known: ReadonlyMap<string, Asset>): Buffer {
  const text = sheet.toString('utf8').replace(/url\("([\w.-]+)"\)/g, (_url, name: string) => {
    const asset = known.get(name);
    if (asset === undefined) throw new RangeError(`a style sheet names ${name}, which is not among the assets`);
    return `url("${asset.url}")`;
  });
  return Buffer.from(text);
}
