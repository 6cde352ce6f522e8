/**
 * `/dev/mail/`: what would have been mailed, on a developer's machine without a mail server.
 *
 * Owns who may read it: a request from this very machine that asked for this very host, since whoever reads it can open any account. It
 * is registered where the public address is this machine and no mail server is set, and nowhere else (`app/mail.ts`).
 */
import type { KeptMailView } from '../pages/models/mail.ts';
import type { People } from './people.ts';
import { isFromThisMachine } from './this-machine.ts';
import { errorAnswer } from './visit.ts';

/** What it uses. */
export interface KeptMailRouteDeps {
  readonly ownOrigin: string;
  readonly readMail: () => Promise<readonly KeptMailView[]>;
}

/** Registers the route. */
export function keptMailRoutes(people: People, deps: KeptMailRouteDeps): void {
  people.open('/dev/mail/', {
    get: async ({ request }) => {
      // A page elsewhere whose name was made to resolve to this machine (DNS rebinding) brings its own Host.
      const isAsked = request.headers.host === new URL(deps.ownOrigin).host;
      if (!isFromThisMachine(request) || !isAsked) return errorAnswer(404, { kind: 'not-found' });
      return { page: { page: 'kept-mail', messages: await deps.readMail() } };
    },
  });
}
