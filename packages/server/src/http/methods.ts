/**
 * Registers a path with its methods, and answers every other method with 405 and `Allow` (RFC 9110 §15.5.6) in place of
 * a "not found" that would send a developer looking for a typing error in the address.
 */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Methods that an address may have. HEAD comes with GET. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** What answers a request; returning the reply means that it has been sent. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Gives `path` its handlers. HEAD comes with GET. */
export type AddRoute = (path: string, handlers: Partial<Record<Method, Handler>>, config?: RouteConfig) => void;

/** How its requests are logged; see `server.ts`. */
export type RouteConfig = Pick<FastifyContextConfig, 'quiet' | 'secretPath'>;

/** @param refuse answers a method that the path does not have; `Allow` is set already. */
export function routeAdder(server: FastifyInstance, refuse: Handler): AddRoute {
  return (path, handlers, config = {}) => {
    const allowed = METHODS.filter((method) => handlers[method] !== undefined);
    for (const method of allowed) {
      const handler = handlers[method];
      if (handler !== undefined) server.route({ method, url: path, handler, config });
    }
    const allow: readonly string[] = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    server.route({
      method: server.supportedMethods.filter((method) => !allow.includes(method)),
      url: path,
      config,
      handler: (request, reply) => refuse(request, reply.code(405).header('allow', allow.join(', '))),
    });
  };
}
