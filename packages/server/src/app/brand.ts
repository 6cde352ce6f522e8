/** The assets that pages are served with: those that are shipped, and what the operator's brand adds. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import { type Assets, loadAssets } from '../http/assets.ts';
import { brandStylesheet, DEFAULT_ACCENT } from '../pages/brand-stylesheet.ts';

/** The shipped assets beside what the operator's brand adds to them. */
export function loadBrand(config: Config): { readonly assets: Assets; readonly logoUrl: string | null } {
  const { accent, logoFile } = config.brand;
  const made = [
    { name: 'brand.css', content: Buffer.from(brandStylesheet(accent ?? DEFAULT_ACCENT)) },
    { name: 'webauthn.js', content: readFileSync(webauthnScript()) },
  ];
  const logo =
    logoFile === null ? null : { name: `logo${extname(logoFile).toLowerCase()}`, content: readFileSync(logoFile) };
  const folder = fileURLToPath(new URL('../../assets/', import.meta.url));
  const assets = loadAssets(folder, logo === null ? made : [...made, logo]);
  return { assets, logoUrl: logo === null ? null : assets.url(logo.name) };
}

/** The browser's part of passkeys, as its package ships it for pages without a bundler. */
function webauthnScript(): URL {
  return new URL('../dist/bundle/index.umd.min.js', import.meta.resolve('@simplewebauthn/browser'));
}
