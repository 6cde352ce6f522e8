/**
 * The HTTP server: Fastify with this product's limits, log lines and last-resort answers. Owns what holds for every
 * request; the routes are one file per subject beside it.
 *
 * Bodies arrive as text: each endpoint parses its own once, since what a repeated or malformed parameter means is the
 * endpoint's to say (RFC 6749 §3.1, CVE-2026-9689).
 */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Randomness } from '../vocabulary/credentials.ts';
import { isLevelEnabled, lateChild } from './late-child-logger.ts';
import { type AllowedMethods, isRoutable } from './methods.ts';
import { isReadableTarget, originForm, shownPath } from './request-target.ts';
import { baseHeaders } from './security-headers.ts';
import { answerUnreadable } from './unreadable.ts';

/** 64 KiB: the longest honest form is an application with a hundred redirect URIs. */
const BODY_BYTES_MAX = 65_536;
/** A request that has not arrived after this long is a slow client holding a connection open (CWE-400). */
const REQUEST_TIMEOUT_MS = 30_000;
/** Node looks for such connections every 30 s unless told. */
const SLOW_REQUEST_CHECK_MS = 5_000;
/** Longer than any id of ours; what is longer is a path that does not exist. */
const PATH_PARAMETER_CHARACTERS_MAX = 128;

/** What every answer needs of its surroundings. */
export interface ServerOptions {
  readonly logger: FastifyBaseLogger;
  readonly randomness: Randomness;
  /** Whether the public address is https. */
  readonly secure: boolean;
  /** How many proxies in front are ours, or their networks; false: none, and no forwarded header is looked at (RFC 9700 §4.13). */
  readonly trustedProxies: number | readonly string[] | false;
  readonly allowedMethods: Pick<AllowedMethods, 'at'>;
  /** Whether an error means that the database is lost or held, which passes, rather than that we failed. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Told of each answer. `route` is the pattern of its address; undefined where there is none. */
  readonly answered: (request: {
    readonly route: string | undefined;
    readonly method: string;
    readonly status: number;
    readonly ms: number;
  }) => void;
}

/** How a refusal that no route has made is shown: to a person as a page, to a program as JSON. */
export type LastResort = (
  request: FastifyRequest,
  refusal: { readonly status: number; readonly kind: RefusalKind },
) => Promise<{ readonly headers: Readonly<Record<string, string | string[]>>; readonly body: string }>;

/** What went wrong before or beside a route. */
export type RefusalKind =
  | 'not_found'
  | 'method_not_allowed'
  | 'bad_request'
  | 'bad_body_type'
  | 'too_large'
  | 'busy'
  | 'internal';

/**
 * Makes the server; routes are added by the caller, then `listen`.
 * Its log has one line an answer with method, path (never the query: codes and states travel there), status and time.
 */
export function createServer(options: ServerOptions, lastResort: LastResort): FastifyInstance {
  const newReference = () => options.randomness(9).toString('base64url');
  const server = Fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newReference,
    childLoggerFactory: (logger, bindings) => lateChild(logger, bindings),
    requestIdHeader: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node exchanges its two limits where that of the head is the longer one, and it is 60 s unless told: a slow body had 60.
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: SLOW_REQUEST_CHECK_MS },
    trustProxy: options.trustedProxies === false ? false : trustProxyOption(options.trustedProxies),
    forceCloseConnections: 'idle',
    // What arrives on an open connection while the server ends is answered, and told to come back on another one.
    return503OnClosing: false,
    rewriteUrl: ({ url }) => originForm(url ?? '/'),
    clientErrorHandler: answerUnreadable({ ...options, newReference }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PATH_PARAMETER_CHARACTERS_MAX },
    frameworkErrors: (error, request, reply) => {
      // A path whose percent-encoding does not decode, or an over-long parameter: nothing of ours has such an address.
      void answer(request, reply, {
        status: error.statusCode === 400 ? 400 : 404,
        kind: error.statusCode === 400 ? 'bad_request' : 'not_found',
      });
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  const always = baseHeaders(options.secure);
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(always);
    done(refusalBefore(request) ?? undefined);
  });
  const hearsQuiet = isLevelEnabled(options.logger, 'debug');
  server.addHook('onResponse', (request, reply, done) => {
    options.answered({
      route: request.routeOptions.url,
      method: request.method,
      status: reply.statusCode,
      ms: reply.elapsedTime,
    });
    const isQuiet = reply.statusCode < 400 && request.routeOptions.config.quiet === true;
    if (isQuiet && !hearsQuiet) {
      done();
      return;
    }
    const line = {
      method: request.method,
      path: shownPath(request.url, request.routeOptions),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    // Answers to programs and assets are many and alike: they are seen at `debug`, refusals at `info`.
    if (reply.statusCode >= 500) request.log.error(line, 'answered');
    else if (isQuiet) request.log.debug(line, 'answered');
    else request.log.info(line, 'answered');
    done();
  });
  server.setNotFoundHandler((request, reply) => {
    // A method that no address has: one that the address could have is refused by `methods.ts`.
    const allow = isRoutable(request.method) ? null : options.allowedMethods.at(request.url.split('?', 1)[0] ?? '');
    if (allow === null) return answer(request, reply, { status: 404, kind: 'not_found' });
    return answer(request, reply.header('allow', allow), { status: 405, kind: 'method_not_allowed' });
  });
  server.setErrorHandler((error: FastifyError, request, reply) =>
    answer(request, reply, refusalOf(error, request, options)),
  );

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    refusal: { readonly status: number; readonly kind: RefusalKind },
  ): Promise<void> {
    const shown = await lastResort(request, refusal);
    reply.code(refusal.status);
    reply.headers({ ...shown.headers });
    reply.send(shown.body);
  }
  return server;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True where an answered request is worth a log line only when it failed. */
    readonly quiet?: boolean;
    /** True where the path itself holds a secret: the log then names the route alone. */
    readonly secretPath?: boolean;
  }
}

/** A count becomes a test of the hop, 0 being the peer of the socket; networks are read by the framework. */
function trustProxyOption(trusted: number | readonly string[]): string[] | ((address: string, hop: number) => boolean) {
  return typeof trusted === 'number' ? (_address, hop) => hop < trusted : [...trusted];
}

/** What no route has to look at: the error to answer with, or null. */
function refusalBefore({ url, headers, raw }: FastifyRequest): Error | null {
  if (!isReadableTarget(url)) return Object.assign(new Error('a control character in the path'), { statusCode: 400 });
  // RFC 9112 §3.2: "more than one Host header field line" is a 400; a proxy in front may have gone by the other one.
  if (hasSeveralHosts(raw.rawHeaders)) return Object.assign(new Error('several Host headers'), { statusCode: 400 });
  // RFC 9110 §8.4: no endpoint unpacks anything, so that a small body cannot become a large one.
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return null;
  return Object.assign(new Error('a body that is encoded'), { statusCode: 415 });
}

/** Names and values stand in turn. Node itself keeps the first of several and says nothing. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function refusalOf(
  error: FastifyError,
  request: FastifyRequest,
  { isUnavailable }: Pick<ServerOptions, 'isUnavailable'>,
): { status: number; kind: RefusalKind } {
  if (error.statusCode === 413) return { status: 413, kind: 'too_large' };
  if (error.statusCode === 415) return { status: 415, kind: 'bad_body_type' };
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { status: error.statusCode, kind: 'bad_request' };
  request.log.error({ err: error }, 'a request failed');
  if (isUnavailable(error)) return { status: 503, kind: 'busy' };
  return { status: 500, kind: 'internal' };
}
