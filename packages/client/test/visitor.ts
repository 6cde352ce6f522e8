/**
 * A browser without a screen: keeps cookies as browsers do, follows links and redirects, and sends forms with the headers that
 * browsers send.
 *
 * Owns one jar for each host, whatever the port, as browsers have it for `localhost`.
 */

interface StoredCookie {
  readonly host: string;
  readonly path: string;
  readonly value: string;
}

/** A page that was reached. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** The text of the element with this id, entities decoded; null when there is none. */
  text(id: string): string | null;
  /** The `href` of the element with this id. */
  href(id: string): string | null;
}

/** How a request differs from a plain one. */
export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One person's browser. */
export class Visitor {
  readonly #cookies = new Map<string, StoredCookie>();
  readonly #language: string;

  constructor(language = 'en') {
    this.#language = language;
  }

  /** One request; a redirect is answered as it is. */
  async request(url: string | URL, parts: RequestParts = {}): Promise<Page> {
    const target = new URL(url);
    const response = await fetch(target, {
      method: parts.method ?? 'GET',
      redirect: 'manual',
      headers: { 'accept-language': this.#language, cookie: this.#cookieHeader(target), ...parts.headers },
      ...(parts.body === undefined ? {} : { body: parts.body }),
    });
    for (const header of response.headers.getSetCookie()) this.#store(target, header);
    return page(target, response, await response.text());
  }

  /** Follows redirects to the end, and pages that go on by themselves. */
  async open(url: string | URL, parts: RequestParts = {}): Promise<Page> {
    let current = await this.request(url, parts);
    for (let hops = 0; hops < 12; hops += 1) {
      const next = onward(current);
      if (next === null) return current;
      current = await this.request(next);
    }
    throw new Error(`too many redirects, the last to ${current.url}`);
  }

  /** Sends a form of a page: the first one, or the one that holds a field or value named by `which`. */
  async submit(from: Page, fields: Readonly<Record<string, string>>, which = ''): Promise<Page> {
    const { url, parts } = formRequest(from, fields, which);
    return this.open(url, parts);
  }

  /** The same, without following the redirect. */
  async submitOnly(from: Page, fields: Readonly<Record<string, string>>, which = ''): Promise<Page> {
    const { url, parts } = formRequest(from, fields, which);
    return this.request(url, parts);
  }

  /** The names of the cookies that this URL would get. */
  cookieNames(url: string | URL): string[] {
    return this.#matching(new URL(url)).map(([name]) => name);
  }

  /** A cookie's value, whatever its path. */
  cookie(name: string): string | undefined {
    return [...this.#cookies].find(([key]) => key.endsWith(` ${name}`))?.[1].value;
  }

  /** Puts a cookie in, as somebody who can would. */
  plant(url: string, name: string, value: string, path = '/'): void {
    this.#store(new URL(url), `${name}=${value}; Path=${path}`);
  }

  /** Takes the cookies away whose names begin like this. */
  drop(prefix: string): void {
    for (const key of this.#cookies.keys()) {
      if (key.slice(key.indexOf(' ') + 1).startsWith(prefix)) this.#cookies.delete(key);
    }
  }

  #cookieHeader(url: URL): string {
    return this.#matching(url)
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  #matching(url: URL): [string, StoredCookie][] {
    return [...this.#cookies]
      .filter(([, cookie]) => cookie.host === url.hostname && pathMatches(url.pathname, cookie.path))
      .map(([key, cookie]) => [key.slice(key.indexOf(' ') + 1), cookie]);
  }

  #store(url: URL, header: string): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const attribute = (name: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const path = attribute('path') ?? '/';
    const key = `${url.hostname}${path} ${pair.slice(0, at)}`;
    const maxAge = attribute('max-age');
    const expires = attribute('expires');
    const gone =
      (maxAge !== undefined && Number(maxAge) <= 0) || (expires !== undefined && Date.parse(expires) < Date.now());
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { host: url.hostname, path, value: pair.slice(at + 1) });
  }
}

function pathMatches(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function onward(page: Page): URL | null {
  const location = page.headers.get('location');
  if (page.status >= 300 && page.status < 400 && location !== null) return new URL(location, page.url);
  const refresh = /<meta http-equiv="refresh" content="0;url=([^"]+)"/.exec(page.html)?.[1];
  return refresh === undefined ? null : new URL(decode(refresh), page.url);
}

function page(url: URL, response: Response, html: string): Page {
  const element = (id: string) => new RegExp(`<([a-z0-9]+)\\b([^>]*\\bid="${id}"[^>]*)>([\\s\\S]*?)</\\1>`).exec(html);
  return {
    url,
    status: response.status,
    html,
    headers: response.headers,
    text: (id) => {
      const inner = element(id)?.[3];
      return inner === undefined ? null : decode(inner.replaceAll(/<[^>]*>/g, '')).trim();
    },
    href: (id) => {
      const href = /href="([^"]*)"/.exec(element(id)?.[2] ?? '')?.[1];
      return href === undefined ? null : decode(href);
    },
  };
}

function formRequest(
  from: Page,
  fields: Readonly<Record<string, string>>,
  which: string,
): { url: URL; parts: RequestParts } {
  const forms = [...from.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)];
  const form = forms.find(([all]) => /method="post"/.test(all) && all.includes(which));
  if (form === undefined) throw new Error(`no form with "${which}" on ${from.url}:\n${from.html}`);
  const [, attributes = '', inner = ''] = form;
  const body = new URLSearchParams();
  for (const [tag] of inner.matchAll(/<input\b[^>]*>/g)) {
    const read = (name: string) => decode(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
    const name = read('name');
    if (name === '' || (/type="checkbox"/.test(tag) && !/\bchecked\b/.test(tag))) continue;
    body.set(name, read('value'));
  }
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const action = decode(/\baction="([^"]*)"/.exec(attributes)?.[1] ?? '');
  return {
    url: new URL(action, from.url),
    parts: {
      method: 'POST',
      body: body.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: from.url.origin,
        'sec-fetch-site': 'same-origin',
      },
    },
  };
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
