/**
 * Registers a path with its methods, and answers every other method with 405 and `Allow` (RFC 9110 §15.5.6) in place of
 * a "not found" that would send a developer looking for a typing error in the address.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What answers a request; returning the reply means that it has been sent. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Gives `path` its handlers. HEAD comes with GET. */
export type AddRoute = (
  path: string,
  handlers: Partial<Record<Method, Handler>>,
  config?: { readonly quiet?: boolean },
) => void;

/** @param refuse answers a method that the path does not have; `Allow` is set already. */
export function routeAdder(server: FastifyInstance, refuse: Handler): AddRoute {
  return (path, handlers, config = {}) => {
    const allowed = METHODS.filter((method) => handlers[method] !== undefined);
    for (const method of allowed) {
      const handler = handlers[method];
      if (handler !== undefined) server.route({ method, url: path, handler, config });
    }
    const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    const others = METHODS.filter((method) => handlers[method] === undefined);
    server.route({
      method: others,
      url: path,
      config,
      handler: (request, reply) => refuse(request, reply.code(405).header('allow', allow)),
    });
  };
}
