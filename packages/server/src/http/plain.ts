/** The small addresses: the front door, the language, and what machines ask (`/healthz`, `/readyz`). */
import { parseLocale } from '../pages/messages.ts';
import type { CookieJar } from './cookies.ts';
import { localAddress } from './local-address.ts';
import type { AddRoute } from './methods.ts';
import type { People } from './people.ts';

/** What they use. */
export interface PlainRouteDeps {
  readonly jar: CookieJar;
  readonly ownOrigin: string;
  readonly signUpIsOpen: boolean;
  /** Resolves when the database answers; rejects when it does not. */
  readonly ping: () => Promise<void>;
  /** True once the server has been told to end: a load balancer sends nothing new here. */
  readonly isDraining: () => boolean;
}

/** Registers the routes. */
export function plainRoutes(people: People, add: AddRoute, deps: PlainRouteDeps): void {
  people.open('/', {
    get: async (visit) =>
      visit.signedIn === null
        ? { page: { page: 'landing', signUpIsOpen: deps.signUpIsOpen } }
        : { seeOther: '/account/' },
  });
  people.open('/language/', {
    post: async (visit) => {
      const locale = parseLocale(visit.form.get('locale'));
      const seeOther = localAddress(visit.form.get('next'), deps.ownOrigin) ?? '/';
      return locale === null ? { seeOther } : { seeOther, setCookies: [deps.jar.write('locale', locale)] };
    },
  });
  const noStore = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };
  add('/healthz', { GET: async (_request, reply) => reply.headers(noStore).send('{"status":"ok"}') }, { quiet: true });
  add(
    '/readyz',
    {
      GET: async (request, reply) => {
        reply.headers(noStore);
        if (deps.isDraining()) return reply.code(503).send('{"status":"draining"}');
        try {
          await deps.ping();
          return reply.send('{"status":"ok"}');
        } catch (error) {
          request.log.error({ err: error }, 'the database does not answer');
          return reply.code(503).send('{"status":"database"}');
        }
      },
    },
    { quiet: true },
  );
}
