/** Who may read `/dev/mail/`: this machine, asking for this host. */
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { keptMailRoutes } from '../../src/http/kept-mail.ts';
import type { PageHandlers, People } from '../../src/http/people.ts';
import type { Visit } from '../../src/http/visit.ts';

/** The handler, as it is registered. */
function handlerAt(ownOrigin: string) {
  const registered: PageHandlers<Visit>[] = [];
  const people: People = {
    open: (_path, handlers) => void registered.push(handlers),
    signedIn: () => undefined,
    write: async () => ({ status: 200, headers: {}, body: '' }),
  };
  let reads = 0;
  keptMailRoutes(people, {
    ownOrigin,
    readMail: async () => {
      reads += 1;
      return [];
    },
  });
  return async (remoteAddress: string, host: string) => {
    const request = { socket: { remoteAddress }, headers: { host }, ip: '127.0.0.1' } as unknown as FastifyRequest;
    const answer = await registered[0]?.get?.({ request } as Visit);
    const shown = answer !== undefined && 'page' in answer && answer.page.page === 'kept-mail';
    return { shown, reads, status: answer !== undefined && 'page' in answer ? (answer.status ?? 200) : null };
  };
}

describe('/dev/mail/', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('is shown to %s', async (peer) => {
    expect(await handlerAt('http://localhost:9977')(peer, 'localhost:9977')).toMatchObject({ shown: true, reads: 1 });
  });

  it.each(['192.0.2.7', '10.0.0.2', '::ffff:192.0.2.7', '2001:db8::1', 'fe80::1', ''])(
    'is no page for %j, whatever a header says of it',
    async (peer) => {
      const seen = await handlerAt('http://localhost:9977')(peer, 'localhost:9977');
      expect(seen).toEqual({ shown: false, reads: 0, status: 404 });
    },
  );

  it.each([
    'attacker.example:9977',
    'attacker.example',
    'localhost',
    'localhost:9978',
    'localhost:9977.attacker.example',
    '',
  ])('is no page for this machine that asks for %j (DNS rebinding)', async (host) => {
    const seen = await handlerAt('http://localhost:9977')('127.0.0.1', host);
    expect(seen).toEqual({ shown: false, reads: 0, status: 404 });
  });
});
