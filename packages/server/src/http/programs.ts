/**
 * The endpoints that programs call: token, introspection, revocation, userinfo, profile, metadata, keys. Each hands the raw
 * request to its file in `protocol/` and writes the answer; only CORS is added here.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../accounts/visitor.ts';
import type { FlowTrace } from '../admin/flow-trace-recorder.ts';
import type { FlowEndpoint } from '../admin/ports/flow-trace.ts';
import { type DeviceAuthorizationDeps, deviceAuthorizationEndpoint } from '../protocol/device-authorization.ts';
import type { BackChannelRequest, EndpointResponse } from '../protocol/endpoint.ts';
import { type IntrospectionDeps, introspectionEndpoint } from '../protocol/introspection.ts';
import { type MetadataDeps, providerMetadata } from '../protocol/metadata.ts';
import type { ApplicationReader, ClientDocumentReader } from '../protocol/ports/applications.ts';
import type { Signer } from '../protocol/ports/signer.ts';
import { profileEndpoint } from '../protocol/profile.ts';
import {
  protectedResourceMetadata,
  resourceMetadataPath,
  withResourceMetadata,
} from '../protocol/protected-resource.ts';
import { type PushedRequestDeps, pushedRequestEndpoint } from '../protocol/pushed-request-endpoint.ts';
import { type RevocationDeps, revocationEndpoint } from '../protocol/revocation.ts';
import { type TokenEndpointDeps, tokenEndpoint } from '../protocol/token-endpoint.ts';
import { type ResourceDeps, userinfoEndpoint } from '../protocol/userinfo.ts';
import type { CertificateReader } from './client-certificate.ts';
import { allowRegisteredOrigin, PUBLIC_READ, preflight } from './cross-origin.ts';
import type { AddRoute, Handler } from './methods.ts';
import { sentParts } from './sent-parts.ts';
import { queryOf } from './visit.ts';

/** What the endpoints use, all of it the protocol's own. */
export type ProgramDeps = TokenEndpointDeps &
  IntrospectionDeps &
  RevocationDeps &
  PushedRequestDeps &
  DeviceAuthorizationDeps &
  ResourceDeps &
  MetadataDeps & {
    readonly certificateOf: CertificateReader;
    readonly trace: FlowTrace;
    /** Reads client documents for requests from a network; null: there are none. */
    readonly documentsFor: ((network: string) => ClientDocumentReader) | null;
    readonly applications: ApplicationReader;
    readonly signer: Pick<Signer, 'sign' | 'publicKeySet'>;
  };

/**
 * Key sets may be kept this long by a relying party; a new key is published well before it signs (`keys/`), so that nobody
 * who keeps it for this long meets an unknown `kid`.
 */
const KEY_SET_MAX_AGE_SECONDS = 300;
const METADATA_MAX_AGE_SECONDS = 300;

/** Registers them. */
export function programRoutes(add: AddRoute, deps: ProgramDeps): void {
  const answering =
    (
      endpoint: (request: BackChannelRequest) => Promise<EndpointResponse>,
      name: FlowEndpoint,
      readers: 'own server' | 'own origins',
    ): Handler =>
    async (request, reply) => {
      const answer = await endpoint(backChannelRequest(request, deps.certificateOf));
      if (readers === 'own origins') await allowRegisteredOrigin(request, reply, answer, deps.applications);
      return writeEndpoint(request, reply, answer, name, deps);
    };
  const quiet = { quiet: true };
  const preflightOf = (methods: string) => preflight(methods, deps.applications);
  const token = answering((request) => tokenEndpoint(request, deps), 'token', 'own origins');
  add('/o/token/', { POST: token, OPTIONS: preflightOf('POST') }, quiet);
  const revocation = answering((request) => revocationEndpoint(request, deps), 'revocation', 'own origins');
  add('/o/revoke_token/', { POST: revocation, OPTIONS: preflightOf('POST') }, quiet);
  // RFC 7662 §2.1: for protected resources, which are servers. A page that holds a client secret has none.
  const introspection = answering((request) => introspectionEndpoint(request, deps), 'introspection', 'own server');
  add('/o/introspect/', { POST: introspection }, quiet);

  // RFC 9126: for servers; an application in a browser has the authorization endpoint.
  add('/o/par/', { POST: pushedRequest(deps) }, quiet);
  // RFC 8628 §3.1: for devices; one with a browser has the authorization endpoint.
  add('/o/device-authorization/', { POST: deviceAuthorization(deps) }, quiet);

  const userinfo = answering(
    async (request) => withResourceMetadata(await userinfoEndpoint(request, deps), '/o/userinfo', deps),
    'userinfo',
    'own origins',
  );
  add('/o/userinfo/', { GET: userinfo, POST: userinfo, OPTIONS: preflightOf('GET, POST') }, quiet);
  const profile = answering(
    async (request) => withResourceMetadata(await profileEndpoint(request, deps), '/profile', deps),
    'profile',
    'own origins',
  );
  add('/profile/', { GET: profile, OPTIONS: preflightOf('GET') }, quiet);

  // Made anew where the scopes have changed, and nothing else of it can.
  let made = { scopes: '', text: '' };
  const metadata = () => {
    const scopes = [...deps.scopes.keys()].join(' ');
    if (made.scopes !== scopes) made = { scopes, text: JSON.stringify(providerMetadata(deps)) };
    return made.text;
  };
  const published = (
    body: (path: string) => Promise<string> | string,
    maxAgeSeconds: number,
  ): { GET: Handler; OPTIONS: Handler } => ({
    GET: async (request, reply) => {
      const shown = body(request.url.split('?', 1)[0] ?? '');
      return reply
        .headers({
          ...PUBLIC_READ,
          'content-type': 'application/json; charset=utf-8',
          'cache-control': `public, max-age=${maxAgeSeconds}`,
        })
        .send(typeof shown === 'string' ? shown : await shown);
    },
    OPTIONS: async (_request, reply) =>
      reply
        .headers({ ...PUBLIC_READ, 'access-control-allow-methods': 'GET', 'access-control-allow-headers': '*' })
        .code(204)
        .send(),
  });
  for (const path of ['/o/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/o']) {
    add(path, published(metadata, METADATA_MAX_AGE_SECONDS), quiet);
  }
  for (const path of ['/profile', '/o/userinfo'] as const) {
    const documentFor = (asked: string) => JSON.stringify(protectedResourceMetadata(path, asked.endsWith('/'), deps));
    add(`${resourceMetadataPath(path)}/`, published(documentFor, METADATA_MAX_AGE_SECONDS), quiet);
  }
  add(
    '/o/.well-known/jwks.json',
    published(async () => JSON.stringify(await deps.signer.publicKeySet()), KEY_SET_MAX_AGE_SECONDS),
    quiet,
  );
}

/** Where a sign-in may begin: a client that nobody registered is known from its document (draft §4), as at the authorization endpoint. */
function beginning<Deps extends Pick<ProgramDeps, 'documentsFor'>>(request: FastifyRequest, deps: Deps) {
  return { ...deps, documents: deps.documentsFor?.(networkOf(request.ip)) };
}

function pushedRequest(
  deps: PushedRequestDeps & Pick<ProgramDeps, 'certificateOf' | 'documentsFor' | 'trace'>,
): Handler {
  return async (request, reply) => {
    const sent = backChannelRequest(request, deps.certificateOf);
    const answer = await pushedRequestEndpoint(sent, beginning(request, deps));
    return writeEndpoint(request, reply, answer, 'pushed_request', deps);
  };
}

function deviceAuthorization(
  deps: DeviceAuthorizationDeps & Pick<ProgramDeps, 'certificateOf' | 'documentsFor' | 'trace'>,
): Handler {
  return async (request, reply) => {
    const device = { networkAddress: request.ip, userAgent: request.headers['user-agent'] ?? '' };
    const answer = await deviceAuthorizationEndpoint(
      { ...backChannelRequest(request, deps.certificateOf), ...device },
      beginning(request, deps),
    );
    return writeEndpoint(request, reply, answer, 'device_authorization', deps);
  };
}

function backChannelRequest(request: FastifyRequest, certificateOf: CertificateReader): BackChannelRequest {
  return {
    method: request.method,
    contentType: request.headers['content-type'] ?? null,
    authorization: request.headers.authorization ?? null,
    dpop: headerOf(request.headers['dpop']),
    certificate: certificateOf(request),
    accept: request.headers.accept ?? null,
    body: typeof request.body === 'string' ? request.body : '',
    query: queryOf(request.url),
  };
}

/** Node joins the values of a header that came twice, but for few names. */
function headerOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

/** Many and alike, and what they were asked about is the application's own affair: refusals of them are kept alone. */
const REFUSALS_ALONE: ReadonlySet<FlowEndpoint> = new Set(['introspection', 'revocation', 'userinfo', 'profile']);

function noteAttempt(
  request: FastifyRequest,
  { error, clientId: found }: EndpointResponse,
  endpoint: FlowEndpoint,
  { trace }: Pick<ProgramDeps, 'trace'>,
): void {
  const clientId = found ?? null;
  const common = { reference: request.id, endpoint, clientId, networkAddress: request.ip };
  if (error === undefined) {
    if (!REFUSALS_ALONE.has(endpoint) && clientId !== null) trace.note({ ...common, result: { outcome: 'done' } });
    return;
  }
  // RFC 8628 §3.5: no refusal, and it comes every five seconds. A resource does not say whose a token is that it does not know.
  if (error.code === 'authorization_pending') return;
  if (clientId === null && (endpoint === 'userinfo' || endpoint === 'profile')) return;
  trace.note({ ...common, result: { outcome: 'refused', error, sent: () => sentParts(request) } });
}

/** Writes a protocol's answer, notes it, and logs a refusal with its private detail. The refused learns the reference. */
function writeEndpoint(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: EndpointResponse,
  endpoint: FlowEndpoint,
  deps: Pick<ProgramDeps, 'trace'>,
): FastifyReply {
  noteAttempt(request, answer, endpoint, deps);
  if (answer.error !== undefined) {
    const { code, hint, detail } = answer.error;
    request.log.info({ error: code, hint, detail, clientId: answer.clientId }, 'refused');
  }
  reply.code(answer.status).headers({ ...answer.headers });
  if (answer.body === null) return reply.send();
  if (typeof answer.body === 'string') return reply.send(answer.body);
  if (answer.headers['content-type'] === undefined) reply.header('content-type', 'application/json; charset=utf-8');
  return reply.send(
    JSON.stringify(answer.error === undefined ? answer.body : { ...answer.body, reference: request.id }),
  );
}
