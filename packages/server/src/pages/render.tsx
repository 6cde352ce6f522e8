/**
 * A page's view model to its HTML. The only entry that `http/` needs beside the models, `messages.ts` and `brand-stylesheet.ts`.
 *
 * Owns the choice of the component. Does no I/O and reads no clock: the same model and context give the same text.
 */
import { renderToString } from 'preact-render-to-string';
import type { Page, PageContext } from './models.ts';

/** A whole HTML document, beginning with its doctype. */
export function renderPage(page: Page, context: PageContext): string {
  return `<!doctype html>${renderToString(
    <html lang={context.locale}>
      <head>
        <title>{context.brand.name}</title>
      </head>
      <body>
        <h1>{page.page}</h1>
      </body>
    </html>,
  )}`;
}
