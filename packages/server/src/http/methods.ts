/**
 * Registers a path with its methods, and answers every other method with 405 and `Allow` (RFC 9110 §15.5.6) in place of
 * a "not found" that would send a developer looking for a typing error in the address.
 */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** A method that an address may have. HEAD comes with GET. */
type Method = (typeof METHODS)[number];

/** Whether some address may have this method. */
export function isRoutable(method: string): boolean {
  return method === 'HEAD' || (METHODS as readonly string[]).includes(method);
}

/** What answers a request; returning the reply means that it has been sent. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Gives `path` its handlers. HEAD comes with GET. */
export type AddRoute = (path: string, handlers: Partial<Record<Method, Handler>>, config?: RouteConfig) => void;

/** How its requests are logged (see `server.ts`), and whether HEAD comes with GET. */
export type RouteConfig = Pick<FastifyContextConfig, 'quiet' | 'secretPath'> & {
  /** Where a GET has an effect (a code, the end of a session) that nobody would see of a HEAD: it is refused. */
  readonly head?: 'refused';
};

/** Which methods each address has. */
export interface AllowedMethods {
  /** The value of `Allow` for a path; null: there is nothing at it. */
  at(path: string): string | null;
  note(pattern: string, allow: string): void;
}

/**
 * Remembers them for methods that no address has. To register each of the thirty that Node knows at each address would cost
 * 9 MB.
 */
export function allowedMethods(): AllowedMethods {
  const known: { readonly path: RegExp; readonly allow: string }[] = [];
  return {
    at: (path) => known.find((address) => address.path.test(path))?.allow ?? null,
    note(pattern, allow) {
      const segments = pattern
        .split('/')
        .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')));
      known.push({ path: new RegExp(`^${segments.join('/').replace(/\/$/, '')}/?$`), allow });
    },
  };
}

/** @param refuse answers a method that the path does not have; `Allow` is set already. */
export function routeAdder(server: FastifyInstance, noted: AllowedMethods, refuse: Handler): AddRoute {
  return (path, handlers, { head, ...config } = {}) => {
    const allowed = METHODS.filter((method) => handlers[method] !== undefined);
    for (const method of allowed) {
      const handler = handlers[method];
      if (handler !== undefined)
        server.route({ method, url: path, handler, config, exposeHeadRoute: head !== 'refused' });
    }
    const allow: readonly string[] = allowed.flatMap((method) =>
      method === 'GET' && head !== 'refused' ? ['GET', 'HEAD'] : [method],
    );
    noted.note(path, allow.join(', '));
    server.route({
      method: [...METHODS, 'HEAD'].filter((method) => !allow.includes(method)),
      url: path,
      config,
      handler: (request, reply) => refuse(request, reply.code(405).header('allow', allow.join(', '))),
    });
  };
}
