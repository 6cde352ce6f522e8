/** A browser's part of the preparation: cookies and redirects. Owns nothing of what is measured. */

/** A page or a redirect. */
export interface Visited {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

/** Cookies and requests of one person. */
export interface Browser {
  visit(
    url: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Visited>;
  /** The `Cookie` header as it stands. */
  cookies(): string;
  /** Loses a cookie. */
  forget(name: string): void;
}

/** A browser without cookies. It follows no redirect by itself. */
export function openBrowser(): Browser {
  const jar = new Map<string, string>();
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  return {
    cookies,
    forget: (name) => void jar.delete(name),
    async visit(url, form, headers) {
      const response = await fetch(url, {
        method: form === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: cookies(), ...headers },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        const separator = pair.indexOf('=');
        const value = pair.slice(separator + 1);
        if (value === '') jar.delete(pair.slice(0, separator));
        else jar.set(pair.slice(0, separator), value);
      }
      const location = response.headers.get('location');
      return {
        status: response.status,
        location: location === null ? '' : new URL(location, url).href,
        body: await response.text(),
      };
    },
  };
}
