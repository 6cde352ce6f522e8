/**
 * `/metrics` for Prometheus: with the token of `DIAPASON_METRICS_TOKEN`, or, where none is set, for programs of this very machine.
 *
 * Owns who may read. What is read is `telemetry/metrics.ts`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { digestOf, equalInConstantTime, presentedSecret } from '../vocabulary/credentials.ts';
import type { AddRoute } from './methods.ts';
import { isFromThisMachine } from './this-machine.ts';

/** What a reverse proxy writes: such a request comes from elsewhere, whatever its connection says. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];
/** What a program of this machine asks for. A proxy that adds no header of its own at least hands on, or replaces, the public name. */
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** What it uses. */
export interface MetricsRouteDeps {
  /** null: only programs of this machine may read. */
  readonly metricsToken: string | null;
  readonly readMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Registers the route. */
export function metricsRoute(add: AddRoute, { metricsToken, readMetrics }: MetricsRouteDeps): void {
  const expected = metricsToken === null ? null : digestOf(presentedSecret(metricsToken));
  const mayRead = (request: FastifyRequest): boolean => {
    if (expected === null) return isLocal(request);
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    return token !== undefined && equalInConstantTime(digestOf(presentedSecret(token)), expected);
  };
  const get = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store');
    if (!mayRead(request)) return refuse(reply, expected !== null);
    const { contentType, text } = await readMetrics();
    return reply.type(contentType).send(text);
  };
  add('/metrics', { GET: get }, { quiet: true });
}

function isLocal(request: FastifyRequest): boolean {
  const { headers } = request;
  return (
    isFromThisMachine(request) &&
    LOCAL_HOST.test(headers.host ?? '') &&
    PROXY_HEADERS.every((name) => headers[name] === undefined)
  );
}

/** RFC 6750 §3: the scheme that is wanted, where there is a token to send. */
function refuse(reply: FastifyReply, takesToken: boolean): FastifyReply {
  if (takesToken) {
    reply.code(401).header('www-authenticate', 'Bearer realm="diapason metrics"');
    return reply
      .type('text/plain; charset=utf-8')
      .send('Send the token of DIAPASON_METRICS_TOKEN: Authorization: Bearer and the token.\n');
  }
  const text =
    'Without DIAPASON_METRICS_TOKEN the figures are for programs on the machine of this server alone, not through a proxy.\n';
  return reply.code(403).type('text/plain; charset=utf-8').send(text);
}
