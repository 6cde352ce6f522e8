/**
 * Somebody at a provider, and their way through it and back: for the tests of signing in elsewhere.
 *
 * Owns the browser's steps at the provider, which is `oidc-provider` or a plain OAuth 2 server. What is expected here is each test's.
 */
import { Visitor } from '../../packages/client/test/visitor.ts';
import { leftFor, type Person, type Seen } from '../person.ts';
import type { Site } from './site.ts';

/** What the server is registered as at `oidc-provider`. */
export const CREDENTIALS = { client_id: 'diapason', client_secret: 'a secret of more than thirty-two characters' };

/** Where a provider sends people back to. */
export function callbackOf(port: number, id: string): string {
  return `http://localhost:${port}/accounts/${id}/login/callback/`;
}

/** Somebody at the provider. */
export function claims(name: string, more: Record<string, unknown> = {}) {
  return {
    sub: `subject-of-${name}`,
    preferred_username: name,
    given_name: 'Given',
    family_name: 'Family',
    email: `${name}@example.org`,
    email_verified: true,
    ...more,
  };
}

/** The answer's address, as the provider sends the browser back to it. @throws when it does not. */
export async function throughProvider(site: Site, start: URL): Promise<string> {
  const visitor = new Visitor();
  let current = await visitor.request(start);
  for (let hops = 0; hops < 10; hops += 1) {
    const next = new URL(current.headers.get('location') ?? '', current.url);
    if (next.origin === new URL(site.url).origin) return next.href;
    current = await visitor.request(next);
  }
  throw new Error('the provider did not send the browser back');
}

/** From the link on the sign-in page, or on the one at `from`, to where it ends here. */
export async function signInElsewhere(site: Site, person: Person, id: string, from = '/login/'): Promise<Seen> {
  const page = await person.open(from);
  const link = page.document
    .querySelectorAll('a')
    .find((a) => a.getAttribute('href')?.startsWith(`/accounts/${id}/login/`));
  const started = await person.open((link?.getAttribute('href') ?? '').replaceAll('&amp;', '&'));
  return person.open(await throughProvider(site, leftFor(started)));
}
