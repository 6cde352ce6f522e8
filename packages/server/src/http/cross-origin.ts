/**
 * Cross-origin reads (CORS, Fetch §3.2): which scripts may read what. Metadata and public keys: everybody's. Token, userinfo,
 * profile, revocation: the origins that the application registered. Never the authorization endpoint (RFC 9700 §4.1.3),
 * never with cookies.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EndpointResponse } from '../protocol/endpoint.ts';
import type { ApplicationReader } from '../protocol/ports/applications.ts';
import type { Handler } from './methods.ts';

/** What a script may read of the answer besides its body. */
const EXPOSED_HEADERS = 'WWW-Authenticate, Retry-After, DPoP-Nonce';
/** Two hours: the most that Chromium keeps a preflight. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/** Headers for what everybody may read. */
export const PUBLIC_READ = { 'access-control-allow-origin': '*' } as const;

/** Answers a preflight (Fetch §4.8): yes to an origin that some enabled application registered, and no headers otherwise. */
export function preflight(methods: string, applications: Pick<ApplicationReader, 'isAllowedOrigin'>): Handler {
  return async (request, reply) => {
    const origin = request.headers.origin;
    reply.header('vary', 'Origin');
    if (origin !== undefined && (await applications.isAllowedOrigin(origin))) {
      reply.headers({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': methods,
        'access-control-allow-headers': 'Authorization, Content-Type, DPoP',
        'access-control-max-age': String(PREFLIGHT_MAX_AGE_SECONDS),
      });
    }
    return reply.code(204).send();
  };
}

/** Lets the calling application's own origins read the answer; an answer to nobody in particular, any registered one. */
export async function allowRegisteredOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Pick<EndpointResponse, 'clientId'>,
  applications: ApplicationReader,
): Promise<void> {
  const origin = request.headers.origin;
  reply.header('vary', 'Origin');
  if (origin === undefined) return;
  const application = answer.clientId === undefined ? null : await applications.findByClientId(answer.clientId);
  const allowed =
    application === null ? await applications.isAllowedOrigin(origin) : application.allowedOrigins.includes(origin);
  if (allowed) {
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS });
  }
}
