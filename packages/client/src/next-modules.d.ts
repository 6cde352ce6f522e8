/**
 * Next's modules by the names that its bundler knows.
 *
 * Next has no `exports` in its package.json, so TypeScript finds them only with `.js` behind; with it, the bundler takes the
 * browser's version of them.
 */
declare module 'next/headers' {
  export { headers } from 'next/headers.js';
}
declare module 'next/navigation' {
  export { redirect } from 'next/navigation.js';
}
