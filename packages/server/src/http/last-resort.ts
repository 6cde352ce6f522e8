/**
 * Answers that no route has made: not found, wrong method, too large, a failure. A program hears it as JSON, a person sees a
 * page; both get the reference that the log line carries, and neither learns what went wrong inside (ASVS 16.5.1).
 */
import type { FastifyRequest } from 'fastify';
import type { ErrorCase } from '../pages/models/page.ts';
import type { People } from './people.ts';
import type { LastResort, RefusalKind } from './server.ts';
import { errorAnswer, retryLaterAnswer } from './visit.ts';

/** Addresses that programs call: they get JSON whatever they say that they accept. */
const PROGRAM_PATHS =
  /^\/(o\/(token|introspect|revoke_token|userinfo|par|\.well-known)|profile|api|scim|\.well-known|healthz|readyz|metrics)(\/|$)/;

/** Until somebody may try again after an overload or a lost database. Its cause takes seconds to pass, not minutes. */
const RETRY_AFTER_SECONDS = 5;

const WORDS: Readonly<Record<RefusalKind, { readonly error: string; readonly description: string }>> = {
  not_found: {
    error: 'not_found',
    description: 'There is nothing at this address. See /o/.well-known/openid-configuration for the endpoints.',
  },
  method_not_allowed: {
    error: 'invalid_request',
    description: 'This address does not take this method. See the Allow header.',
  },
  bad_request: {
    error: 'invalid_request',
    description: 'The request could not be read. Check the encoding of the address and the headers.',
  },
  bad_body_type: {
    error: 'invalid_request',
    description:
      'The body is of a type that is not read here. Send Content-Type: application/x-www-form-urlencoded, uncompressed.',
  },
  too_large: { error: 'invalid_request', description: 'The body is larger than 64 KiB.' },
  busy: {
    error: 'temporarily_unavailable',
    description: 'The server cannot answer just now. Try again after the time in Retry-After.',
  },
  internal: { error: 'server_error', description: 'The server failed. Tell its operator the reference.' },
};

/** @param people writes the page; asked for late, since pages need the server that this is made for. */
export function lastResort(people: () => People): LastResort {
  return async (request, { status, kind }) => {
    const retry: Readonly<Record<string, string>> =
      kind === 'busy' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
    if (wantsPage(request)) {
      const answer =
        kind === 'busy' ? retryLaterAnswer(503, RETRY_AFTER_SECONDS) : errorAnswer(status, errorCase(kind));
      const page = await people().write(request, answer);
      return { headers: page.headers, body: page.body };
    }
    const { error, description } = WORDS[kind];
    return {
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...retry },
      body: JSON.stringify({ error, error_description: description, reference: request.id }),
    };
  };
}

function wantsPage(request: FastifyRequest): boolean {
  const [path = ''] = request.url.split('?');
  return !PROGRAM_PATHS.test(path) && (request.headers.accept ?? '').includes('text/html');
}

function errorCase(kind: Exclude<RefusalKind, 'busy'>): ErrorCase {
  switch (kind) {
    case 'not_found':
      return { kind: 'not-found' };
    case 'method_not_allowed':
      return { kind: 'method-not-allowed' };
    case 'bad_request':
    case 'bad_body_type':
      return { kind: 'bad-request' };
    case 'too_large':
      return { kind: 'too-large' };
    case 'internal':
      return { kind: 'internal' };
    default:
      return kind satisfies never;
  }
}
